"""A project on a server of its own, releases for its stages, and runners over it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pytest

from pipl import process
from pipl.build import wheel
from pipl.ci import start
from pipl.ci.access import Access
from pipl.ci.flow import Flow
from pipl.ci.ledger import logs, queries
from pipl.ci.ledger.database import Ledger
from pipl.ci.pipeline import FixedFlow
from pipl.ci.place import CIPlace
from pipl.ci.run import Run
from pipl.ci.runner.parts import Notice
from pipl.ci.runner.runner import Runner
from pipl.env import choice, python
from pipl.env.install import Resolve
from pipl.env.lock import Lock
from pipl.index.name import IndexName
from pipl.index.release import Release
from pipl.packl.publish import KIND_MEMBER, LOCK_MEMBER
from pipl.project import accounts
from pipl.testing.projects import STAGE, RunningProject, running_project
from pipl.testing.repack import repack
from pipl.testing.simple_index import make_wheel

PROJECT = IndexName("root", "PROJ")
OFFERED = (
    *("pytest", "pluggy", "iniconfig", "packaging", "pygments", "tomlkit"),
    *("blake3", "typing_extensions", "PyYAML", "fileseq"),
)
TASK = """
from pipl_pipe.task import Task

class Own(Task):
    def process(self, job):
        {body}

TASK = Own({name!r})
"""
MAKES_A_PRODUCT = """
        path = job.scratch / "model.txt"
        path.write_text(f"{self.name} {job.version}")
        job.product("PRODUCT", "product").add("model", "File", path)
