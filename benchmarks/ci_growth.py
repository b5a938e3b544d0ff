"""A publish among 10, 1,000 and 10,000 packls on the project's index: the time that it takes.

    ci/bench benchmarks/ci_growth.py [--rounds 5] [--sizes 10,1000,10000]

A publish is `pipl packl publish` of a task, and lasts until CI has put its product on the index.
There is a project of each size with its own server and runner; they take turns, so that what
else happens on the machine strikes all of them alike. Half of the packls are tasks, each with
requirements and a lock; see `propagation.py`, which also asks for the dependents of one product.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.ci_project import runner
from benchmarks.publish import Bench
from pipl.project import server
from pipl.testing.projects import RunningProject, running_project

GOAL = 1.2


@dataclass
class Sized:
    """A project with so many packls, and the seconds that its publishes took."""

    size: int
    bench: Bench
    command_s: list[float] = field(default_factory=list)
    whole_s: list[float] = field(default_factory=list)

    def publish(self, *, counts: bool) -> None:
        bench = self.bench
        version = str(bench.shell.json("packl", "bump", "minor", "next")["after"])
        began = time.perf_counter()
        bench.shell.pipl("packl", "publish")
        published = time.perf_counter()
        client, index = bench.running.client, bench.running.project.index
        while version not in {one.version for one in client.releases(index, "bench-geo")}:
            time.sleep(0.02)
        took = time.perf_counter() - began
        sys.stdout.write(
            f"  {self.size}: {took:.1f} s, of it the command {published - began:.1f}\n"
        )
        sys.stdout.flush()
        if counts:
            self.command_s.append(published - began)
            self.whole_s.append(took)


@contextlib.contextmanager
def sized(folder: Path, size: int) -> Iterator[Sized]:
    """A project with so many packls, and its runner."""
    with running_project(folder / f"Bench{size}", os.environ, mirror=True) as running:
        running.add_user("artist", secrets.token_urlsafe(12))
        bench = Bench(running)
        fill(running, size)
        with runner(running, running.environ):
            yield Sized(size, bench)


def fill(running: RunningProject, size: int) -> None:
    """Put the packls into the server's database while it is stopped."""
    server.stop(running.project)
    filling = "import sys; from pathlib import Path; from benchmarks import propagation"
    program = f"{filling}; propagation.fill(Path(sys.argv[1]), int(sys.argv[2]))"
    command = [sys.executable, "-W", "ignore", "-c", program, running.project.server, str(size)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    server.start_background(running.project, running.environ)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="10,1000,10000")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top,
        contextlib.ExitStack() as stack,
    ):
        sizes = [int(text) for text in given.sizes.split(",")]
        projects = [stack.enter_context(sized(Path(top), size)) for size in sizes]
        for number in range(given.rounds + 1):
            for one in projects:
                one.publish(counts=number > 0)
        least = projects[0]
        for one in projects:
            ratio = statistics.median(
                a / b for a, b in zip(one.whole_s, least.whole_s, strict=True)
            )
            sys.stdout.write(
                f"{one.size:6} packls: publish -> product {_ms(one.whole_s)} ms, of it the command"
                f" {_ms(one.command_s)} ms   {ratio:.2f} x of {least.size}   goal {GOAL} x\n"
            )


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values) * 1000:7.0f}"


if __name__ == "__main__":
    main()
