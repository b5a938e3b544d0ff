"""Process: what a task may do, and what happens where it does something else."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from pipl.ci import outbox
from pipl.ci.flow import DEFAULT_FLOW, Flow
from pipl.ci.ledger import steering
from pipl.ci.ledger.database import Ledger
from pipl.index.client import IndexConfig
from pipl.index.name import IndexName
from pipl.testing.simple_index import make_wheel
from pipl_pipe.asset.digest import of_bytes
from pipl_pipe.asset.objects import Objects

PROJECT = IndexName("root", "PROJ")
PROCESSING = IndexName("root", "processing")


def failed(studio, name: str):
    run = studio.only(name, "process")
    assert run.state == "failed", studio.log(run)
    assert studio.products(f"{name}_geo") == []
    assert studio.client.releases(PROJECT, name) == ()
    return run


def retry(studio, name: str) -> None:
    with Ledger.open(studio.place.ledger) as ledger:
        steering.retry(ledger, studio.only(name, "process").id, now=0.0)
    studio.settle()


def test_a_process_that_raises_fails_with_its_traceback_in_the_log(studio) -> None:
    studio.task("raising", body="print('said before'); raise RuntimeError('no polygons')")
    studio.settle()
    run = failed(studio, "raising")
    assert run.code == "task.process-failed"
    assert "RuntimeError: no polygons" in run.reason
    assert "said before" in studio.log(run)
    assert "Traceback" in studio.log(run)
    assert "in process" in studio.log(run)


def test_a_process_that_ends_its_interpreter_fails(studio) -> None:
    studio.task("exiting", body="import os; os._exit(3)")
    studio.settle()
    assert "ended with status 3" in failed(studio, "exiting").reason


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("outsider", "import pathlib; (job.scratch.parent / 'x').write_text('x')"),
        ("meddler", "import pathlib; (pathlib.Path(__file__).parent / 'x.py').write_text('x')"),
        (
            "sneaky",
            "import subprocess, sys; path = str(job.assets.parent / 'x'); "
            "subprocess.run(['touch', path])",
        ),
    ],
)
def test_a_process_that_writes_outside_of_its_scratch_folder_fails(studio, name, body) -> None:
    studio.task(name, body=body)
    studio.settle()
    run = failed(studio, name)
    assert run.code == "task.wrote-outside"
    assert "scratch" in run.hint


def test_a_process_that_hangs_is_stopped_with_all_that_it_has_started(studio) -> None:
    pids = studio.folder / "pids"
    body = """
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
        print('waiting', os.getpid(), child.pid)
        sys.stdout.flush()
        time.sleep(600)
"""
    studio.task("hanging", body=body)
    testing, processing, _ = DEFAULT_FLOW.stages
    (step,) = processing.handlers
    short = replace(processing, handlers=(replace(step, timeout_s=10),))
    studio.settle(flow=Flow((testing, short)))
    run = failed(studio, "hanging")
    assert (run.code, run.attempt) == ("ci.job-timed-out", 1)
    log = studio.log(run)
    (line,) = (line for line in log.splitlines() if line.startswith("waiting"))
    assert [pid for pid in line.split()[1:] if is_alive(int(pid))] == []
    assert "stopped after 10 s" in log
    assert not pids.exists()


def test_a_task_without_products_is_promoted(studio) -> None:
    studio.task("barren", body="pass")
    studio.settle()
    assert studio.only("barren", "process").reason == "made no products"
    assert studio.client.release(PROJECT, "barren", "1.0.0").wheel is not None


def test_a_product_name_belongs_to_the_task_that_took_it_first(studio) -> None:
    studio.task("owner", product="shared_geo")
    studio.settle()
    studio.task("thief", version="2.0.0", product="shared_geo")
    studio.settle()
    run = failed(studio, "thief")
    assert run.code == "ci.product-taken"
    assert run.reason == "product shared-geo belongs to the task owner; thief may not publish it"
    studio.task("owner", version="1.1.0", product="shared_geo")
    studio.settle()
    assert studio.products("shared_geo") == ["1.0.0", "1.1.0"]


def test_a_product_may_not_take_the_name_of_what_is_no_product(studio) -> None:
    path = make_wheel(studio.folder / "dist", "some-library", "1.0")
    studio.client.upload(PROJECT, path)
    studio.task("covetous", product="some_library")
    studio.settle()
    assert failed(studio, "covetous").code == "ci.product-taken"


def test_a_product_that_was_delivered_already_is_left_as_it_is(studio) -> None:
    studio.task("delivered")
    studio.settle()
    (before,) = studio.client.releases(PROJECT, "delivered-geo")
    run = studio.only("delivered", "process")
    _forget(studio, run)
    studio.settle()
    assert studio.only("delivered", "process").state == "passed"
    assert studio.client.releases(PROJECT, "delivered-geo") == (before,)


def test_a_product_made_otherwise_by_the_same_release_is_refused(studio) -> None:
    body = """
        import uuid
        path = job.scratch / "model.txt"
        path.write_text(uuid.uuid4().hex)
        job.product("PRODUCT", "product").add("model", "File", path)
