"""A runner's lease, over a ledger of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pipl.ci.ledger import leases
from pipl.ci.ledger.database import Ledger
from pipl.ci.runner.lease import Lease
from pipl.ci.runner.parts import Timing


@pytest.fixture
def ledger(studio) -> Iterator[Ledger]:
    with studio.place.owned(), Ledger.open(studio.place.ledger) as ledger:
        yield ledger


@pytest.fixture
def woken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def lease(studio, ledger, woken) -> Iterator[Lease]:
    lease = Lease(
        ledger,
        studio.place,
        Timing(beat_s=0.01, lease_s=60.0),
        clock=studio.clock,
        monotonic=studio.clock,
        wake=woken.set,
    )
    yield lease
    lease.stop()


def test_one_that_others_took_for_lost_says_so(studio, ledger, lease, woken) -> None:
    lease.start(host="here", pid=1)
    leases.take_over(ledger, lease.id, now=studio.clock())
    assert woken.wait(10)
    assert lease.lost


def test_so_does_one_that_is_taken_for_lost_between_two_looks(
    studio, ledger, lease, woken, monkeypatch
) -> None:
    beat = leases.beat

    def beat_and_be_late(ledger: Ledger, runner: str, *, now: float) -> bool:
        alive = beat(ledger, runner, now=now)
        leases.take_over(ledger, runner, now=now)
        return alive

    monkeypatch.setattr(leases, "beat", beat_and_be_late)
    lease.start(host="here", pid=1)
    assert woken.wait(10)
    assert lease.lost


def test_one_that_was_lost_can_begin_anew(studio, ledger, lease, woken) -> None:
    lease.start(host="here", pid=1)
    first = lease.id
    leases.take_over(ledger, first, now=studio.clock())
    assert woken.wait(10)
    lease.stop()
    lease.start(host="here", pid=1)
    assert lease.id != first
    assert not lease.lost
    assert list(leases.beats(ledger)) == [lease.id]