"""
PASSING = "import NAME\n\ndef test_it():\n    assert NAME.TASK.name == 'NAME'\n"


@dataclass
class Studio:
    """A running project, and what tests do with its CI."""

    running: RunningProject
    folder: Path
    notices: list[Notice] = field(default_factory=list)

    @property
    def project(self):
        return self.running.project

    @property
    def client(self):
        return self.running.client

    @property
    def place(self) -> CIPlace:
        return CIPlace(self.project.ci)

    @cached_property
    def lock(self) -> Lock:
        """What tasks here are locked to."""
        return self.resolve()

    def resolve(self, *also: str) -> Lock:
        return choice.choose(None, os.environ).resolve(
            Resolve(
                requirements=("pipl-pipe", "pytest", *also),
                root=self.folder,
                index_url=self.project.binding.index_url,
                python=python.running(),
            )
        )

    def task(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        body: str = MAKES_A_PRODUCT,
        product: str = "",
        tests: Mapping[str, str] | None = None,
        index: IndexName = STAGE,
        also: tuple[str, ...] = (),
        extras: Mapping[str, list[str]] | None = None,
        follow: str = "",
    ) -> Release:
        """Publish a task whose `process()` has this body; `follow` as its wheel says it."""
        body = body.strip("\n").replace("PRODUCT", product or f"{name}_geo")
        code = TASK.format(body=body.strip(), name=name)
        path = make_wheel(
            self.folder / "dist",
            name,
            version,
            requires=("pipl-pipe", *also),
            extras=extras,
            files={f"{name}/__init__.py": f"__version__ = {version!r}\n{code}"},
            entry_points={"pipl_pipe.tasks": {name: f"{name}:TASK"}},
        )
        kind = {"format": "pipl-packl/1", "kind": "task", "type": "task"}
        kind |= {"follow": follow} if follow else {}
        lock = self.resolve(*also) if also else self.lock
        members = {KIND_MEMBER: json.dumps(kind), LOCK_MEMBER: lock.render()}
        wheel.add(path, members)
        given = {"tests/test_it.py": PASSING} if tests is None else tests
        return self.publish(path, name, version, given, index)

    def publish(
        self, path: Path, name: str, version: str, sources: Mapping[str, str], index: IndexName
    ) -> Release:
        """Upload a wheel and an sdist with these files."""
        self.client.upload(index, make_sdist(self.folder / "dist", name, version, sources))
        self.client.upload(index, path)
        return self.client.release(index, name, version)

    def runner(
        self,
        *,
        flow: Flow | None = None,
        slots: int = 2,
        engine: str = "local",
        options: Mapping[str, str] | None = None,
        **changes: object,
    ) -> Runner:
        settings = start.Settings(
            environ=dict(os.environ),
            host="here",
            clock=time.time,
            engine=engine,
            slots=slots,
            options=options or {},
        )
        runner = start.runner_of(self.project, settings, tell=self.notices.append)
        if flow is not None:
            changes["flows"] = FixedFlow(flow)
        return Runner(replace(runner._parts, **changes))

    def settle(self, **options: object) -> None:
        """Run CI until everything has its end."""
        self.runner(**options).run(once=True)

    @contextmanager
    def runner_process(self, *, once: bool = True) -> Iterator[subprocess.Popen[bytes]]:
        """A runner in a process of its own."""
        args = [sys.executable, "-m", "pipl", "ci", "start", *(["--once"] if once else [])]
        with (self.folder / "runner.log").open("ab") as log:
            running = process.start(
                args, cwd=self.project.folder, env=self.running.environ, log=log
            )
        try:
            yield running
        finally:
            process.kill_group(running)

    def runs(self, name: str) -> dict[tuple[str, str, str], Run]:
        """The runs of a packl by version, handler and index."""
        with Ledger.open(self.place.ledger) as ledger:
            runs = queries.runs(ledger, project=name.replace("_", "-"))
        return {(run.version, run.handler, str(run.index)): run for run in runs}

    def all_runs(self, word: str) -> list[Run]:
        """The runs of every packl whose name ends with a word."""
        with Ledger.open(self.place.ledger) as ledger:
            return [run for run in queries.runs(ledger) if run.project.endswith(f"-{word}")]

    def lock_of(self, name: str, version: str) -> Lock:
        """The lock in the wheel of a task on the project's index."""
        release = self.client.release(PROJECT, name.replace("_", "-"), version)
        assert release.wheel is not None
        path = self.client.download(release.wheel, self.folder / release.wheel.filename)
        text = wheel.read_dist_info(path, LOCK_MEMBER)
        assert text is not None
        return Lock.parse(text, source=path.name)

    def only(self, name: str, handler: str) -> Run:
        """The one run of a packl by this handler."""
        (run,) = (run for key, run in self.runs(name).items() if key[1] == handler)
        return run

    def log(self, run: Run) -> str:
        """What all attempts of a run wrote."""
        with Ledger.open(self.place.ledger) as ledger:
            parts = logs.read(ledger, run.id)
            return b"".join(part.content for part in parts).decode("utf-8")

    def products(self, name: str) -> list[str]:
        """The versions of a product on the project's index."""
        found = self.client.releases(PROJECT, name.replace("_", "-"))
        return sorted(release.version for release in found)


def make_sdist(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    stem = f"{name}-{version}"
    members = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "{version}"\n',
        **{path: text.replace("NAME", name) for path, text in files.items()},
    }
    path = folder / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, text in members.items():
            content = text.encode("utf-8")
            info = tarfile.TarInfo(f"{stem}/{member}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture(scope="package")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProject]:
    """One project for all tests of CI, its index offering what tests need."""
    folder = tmp_path_factory.mktemp("ci")
    with running_project(folder / "Show", os.environ, mirror=False) as running:
        project = running.project
        access = Access(project.binding, accounts.CI_USER, project.secrets, time.time)
        with access.connect() as client:
            for name in OFFERED:
                client.upload(PROJECT, repack(folder / "wheels", name))
        yield running


@pytest.fixture(scope="package")
def shared(show: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(show, tmp_path_factory.mktemp("studio"))


@pytest.fixture
def studio(shared: Studio) -> Studio:
    """Nothing of earlier tests waits here: their runs have come to their ends."""
    shared.notices.clear()
    return shared