"""
    studio.task("chance", body=body)
    studio.settle()
    (before,) = studio.client.releases(PROJECT, "chance-geo")
    run = studio.only("chance", "process")
    _forget(studio, run)
    studio.settle()
    run = studio.only("chance", "process")
    assert (run.state, run.code) == ("failed", "ci.product-differs")
    assert before.wheel.sha256[:12] in run.reason
    assert "process() has to make the same of one release each time" in run.hint
    assert studio.client.releases(PROJECT, "chance-geo") == (before,)


def test_an_outbox_is_delivered_byte_for_byte(studio) -> None:
    body = """
        import uuid
        path = job.scratch / "model.txt"
        path.write_text(uuid.uuid4().hex)
        job.product("PRODUCT", "product").add("model", "File", path)
        job.product("some_library", "product").add("model", "File", path)
"""
    path = make_wheel(studio.folder / "dist", "some-library", "1.0")
    studio.client.upload(PROJECT, path)
    studio.task("resumed", body=body)
    studio.settle()
    run = failed(studio, "resumed")
    kept = outbox.held(studio.place.run_folder(run.id) / "outbox")
    assert kept is not None
    studio.client.modify_index(PROJECT, {"volatile": True})
    studio.client._connection.send("DELETE", "/root/PROJ/some-library", doing="making room")
    studio.client.modify_index(PROJECT, {"volatile": False})
    retry(studio, "resumed")
    assert studio.only("resumed", "process").state == "passed"
    assert "an earlier attempt has made the products already" in studio.log(run)
    (product,) = studio.client.releases(PROJECT, "resumed-geo")
    assert product.wheel.sha256 == hashlib.sha256(kept[1].read_bytes()).hexdigest()


def test_another_file_of_the_same_version_may_not_replace_a_product(studio) -> None:
    studio.task("differing")
    studio.settle()
    # The same version again, on another stage, with other content.
    body = """
        path = job.scratch / "model.txt"
        path.write_text("other")
        job.product("PRODUCT", "product").add("model", "File", path)
"""
    other = IndexName("root", "other")
    studio.client.create_index(IndexConfig(other, "pipl", bases=(PROJECT,), acl_upload=("root",)))
    studio.task("differing", body=body, index=other)
    process = DEFAULT_FLOW.stages[1]
    studio.settle(flow=Flow((*DEFAULT_FLOW.stages, replace(process, index=other, promote=None))))
    run = studio.runs("differing")["1.0.0", "process", "root/other"]
    assert (run.state, run.code) == ("failed", "ci.product-differs")
    assert "bump the version" in run.hint


def test_a_lost_asset_of_an_outbox_is_made_again(studio) -> None:
    studio.task("relost")
    studio.settle()
    run = studio.only("relost", "process")
    _forget(studio, run)
    stored = store_object(studio, "relost 1.0.0")
    stored.chmod(0o644)
    stored.unlink()
    studio.settle()
    assert studio.only("relost", "process").state == "passed"
    assert "they are made anew: asset" in studio.log(run)
    assert stored.read_text() == "relost 1.0.0"


def test_a_dependency_whose_asset_the_store_has_lost_is_named(studio) -> None:
    studio.task("losing")
    studio.settle()
    store_object(studio, "losing 1.0.0").unlink()
    studio.task("dependent", also=("losing-geo",), tests={})
    studio.settle()
    run = studio.only("dependent", "qa")
    assert (run.state, run.code) == ("failed", "asset.missing")
    assert "losing_geo" in run.reason
    assert "Traceback" not in studio.log(run)


def store_object(studio, content: str):
    return Objects(studio.project.assets, "store").path(of_bytes(content.encode()))


def _forget(studio, run) -> None:
    """Make the ledger think that a run's end was never recorded."""
    with sqlite3.connect(studio.place.ledger) as connection:
        connection.execute("update runs set state = 'queued' where id = ?", (run.id,))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
