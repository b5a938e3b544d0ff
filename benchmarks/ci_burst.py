"""Many publishes of trivial tasks at once, against their environment, test and process by hand.

    ci/bench benchmarks/ci_burst.py [--count 40] [--by-hand 10]

All are uploaded at once, and CI is timed until the last product is on the project's index. By hand
are so many of the same, two at a time, with the plain tools: the floor is their time, scaled up.
All are locked alike: what CI says in its logs tells how often it made an environment, and how
often it shared one.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.ci_project import RunnerProcess, runner
from benchmarks.measure import command
from pipl.build import wheel
from pipl.ci import where
from pipl.ci.ledger import logs, queries
from pipl.env import choice, python
from pipl.env.install import Resolve
from pipl.env.installers.uv import UvInstaller
from pipl.packl.publish import KIND_MEMBER, LOCK_MEMBER
from pipl.testing.distributions import make_sdist
from pipl.testing.projects import STAGE, RunningProject, running_project
from pipl.testing.simple_index import make_wheel
from pipl_pipe import context
from pipl_pipe.context import Context

GOAL = 1.5
AT_ONCE = 2
UPLOADERS = 4
TASK = """
from pipl_pipe.task import Task


class Trivial(Task):
    def process(self, job):
        note = job.scratch / "note.txt"
        note.write_text(self.name)
        job.product("{name}_geo").add("note", "File", note)


TASK = Trivial("{name}")
"""
TEST = """
import {name}


def test_the_task_is_there():
    assert {name}.TASK.name == "{name}"
"""


class Burst:
    """The tasks' files, and the two ways they take."""

    def __init__(self, running: RunningProject, folder: Path) -> None:
        self.running = running
        self.folder = folder
        folder.mkdir()
        self.installer = UvInstaller.find(os.environ).program
        self.lock = choice.choose(None, os.environ).resolve(
            Resolve(
                requirements=("pipl-pipe",),
                root=folder,
                index_url=running.project.binding.index_url,
                python=python.running(),
            )
        )

    def files(self, name: str) -> tuple[Path, Path]:
        """The sdist and the wheel of a task, made here."""
        wheel_path = make_wheel(
            self.folder / name,
            name,
            "1.0",
            requires=["pipl-pipe"],
            files={f"{name}/__init__.py": TASK.replace("{name}", name)},
            entry_points={"pipl_pipe.tasks": {name: f"{name}:TASK"}},
        )
        kind = {"format": "pipl-packl/1", "kind": "task", "type": "task"}
        members = {KIND_MEMBER: json.dumps(kind), LOCK_MEMBER: self.lock.render()}
        wheel.add(wheel_path, members)
        tests = {f"tests/test_{name}.py": TEST.replace("{name}", name)}
        return make_sdist(self.folder / name, name, "1.0", files=tests), wheel_path

    def upload(self, names: Sequence[str]) -> None:
        """All of them, some at a time."""
        made = [self.files(name) for name in names]
        self.started = time.perf_counter()

        def put(both: tuple[Path, Path]) -> None:
            for path in both:
                self.running.client.upload(STAGE, path)

        with ThreadPoolExecutor(UPLOADERS) as pool:
            list(pool.map(put, made))

    def by_hand(self, name: str) -> None:
        """One environment with the task and pytest, its test, its `process()`."""
        _, wheel_path = self.files(name)
        folder = self.folder / f"by-hand-{name}"
        environment, scratch, out = folder / ".venv", folder / "scratch", folder / "out"
        program = environment / "bin" / "python"
        for made in (scratch, out, folder / "assets", folder / "tests"):
            made.mkdir(parents=True)
        test = folder / "tests" / f"test_{name}.py"
        test.write_text(TEST.replace("{name}", name), encoding="utf-8")
        command([self.installer, "venv", "-q", environment, "--python", sys.executable])()
        index = ["--no-config", "--index-url", self.running.project.binding.index_url]
        install = [self.installer, "pip", "install", "-q", *index, "--python", program]
        command([*install, wheel_path, "pytest"])()
        command([program, "-m", "pytest", "-q", folder / "tests"])()
        release = {"name": name, "version": "1.0", "sha256": "0" * 64, "lock": None}
        (folder / "release.json").write_text(json.dumps(release), encoding="utf-8")
        (folder / "pipl.json").write_text(context.render(self._context(folder)), encoding="utf-8")
        task = [program, "-m", "pipl_pipe", "process", "--task", name]
        places = ["--scratch", scratch, "--out", out, "--release", folder / "release.json"]
        variables = {**os.environ, context.VARIABLE: str(folder / "pipl.json")}
        command([*task, *places], env=variables)()
        assert len(list(out.glob("*.whl"))) == 1

    def _context(self, folder: Path) -> Context:
        project = self.running.project
        return Context(
            workspace=folder,
            project=project.name,
            url=project.url,
            project_folder=project.folder,
            index=str(project.index),
            assets=folder / "assets",
        )


