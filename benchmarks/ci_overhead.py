"""What CI adds to a job: from its claim to its recorded end, less the handler's own time.

    ci/bench benchmarks/ci_overhead.py [--jobs 20] [--burst 100] [--engine local]

The handler does nothing. Jobs come one by one, so that a process waits for each; then many at
once, where what a job takes is starting its process, and nothing waits.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from benchmarks.ci_project import JobTimes, RunnerProcess, project_with, runner, times
from benchmarks.measure import command, seconds
from pipl.testing.projects import STAGE, RunningProject
from pipl.testing.simple_index import make_wheel

GOALS_S = {"local": 0.05, "dask": 0.1}
PAUSE_S = 1.0
"""Long enough for the next process to be ready."""


def one_by_one(running: RunningProject, told: RunnerProcess, folder: Path, jobs: int) -> None:
    took: list[JobTimes] = []
    starts = []
    for number in range(jobs + 2):
        before = len(told.ended)
        running.client.upload(STAGE, make_wheel(folder, f"one-{folder.name}", f"1.{number}"))
        (line,) = told.wait(before)
        if number >= 2:  # the first ones find nothing in memory
            took.append(times(line))
            starts.append(seconds(command([sys.executable, "-c", "pass"])) * 1000)
        time.sleep(PAUSE_S)
    overheads = [one.overhead_s * 1000 for one in took]
    before_ms = statistics.median(one.began - one.claimed for one in took) * 1000
    after_ms = statistics.median(one.recorded - one.ended for one in took) * 1000
    high = statistics.quantiles(overheads, n=10)[-1]
    middle = statistics.median(overheads)
    floor = statistics.median(starts)
    ratio = statistics.median(a / b for a, b in zip(overheads, starts, strict=True))
    say(
        f"  overhead {middle:.1f} ms (90 %: {high:.1f}, least {min(overheads):.1f}), of {jobs} jobs"
    )
    say(f"  a start of Python beside it: {floor:.1f} ms (least {min(starts):.1f}): {ratio:.1f} x")
    say(f"  of it {before_ms:.1f} ms before the handler, {after_ms:.1f} ms after it")


def at_once(running: RunningProject, told: RunnerProcess, folder: Path, jobs: int) -> None:
    before = len(told.ended)
    began = time.time()
    for number in range(jobs):
        running.client.upload(STAGE, make_wheel(folder, f"many-{folder.name}", f"1.{number}"))
    uploaded = time.time()
    while len(told.ended) < before + jobs:
        told.wait(len(told.ended))
    ended = max(times(line).recorded for line in told.ended[before:])
    each = (ended - began) / jobs * 1000
    say(f"  {jobs} at once: {each:.0f} ms each, uploads of {(uploaded - began):.1f} s included")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--burst", type=int, default=100)
    parser.add_argument("--engine", choices=(*GOALS_S, "all"), default="all")
    given = parser.parse_args()
    engines = GOALS_S if given.engine == "all" else (given.engine,)
    with project_with() as (running, environ):
        for engine in engines:
            folder = running.project.folder.parent / engine
            say(f"{engine} (goal {GOALS_S[engine] * 1000:.0f} ms)")
            with runner(running, environ, "--engine", engine) as told:
                one_by_one(running, told, folder, given.jobs)
                at_once(running, told, folder, given.burst)


if __name__ == "__main__":
    main()
