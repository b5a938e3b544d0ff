"""The runner, over a server in memory and an engine without processes."""

from __future__ import annotations

import copy
import threading
import time

import pytest

from pipl.ci import feed, job_folder
from pipl.ci.engine import Ended
from pipl.ci.flow import DEFAULT_FLOW, Flow, HandlerStep, Stage, parse
from pipl.ci.flow.values import RETRIES
from pipl.ci.ledger import queue, steering
from pipl.ci.ledger.database import Ledger
from pipl.ci.pipeline import SourcedFlow
from pipl.ci.run import Outcome
from pipl.errors.access import WrongPassword
from pipl.errors.ci import InvalidFlow, RunnerBusy
from pipl.errors.server import ServerDown
from pipl.index.name import IndexName

PROJECT = IndexName("root", "PROJ")
TESTING = IndexName("root", "testing")
PROCESSING = IndexName("root", "processing")
WHOLE_ROAD = [
    ("root/testing", "qa", "passed"),
    ("root/testing", "promote", "passed"),
    ("root/processing", "process", "passed"),
    ("root/processing", "promote", "passed"),
]


def failed(reason: str = "1 failed") -> Outcome:
    return Outcome("failed", reason, "fix it", "ci.tests-failed")


def test_a_task_goes_the_whole_road(studio) -> None:
    studio.publish()
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert [order.handler for order in studio.engine.orders] == ["qa", "process"]
    assert studio.engine.orders[1].products == PROJECT
    assert studio.client().release(PROJECT, "hero-model", "1.0").wheel is not None
    assert {run.user for run in studio.runs()[:2]} == {"bob"}
    assert studio.engine.closed


@pytest.mark.parametrize("kind", ["code", None])
def test_what_is_no_task_is_promoted_past_the_process_handler(studio, kind) -> None:
    studio.publish(kind=kind)
    studio.runner().run(once=True)
    assert studio.states() == [WHOLE_ROAD[0], WHOLE_ROAD[1], WHOLE_ROAD[3]]
    assert studio.client().release(PROJECT, "hero-model", "1.0").wheel is not None


def test_a_failure_keeps_the_release_where_it_is_until_a_retry_passes(studio) -> None:
    studio.publish()
    studio.engine.verdict = lambda spec: failed()
    studio.runner().run(once=True)
    (run,) = studio.runs()
    assert (run.state, run.reason, run.hint) == ("failed", "1 failed", "fix it")
    assert studio.client().releases(PROCESSING, "hero-model") == ()

    with Ledger.open(studio.place.ledger) as ledger:
        steering.retry(ledger, run.id, now=studio.clock())
    studio.engine.verdict = lambda spec: Outcome.passed()
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert studio.runs()[0].attempt == 2


def test_a_second_runner_finds_nothing_to_do(studio) -> None:
    studio.publish()
    studio.runner().run(once=True)
    before = studio.runs()
    studio.runner().run(once=True)
    assert studio.runs() == before


def test_releases_that_came_while_no_runner_ran_are_found(studio) -> None:
    studio.publish(version="1.0")
    studio.runner().run(once=True)
    studio.publish(version="1.1")
    studio.publish("hero_rig", "2.0")
    studio.runner().run(once=True)
    passed = {(run.project, run.version) for run in studio.runs() if run.handler == "process"}
    assert passed == {("hero-model", "1.0"), ("hero-model", "1.1"), ("hero-rig", "2.0")}


def test_what_a_dead_runner_left_running_is_run_again(studio) -> None:
    studio.publish()
    studio.engine.hold = True
    with pytest.raises(KeyboardInterrupt):
        studio.runner(tell=stop_after("started")).run(once=True)
    with Ledger.open(studio.place.ledger) as ledger:
        assert queue.claim(ledger, now=studio.clock(), host="dead") is not None  # and then it died
    studio.engine.hold = False
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert studio.runs()[0].attempt == 3


def test_the_verdict_of_a_job_that_outlived_its_runner_counts(studio) -> None:
    studio.publish()
    studio.engine.hold = True
    with pytest.raises(KeyboardInterrupt):
        studio.runner(tell=stop_after("started")).run(once=True)
    with Ledger.open(studio.place.ledger) as ledger:
        run = queue.claim(ledger, now=studio.clock(), host="dead")
    assert run is not None
    job_folder.write_outcome(studio.place.run_folder(run.id), run.attempt, failed())
    studio.runner().run(once=True)
    assert [run.state for run in studio.runs()] == ["failed"]
    assert len(studio.engine.orders) == 1


