"""From what landed to the runs that it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipl.ci import intake
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import DEFAULT_FLOW
from pipl.errors.server import ServerDown
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")
PROCESSING = IndexName("root", "processing")


def in_processing(studio) -> ReleaseEvent:
    """The last thing that was published, promoted."""
    event = ReleaseEvent.from_json(studio.server.events[-1])
    client = studio.client()
    client.push(client.release(TESTING, event.project, event.version), PROCESSING)
    return ReleaseEvent.from_json(studio.server.events[-1])


def handlers(studio, event: ReleaseEvent) -> list[str]:
    found = intake.new_runs(studio.client(), DEFAULT_FLOW, [event])
    assert {(run.project, run.version, run.sha256) for run in found} <= {
        (event.project, event.version, event.sha256)
    }
    return [run.handler for run in found]


@pytest.mark.parametrize(
    ("kind", "expected"), [("task", "process"), ("code", "promote"), (None, "promote")]
)
def test_the_kind_in_the_wheel_decides(studio, kind, expected) -> None:
    studio.publish(kind=kind)
    assert handlers(studio, in_processing(studio)) == [expected]


@pytest.mark.parametrize("kind", ["nonsense", "", 3])
def test_a_kind_that_nobody_knows_is_handled_so_that_it_shows(studio, kind) -> None:
    studio.publish(kind=kind)
    assert handlers(studio, in_processing(studio)) == ["process"]


def test_a_release_that_is_gone_again_is_handled_so_that_it_shows(studio) -> None:
    studio.publish()
    event = replace(ReleaseEvent.from_json(studio.server.events[-1]), index=str(PROCESSING))
    assert handlers(studio, event) == ["process"]


def test_indexes_that_are_not_watched_and_sdists_ask_for_nothing(studio) -> None:
    studio.publish()
    event = ReleaseEvent.from_json(studio.server.events[-1])
    assert handlers(studio, event) == ["qa"]
    assert handlers(studio, replace(event, index="root/PROJ")) == []
    assert handlers(studio, replace(event, filename="hero_model-1.0.tar.gz")) == []


def test_a_server_that_is_away_is_not_taken_for_a_bad_wheel(studio) -> None:
    studio.publish()
    event = replace(ReleaseEvent.from_json(studio.server.events[-1]), index=str(PROCESSING))

    class Away(type(studio.client())):
        def release(self, *args):
            raise ServerDown(self.url)

    with pytest.raises(ServerDown):
        intake.new_runs(Away(studio.server), DEFAULT_FLOW, [event])
