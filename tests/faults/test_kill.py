"""kill -9 at random moments of a batch: of the runner, of workers, of either server."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pipl.errors.ci import LedgerAway
from pipl.testing.seen import eventually

if TYPE_CHECKING:
    from conftest import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

BATCH = int(os.environ.get("PIPL_FAULTS_BATCH", "15"))
KILLS = BATCH * 2 // 5
CHECKED = {"handler": "check", "names": ["*-*0", "*-*5"]}
"""A job takes half a second of a processor: a fifth of the releases has two, the others one."""


@dataclass
class Batch:
    """Releases to publish, and how many runs there are when all of them have come to their end."""

    bench: Bench
    names: list[str]

    @property
    def checked(self) -> list[str]:
        return [name for name in self.names if name.endswith(("0", "5"))]

    @property
    def runs(self) -> int:
        return 3 * len(self.names) + len(self.checked)

    def ended(self) -> int:
        """How many runs have; -1 where the ledger is away."""
        try:
            return self.bench.ended()
        except LedgerAway:
            return -1

    def wait(self) -> None:
        """Until all have; runners work."""
        assert eventually(lambda: self.ended() == self.runs, within_s=300), self.bench.states()

    def assert_all_well(self) -> None:
        self.bench.settle()
        self.bench.assert_all_well(self.names, checked=self.checked)


def batch(bench: Bench, prefix: str) -> Batch:
    bench.set_flow(bench.flow(testing=[CHECKED]))
    return Batch(bench, [f"{prefix}-{number}" for number in range(BATCH)])


def test_runner(bench, moments) -> None:
    releases = batch(bench, "runner")
    when = moments(KILLS, of=releases.runs - 5)
    with bench.publishing(releases.names):
        for at in when.at:
            runner = bench.start()
            when.wait(releases.ended, at)
            runner.kill()
            assert eventually(lambda: not bench.jobs(), within_s=10), "jobs outlive their runner"
    releases.assert_all_well()


def test_workers(bench, moments) -> None:
    releases = batch(bench, "worker")
    when = moments(KILLS, of=releases.runs - 5)
    runner, killed = bench.start(), 0
    with bench.publishing(releases.names):
        for at in when.at:
            when.wait(releases.ended, at)
            victim = when.choice(bench.jobs())
            if victim is not None:
                victim.kill()
                killed += 1
    assert killed > KILLS / 2
    assert runner.running.poll() is None, runner.said[-2000:]
    releases.wait()
    assert runner.stop() == 130
    releases.assert_all_well()


def test_devpi_server(bench, devpi, moments) -> None:
    releases = batch(bench, "server")
    when = moments(KILLS, of=releases.runs - 5)
    runner = bench.start().begun()
    with bench.publishing(releases.names):
        for at in when.at:
            when.wait(releases.ended, at)
            devpi.kill()
            devpi.start()
    releases.wait()
    assert runner.stop() == 130
    releases.assert_all_well()


def test_postgresql(shared, database, moments) -> None:
    releases = batch(shared, "database")
    when = moments(KILLS, of=releases.runs - 5)
    runners = [one.begun() for one in (shared.start(), shared.start())]
    with shared.publishing(releases.names):
        for at in when.at:
            when.wait(releases.ended, at)
            database.kill()
            database.start()
    releases.wait()
    assert [runner.stop() for runner in runners] == [130, 130]
    releases.assert_all_well()