def test_ctrl_c_queues_the_running_jobs_again(studio) -> None:
    studio.publish()
    studio.engine.hold = True
    with pytest.raises(KeyboardInterrupt):
        studio.runner(tell=stop_after("started")).run()
    assert studio.engine.closed
    (run,) = studio.runs()
    assert (run.state, run.reason, run.faults) == ("queued", "the runner was stopped", 0)


def test_stop_ends_a_runner_that_waits(studio) -> None:
    runner = studio.runner()
    thread = threading.Thread(target=runner.run)
    thread.start()
    runner.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_two_runners_do_not_share_a_place(studio) -> None:
    with studio.place.owned(), pytest.raises(RunnerBusy):
        studio.runner().run(once=True)


def test_no_more_jobs_run_than_the_engine_has_slots_for(studio) -> None:
    for version in ("1.0", "1.1", "1.2"):
        studio.publish(version=version)
    studio.engine.hold = True
    with pytest.raises(KeyboardInterrupt):
        studio.runner(tell=stop_after("started", 2)).run(once=True)
    assert len(studio.engine.orders) == 2


def test_a_job_that_dies_without_a_verdict_is_tried_again(studio) -> None:
    studio.publish()
    studio.engine.verdict = lambda spec: Ended(-9) if spec.attempt == 1 else Outcome.passed()
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert studio.runs()[0].attempt == 2
    assert "ended with status -9" in studio.said()
    assert "ended with status -9" in studio.log(1)


def test_what_the_infrastructure_spoils_for_good_fails(studio) -> None:
    studio.publish()
    studio.engine.verdict = lambda spec: Ended(-9)
    studio.runner().run(once=True)
    (run,) = studio.runs()
    assert (run.state, run.attempt) == ("failed", RETRIES + 1)
    assert "ended with status -9" in run.reason


def test_a_job_that_was_stopped_at_its_limit_has_failed(studio) -> None:
    studio.publish()
    studio.engine.verdict = lambda spec: Ended(-9, timed_out=True)
    flow = parse({"indexes": {"root/testing": {"handlers": ["qa"]}}, "timeout_s": 3})
    studio.runner(flows=Fixed(flow)).run(once=True)
    (run,) = studio.runs()
    assert (run.state, run.attempt, run.code) == ("failed", 1, "ci.job-timed-out")
    assert run.reason == "the job was stopped after 3 s"
    assert "stopped after 3 s" in studio.log(run.id)


def test_a_job_that_cannot_be_started_is_tried_again(studio) -> None:
    studio.publish()
    submit, refusals = studio.engine.submit, [OSError("out of processes")]

    def refusing(work):
        if refusals:
            raise refusals.pop()
        return submit(work)

    studio.engine.submit = refusing
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert "it could not be started: out of processes" in studio.said()


def test_a_promotion_to_an_index_that_does_not_exist_fails(studio) -> None:
    studio.publish()
    flow = Flow((Stage(TESTING, (HandlerStep("qa"),), promote=IndexName("root", "gone")),))
    studio.runner(flows=Fixed(flow)).run(once=True)
    assert studio.states()[1] == ("root/testing", "promote", "failed")
    assert "there is no index root/gone" in studio.runs()[1].reason


def test_a_server_restored_from_a_backup_that_went_on_is_read_anew(studio) -> None:
    """Its serials are beyond those that were read, and are other changes."""
    backup = copy.deepcopy(studio.server)
    studio.publish()
    studio.runner().run(once=True)
    read = studio.server.serial
    vars(studio.server).update(vars(backup))
    later = [f"prop{number}" for number in range(read + 1)]
    for name in later:
        studio.publish(name)
    assert studio.server.serial > read
    studio.runner().run(once=True)
    assert "history begins anew" in studio.said()
    assert set(later) <= {run.project for run in studio.runs() if run.state == "passed"}


