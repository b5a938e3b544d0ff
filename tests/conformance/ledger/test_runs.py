"""What the ledger promises about runs, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pipl.ci.ledger import ending, notices, queries, queue, steering
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.ending import Wanted
from pipl.ci.run import NewRun, Outcome, Run
from pipl.errors.ci import RunNotFound, WrongRunState
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")
QA_ONLY = Wanted("f1", ("qa",), "promote")
FAILED = Outcome("failed", "1 failed", "fix it", "ci.tests-failed")


def new(
    handler: str = "qa", version: str = "1.0", sha256: str = "a" * 64, flow: str = "f1"
) -> NewRun:
    filename = f"hero_model-{version}-py3-none-any.whl"
    return NewRun(TESTING, "hero-model", version, filename, sha256, handler, "bob", flow, "task")


def ingest(ledger: Ledger, *runs: NewRun, serial: int = 1, now: float = 1.0) -> int:
    return queue.ingest(ledger, runs, since=queue.cursor(ledger), serial=serial, now=now)


def claimed(ledger: Ledger, now: float = 10.0) -> Run:
    run = queue.claim(ledger, now=now, host="here")
    assert run is not None
    return run


def adopt(ledger: Ledger, flow: str, *handlers: str, now: float) -> int:
    """A flow with these handlers and a promotion comes into force."""
    asked = Wanted(flow, handlers, "promote")
    return queue.adopt(
        ledger, flow, wants=lambda run: run.handler in handlers, asked=lambda run: asked, now=now
    )


def test_a_new_ledger_has_read_nothing(ledger: Ledger) -> None:
    assert queue.cursor(ledger) == 0
    assert queries.runs(ledger) == ()
    assert not queries.pending(ledger)


def test_a_page_that_is_read_twice_queues_its_runs_once(ledger: Ledger) -> None:
    assert queue.ingest(ledger, [new(), new("lint")], since=0, serial=7, now=1.0) == 2
    assert queue.ingest(ledger, [new(), new("lint")], since=7, serial=7, now=2.0) == 0
    assert queue.cursor(ledger) == 7
    assert [run.handler for run in queries.runs(ledger)] == ["lint", "qa"]
    assert {run.queued_at for run in queries.runs(ledger)} == {1.0}


def test_a_page_that_another_runner_has_read_meanwhile_changes_nothing(ledger: Ledger) -> None:
    queue.ingest(ledger, [new()], since=0, serial=7, now=1.0)
    assert queue.ingest(ledger, [new("lint")], since=0, serial=3, now=2.0) == 0
    assert queue.cursor(ledger) == 7
    assert [run.handler for run in queries.runs(ledger)] == ["qa"]


def test_the_cursor_moves_only_together_with_the_runs(ledger: Ledger) -> None:
    broken = NewRun(TESTING, "hero-model", "1.0", "x.whl", "b" * 64, None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"(?i)not.null"):
        ingest(ledger, new(), broken, serial=7)
    assert queue.cursor(ledger) == 0
    assert queries.runs(ledger) == ()


def test_what_a_run_is_about_survives_the_ledger(open_ledger: Callable[[], Ledger]) -> None:
    ingest(open_ledger(), new())
    (run,) = queries.runs(open_ledger())
    assert {name: getattr(run, name) for name in NewRun.__dataclass_fields__} == vars(new())


def test_a_file_that_was_handled_is_not_handled_again_because_the_flow_changed(
    ledger: Ledger,
) -> None:
    ingest(ledger, new(flow="f1"))
    ending.finish(ledger, claimed(ledger), Outcome.passed(), now=2.0)
    assert ingest(ledger, new(flow="f2"), serial=2) == 0
    assert len(queries.runs(ledger)) == 1


def test_runs_are_claimed_oldest_first_when_they_are_due(ledger: Ledger) -> None:
    ingest(ledger, new("qa"), new("lint"), now=5.0)
    assert queue.claim(ledger, now=4.0, host="here") is None
    first = claimed(ledger)
    assert (first.handler, first.state, first.attempt) == ("qa", "running", 1)
    assert (first.started_at, first.host) == (10.0, "here")
    assert first == queries.run(ledger, first.id)
    assert claimed(ledger).handler == "lint"
    assert queue.claim(ledger, now=10.0, host="here") is None


def test_a_run_that_does_not_fit_lets_others_pass(ledger: Ledger) -> None:
    ingest(ledger, new("render"), new("qa"))
    small = queue.claim(ledger, now=2.0, host="here", fits=lambda run: run.handler != "render")
    assert small is not None
    assert small.handler == "qa"
    assert claimed(ledger).handler == "render"


def test_a_clock_that_was_set_back_keeps_no_run_waiting(ledger: Ledger) -> None:
    ingest(ledger, new(), now=1_000_000.0)
    assert claimed(ledger, now=500_000.0).handler == "qa"


def test_a_spoiled_attempt_waits_and_counts(ledger: Ledger) -> None:
    ingest(ledger, new())
    run = claimed(ledger)
    queued = queue.requeue(ledger, run, now=11.0, due_at=15.0, reason="away", fault=True)
    assert queued is not None
    assert (queued.state, queued.faults, queued.reason) == ("queued", 1, "away")
    assert queue.claim(ledger, now=14.0, host="here") is None
    again = claimed(ledger, now=15.0)
    assert (again.attempt, again.faults, again.reason) == (2, 1, "")


def test_only_the_attempt_that_runs_can_end_a_run(ledger: Ledger) -> None:
    ingest(ledger, new())
    first = claimed(ledger)
    queue.requeue(ledger, first, now=11.0, due_at=11.0, reason="lost", fault=False)
    second = claimed(ledger, now=12.0)
    assert ending.finish(ledger, first, Outcome.passed(), now=13.0) is None
    assert queue.requeue(ledger, first, now=13.0, due_at=13.0, reason="", fault=False) is None
    assert queries.run(ledger, first.id) == second


def test_a_failure_is_kept_with_its_reason(ledger: Ledger) -> None:
    ingest(ledger, new())
    ended = ending.finish(ledger, claimed(ledger), FAILED, now=12.0, wanted=QA_ONLY)
    assert ended is not None
    assert ended == queries.run(ledger, ended.id)
    assert (ended.state, ended.ended_at) == ("failed", 12.0)
    assert (ended.reason, ended.hint, ended.code) == ("1 failed", "fix it", "ci.tests-failed")
    assert queries.runs(ledger, handler="promote") == ()


def test_the_promotion_is_queued_once_all_runs_of_the_release_have_passed(ledger: Ledger) -> None:
    wanted = Wanted("f1", ("qa", "lint"), "promote")
    ingest(ledger, new("qa"), new("lint"), new("qa", sha256="b" * 64), new("lint", sha256="b" * 64))
    ingest(ledger, new("qa", "2.0", "c" * 64), serial=2)
    runs = [claimed(ledger) for _ in range(5)]
    for run in runs[:3]:
        ending.finish(ledger, run, Outcome.passed(), now=12.0, wanted=wanted)
        assert queries.runs(ledger, handler="promote") == ()
    ending.finish(ledger, runs[3], Outcome.passed(), now=12.0, wanted=wanted)
    (queued,) = queries.runs(ledger, handler="promote")
    assert (queued.state, queued.version, queued.flow) == ("queued", "1.0", "f1")
    assert queries.run(ledger, runs[4].id).state == "running"


def test_a_failure_keeps_the_release_from_being_promoted(ledger: Ledger) -> None:
    wanted = Wanted("f1", ("qa", "lint"), "promote")
    ingest(ledger, new("qa"), new("lint"))
    first, second = claimed(ledger), claimed(ledger)
    ending.finish(ledger, first, FAILED, now=12.0, wanted=wanted)
    ending.finish(ledger, second, Outcome.passed(), now=12.0, wanted=wanted)
    assert queries.runs(ledger, handler="promote") == ()


def test_what_a_new_flow_asks_for_besides_is_queued_before_the_promotion(ledger: Ledger) -> None:
    ingest(ledger, new("qa"))
    stricter = Wanted("f2", ("qa", "lint"), "promote")
    ending.finish(ledger, claimed(ledger), Outcome.passed(), now=2.0, wanted=stricter)
    lint = claimed(ledger)
    assert (lint.handler, lint.flow) == ("lint", "f2")
    assert queries.runs(ledger, handler="promote") == ()
    ending.finish(ledger, lint, Outcome.passed(), now=3.0, wanted=stricter)
    assert [run.handler for run in queries.runs(ledger, states=("queued",))] == ["promote"]


def test_what_a_new_flow_does_not_ask_for_any_more_does_not_hold_up(ledger: Ledger) -> None:
    ingest(ledger, new("qa"), new("lint"))
    qa = claimed(ledger)
    cancelled = adopt(ledger, "f2", "qa", now=2.0)
    assert cancelled == 1
    (lint,) = queries.runs(ledger, handler="lint")
    assert lint.state == "cancelled"
    assert lint.reason == "the flow runs no lint on root/testing any more"
    ending.finish(ledger, qa, Outcome.passed(), now=3.0, wanted=Wanted("f2", ("qa",), "promote"))
    assert [run.handler for run in queries.runs(ledger, states=("queued",))] == ["promote"]


def test_a_release_that_waits_for_nothing_but_a_dropped_handler_is_promoted(
    ledger: Ledger,
) -> None:
    ingest(ledger, new("qa"), new("lint"))
    ending.finish(ledger, claimed(ledger), Outcome.passed(), now=2.0, wanted=Wanted("f1", ("qa",)))
    assert adopt(ledger, "f2", "qa", now=3.0) == 1
    assert [run.handler for run in queries.runs(ledger, states=("queued",))] == ["promote"]


def test_what_a_flow_asks_for_in_place_of_a_dropped_handler_is_queued(ledger: Ledger) -> None:
    ingest(ledger, new("qa"), new("lint"))
    assert adopt(ledger, "f2", "check", now=3.0) == 2
    (check,) = queries.runs(ledger, states=("queued",))
    assert (check.handler, check.flow) == ("check", "f2")


def test_a_run_that_the_flow_dropped_under_it_holds_nothing_up(ledger: Ledger) -> None:
    ingest(ledger, new("qa"))
    dropped = Outcome.cancelled("the flow runs no qa on root/testing any more")
    wanted = Wanted("f2", ("check",), "promote")
    ending.finish(ledger, claimed(ledger), dropped, now=3.0, wanted=wanted)
    assert [run.handler for run in queries.runs(ledger, states=("queued",))] == ["check"]


def test_two_runners_that_end_a_release_at_once_promote_it_once(
    open_ledger: Callable[[], Ledger],
) -> None:
    ours = open_ledger()
    for number in range(20):
        version, sha256 = f"{number}.0", f"{number:064d}"
        wanted = Wanted("f1", ("qa", "lint"), "promote")
        ingest(ours, *(new(name, version, sha256) for name in ("qa", "lint")), serial=number + 1)
        runs = [claimed(ours), claimed(ours)]
        ledgers = [ours, open_ledger()]
        gate = threading.Barrier(2)

        def end(ledger: Ledger, run: Run, gate=gate, wanted=wanted) -> None:
            gate.wait()
            ending.finish(ledger, run, Outcome.passed(), now=2.0, wanted=wanted)

        threads = [
            threading.Thread(target=end, args=pair) for pair in zip(ledgers, runs, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (promotion,) = queries.runs(ours, handler="promote", version=version)
        ending.finish(ours, claimed(ours), Outcome.passed(), now=3.0)
        assert promotion.state == "queued"


def test_two_runners_never_claim_the_same_run(open_ledger: Callable[[], Ledger]) -> None:
    ledgers = [open_ledger(), open_ledger()]
    ingest(ledgers[0], *(new(sha256=f"{number:064d}") for number in range(40)))
    taken: list[int] = []

    def take(ledger: Ledger) -> None:
        while (run := queue.claim(ledger, now=2.0, host="here")) is not None:
            taken.append(run.id)

    threads = [threading.Thread(target=take, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 40


def test_who_is_to_be_told_is_written_with_the_end(ledger: Ledger) -> None:
    ingest(ledger, new())
    ending.finish(ledger, claimed(ledger), FAILED, now=2.0, notify=("td-mail", "hook"))
    first, second = notices.due(ledger, now=2.0)
    assert (first.notifier, first.state, first.run.reason) == ("td-mail", "failed", "1 failed")
    assert notices.take(ledger, first, until=60.0)
    assert not notices.take(ledger, first, until=60.0)
    assert [one.notifier for one in notices.due(ledger, now=3.0)] == ["hook"]
    notices.sent(ledger, second)
    assert notices.due(ledger, now=3.0) == ()
    assert [one.tries for one in notices.due(ledger, now=60.0)] == [1]


# What follows a product is asked for again and again


def test_what_is_asked_for_again_runs_again_and_once_more_after_it_runs(ledger: Ledger) -> None:
    follow = new("follow")

    def land(serial: int) -> int:
        since = queue.cursor(ledger)
        return queue.ingest(ledger, (), since=since, serial=serial, now=1.0, again=[follow])

    assert land(1) == 1
    assert land(2) == 0  # it waits already
    run = claimed(ledger)
    assert land(3) == 0
    ended = ending.finish(ledger, run, Outcome.passed(), now=2.0)
    assert ended is not None
    assert ended.state == "queued"
    ended = ending.finish(ledger, claimed(ledger), Outcome.passed(), now=3.0)
    assert ended is not None
    assert ended.state == "passed"
    assert land(4) == 1
    assert claimed(ledger).attempt == 3


# What people do


def test_a_retried_run_is_due_at_once_and_its_faults_are_forgiven(ledger: Ledger) -> None:
    ingest(ledger, new())
    run = claimed(ledger)
    queue.requeue(ledger, run, now=2.0, due_at=2.0, reason="server away", fault=True)
    ending.finish(ledger, claimed(ledger), Outcome("failed", "server away"), now=12.0)
    retried = steering.retry(ledger, run.id, now=30.0)
    assert (retried.state, retried.due_at, retried.faults) == ("queued", 30.0, 0)
    assert retried.reason == "retried after: server away"
    assert claimed(ledger, now=30.0).attempt == 3


@pytest.mark.parametrize("state", ["queued", "running", "passed"])
def test_only_a_run_that_failed_can_be_retried(ledger: Ledger, state: str) -> None:
    ingest(ledger, new())
    if state != "queued":
        run = claimed(ledger)
        if state == "passed":
            ending.finish(ledger, run, Outcome.passed(), now=2.0)
    with pytest.raises(WrongRunState, match=f"CI run 1 is {state}"):
        steering.retry(ledger, 1, now=3.0)


def test_what_has_passed_under_an_older_flow_can_be_run_under_the_new_one(ledger: Ledger) -> None:
    ingest(ledger, new(flow="f1"))
    ending.finish(ledger, claimed(ledger), Outcome.passed(), now=2.0)
    retried = steering.retry(ledger, 1, now=3.0, flow="f2")
    assert (retried.id, retried.flow, retried.state) == (2, "f2", "queued")
    assert queries.run(ledger, 1).state == "passed"
    with pytest.raises(WrongRunState):
        steering.retry(ledger, 1, now=4.0, flow="f2")


def test_a_held_run_waits_until_it_is_released(ledger: Ledger) -> None:
    ingest(ledger, new())
    assert steering.hold(ledger, 1, now=2.0, reason="held by ann").state == "held"
    assert queue.claim(ledger, now=3.0, host="here") is None
    assert not queries.pending(ledger)
    with pytest.raises(WrongRunState, match="so it cannot be held"):
        steering.hold(ledger, 1, now=2.0, reason="")
    assert steering.release(ledger, 1, now=4.0).state == "queued"
    assert claimed(ledger).attempt == 1


def test_a_cancelled_run_stays_so_whatever_its_job_says(ledger: Ledger) -> None:
    ingest(ledger, new())
    run = claimed(ledger)
    cancelled = steering.cancel(ledger, run.id, now=3.0, reason="by ann")
    assert (cancelled.state, cancelled.reason) == ("cancelled", "by ann")
    assert ending.finish(ledger, run, Outcome.passed(), now=4.0) is None
    assert queries.run(ledger, run.id).state == "cancelled"


def test_a_run_that_does_not_exist_is_said_so(ledger: Ledger) -> None:
    for ask in (queries.run, steering.retry, steering.release):
        with pytest.raises(RunNotFound):
            ask(ledger, 4) if ask is queries.run else ask(ledger, 4, now=1.0)


def test_runs_are_found_by_what_they_are(ledger: Ledger) -> None:
    ingest(ledger, new("qa"), new("qa", "2.0", "b" * 64), new("lint"))
    claimed(ledger)
    assert [run.id for run in queries.runs(ledger, states=("queued",))] == [3, 2]
    assert [run.id for run in queries.runs(ledger, version="2.0")] == [2]
    assert [run.id for run in queries.runs(ledger, project="hero-model", limit=1)] == [3]
    assert [run.id for run in queries.runs(ledger, handler="lint")] == [3]
    assert queries.runs(ledger, index="root/other") == ()
    assert queries.pending(ledger)
    assert queries.pending_projects(ledger) == {"qa": {"hero-model"}, "lint": {"hero-model"}}
