"""Logs, records and files that are kept of a run, runners' leases, and the database itself."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pipl.ci.ledger import database, deliveries, ending, leases, logs, queries, queue, records
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import HEAD, metadata
from pipl.ci.run import NewRun, Outcome, Run
from pipl.errors.base import DiskFull
from pipl.errors.ci import InvalidLedgerUrl, LedgerAway, LedgerGone, UnknownLedger
from pipl.errors.usage import InvalidFile
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")


def running(ledger: Ledger, runner: str | None = None, sha256: str = "a" * 64) -> Run:
    new = NewRun(TESTING, "hero-model", "1.0", "hero_model-1.0.whl", sha256, "process")
    since = queue.cursor(ledger)
    queue.ingest(ledger, [new], since=since, serial=since + 1, now=1.0)
    run = queue.claim(ledger, now=2.0, host="here", runner=runner)
    assert run is not None
    return run


def entered(ledger: Ledger, host: str) -> str:
    return leases.enter(ledger, host=host, pid=1, now=1.0)


def test_a_log_is_read_while_it_grows(ledger: Ledger) -> None:
    logs.append(ledger, 1, 1, b"one\n")
    logs.append(ledger, 1, 1, b"two\n")
    logs.append(ledger, 2, 1, b"another run's\n")
    read = list(logs.read(ledger, 1))
    assert [part.content for part in read] == [b"one\n", b"two\n"]
    logs.append(ledger, 1, 2, b"second attempt\n")
    assert [part.content for part in logs.read(ledger, 1, after=read[-1])] == [b"second attempt\n"]
    assert [part.content for part in logs.read(ledger, 1, attempt=1)] == [b"one\n", b"two\n"]


def test_records_are_replaced(ledger: Ledger) -> None:
    run = running(ledger)
    assert records.keep(ledger, 1, {"lock": b"old", "statement": b"\x00\xff"})
    assert records.keep(ledger, 1, {"lock": b"new"}, of=run)
    assert not records.keep(ledger, 1, {"lock": b"late"}, of=replace(run, attempt=0))
    assert records.record(ledger, 1, "lock") == b"new"
    assert records.record(ledger, 1, "statement") == b"\x00\xff"
    assert records.record(ledger, 2, "lock") is None
    assert records.names(ledger, 1) == ("lock", "statement")


def test_what_a_run_has_made_is_kept_until_it_has_ended(ledger: Ledger) -> None:
    run = running(ledger)
    on_its_way = deliveries.put(ledger, run, {"b.whl": b"two", "a.whl": b"one"})
    assert on_its_way is not None
    queue.requeue(ledger, on_its_way, now=3.0, due_at=3.0, reason="server away", fault=True)
    again = queue.claim(ledger, now=4.0, host="there")
    assert again is not None
    assert (again.step, again.attempt) == ("deliver", 2)
    assert deliveries.files(ledger, run.id) == {"a.whl": b"one", "b.whl": b"two"}
    assert deliveries.put(ledger, run, {"c.whl": b"late"}) is None  # of the first attempt
    ended = ending.finish(ledger, again, Outcome.passed(), now=5.0)
    assert ended is not None
    assert ended.step == "job"
    assert deliveries.files(ledger, run.id) == {}


def test_a_products_name_belongs_to_the_first_task(ledger: Ledger) -> None:
    assert deliveries.claim_name(ledger, "hero-geo", "hero-model") == "hero-model"
    assert deliveries.claim_name(ledger, "hero-geo", "villain-model") == "hero-model"


# Runners


def test_a_runner_that_is_declared_lost_learns_it_and_its_runs_wait_again(ledger: Ledger) -> None:
    lost, alive = entered(ledger, "gone"), entered(ledger, "here")
    theirs, ours = running(ledger, lost), running(ledger, alive, "b" * 64)
    assert leases.beat(ledger, lost, now=2.0)
    assert leases.beats(ledger) == {lost: 1, alive: 0}
    (queued,) = leases.take_over(ledger, lost, now=3.0)
    assert (queued.id, queued.state, queued.faults) == (theirs.id, "queued", 1)
    assert leases.take_over(ledger, lost, now=3.0) == ()
    assert not leases.beat(ledger, lost, now=4.0)
    assert leases.still_running(ledger, [theirs, ours]) == {ours.id}
    assert [run.id for run in leases.running(ledger)] == [ours.id]


def test_a_runner_that_was_declared_lost_gets_no_more_runs(ledger: Ledger) -> None:
    lost = entered(ledger, "gone")
    run = running(ledger, lost)
    leases.take_over(ledger, lost, now=3.0)
    assert queue.claim(ledger, now=4.0, host="gone", runner=lost) is None
    assert queries.run(ledger, run.id).state == "queued"


def test_a_runner_that_slept_between_reading_and_claiming_claims_nothing(ledger: Ledger) -> None:
    run = running(ledger)
    queue.requeue(ledger, run, now=3.0, due_at=3.0, reason="", fault=False)

    def slept(read: Run) -> bool:
        other = queue.claim(ledger, now=4.0, host="there")
        assert other is not None
        made = deliveries.put(ledger, other, {"a.whl": b"one"})
        assert made is not None
        queue.requeue(ledger, made, now=5.0, due_at=5.0, reason="", fault=False)
        return True

    assert queue.claim(ledger, now=6.0, host="here", fits=slept) is None
    after = queries.run(ledger, run.id)
    assert (after.state, after.attempt, after.step) == ("queued", 2, "deliver")


def test_runs_without_a_living_runner_are_found(ledger: Ledger) -> None:
    unknown = running(ledger, None)
    ended = entered(ledger, "here")
    left = running(ledger, ended, "b" * 64)
    assert [run.id for run in leases.orphans(ledger)] == [unknown.id]
    leases.leave(ledger, ended, now=2.0)
    assert [run.id for run in leases.orphans(ledger)] == [unknown.id, left.id]


# The database


def test_the_migrations_make_the_tables_that_the_code_knows(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        metadata.drop_all(connection)
        database.migrate(connection, since="base")
    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert queue.cursor(ledger) == 0
    assert running(ledger).id == 1


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    folder = Path(database.__file__).with_name("migrations")
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD


def test_a_ledger_of_before_the_migrations_keeps_its_runs(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST)
    with Ledger.open(path) as ledger:
        assert queue.cursor(ledger) == 12
        (run,) = queries.runs(ledger)
        assert (run.id, run.project, run.state, run.flow, run.step) == (
            *(7, "hero-model", "running", ""),
            "job",
        )
        assert [one.id for one in leases.orphans(ledger)] == [7]
        assert running(ledger, sha256="b" * 64).id == 8
        with ledger.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_two_that_open_a_new_ledger_at_once_both_find_it(place, tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def opened(_: int) -> Ledger:
        together.wait()
        return Ledger.open(place)

    with ThreadPoolExecutor(8) as threads:
        ledgers = list(threads.map(opened, range(8)))
    for ledger in ledgers:
        assert queue.cursor(ledger) == 0
        ledger.close()


def test_a_ledger_of_a_later_version_is_refused(open_ledger: Callable[[], Ledger]) -> None:
    with open_ledger().writing() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(UnknownLedger, match="found: 9999"):
        open_ledger()


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "l") as connection:
        connection.execute("create table songs (name text)")
    with pytest.raises(UnknownLedger, match="found: other tables"):
        Ledger.open(tmp_path / "l")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l").write_text("not a database, but long enough to look at " * 40)
    with pytest.raises(InvalidFile, match="not a database"):
        Ledger.open(tmp_path / "l")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "it is no URL"),
        ("mysql://u@h/d", "in PostgreSQL"),
        ("postgresql://u:hunter2@h/d", "password belongs into"),
    ],
)
def test_a_url_that_cannot_be_a_ledgers_is_refused_and_not_shown(url: str, reason: str) -> None:
    with pytest.raises(InvalidLedgerUrl, match=reason) as caught:
        database.parse_url(url)
    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_so() -> None:
    with pytest.raises(LedgerAway, match="postgresql"):
        Ledger.open(database.parse_url("postgresql://pipl@127.0.0.1:1/x"))


@pytest.mark.parametrize("by", [None, "another"])
def test_a_file_that_is_taken_away_is_not_written_any_more(tmp_path: Path, by: str | None) -> None:
    path = tmp_path / "ledger.sqlite3"
    with Ledger.open(path) as ledger:
        path.rename(tmp_path / "aside")
        if by is not None:
            Ledger.open(path).close()
        with pytest.raises(LedgerGone):
            running(ledger)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l") as ledger:
        with ledger.reading() as connection:  # the pool's one connection, so the limit stays
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DiskFull):
            logs.append(ledger, 1, 1, os.urandom(1_000_000))


FIRST = """
CREATE TABLE facts (name VARCHAR(40) NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (name));
CREATE TABLE runs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "index" VARCHAR(200) NOT NULL,
    project VARCHAR(200) NOT NULL, version VARCHAR(100) NOT NULL,
    filename VARCHAR(300) NOT NULL, sha256 VARCHAR(64) NOT NULL,
    handler VARCHAR(100) NOT NULL, user VARCHAR(200), state VARCHAR(20) NOT NULL,
    attempt INTEGER NOT NULL, faults INTEGER NOT NULL, queued_at FLOAT NOT NULL,
    due_at FLOAT NOT NULL, started_at FLOAT, ended_at FLOAT, host VARCHAR(200),
    log VARCHAR(300), code VARCHAR(100) NOT NULL, reason TEXT NOT NULL, hint TEXT NOT NULL,
    CONSTRAINT one_run UNIQUE (sha256, "index", handler));
CREATE INDEX runs_by_state ON runs (state, due_at, id);
CREATE INDEX runs_by_release ON runs (project, version);
INSERT INTO facts VALUES ('schema', 1), ('cursor', 12);
INSERT INTO runs VALUES (7, 'root/testing', 'hero-model', '1.0', 'hero_model-1.0.whl', 'cc',
    'qa', 'bob', 'running', 1, 0, 1.0, 1.0, 2.0, NULL, 'here', 'runs/7/log.txt', '', '', '');
"""
"""What the first version of pipl made."""
