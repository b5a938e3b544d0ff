"""The ledger: what it promises about runs, whoever asks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipl.ci.ledger import Ledger
from pipl.ci.run import NewRun, Outcome, Run
from pipl.errors import InvalidFile, RunNotFound, RunNotRetryable, UnknownLedger
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")


def new(
    handler: str = "qa", version: str = "1.0", sha256: str = "a" * 64, index: IndexName = TESTING
) -> NewRun:
    filename = f"hero_model-{version}-py3-none-any.whl"
    return NewRun(index, "hero-model", version, filename, sha256, handler, "bob")


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite3") as opened:
        yield opened


def claimed(ledger: Ledger, now: float = 10.0) -> Run:
    run = ledger.claim(now=now, host="here")
    assert run is not None
    return run


def test_a_new_ledger_has_read_nothing(ledger: Ledger) -> None:
    assert ledger.cursor() == 0
    assert ledger.runs() == ()
    assert not ledger.pending()


def test_a_page_that_is_read_twice_queues_its_runs_once(ledger: Ledger) -> None:
    assert ledger.ingest(7, [new(), new("lint")], now=1.0) == 2
    assert ledger.ingest(7, [new(), new("lint")], now=2.0) == 0
    assert ledger.cursor() == 7
    assert [run.handler for run in ledger.runs()] == ["lint", "qa"]
    assert {run.queued_at for run in ledger.runs()} == {1.0}


def test_the_cursor_moves_only_together_with_the_runs(ledger: Ledger) -> None:
    broken = NewRun(TESTING, "hero-model", "1.0", "x.whl", "b" * 64, None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        ledger.ingest(7, [new(), broken], now=1.0)
    assert ledger.cursor() == 0
    assert ledger.runs() == ()


def test_what_a_run_is_about_survives_the_ledger(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l") as ledger:
        ledger.ingest(1, [new()], now=1.0)
    with Ledger.open(tmp_path / "l") as ledger:
        (run,) = ledger.runs()
    assert (run.index, run.project, run.version) == (TESTING, "hero-model", "1.0")
    assert (run.filename, run.sha256) == ("hero_model-1.0-py3-none-any.whl", "a" * 64)
    assert (run.handler, run.user, run.state, run.attempt) == ("qa", "bob", "queued", 0)
    assert run.title == "qa of hero-model 1.0 on root/testing"


def test_runs_are_claimed_once_in_the_order_they_came(ledger: Ledger) -> None:
    ledger.ingest(1, [new("qa"), new("lint")], now=1.0)
    first, second = claimed(ledger), claimed(ledger)
    assert (first.handler, second.handler) == ("qa", "lint")
    assert ledger.claim(now=10.0, host="here") is None
    assert first == ledger.run(first.id)
    assert (first.state, first.attempt) == ("running", 1)
    assert (first.started_at, first.host) == (10.0, "here")
    assert first.log == f"runs/{first.id}/log.txt"


def test_only_the_wanted_handlers_are_claimed(ledger: Ledger) -> None:
    ledger.ingest(1, [new("qa"), new("promote")], now=1.0)
    run = ledger.claim(now=2.0, host="here", only=("promote",))
    assert run is not None
    assert run.handler == "promote"
    assert ledger.claim(now=2.0, host="here", only=("promote",)) is None


def test_a_run_that_is_not_due_waits(ledger: Ledger) -> None:
    ledger.ingest(1, [new()], now=1.0)
    run = claimed(ledger)
    ledger.requeue(run, now=11.0, due_at=20.0, reason="server away", fault=True)
    assert ledger.claim(now=19.0, host="here") is None
    again = claimed(ledger, now=20.0)
    assert (again.attempt, again.faults) == (2, 1)


def test_the_end_of_an_attempt_that_is_over_changes_nothing(ledger: Ledger) -> None:
    ledger.ingest(1, [new()], now=1.0)
    first = claimed(ledger)
    ledger.requeue(first, now=11.0, due_at=11.0, reason="lost", fault=False)
    second = claimed(ledger, now=12.0)
    assert ledger.finish(first, Outcome.passed(), now=13.0) is None
    assert ledger.requeue(first, now=13.0, due_at=13.0, reason="", fault=False) is None
    assert ledger.run(first.id) == second


def test_a_failure_is_kept_with_its_reason(ledger: Ledger) -> None:
    ledger.ingest(1, [new()], now=1.0)
    run = claimed(ledger)
    ended = ledger.finish(run, Outcome("failed", "1 failed", "fix it", "ci.tests-failed"), now=12.0)
    assert ended == ledger.run(run.id)
    assert ended is not None
    assert (ended.state, ended.ended_at) == ("failed", 12.0)
    assert (ended.reason, ended.hint, ended.code) == ("1 failed", "fix it", "ci.tests-failed")


def test_the_promotion_is_queued_once_all_runs_of_the_release_have_passed(ledger: Ledger) -> None:
    other_wheel = new("qa", sha256="b" * 64)
    ledger.ingest(1, [new("qa"), new("lint"), other_wheel, new("qa", "2.0", "c" * 64)], now=1.0)
    runs = [claimed(ledger) for _ in range(4)]
    promotion = new("promote")
    for run in runs[:2]:
        ledger.finish(run, Outcome.passed(), now=12.0, then=promotion)
        assert ledger.runs(handler="promote") == ()
    ledger.finish(runs[2], Outcome.passed(), now=12.0, then=promotion)
    (queued,) = ledger.runs(handler="promote")
    assert queued.state == "queued"
    assert ledger.run(runs[3].id).state == "running"


def test_a_failure_keeps_the_release_from_being_promoted(ledger: Ledger) -> None:
    ledger.ingest(1, [new("qa"), new("lint")], now=1.0)
    first, second = claimed(ledger), claimed(ledger)
    ledger.finish(first, Outcome("failed", "no"), now=12.0, then=new("promote"))
    ledger.finish(second, Outcome.passed(), now=12.0, then=new("promote"))
    assert ledger.runs(handler="promote") == ()


def test_a_retried_run_is_due_at_once_and_its_faults_are_forgiven(ledger: Ledger) -> None:
    ledger.ingest(1, [new()], now=1.0)
    run = claimed(ledger)
    ledger.requeue(run, now=2.0, due_at=2.0, reason="server away", fault=True)
    ledger.finish(claimed(ledger), Outcome("failed", "server away"), now=12.0)
    retried = ledger.retry(run.id, now=30.0)
    assert (retried.state, retried.due_at, retried.faults) == ("queued", 30.0, 0)
    assert retried.reason == "retried after: server away"
    assert claimed(ledger, now=30.0).attempt == 3


@pytest.mark.parametrize("state", ["queued", "running", "passed"])
def test_only_a_run_that_failed_can_be_retried(ledger: Ledger, state: str) -> None:
    ledger.ingest(1, [new()], now=1.0)
    if state != "queued":
        run = claimed(ledger)
        if state == "passed":
            ledger.finish(run, Outcome.passed(), now=2.0)
    with pytest.raises(RunNotRetryable, match=f"CI run 1 is {state}"):
        ledger.retry(1, now=3.0)


def test_a_run_that_does_not_exist_is_said_so(ledger: Ledger) -> None:
    with pytest.raises(RunNotFound):
        ledger.run(4)
    with pytest.raises(RunNotFound):
        ledger.retry(4, now=1.0)


def test_runs_are_found_by_what_they_are(ledger: Ledger) -> None:
    ledger.ingest(1, [new("qa"), new("qa", "2.0", "b" * 64), new("lint")], now=1.0)
    claimed(ledger)
    assert [run.id for run in ledger.runs(states=("queued",))] == [3, 2]
    assert [run.id for run in ledger.runs(version="2.0")] == [2]
    assert [run.id for run in ledger.runs(project="hero-model", limit=1)] == [3]
    assert [run.id for run in ledger.runs(handler="lint")] == [3]
    assert ledger.pending()


def test_two_processes_do_not_claim_the_same_run(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l") as one, Ledger.open(tmp_path / "l") as other:
        one.ingest(1, [new("qa"), new("lint")], now=1.0)
        assert claimed(one).handler == "qa"
        assert claimed(other).handler == "lint"


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "l").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'l'}")
    with engine.begin() as connection:
        connection.execute(text("update facts set value = 99 where name = 'schema'"))
    with pytest.raises(UnknownLedger, match="found: 99"):
        Ledger.open(tmp_path / "l")


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "l") as connection:
        connection.execute("create table songs (name text)")
    with pytest.raises(UnknownLedger, match="found: None"):
        Ledger.open(tmp_path / "l")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l").write_text("not a database, but long enough to look at " * 40)
    with pytest.raises(InvalidFile, match="not a database"):
        Ledger.open(tmp_path / "l")
