"""Reading the feed: pages, and what is none."""

from __future__ import annotations

import pytest

from pipl.ci import feed
from pipl.errors.server import UnexpectedReply


def test_a_page_tells_what_landed_since(studio) -> None:
    studio.publish(version="1.0")
    first = feed.read(studio.client(), 0, wait_s=0)
    studio.publish(version="1.1")
    second = feed.read(studio.client(), first.serial, wait_s=0)
    assert [event.version for event in first.events] == ["1.0"]
    assert [event.version for event in second.events] == ["1.1"]
    assert feed.read(studio.client(), second.serial, wait_s=0).events == ()


@pytest.mark.parametrize(
    "reply",
    [None, [], {}, {"serial": 1}, {"serial": "x", "events": []}, {"serial": 1, "events": [3]}],
)
def test_what_is_no_page_is_said_so(studio, reply) -> None:
    class Odd(type(studio.client())):
        def get_json(self, path, *, timeout_s):
            return reply

    with pytest.raises(UnexpectedReply, match="not an event page"):
        feed.read(Odd(studio.server), 0, wait_s=0)
