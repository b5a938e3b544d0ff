"""The ledger compared with folders and with a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipl.ci import fsck
from pipl.ci.flow import DEFAULT_FLOW
from pipl.ci.ledger import flows, leases, queries, queue, records
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import facts
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

from .conftest import PROCESSING, PROJECT, Studio


@pytest.fixture
def ledger(studio: Studio) -> Iterator[Ledger]:
    """Of a runner that has done everything there was."""
    studio.publish()
    studio.runner().run(once=True)
    with Ledger.open(studio.place.ledger) as ledger:
        yield ledger


def codes(studio: Studio, ledger: Ledger) -> list[str]:
    own = fsck.in_itself(ledger, studio.place, now=2e9)
    return [fault.code for fault in (*own, *fsck.with_indexes(ledger, studio.client(), now=2e9))]


def product(studio: Studio, version: str, *, upload: bool = True) -> str:
    path = studio.folder / wheel_name("hero_geo", version)
    write_wheel(
        path, name="hero_geo", version=version, files={}, metadata=Metadata(), entry_points={}
    )
    if upload:
        studio.client().upload(PROJECT, path)
    return path.name


def has_made(ledger: Ledger, run_id: int, *filenames: str) -> None:
    made = [{"file": name, "index": str(PROJECT)} for name in filenames]
    records.keep(ledger, run_id, {"published": json.dumps(made).encode()})


def run_of(ledger: Ledger, handler: str) -> int:
    return queries.runs(ledger, handler=handler, states=("passed",))[0].id


def has_read(ledger: Ledger, serial: int) -> None:
    """As if the feed had been read so far, whatever there was."""
    with ledger.writing() as connection:
        connection.execute(facts.update().where(facts.c.name == "cursor").values(value=serial))
        connection.execute(facts.delete().where(facts.c.name == "mark"))


def test_after_work_everything_agrees(studio: Studio, ledger: Ledger) -> None:
    assert codes(studio, ledger) == []


def test_a_ledger_of_a_runner_that_never_began_is_sound(studio: Studio) -> None:
    studio.publish()
    with Ledger.open(studio.folder / "new.sqlite3") as ledger:
        assert fsck.with_indexes(ledger, studio.client(), now=1.0) == ()


def test_a_release_that_was_never_queued_is_found_and_queued(
    studio: Studio, ledger: Ledger
) -> None:
    studio.publish("prop_model", "2.0")
    has_read(ledger, studio.server.serial)
    faults = fsck.with_indexes(ledger, studio.client(), now=5.0)
    assert [(one.code, one.text) for one in faults] == [
        ("release-without-run", "prop_model-2.0-py3-none-any.whl on root/testing was never queued")
    ]
    assert fsck.repair(faults) == faults
    run = queue.claim(ledger, now=6.0, host="here")
    assert run is not None
    assert (run.handler, run.project, run.flow) == ("qa", "prop-model", DEFAULT_FLOW.version)
    assert "release-without-run" not in codes(studio, ledger)


def test_what_the_runner_has_yet_to_read_is_not_missing(studio: Studio, ledger: Ledger) -> None:
    studio.publish("prop_model", "2.0")
    assert codes(studio, ledger) == []


def test_a_server_that_was_set_back_is_said(studio: Studio, ledger: Ledger) -> None:
    has_read(ledger, studio.server.serial + 10)
    (fault,) = fsck.with_indexes(ledger, studio.client(), now=1.0)
    assert fault.code == "cursor-ahead"
    assert fsck.repair([fault]) == ()


def test_a_product_that_is_gone_is_found(studio: Studio, ledger: Ledger) -> None:
    has_made(ledger, run_of(ledger, "process"), product(studio, "1.0", upload=False))
    assert codes(studio, ledger) == ["product-missing"]


def test_products_that_are_there_once_are_right(studio: Studio, ledger: Ledger) -> None:
    has_made(ledger, run_of(ledger, "process"), product(studio, "1.0"))
    assert codes(studio, ledger) == []


def test_a_product_that_was_made_twice_is_found(studio: Studio, ledger: Ledger) -> None:
    has_made(ledger, run_of(ledger, "process"), product(studio, "1.0"), product(studio, "1.1"))
    (fault,) = fsck.with_indexes(ledger, studio.client(), now=1.0)
    assert fault.code == "product-doubled"
    assert "hero-model 1.0 has made hero-geo more than once" in fault.text


def test_an_index_that_was_deleted_is_said(studio: Studio, ledger: Ledger) -> None:
    root = studio.client("root")
    root.delete_index(PROCESSING)
    faults = fsck.with_indexes(ledger, studio.client(), now=1.0)
    assert [one.code for one in faults] == ["no-index"]


def test_folders_of_no_run_are_found_and_removed(studio: Studio, ledger: Ledger) -> None:
    for name in ("99", "lost+found"):
        (studio.place.folder / "runs" / name).mkdir(parents=True)
    faults = fsck.in_itself(ledger, studio.place, now=1.0)
    assert [one.code for one in faults] == ["orphan-folder", "orphan-folder"]
    assert fsck.repair(faults) == faults
    assert not (studio.place.folder / "runs" / "99").exists()


def test_a_runner_of_this_machine_that_was_killed_is_found(studio: Studio, ledger: Ledger) -> None:
    studio.publish("prop_model", "2.0")
    dead = leases.enter(ledger, host="here", pid=1, now=1.0)
    studio.place.runners.mkdir(parents=True, exist_ok=True)
    (studio.place.runners / f"{dead}.lock").touch()
    faults = fsck.in_itself(ledger, studio.place, now=1.0)
    assert [one.code for one in faults] == ["dead-runner"]
    assert fsck.repair(faults) == faults
    assert codes(studio, ledger) == []


def test_a_flow_of_a_later_version_is_not_judged_by(studio: Studio, ledger: Ledger) -> None:
    flows.keep(ledger, "f" * 12, '{"indexes": {}, "later": 1}', origin="x", now=2e9)
    assert codes(studio, ledger) == []


def test_an_unreadable_folder_of_runs_is_none(tmp_path: Path, ledger: Ledger) -> None:
    assert list(fsck.folders.orphans(fsck.CIPlace(tmp_path / "gone"), ledger)) == []