def timed_by_hand(burst: Burst, count: int) -> float:
    """The seconds of so many by hand, two at a time."""
    burst.by_hand("warm_up")
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(burst.by_hand, [f"hand{number}" for number in range(count)]))
    return time.perf_counter() - began


def timed_ci(burst: Burst, told: RunnerProcess, names: Sequence[str]) -> float:
    """The seconds from the first upload to the end of the last promotion to the project's index."""
    before = len(told.ended)
    burst.upload(names)
    say(f"{2 * len(names)} files uploaded in {time.perf_counter() - burst.started:.1f} s")
    wanted = 4 * len(names)  # QA, process, and a promotion after each
    while len(told.ended) - before < wanted:
        told.wait(len(told.ended))
    took = time.perf_counter() - burst.started
    failed = [line["text"] for line in told.ended[before:] if "passed:" not in str(line["text"])]
    if failed:
        sys.exit(f"{len(failed)} runs failed, such as {failed[0]}")
    return took


def sharing(running: RunningProject) -> str:
    """How many environments jobs had, and how many were made for it, by their logs."""
    seen: collections.Counter[str] = collections.Counter()
    with where.open_ledger(running.project, running.environ) as ledger:
        for run in queries.runs(ledger):
            log = b"".join(part.content for part in logs.read(ledger, run.id)).decode()
            for line in log.splitlines():
                if line.startswith("making a shared environment"):
                    seen["made"] += 1
                elif line.startswith("installing what of"):
                    seen["jobs"] += 1
                elif line.startswith("no environment is shared"):
                    seen["not shared"] += 1
    return ", ".join(f"{count} {word}" for word, count in sorted(seen.items()))


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--by-hand", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top:
        cache = {"PIPL_CACHE_DIR": str(Path(top) / "cache")}  # no environment is there yet
        with running_project(Path(top) / "Bench", {**os.environ, **cache}, mirror=True) as running:
            burst = Burst(running, Path(top) / "made")
            first = timed_by_hand(burst, given.by_hand)
            with runner(running, running.environ, "--jobs", str(AT_ONCE)) as told:
                timed_ci(burst, told, ["warm_up_ci"])
                took = timed_ci(burst, told, [f"task{n}" for n in range(given.count)])
            second = timed_by_hand(Burst(running, Path(top) / "again"), given.by_hand)
            floor = (first + second) / 2 / given.by_hand * given.count
            say(f"by hand, {given.by_hand} before and after: {first:.1f} s, {second:.1f} s")
            say(
                f"{given.count} publishes in {took:.1f} s ({took / given.count:.2f} s each)"
                f"   floor, scaled up: {floor:.1f} s   {took / floor:.2f} x   goal {GOAL} x"
            )
            say(f"environments: {sharing(running)}")


if __name__ == "__main__":
    main()
