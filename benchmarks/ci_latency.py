"""From the end of an upload's answer to the job's start, against a round trip to the server.

    ci/bench benchmarks/ci_latency.py [--rounds 20] [--events 100000] [--runs 1000000]

First on a young project, then on the same one after so many events and runs were put into the
server's log and the ledger while neither worked. The job has started when its handler is called.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import insert

from benchmarks.ci_project import RunnerProcess, project_with, runner, times
from pipl.ci import where
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.schema import runs
from pipl.project import server
from pipl.testing.postgresql import postgresql_server
from pipl.testing.projects import STAGE, RunningProject
from pipl.testing.simple_index import make_wheel

GOAL_S = 0.1
PAUSE_S = 1.0
HANDLERS = ("qa", "promote", "process", "promote")
VERSIONS_EACH = 20
BATCH = 20_000


def fill(ledger: Ledger, count: int) -> None:
    """Put runs that have ended into the ledger, as a pipeline of two stages makes them."""
    for start in range(0, count, BATCH):
        rows = [_row(number) for number in range(start, min(start + BATCH, count))]
        with ledger.writing() as connection:
            connection.execute(insert(runs), rows)


def _row(number: int) -> dict[str, object]:
    file, step = divmod(number, len(HANDLERS))
    project, version = f"past-{file // VERSIONS_EACH}", f"1.{file % VERSIONS_EACH}"
    ended = 1_700_000_000.0 + number
    return {
        "index": ("root/testing", "root/processing")[step // 2],
        "project": project,
        "version": version,
        "filename": f"{project.replace('-', '_')}-{version}-py3-none-any.whl",
        "sha256": f"{file:064x}",
        "handler": HANDLERS[step],
        "flow": "0123456789ab",
        "kind": "task",
        "type": "task",
        "user": "an-artist",
        "state": "failed" if file % 50 == 0 else "passed",
        "step": "job",
        "attempt": 1,
        "queued_at": ended - 3,
        "due_at": ended - 3,
        "started_at": ended - 2,
        "ended_at": ended,
        "host": "farm",
        "reason": "12 passed in 0.30s",
    }


def measure(title: str, running: RunningProject, told: RunnerProcess, rounds: int) -> None:
    folder = running.project.folder.parent / title.replace(" ", "-")
    delays, trips, claims = [], [], []
    for number in range(rounds + 2):
        path = make_wheel(folder, folder.name, f"1.{number}")
        trip = _seconds(lambda: running.client.get_json("/+pipl/", timeout_s=30))
        before = len(told.ended)
        running.client.upload(STAGE, path)
        answered = time.time()
        (line,) = told.wait(before)
        seen = times(line)
        if number >= 2:
            delays.append(seen.began - answered)
            claims.append(seen.claimed - answered)
            trips.append(trip)
        time.sleep(PAUSE_S)
    over = statistics.median(a - b for a, b in zip(delays, trips, strict=True))
    high = statistics.quantiles(delays, n=10)[-1]
    say(
        f"{title:24} upload -> job {_ms(delays)} ms"
        f" (90 %: {high * 1000:.0f}, least {min(delays) * 1000:.0f}; claimed after"
        f" {_ms(claims)} ms)   round trip {_ms(trips)} ms   over it {over * 1000:6.1f} ms"
        f"   goal {GOAL_S * 1000:.0f} ms"
    )


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values) * 1000:6.1f}"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true", help="the ledger is in PostgreSQL")
    given = parser.parse_args()
    with project_with() as (running, environ), contextlib.ExitStack() as stack:
        if given.postgresql:
            top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipl-bench-")))
            top.chmod(0o711)  # its server is another user's
            database = stack.enter_context(postgresql_server(top / "postgresql"))
            environ[where.VARIABLE] = database.url()
        with runner(running, environ) as told:
            measure("young", running, told, given.rounds)
        with _stopped(running):
            past(running, environ, given.events, given.runs)
        began = time.perf_counter()
        with runner(running, environ) as told:
            running.client.upload(STAGE, make_wheel(running.project.folder.parent, "first", "1"))
            told.wait(0, timeout_s=1800)
            say(f"the runner has read on after {time.perf_counter() - began:.1f} s")
            measure("with a past", running, told, given.rounds)


def past(running: RunningProject, environ: Mapping[str, str], events: int, count: int) -> None:
    """Make it, while server and runner are stopped."""
    began = time.perf_counter()
    filling = [sys.executable, "-m", "benchmarks.feed", "--events", str(events), "--fill"]
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    place = running.project.server
    subprocess.run([*filling, place], check=True, env=quiet, stdout=subprocess.DEVNULL)
    between = time.perf_counter()
    with where.open_ledger(running.project, environ) as ledger:
        fill(ledger, count)
    ended = time.perf_counter()
    say(f"{events} events made in {between - began:.0f} s, {count} runs in {ended - between:.0f} s")


@contextlib.contextmanager
def _stopped(running: RunningProject) -> Iterator[None]:
    """While this lasts, the server is."""
    server.stop(running.project)
    yield
    server.start_background(running.project, running.environ)


if __name__ == "__main__":
    main()
