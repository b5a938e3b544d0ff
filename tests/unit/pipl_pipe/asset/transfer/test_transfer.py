"""Retries, limits and stopping of transfers."""

from __future__ import annotations

import threading
from typing import List, Optional

import pytest

from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.transfer import Limit, Retries, Traffic
from pipl_pipe.errors import StoreForbidden, StoreUnreachable
from pipl_pipe.testing.asset_remote import Count

AT_ONCE = Retries(attempts=3, first_wait_s=0.0)


def test_the_limit_is_kept_over_time() -> None:
    now = [100.0]
    limit = Limit(1000, clock=lambda: now[0])
    assert limit.wait_s(500) == pytest.approx(0.5)
    assert limit.wait_s(500) == pytest.approx(1.0)
    now[0] += 10
    assert limit.wait_s(100) == 0.0
    assert limit.wait_s(1000) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="nothing"):
        Limit(0)


class Flaky:
    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)
        return "done"


def test_what_may_pass_is_tried_again() -> None:
    flaky = Flaky(StoreUnreachable("there", "500"), ConnectionResetError())
    assert Traffic(Transfer(), AT_ONCE).retried(flaky) == "done"
    assert flaky.calls == 3


def test_after_the_last_attempt_the_reason_is_told() -> None:
    flaky = Flaky(*[StoreUnreachable("there", f"fault {number}") for number in range(9)])
    with pytest.raises(StoreUnreachable, match="fault 2"):
        Traffic(Transfer(), AT_ONCE).retried(flaky)


def test_what_will_not_pass_is_not_tried_again() -> None:
    flaky = Flaky(StoreForbidden("there", "403"))
    with pytest.raises(StoreForbidden):
        Traffic(Transfer(), AT_ONCE).retried(flaky)
    assert flaky.calls == 1


def test_a_failed_attempt_does_not_count() -> None:
    count = Count()
    traffic = Traffic(Transfer(progress=count), AT_ONCE)
    flaky = Flaky(StoreUnreachable("there", "cut"))

    def attempt() -> None:
        traffic.passing(100, 1)
        flaky()

    traffic.retried(attempt)
    assert (count.advanced, count.advanced_objects) == (100, 1)


def test_every_task_is_done_once() -> None:
    done: List[int] = []
    Traffic(Transfer(jobs=5)).each(range(100), done.append)
    assert sorted(done) == list(range(100))


def test_the_first_error_ends_the_others() -> None:
    traffic = Traffic(Transfer(jobs=4))
    begun = threading.Barrier(4)
    done: List[int] = []

    def do(number: int) -> None:
        if number < 4:
            begun.wait(10)
        if number == 2:
            raise ValueError("this one")
        for _ in range(1_000_000):
            traffic.passing(1)
        done.append(number)

    with pytest.raises(ValueError, match="this one"):
        traffic.each(range(50), do)
    assert done == []


def test_an_interrupt_ends_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    traffic = Traffic(Transfer(jobs=2))
    ended: List[int] = []

    def do(number: int) -> None:
        try:
            while True:
                traffic.passing(1)
        finally:
            ended.append(number)

    wait = threading.Event.wait

    def interrupted(self: threading.Event, timeout: Optional[float] = None) -> bool:
        if timeout == 1.0:
            raise KeyboardInterrupt
        return wait(self, timeout)

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        traffic.each([1, 2], do)
    assert sorted(ended) == [1, 2]
