"""What people see of a ledger, what may be forgotten of it, and whether it is sound."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from pipl.ci.ledger import (
    checking,
    deliveries,
    ending,
    leases,
    logs,
    notices,
    overview,
    pruning,
    queries,
    queue,
    records,
    scrape,
    statistics,
    steering,
)
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.overview import Filter
from pipl.ci.ledger.schema import logs as logs_table
from pipl.ci.ledger.schema import notices as notices_table
from pipl.ci.ledger.schema import runs as runs_table
from pipl.ci.run import NewRun, Outcome, Run
from pipl.index.name import IndexName

NEW = NewRun(IndexName("root", "testing"), "hero", "1.0", "hero-1.0.whl", "0" * 64, "qa")
FAILED = Outcome("failed", reason="1 of 3 failed", hint="mend it")


def put(ledger: Ledger, number: int, handler: str = "qa", *, at: float = 0.0) -> NewRun:
    new = replace(NEW, sha256=f"{number:064x}", project=f"hero-{number}", handler=handler)
    since = queue.cursor(ledger)
    assert queue.ingest(ledger, [new], since=since, serial=since + 1, now=at) == 1
    return new


def claim(ledger: Ledger, *, at: float, runner: str | None = None) -> Run:
    run = queue.claim(ledger, now=at, host="here", runner=runner)
    assert run is not None
    return run


def ran(
    ledger: Ledger,
    number: int,
    handler: str = "qa",
    *,
    at: float,
    waits: float = 1.0,
    takes: float = 10.0,
    outcome: Outcome | None = None,
    notify: tuple[str, ...] = (),
) -> Run:
    """A run from its queueing to its end."""
    put(ledger, number, handler, at=at)
    run = claim(ledger, at=at + waits)
    logs.append(ledger, run.id, run.attempt, b"hello\n" * 100)
    records.keep(ledger, run.id, {"lock": b"lock"})
    end = at + waits + takes
    given = outcome or Outcome.passed()
    ended = ending.finish(ledger, run, given, now=end, notify=notify)
    assert ended is not None
    return ended


def codes(ledger: Ledger, *, now: float = 1000.0) -> list[str]:
    return [fault.code for fault in checking.check(ledger, now=now)]


# What is seen at a glance


def test_the_overview_says_what_runs_waits_and_has_ended(ledger: Ledger) -> None:
    for number, takes in enumerate((10.0, 20.0, 60.0)):
        ran(ledger, number, at=100.0 * number, takes=takes)
    ran(ledger, 3, "process", at=300.0, outcome=FAILED)
    for number in (4, 5, 6):
        put(ledger, number, "process" if number == 6 else "qa", at=400.0 + number)
    running = claim(ledger, at=410.0)
    held = steering.hold(ledger, running.id + 1, now=411.0, reason="wait")
    seen = overview.look(ledger, Filter(), now=420.0, ended=3)
    assert [run.id for run in seen.running] == [running.id]
    assert seen.queued == {"process": 1}
    assert (seen.held, seen.waits_since) == (1, 406.0)
    assert [run.id for run in seen.ended] == [held.id, 4, 3]
    assert seen.usual_s == {"qa": 20.0, "process": 10.0}
    assert overview.usual(ledger) == seen.usual_s


def test_the_overview_of_an_empty_ledger_is_empty(ledger: Ledger) -> None:
    seen = overview.look(ledger, Filter(), now=1.0)
    assert (seen.running, seen.ended, seen.queued, seen.waits_since) == ((), (), {}, None)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [3, 2, 1]),
        (Filter(states=("failed",)), [2]),
        (Filter(project="hero-3"), [3]),
        (Filter(handler="process"), [3]),
        (Filter(index="root/testing", states=("passed", "failed")), [3, 2, 1]),
        (Filter(index="root/other"), []),
        (Filter(states=("queued",), project="hero-1"), []),
    ],
)
def test_runs_are_chosen_by_everything_that_is_given(
    ledger: Ledger, wanted: Filter, expected: list[int]
) -> None:
    ran(ledger, 1, at=0.0)
    ran(ledger, 2, at=100.0, outcome=FAILED)
    ran(ledger, 3, "process", at=200.0)
    assert [run.id for run in overview.runs_of(ledger, wanted)] == expected


# Statistics


def test_statistics_are_of_each_handler_and_of_all(ledger: Ledger) -> None:
    for number in range(10):
        outcome = FAILED if number in (3, 7) else None
        ran(ledger, number, at=100.0 * number, waits=1.0 + number, takes=10.0, outcome=outcome)
    ran(ledger, 10, "process", at=2000.0, waits=0.5, takes=5.0)
    overall, process, qa = statistics.statistics(ledger, since=0.0)
    assert (process.handler, qa.handler, overall.handler) == ("process", "qa", statistics.OVERALL)
    assert (qa.passed, qa.failed, qa.failure_rate) == (8, 2, 0.2)
    assert (qa.waited_p50_s, qa.waited_p95_s) == (5.0, 10.0)
    assert (qa.took_p50_s, process.took_p95_s) == (10.0, 5.0)
    assert (overall.passed, overall.failed) == (9, 2)
    recent = statistics.statistics(ledger, since=1500.0)
    assert [one.handler for one in recent] == [statistics.OVERALL, "process"]


def test_repeats_are_counted_and_do_not_count_as_waiting(ledger: Ledger) -> None:
    put(ledger, 1)
    first = claim(ledger, at=1.0)
    queue.requeue(ledger, first, now=5.0, due_at=5.0, reason="server away", fault=True)
    ending.finish(ledger, claim(ledger, at=6.0), Outcome.passed(), now=8.0)
    _, qa = statistics.statistics(ledger, since=0.0)
    assert (qa.repeats, qa.waited_p50_s, qa.took_p50_s) == (1, None, 2.0)


def test_nothing_that_ended_gives_no_figures(ledger: Ledger) -> None:
    put(ledger, 1)
    (overall,) = statistics.statistics(ledger, since=0.0)
    assert (overall.passed, overall.failure_rate, overall.took_p50_s) == (0, None, None)


@pytest.mark.parametrize(
    ("sample", "share", "expected"),
    [([], 0.5, None), ([3.0], 0.95, 3.0), ([1.0, 2.0], 0.5, 1.0), (range(1, 101), 0.95, 95)],
)
def test_percentiles_are_by_nearest_rank(sample, share, expected) -> None:
    assert statistics.percentile(sample, share) == expected


def test_runs_are_counted_by_state_and_handler(ledger: Ledger) -> None:
    ran(ledger, 1, at=0.0)
    ran(ledger, 2, at=100.0, outcome=FAILED)
    put(ledger, 3)
    expected = {("passed", "qa"): 1, ("failed", "qa"): 1, ("queued", "qa"): 1}
    assert statistics.counts(ledger) == expected


# Pruning


def test_logs_and_records_of_old_runs_go_and_the_runs_stay(ledger: Ledger) -> None:
    old = ran(ledger, 1, at=0.0, notify=("td",))
    new = ran(ledger, 2, at=1000.0)
    (notice,) = notices.due(ledger, now=2000.0)
    notices.sent(ledger, notice)
    gone: list[int] = []
    pruned = pruning.prune(ledger, before=500.0, forgotten=gone.extend)
    assert (pruned.runs, pruned.logs, pruned.records, pruned.notices) == ((old.id,), 1, 1, 1)
    assert gone == [old.id]
    assert pruned.size_bytes > 0
    assert list(logs.read(ledger, old.id)) == []
    assert records.record(ledger, old.id, "lock") is None
    assert queries.run(ledger, old.id) == old
    assert [part.content for part in logs.read(ledger, new.id)] == [b"hello\n" * 100]
    assert pruning.prune(ledger, before=500.0).runs == ()
    assert codes(ledger) == []


def test_a_release_that_comes_again_after_pruning_does_not_run_twice(ledger: Ledger) -> None:
    ran(ledger, 1, at=0.0)
    pruning.prune(ledger, before=500.0)
    new = replace(NEW, sha256=f"{1:064x}", project="hero-1", flow="another")
    since = queue.cursor(ledger)
    assert queue.ingest(ledger, [new], since=since, serial=since + 1, now=600.0) == 0


def test_a_dry_run_says_the_same_and_changes_nothing(ledger: Ledger) -> None:
    old = ran(ledger, 1, at=0.0, notify=("td",))
    said = pruning.prune(ledger, before=500.0, dry_run=True)
    assert said.runs == (old.id,)
    assert list(logs.read(ledger, old.id)) != []
    assert pruning.prune(ledger, before=500.0) == said


def test_what_has_not_ended_for_good_is_never_pruned(ledger: Ledger) -> None:
    put(ledger, 1)
    running = claim(ledger, at=1.0)
    logs.append(ledger, running.id, 1, b"still at it\n")
    ran(ledger, 2, at=2.0, outcome=Outcome("held", reason="wait"))
    retried = ran(ledger, 3, at=30.0, outcome=FAILED)
    steering.retry(ledger, retried.id, now=60.0)
    assert pruning.prune(ledger, before=1e9).runs == ()


def test_runners_that_are_no_more_are_forgotten(ledger: Ledger) -> None:
    gone = leases.enter(ledger, host="old", pid=1, now=0.0)
    leases.leave(ledger, gone, now=1.0)
    working = leases.enter(ledger, host="new", pid=2, now=0.0)
    assert pruning.prune(ledger, before=500.0).runners == 1
    assert list(leases.beats(ledger)) == [working]


def test_many_runs_are_pruned_in_batches(ledger: Ledger, monkeypatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    for number in range(5):
        ran(ledger, number, at=number * 20.0)
    batches: list[int] = []
    pruned = pruning.prune(ledger, before=1e6, forgotten=lambda ids: batches.append(len(ids)))
    assert (len(pruned.runs), pruned.logs, batches) == (5, 5, [2, 2, 1])


# Soundness


def test_a_ledger_at_work_is_sound(ledger: Ledger) -> None:
    runner = leases.enter(ledger, host="here", pid=1, now=0.0)
    ran(ledger, 1, at=0.0, notify=("td",))
    ran(ledger, 2, at=20.0, outcome=FAILED)
    for number in (3, 4, 5):
        put(ledger, number, at=40.0)
    run = claim(ledger, at=41.0, runner=runner)
    made = deliveries.put(ledger, run, {"a.whl": b"a"})
    assert made is not None
    queue.requeue(ledger, made, now=42.0, due_at=42.0, reason="away", fault=True)
    claim(ledger, at=43.0, runner=runner)
    steering.hold(ledger, 4, now=44.0, reason="wait")
    steering.cancel(ledger, 5, now=44.0, reason="no")
    assert codes(ledger) == []


def test_a_running_run_without_a_runner_is_found_and_queued_again(ledger: Ledger) -> None:
    put(ledger, 1)
    runner = leases.enter(ledger, host="here", pid=1, now=0.0)
    lost = claim(ledger, at=1.0, runner=runner)
    leases.leave(ledger, runner, now=2.0)
    (fault,) = checking.check(ledger, now=10.0)
    assert (fault.code, fault.run) == ("lost-run", lost.id)
    assert fault.mend is not None
    assert fault.mend()
    assert queries.run(ledger, lost.id).state == "queued"
    assert codes(ledger) == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"state": "sleeping"}, "no known state"),
        ({"state": "running", "ended_at": None, "started_at": None}, "without a start"),
        ({"ended_at": None}, "ended without a time"),
        ({"runner": "somebody"}, "has a runner and is not running"),
        ({"attempt": -1}, "negative counts"),
    ],
)
def test_runs_that_cannot_be_are_found(ledger: Ledger, values, text) -> None:
    run = ran(ledger, 1, at=0.0)
    with ledger.writing() as connection:
        connection.execute(update(runs_table).where(runs_table.c.id == run.id).values(**values))
    faults = [one for one in checking.check(ledger, now=1.0) if one.code == "impossible-run"]
    assert text in faults[0].text
    assert "qa of hero-1 1.0 on root/testing" in faults[0].text


def test_rows_without_a_run_are_found_and_removed(ledger: Ledger) -> None:
    logs.append(ledger, 77, 1, b"whose?")
    records.keep(ledger, 77, {"lock": b""})
    told = {"notifier": "td", "run_state": "failed", "state": "sent", "made_at": 0, "due_at": 0}
    with ledger.writing() as connection:
        connection.execute(insert(notices_table).values(run_id=77, **told))
    faults = checking.check(ledger, now=1.0)
    assert [one.code for one in faults] == ["orphan-row"] * 3
    assert all(one.mend is not None and one.mend() for one in faults)
    assert codes(ledger) == []
    with ledger.reading() as connection:
        assert connection.execute(logs_table.select()).first() is None


def test_notices_that_nobody_sends_are_found_and_sent_anew(ledger: Ledger) -> None:
    ran(ledger, 1, at=0.0, outcome=FAILED, notify=("td", "wall"))
    first, second = notices.due(ledger, now=20.0)
    notices.give_up(ledger, first, "it is away")
    assert codes(ledger, now=100.0) == ["unsent-notice"]
    faults = checking.check(ledger, now=2e5)
    assert [one.code for one in faults] == ["unsent-notice", "stuck-notice"]
    assert "it is away" in faults[0].text
    assert all(one.mend is not None and one.mend() for one in faults)
    assert [one.id for one in notices.due(ledger, now=2e5)] == [first.id, second.id]
    assert codes(ledger, now=2e5) == []


def test_files_of_runs_that_have_ended_are_found_and_removed(ledger: Ledger) -> None:
    put(ledger, 1)
    run = claim(ledger, at=1.0)
    assert deliveries.put(ledger, run, {"a.whl": b"a"}) is not None
    with ledger.writing() as connection:
        ended = {"state": "passed", "ended_at": 2.0}
        connection.execute(update(runs_table).where(runs_table.c.id == run.id).values(**ended))
    (fault,) = checking.check(ledger, now=3.0)
    assert fault.code == "leftover-file"
    assert fault.mend is not None
    assert fault.mend()
    assert deliveries.files(ledger, run.id) == {}


def test_the_files_that_are_known_are_those_of_the_index(ledger: Ledger) -> None:
    put(ledger, 1)
    assert checking.handled(ledger, "root/testing") == {f"{1:064x}"}
    assert checking.handled(ledger, "root/other") == frozenset()


# For metrics


def test_ends_are_told_since_a_time(ledger: Ledger) -> None:
    ran(ledger, 1, at=0.0, takes=4.0)
    ran(ledger, 2, "process", at=100.0, takes=7.0, outcome=FAILED)
    ran(ledger, 3, at=200.0, outcome=Outcome.cancelled("no"))
    found = [(end.run, end.handler, end.took_s) for end in scrape.ends(ledger, since=0.0)]
    assert found == [(1, "qa", 4.0), (2, "process", 7.0)]
    assert [end.run for end in scrape.ends(ledger, since=50.0)] == [2]


def test_runners_and_notices_are_told(ledger: Ledger) -> None:
    runner = leases.enter(ledger, host="farm", pid=7, now=1.0)
    leases.beat(ledger, runner, now=3.0)
    gone = leases.enter(ledger, host="farm", pid=8, now=1.0)
    leases.leave(ledger, gone, now=2.0)
    (working,) = scrape.runners_at_work(ledger)
    assert (working.id, working.host, working.beat, working.seen_at) == (runner, "farm", 1, 3.0)
    ran(ledger, 1, at=0.0, notify=("td", "wall"))
    assert scrape.notices_by_state(ledger) == {"due": 2}