def test_a_server_that_goes_away_is_waited_for(studio) -> None:
    studio.publish()
    away = [True, True, True]

    def read(client, since, *, wait_s, mark):
        if away:
            away.pop()
            raise ServerDown(client.url)
        return feed.read(client, since, wait_s=wait_s, mark=mark)

    studio.runner(read=read).run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert studio.said().count("waiting for the server") == 1
    assert studio.said().count("the server is back") == 1


def test_a_page_that_was_read_before_a_promotion_is_not_the_last(studio) -> None:
    studio.publish()

    def read(client, since, *, wait_s, mark):
        page = feed.read(client, since, wait_s=wait_s, mark=mark)
        for _ in range(500):  # an empty page comes only after the first stage was promoted
            if page.events or len(studio.states()) > 1:
                break
            time.sleep(0.01)
        return page

    studio.runner(read=read).run(once=True)
    assert studio.states() == WHOLE_ROAD


def test_a_job_that_the_server_left_alone_waits_for_it_too(studio) -> None:
    studio.publish()
    studio.engine.verdict = lambda spec: (
        Outcome.of_error(ServerDown("http://x")) if spec.attempt < 3 else Outcome.passed()
    )
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD
    assert studio.runs()[0].faults == 0


def test_an_expired_login_is_renewed(studio) -> None:
    studio.server.login_lifetime_s = 10.0
    studio.publish()

    def verdict(spec):
        studio.server.now += 100.0
        return Outcome.passed()

    studio.engine.verdict = verdict
    studio.runner().run(once=True)
    assert studio.states() == WHOLE_ROAD


def test_a_wrong_password_ends_the_runner(studio) -> None:
    def connect(renew):
        raise WrongPassword("ci", studio.server.url)

    with pytest.raises(WrongPassword):
        studio.runner(connect=connect).run(once=True)


def test_a_changed_flow_holds_from_the_release_that_brings_it(studio) -> None:
    lint = Flow((Stage(TESTING, (HandlerStep("lint"),)),))
    flows = Changing(DEFAULT_FLOW, lint, on="studio-pipeline")
    studio.publish(version="1.0")
    studio.runner(flows=flows).run(once=True)
    studio.publish("studio_pipeline", "1.0", kind="config")
    studio.publish(version="1.1")
    studio.runner(flows=flows).run(once=True)
    assert [(run.project, run.handler) for run in studio.runs()[4:]] == [
        ("studio-pipeline", "lint"),
        ("hero-model", "lint"),
    ]


def test_a_flow_that_becomes_unusable_leaves_the_old_one_in_force(studio) -> None:
    flows = Changing(DEFAULT_FLOW, InvalidFlow(("no such handler",)), on="studio-pipeline")
    studio.publish("studio_pipeline", "1.0", kind="config")
    studio.publish()
    studio.runner(flows=flows).run(once=True)
    assert "the flow stays as it was" in studio.said()
    assert ("root/processing", "process", "passed") in studio.states()


def test_queued_runs_that_the_flow_has_dropped_are_cancelled(studio) -> None:
    studio.publish()
    studio.engine.hold = True
    with pytest.raises(KeyboardInterrupt):
        studio.runner(tell=stop_after("started")).run(once=True)
    studio.runner(flows=Fixed(Flow(()))).run(once=True)
    (run,) = studio.runs()
    assert (run.state, run.reason) == (
        "cancelled",
        "the flow runs no qa on root/testing any more",
    )


class Fixed:
    def __init__(self, flow):
        self.flow = flow

    def concerns(self, event):
        return False

    def moved(self):
        return False

    def load(self, client):
        return SourcedFlow(self.flow, "given")


class Changing:
    """`first`, then `second` (a flow or an error) once a release of `on` has landed."""

    def __init__(self, first, second, on):
        self.flow, self.second, self.on = first, second, on
        self.loaded = False

    def concerns(self, event):
        return event.project == self.on

    def moved(self):
        return False

    def load(self, client):
        if self.loaded and client.releases(TESTING, self.on):
            if isinstance(self.second, Exception):
                raise self.second
            self.flow = self.second
        self.loaded = True
        return SourcedFlow(self.flow, "given")


def stop_after(word, times=1):
    """Somebody who presses Ctrl-C when the runner says `word` for the nth time."""
    seen = []

    def tell(notice):
        if notice.text.startswith(word):
            seen.append(notice)
            if len(seen) == times:
                raise KeyboardInterrupt

    return tell
