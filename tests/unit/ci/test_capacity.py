"""Slots and resources, as an engine counts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.ci.capacity import Capacity
from pipl.ci.engine import EngineSettings, Limits
from pipl.errors.ci import ResourcesLacking


def settings(**resources: float) -> EngineSettings:
    return EngineSettings(1, {}, resources, {}, Path("engine"))


def test_memory_is_the_machines_unless_it_is_given() -> None:
    assert Capacity.of_this_machine(settings()).there["memory_gb"] > 0.1
    assert Capacity.of_this_machine(settings(memory_gb=2)).there == {"memory_gb": 2}


def test_tenths_add_up() -> None:
    capacity = Capacity(20, {"share": 1.0})
    for run in range(9):
        capacity.hold(run, {"share": 0.1})
    assert capacity.has_room({"share": 0.1})
    capacity.hold(9, {"share": 0.1})
    assert not capacity.has_room({"share": 0.1})


def test_what_is_freed_may_be_held_again() -> None:
    capacity = Capacity(1, {"maya": 1})
    capacity.hold(1, {"maya": 1})
    assert not capacity.has_room({})
    capacity.free(1)
    capacity.free(1)
    assert capacity.has_room({"maya": 1})


def test_what_never_fits_has_room_until_it_is_refused() -> None:
    capacity = Capacity(1, {"maya": 1})
    assert capacity.has_room({"gpu": 1})
    with pytest.raises(ResourcesLacking, match=r"needs gpu=1, and the engine has maya=1"):
        capacity.check({"gpu": 1, "maya": 1})


def test_what_others_count_is_not_counted() -> None:
    capacity = Capacity(2, {"maya": 1}, open_ended=True)
    capacity.check({"gpu": 100})
    with pytest.raises(ResourcesLacking):
        capacity.check({"maya": 2})


def test_memory_is_a_limit_in_bytes() -> None:
    assert Limits(1.0, {"memory_gb": 1.5}).memory_bytes == 1_500_000_000
    assert Limits(1.0, {"maya": 1}).memory_bytes is None
