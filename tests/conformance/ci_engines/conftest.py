"""Each engine, and jobs whose handlers misbehave in every way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipl import extension
from pipl.ci import job_folder
from pipl.ci.engine import Engine, Work
from pipl.ci.job_folder import JobSpec
from pipl.index.name import IndexName
from pipl.project.binding import Binding

HANDLERS = """
import os, pathlib, subprocess, sys, time
from pipl.ci.run import Outcome
from pipl.errors import TestsFailed

def passes(job):
    print("hello from", job.spec.handler)
    job.say("scratch is empty: " + str(not list(job.scratch.iterdir())))
    return Outcome.passed("all well")

def fails(job):
    raise TestsFailed(job.spec.project, "1 failed")

def crashes(job):
    raise RuntimeError("a bug")

def exits(job):
    sys.exit(3)

def dies(job):
    os.kill(os.getpid(), 9)

def sleeps(job):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    note = job.folder / "pids"
    aside = job.folder / "pids.aside"
    aside.write_text(f"{os.getpid()} {child.pid}")
    aside.rename(note)
    time.sleep(600)

def leaves(job):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (job.folder / "pids").write_text(str(child.pid))
    return Outcome.passed()

def environ(job):
    return Outcome.passed(job.environ.get("STUDIO", "unset"))
"""


@dataclass
class Bench:
    """Makes engines of one kind, and work for them."""

    folder: Path
    environ: dict[str, str]
    make: Callable[[int], Engine]

    def work(self, handler: str, *, timeout_s: float = 60, run_id: int = 1) -> Work:
        folder = self.folder / "runs" / str(run_id)
        job_folder.write_spec(
            folder,
            JobSpec(
                run_id=run_id,
                attempt=1,
                handler=handler,
                index=IndexName("root", "testing"),
                project="hero",
                version="1.0",
                filename="hero-1.0-py3-none-any.whl",
                sha256="a" * 64,
                binding=Binding("Show", "http://127.0.0.1:9", IndexName("root", "PROJ")),
                user="ci",
                secrets=self.folder / "secrets",
                locks=self.folder / "locks",
            ),
        )
        return Work(run_id, folder, timeout_s)


@pytest.fixture(params=["local"])
def kind(request: pytest.FixtureRequest) -> str:
    """The name of the engine's entry point."""
    return request.param


@pytest.fixture
def bench(kind: str, tmp_path: Path) -> Bench:
    packages = tmp_path / "packages"
    info = packages / "misbehaving-1.0.dist-info"
    info.mkdir(parents=True)
    (packages / "misbehaving.py").write_text(HANDLERS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: misbehaving\nVersion: 1.0\n")
    names = [line[4:-6] for line in HANDLERS.splitlines() if line.startswith("def ")]
    points = "".join(f"{name} = misbehaving:{name}\n" for name in names)
    (info / "entry_points.txt").write_text(f"[pipl.ci_handlers]\n{points}")
    environ = {**os.environ, "PYTHONPATH": str(packages), "STUDIO": "here"}
    make = extension.ci_engines()[kind]
    return Bench(tmp_path, environ, lambda slots: make(slots, environ))


@pytest.fixture
def engine(bench: Bench) -> Iterator[Engine]:
    made = bench.make(2)
    yield made
    made.close()
