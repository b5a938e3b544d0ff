"""Paired timings of whole commands: A B A B …, the ratio taken pair by pair."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Action = Callable[[], None]
ROOT = Path(__file__).resolve().parents[1]
_MODULE = """
import runpy, sys
sys.path[0:1], sys.path[len(sys.path):] = [], [sys.argv.pop(1)]
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


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


def module(name: str, *args: str | Path) -> tuple[str, ...]:
    """The command for a module of the benchmarks, with the pipl that is installed."""
    return (sys.executable, "-c", _MODULE, str(ROOT), name, *map(str, args))


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


@dataclass(frozen=True)
class Took:
    """Seconds of whole commands, their peak of resident memory, and what a library took of it."""

    seconds: float
    peak_bytes: int = 0
    library_s: float = 0.0

    @classmethod
    def together(cls, several: Sequence[Took]) -> Took:
        """One after the other."""
        return cls(
            sum(one.seconds for one in several),
            max(one.peak_bytes for one in several),
            sum(one.library_s for one in several),
        )


def run_timed(
    args: Sequence[str], cwd: Path, env: Mapping[str, str], *, answers: bool = False
) -> Took:
    """Run a command that must succeed; if it `answers`, it prints JSON with `library_s`."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        running = subprocess.Popen(args, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(running.pid, 0)
        seconds = time.perf_counter() - started
        running.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode(errors="replace")
    if running.returncode != 0:
        sys.exit(f"{args} ended with {running.returncode}:\n{said[-4000:]}")
    library_s = float(json.loads(said.splitlines()[-1])["library_s"]) if answers else 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return Took(seconds, used.ru_maxrss * unit, library_s)


def report(title: str, pair: Pair, *, goal: str) -> None:
    """One line for people: medians, the ratio, and the goal it is held against."""
    print(
        f"{title:44} ours {statistics.median(pair.ours_s) * 1000:8.1f} ms"
        f"   floor {statistics.median(pair.floor_s) * 1000:8.1f} ms"
        f"   ratio {pair.ratio:5.2f}   over {pair.difference_s * 1000:7.1f} ms   goal {goal}"
    )
