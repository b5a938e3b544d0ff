"""A farm of a real scheduler and a real worker that sees nothing of the project but its URL."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from pipl import process
from pipl.ci.ledger import steering
from pipl.ci.ledger.database import Ledger
from pipl.errors.ci import InvalidEngineOption, SchedulerDown, SchedulerInsecure
from pipl.index.client import ANONYMOUS
from pipl.index.name import IndexName
from pipl.testing.farms import Farm, running_farm
from pipl.testing.projects import PROCESSING, STAGE

PROJECT = IndexName("root", "PROJ")
SAYS_WHAT_IT_SEES = """
        from pipl_pipe import context
        print("the project's folder is", context.current().project_folder)
        path = job.scratch / "model.txt"
        path.write_text("made on a farm")
        job.product("PRODUCT", "product").add("model", "File", path)
"""
RESOURCES = "maya=1 memory_gb=4"


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with running_farm(tmp_path_factory.mktemp("farm"), os.environ) as running:
        yield running


def options_of(farm: Farm) -> dict[str, str]:
    return {"scheduler": farm.address, "stopped_s": "5"}


def assets_of(studio) -> set[Path]:
    return {path for path in studio.project.assets.rglob("*") if path.is_file()}


def test_a_release_goes_the_whole_road_on_a_worker_that_sees_urls_only(studio, farm) -> None:
    before = assets_of(studio)
    studio.task("farmed", body=SAYS_WHAT_IT_SEES)
    with farm.worker(resources=RESOURCES):
        studio.settle(engine="dask", options=options_of(farm))
    runs = {(run.handler, str(run.index)): run for run in studio.runs("farmed").values()}
    for handler, index in (("qa", STAGE), ("process", PROCESSING)):
        run = runs[handler, str(index)]
        assert run.state == "passed", studio.log(run)
        assert str(farm.folder / "worker" / "tmp") in studio.log(run)
    assert "the project's folder is None" in studio.log(runs["process", str(PROCESSING)])
    assert "1 passed" in studio.log(runs["qa", str(STAGE)])
    assert studio.products("farmed_geo") == ["1.0.0"]
    assert len(assets_of(studio) - before) >= 1
    assert list((farm.folder / "worker").rglob("scratch-*")) == []


def test_an_adaptive_cluster_grows_for_jobs_and_shrinks_again(studio, tmp_path) -> None:
    studio.task("adaptive")
    cluster = LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(tmp_path),
    )
    with cluster:
        cluster.adapt(minimum=0, maximum=2, interval="200ms", wait_count=3)
        assert len(cluster.scheduler.workers) == 0
        options = {"scheduler": cluster.scheduler_address, "stopped_s": "5"}
        studio.settle(engine="dask", options=options)
        runs = studio.runs("adaptive").values()
        assert {run.state for run in runs} == {"passed"}, [studio.log(run) for run in runs]
        deadline = time.monotonic() + 60
        while cluster.scheduler.workers:
            assert time.monotonic() < deadline, cluster.scheduler.workers
            time.sleep(0.1)
    assert studio.products("adaptive_geo") == ["1.0.0"]


def test_an_index_that_needs_a_login_is_read_with_the_jobs_own(studio, farm) -> None:
    studio.task("closed")
    indexes = (PROJECT, STAGE, PROCESSING)
    for index in indexes:
        studio.client.modify_index(index, {"acl_pkg_read": ["root", "ci"]})
    try:
        with farm.worker("login"):
            studio.settle(engine="dask", options=options_of(farm))
    finally:
        for index in indexes:
            studio.client.modify_index(index, {"acl_pkg_read": [ANONYMOUS]})
    for run in studio.runs("closed").values():
        assert run.state == "passed", studio.log(run)
    assert studio.products("closed_geo") == ["1.0.0"]
    assert_no_secret(studio, farm.folder)


def assert_no_secret(studio, folder: Path) -> None:
    """Neither the token nor the password lies anywhere that the worker or the scheduler writes."""
    files = [path for path in studio.project.secrets.rglob("*") if path.is_file()]
    secrets = [secret for path in files if len(secret := path.read_bytes().strip()) > 15]
    assert secrets != []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path


def test_a_job_whose_worker_was_killed_is_run_again_on_another(studio, farm) -> None:
    flag = studio.folder / "go-on"
    body = f"""
        import pathlib, sys, time
        print("has begun")
        sys.stdout.flush()
        while not pathlib.Path({str(flag)!r}).exists():
            time.sleep(0.1)
        path = job.scratch / "model.txt"
        path.write_text("made")
        job.product("PRODUCT", "product").add("model", "File", path)
