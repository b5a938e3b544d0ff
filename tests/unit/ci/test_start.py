"""Signals, and a runner that is run as a program."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import pytest

from pipl.ci.start import run_as_program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")


class Working:
    """In place of a runner: does what it is given."""

    def __init__(self, work: Callable[[Working], None], *, heeds_stop: bool) -> None:
        self._work = work
        self.heeds_stop = heeds_stop
        self.asked = 0
        self.finished = False

    def run(self, *, once: bool) -> None:
        self._work(self)
        self.finished = True

    def stop(self) -> None:
        self.asked += 1


def signalled(times: int) -> Callable[[Working], None]:
    def work(_: Working) -> None:
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGTERM)

    return work


def test_a_runner_that_has_begun_is_asked_and_comes_to_its_end() -> None:
    runner = Working(signalled(1), heeds_stop=True)
    with pytest.raises(KeyboardInterrupt):
        run_as_program(runner, once=False)  # type: ignore[arg-type]
    assert (runner.asked, runner.finished) == (1, True)


def test_the_second_signal_cuts_it_short() -> None:
    runner = Working(signalled(2), heeds_stop=True)
    with pytest.raises(KeyboardInterrupt):
        run_as_program(runner, once=False)  # type: ignore[arg-type]
    assert (runner.asked, runner.finished) == (1, False)


def test_one_that_has_not_begun_ends_at_once() -> None:
    runner = Working(signalled(1), heeds_stop=False)
    with pytest.raises(KeyboardInterrupt):
        run_as_program(runner, once=False)  # type: ignore[arg-type]
    assert (runner.asked, runner.finished) == (0, False)


def test_signals_are_as_they_were_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run_as_program(Working(lambda _: None, heeds_stop=True), once=True)  # type: ignore[arg-type]
    assert signal.getsignal(signal.SIGTERM) is before
