"""From a publish to the product on the project's index, against its unavoidable steps by hand."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import command, paired, report
from pipl import process
from pipl.build.packl import Built
from pipl.env.installers.uv import UvInstaller
from pipl.index.name import IndexName
from pipl.testing.commands import Shell
from pipl.testing.projects import STAGE, RunningProject, running_project
from pipl_pipe import context
from pipl_pipe.context import Context

RUNS = 5
BY_HAND = IndexName("root", "byhand")
TASK = """
from pipl_pipe.task import Task


class Trivial(Task):
    def process(self, job):
        note = job.scratch / "note.txt"
        note.write_text(job.version)
        job.product("bench_geo").add("note", "File", note)


TASK = Trivial("bench_task")
"""
TEST = """
import bench_task


def test_the_task_is_there():
    assert bench_task.TASK.name == "bench_task"
"""


class Bench:
    """The task's workspace, a new version built for each run, and the two ways it takes."""

    def __init__(self, running: RunningProject) -> None:
        self.running = running
        self.number = 0
        areas = running.shell.in_("workspaces")
        areas.pipl("work", "create", "bench")
        self.shell: Shell = areas.in_("bench")
        self.shell.pipl("work", "add", "pipl-pipe")
        create = ("packl", "create", "--template", "task", "--type", "task", "bench_task")
        self.shell.pipl(*create)
        self.packl = self.shell.cwd / "bench_task"
        (self.packl / "bench_task" / "__init__.py").write_text(TASK, encoding="utf-8")
        (self.packl / "tests" / "test_bench_task.py").write_text(TEST, encoding="utf-8")

    def build(self) -> None:
        """The next version, built; not timed."""
        self.number += 1
        self.shell.pipl("packl", "bump", "minor", "next")
        answer = self.shell.json("packl", "build")
        self.built = Built(wheel=Path(str(answer["wheel"])), sdist=Path(str(answer["sdist"])))
        self.version = self.built.wheel.name.split("-")[1]

    def publish(self) -> None:
        """Upload, and wait until CI has landed the product."""
        client = self.running.client
        client.upload(STAGE, self.built.sdist)
        client.upload(STAGE, self.built.wheel)
        index = self.running.project.index
        while self.version not in {r.version for r in client.releases(index, "bench-geo")}:
            time.sleep(0.02)

    def by_hand(self) -> None:
        """The same release with the plain tools, and no checks of anything."""
        with tempfile.TemporaryDirectory(prefix="by-hand-") as top:
            folder = Path(top)
            environment, scratch, out = folder / ".venv", folder / "scratch", folder / "out"
            python = environment / "bin" / "python"
            for made in (scratch, out, folder / "assets"):
                made.mkdir()
            uv = UvInstaller.find(os.environ).program
            command([uv, "venv", "-q", environment, "--python", sys.executable])()
            index = ["--no-config", "--index-url", self.running.project.binding.index_url]
            install = [uv, "pip", "install", "-q", *index, "--python", python]
            command([*install, self.built.wheel, "pytest"])()
            command([python, "-m", "pytest", "-q", self.packl / "tests"])()
            variables = {**os.environ, context.VARIABLE: str(self._context(folder))}
            task = [python, "-m", "pipl_pipe", "process", "--task", "bench_task"]
            places = ["--scratch", scratch, "--out", out, "--release", self._release(folder)]
            command([*task, *places], env=variables)()
            self.running.client.upload(BY_HAND, self.built.wheel)
            (product,) = out.glob("*.whl")
            self.running.client.upload(BY_HAND, product)

    def _context(self, folder: Path) -> Path:
        project = self.running.project
        here = Context(
            workspace=folder,
            project=project.name,
            url=project.url,
            project_folder=project.folder,
            index=str(project.index),
            assets=folder / "assets",
        )
        path = folder / "pipl.json"
        path.write_text(context.render(here), encoding="utf-8")
        return path

    def _release(self, folder: Path) -> Path:
        path = folder / "release.json"
        release = {"name": "bench-task", "version": self.version, "sha256": "0" * 64, "lock": None}
        path.write_text(json.dumps(release), encoding="utf-8")
        return path


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top,
        running_project(Path(top) / "Bench", os.environ, mirror=True) as running,
    ):
        bench = Bench(running)
        running.shell.pipl("proj", "index", "create-sub", "", str(BY_HAND))
        runner = process.start(
            [sys.executable, "-m", "pipl", "ci", "start"],
            cwd=running.project.folder,
            env=running.environ,
            log=(Path(top) / "runner.log").open("wb"),
        )
        try:
            pair = paired(bench.publish, bench.by_hand, runs=RUNS, before=bench.build)
        finally:
            process.kill_group(runner)
        report("publish -> product of a trivial task", pair, goal="ratio <= 2")


if __name__ == "__main__":
    main()
