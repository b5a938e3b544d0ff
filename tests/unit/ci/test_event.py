from __future__ import annotations

import json
from typing import Any

import pytest

from pipl.ci.event import ReleaseEvent

EVENT = ReleaseEvent(7, "root/testing", "hero-model", "1.0", "hero_model-1.0.tar.gz", "ab", "bob")


def test_json_and_back() -> None:
    assert ReleaseEvent.from_json(json.loads(json.dumps(EVENT.to_json()))) == EVENT


def test_fields_of_a_later_version_are_passed_over() -> None:
    assert ReleaseEvent.from_json(EVENT.to_json() | {"colour": "blue"}) == EVENT


def test_nobody_is_a_user_too() -> None:
    assert ReleaseEvent.from_json(EVENT.to_json() | {"user": None}).user is None


@pytest.mark.parametrize(
    "changed",
    [{"serial": "7"}, {"serial": True}, {"user": 5}, {"version": 1.0}, {"sha256": None}],
)
def test_other_forms_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ReleaseEvent.from_json(EVENT.to_json() | changed)
    for value in (None, [], "event", 5):
        with pytest.raises(ValueError):
            ReleaseEvent.from_json(value)