"""
    studio.task("orphaned", body=body, tests={})
    with farm.worker("first") as first:
        runner = studio.runner(engine="dask", options=options_of(farm))
        thread = threading.Thread(target=lambda: runner.run(once=True))
        thread.start()
        try:
            said(studio, "orphaned", "has begun")
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
            flag.touch()
            with farm.worker("second"):
                thread.join(180)
                assert not thread.is_alive()
        finally:
            runner.stop()
            thread.join(60)
    run = studio.only("orphaned", "process")
    assert (run.state, run.attempt) == ("passed", 2), studio.log(run)
    assert studio.log(run).count("has begun") == 2
    assert studio.products("orphaned_geo") == ["1.0.0"]


def test_jobs_end_soon_after_their_runner_was_killed(studio, farm) -> None:
    body = """
        import os, sys, time
        print("runs as", os.getpid())
        sys.stdout.flush()
        time.sleep(600)
"""
    studio.task("bereft", body=body, tests={})
    program = f"""
import os, sys, time
from pathlib import Path
from pipl.ci import start
from pipl.project import folder
settings = start.Settings(
    environ=dict(os.environ), host="here", clock=time.time, engine="dask",
    options={options_of(farm)!r},
)
start.runner_of(folder.load(Path(sys.argv[1])), settings, tell=print).run(once=True)
"""
    with farm.worker("bereft"):
        with (studio.folder / "bereft.log").open("ab") as log:
            runner = process.start([sys.executable, "-c", program, studio.project.folder], log=log)
        try:
            pid = int(said(studio, "bereft", "runs as").split()[-1])
        finally:
            process.kill_group(runner)
        await_true(lambda: not is_alive(pid), within_s=30)
    run = studio.only("bereft", "process")
    assert run.state == "running"
    with Ledger.open(studio.place.ledger) as ledger:  # nothing of it is left to later tests
        steering.cancel(ledger, run.id, now=time.time(), reason="the test is over")


def test_without_a_scheduler_there_is_a_cluster_on_this_machine(studio) -> None:
    studio.task("at_home", tests={})
    studio.settle(engine="dask", options={})
    assert studio.products("at_home_geo") == ["1.0.0"]
    assert studio.only("at_home", "process").attempt == 1


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "studio.example:8786", "ws://farm:1"])
def test_a_login_is_not_sent_over_an_open_network(studio, address) -> None:
    with pytest.raises(SchedulerInsecure, match="unencrypted"):
        studio.runner(engine="dask", options={"scheduler": address})


@pytest.mark.parametrize("address", ["", "tcp://", "http://localhost:1"])
def test_what_is_no_address_is_refused(studio, address) -> None:
    with pytest.raises(InvalidEngineOption, match="scheduler"):
        studio.runner(engine="dask", options={"scheduler": address})


def test_a_scheduler_that_is_not_there_is_said_so(studio) -> None:
    with pytest.raises(SchedulerDown, match="cannot be used"):
        studio.runner(engine="dask", options={"scheduler": "tcp://127.0.0.1:9"})


def said(studio, name: str, text: str) -> str:
    """The line of the process run's log that begins so, once it is there: while the job runs."""
    lines: list[str] = []

    def is_there() -> bool:
        for run in studio.runs(name).values():
            if run.handler == "process":
                lines.extend(one for one in studio.log(run).splitlines() if one.startswith(text))
        return bool(lines)

    await_true(is_there, within_s=120)
    return lines[0]


def await_true(check, *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
