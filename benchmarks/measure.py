"""Paired timings of whole commands: A B A B …, the ratio taken pair by pair."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Action = Callable[[], None]


@dataclass(frozen=True)
class Pair:
    """Seconds of the thing measured and of its floor, run by run."""

    ours_s: tuple[float, ...]
    floor_s: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return statistics.median(a / b for a, b in zip(self.ours_s, self.floor_s, strict=True))

    @property
    def difference_s(self) -> float:
        return statistics.median(a - b for a, b in zip(self.ours_s, self.floor_s, strict=True))


def paired(ours: Action, floor: Action, *, runs: int, before: Action = lambda: None) -> Pair:
    """Time both in turn after one warm-up of each; `before` is run, untimed, before each."""
    timed_ours, timed_floor = [], []
    for number in range(runs + 1):
        before()
        first = seconds(ours)
        before()
        second = seconds(floor)
        if number:
            timed_ours.append(first)
            timed_floor.append(second)
    return Pair(tuple(timed_ours), tuple(timed_floor))


def seconds(action: Action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def command(
    args: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Action:
    """A command that must succeed, its output kept for the error only."""

    def run() -> None:
        done = subprocess.run(
            [str(arg) for arg in args], env=env, cwd=cwd, capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(f"{args} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    return run


def report(title: str, pair: Pair, *, goal: str) -> None:
    """One line for people: medians, the ratio, and the goal it is held against."""
    print(
        f"{title:44} ours {statistics.median(pair.ours_s) * 1000:8.1f} ms"
        f"   floor {statistics.median(pair.floor_s) * 1000:8.1f} ms"
        f"   ratio {pair.ratio:5.2f}   over {pair.difference_s * 1000:7.1f} ms   goal {goal}"
    )
