"""The whole road, walked with the commands that people type.

Every step is a `pipl` command in a process of its own, against the real server, real
environments and real USD; nothing is mocked. The road checks what it shows and raises
RoadBlocked where it is not so.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipl import process
from pipl.ci.ledger import queries
from pipl.ci.ledger.database import Ledger
from pipl.ci.place import CIPlace
from pipl.demo import content
from pipl.errors.base import RoadBlocked
from pipl.index.name import IndexName

ARTIST = "anna"
STAGE = "root/testing"
PROCESSING = IndexName("root", "processing")
LANDING_TIMEOUT_S = 180.0
Bounds = tuple[float, ...]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What the road ended with: bounds are (min x, y, z, max x, y, z) in scene units."""

    project: Path
    shot: Path
    opened: Path
    first: Bounds
    updated: Bounds
    reopened: Bounds
    took_s: float


class Road:
    """Walks through a project at `folder`; `say` receives each line for people."""

    def __init__(self, folder: Path, environ: Mapping[str, str], say: Say) -> None:
        self.folder = folder
        self.work = folder / "workspaces"
        self._say = say
        self._started = time.monotonic()
        self._environ = {
            **environ,
            "PIPL_CONFIG_DIR": str(folder.parent / f".{folder.name}-logins"),
        }

    def step(self, title: str) -> None:
        elapsed = time.monotonic() - self._started
        self._say(f"\n[{elapsed:5.1f} s] {title}")

    def pipl(self, *args: str, cwd: Path | None = None, stdin: str | None = None) -> str:
        """Run a command as a person would, show it and what it prints; returns the latter."""
        self._say(f"  $ pipl {process.shown(args)}")
        started = time.monotonic()
        done = process.run(
            [sys.executable, "-m", "pipl", *args],
            cwd=cwd or self.folder,
            env=self._environ,
            stdin=stdin,
            check=False,
        )
        for line in done.stdout.splitlines():
            self._say(f"    {line}")
        took = time.monotonic() - started
        if done.status != 0:
            raise RoadBlocked(f"pipl {process.shown(args)}", process.tail(done.stderr.strip()))
        if took > 1:
            self._say(f"    ({took:.1f} s)")
        return done.stdout

    def bounds(self, workspace: Path) -> Bounds:
        """The bounds that the shot's task prints."""
        printed = self.pipl("work", "run", "task", "bounds", cwd=workspace)
        try:
            return content.read_bounds(printed)
        except ValueError as fault:
            raise RoadBlocked("task bounds", printed) from fault

    @contextmanager
    def server(self) -> Iterator[None]:
        """The project's server, stopped at the end."""
        self.pipl("proj", "start", "--background", "--port", "0")
        try:
            yield
        finally:
            process.run(
                [sys.executable, "-m", "pipl", "proj", "stop"],
                cwd=self.folder,
                env=self._environ,
                check=False,
            )

    @contextmanager
    def runner(self) -> Iterator[subprocess.Popen[bytes]]:
        """The CI runner in the background, ended with all its jobs."""
        self._say("  $ pipl ci start &")
        log = self.folder / "system" / "ci" / "demo-runner.log"
        with log.open("ab") as output:
            runner = process.start(
                [sys.executable, "-m", "pipl", "ci", "start"],
                cwd=self.folder,
                env=self._environ,
                log=output,
            )
            try:
                yield runner
            finally:
                runner.terminate()
                with suppress(subprocess.TimeoutExpired):
                    runner.wait(timeout=20)
                process.kill_group(runner)

    def await_landing(self, packl: str, version: str) -> None:
        """Wait until CI has promoted a release to the project's index; show its runs."""
        self._say(f"    waiting for CI to test, process and promote {packl} {version}")
        shown: set[tuple[int, str]] = set()
        deadline = time.monotonic() + LANDING_TIMEOUT_S
        with Ledger.open(CIPlace(self.folder / "system" / "ci").ledger) as ledger:
            while True:
                runs = queries.runs(ledger, project=packl, version=version)
                for run in reversed(runs):  # oldest first
                    if run.ended_at is None or (run.id, run.state) in shown:
                        continue
                    shown.add((run.id, run.state))
                    took = run.ended_at - (run.started_at or run.ended_at)
                    self._say(
                        f"    CI {run.handler:8} on {run.index!s:16} {run.state} ({took:.1f} s)"
                    )
                    if run.state == "failed":
                        raise RoadBlocked(f"CI {run.handler} of {packl} {version}", run.reason)
                landed = [run for run in runs if run.handler == "promote" and run.state == "passed"]
                if any(run.index == PROCESSING for run in landed):
                    return
                if time.monotonic() > deadline:
                    raise RoadBlocked(f"CI of {packl} {version}", "it did not land in time")
                time.sleep(0.1)


def walk(folder: Path, environ: Mapping[str, str], say: Say) -> Outcome:
    """Walk the whole road in a new project at `folder`; nothing runs on afterwards.

    Raises RoadBlocked where a step does not show what it must.
    """
    started = time.monotonic()
    road = Road(folder, environ, say)
    road.step("A project with its own package index")
    road.pipl("proj", "create", str(folder), cwd=folder.parent)
    with road.server():
        _prepare_project(road)
        _publish_pipeline(road)
        with road.runner():
            _publish_hero(road)
            shot, first = _publish_shot(road)
            updated = _change_hero(road, shot)
        opened, reopened = _open_again(road)
    _check("the update shows the new hero", updated != first, f"{first} and {updated}")
    _check("the old version shows the old hero", reopened == first, f"{first} and {reopened}")
    return Outcome(folder, shot, opened, first, updated, reopened, time.monotonic() - started)


def discard(folder: Path) -> None:
    """Remove a walked project and the logins made for it."""
    for path in (folder, folder.parent / f".{folder.name}-logins"):
        for kept in path.rglob("*"):
            if kept.is_dir() and not kept.is_symlink():
                kept.chmod(0o755)
        shutil.rmtree(path, ignore_errors=True)


def _prepare_project(road: Road) -> None:
    password = secrets.token_urlsafe(12)
    road.pipl("proj", "index", "create-default")
    road.pipl("proj", "index", "create-sub", "", "testing")
    road.pipl("proj", "index", "create-sub", "", "processing", "--upload", "ci")
    road.pipl(
        "proj", "user", "add", "", ARTIST, "-", f"{ARTIST}@example.org", stdin=f"{password}\n"
    )
    road.pipl("login", ARTIST, stdin=f"{password}\n")
    road.pipl("proj", "index", "list-indexes")


def _publish_pipeline(road: Road) -> None:
    road.step("The pipeline is a packl too: asset, product and task types, store, CI flow")
    road.pipl("work", "create", "pipeline", cwd=road.work)
    workspace = road.work / "pipeline"
    road.pipl("packl", "create", "--template", "config", "demo_pipeline", cwd=workspace)
    content.lay("demo_pipeline", workspace / "demo_pipeline")
    road.pipl("packl", "upload", "", "-i", "root/PROJ", cwd=workspace)
    road.pipl("proj", "pipeline", "demo-pipeline")


def _publish_hero(road: Road) -> None:
    road.step("An artist models the hero: the Utah teapot, tessellated by the task")
    road.pipl("work", "create", "hero", cwd=road.work)
    workspace = road.work / "hero"
    road.pipl("work", "add", "demo-pipeline", cwd=workspace)
    create = ("packl", "create", "--template", "task", "--type", "modelling", "hero_model")
    road.pipl(*create, cwd=workspace)
    content.lay("hero_model", workspace / "hero_model")
    road.pipl("work", "run", "task", cwd=workspace)
    road.pipl("work", "run", "task", "build", cwd=workspace)
    road.step("Published to the stage: CI tests, promotes and processes it")
    road.pipl("packl", "publish", "--to", STAGE, cwd=workspace)
    road.await_landing("hero-model", "1.0.0")
    road.pipl("proj", "index", "list")


def _publish_shot(road: Road) -> tuple[Path, Bounds]:
    road.step("A shot depends on the product, and its workspace shows the asset")
    road.pipl("work", "create", "sh010", cwd=road.work)
    workspace = road.work / "sh010"
    road.pipl("work", "add", "demo-pipeline", cwd=workspace)
    road.pipl("packl", "create", "--template", "code", "sh010_layout", cwd=workspace)
    road.pipl("work", "run", "create_task", "sh010_layout", "shot_layout", cwd=workspace)
    content.lay("sh010_layout", workspace / "sh010_layout")
    add = ("packl", "add", "hero-geo", "the shot shows the hero", "-p", "sh010_layout")
    road.pipl(*add, cwd=workspace)
    road.pipl("asset", "list", cwd=workspace)
    road.pipl("work", "run", "task", "build", cwd=workspace)
    first = road.bounds(workspace)
    road.pipl("packl", "publish", "--to", STAGE, cwd=workspace)
    road.await_landing("sh010-layout", "1.0.0")
    return workspace, first


def _change_hero(road: Road, shot: Path) -> Bounds:
    road.step("The hero changes: 1.1.0")
    workspace = road.work / "hero"
    content.lay("hero_model", workspace / "hero_model", variant="1.1.0")
    road.pipl("packl", "bump", "minor", "a taller hero", cwd=workspace)
    road.pipl("work", "run", "task", "build", cwd=workspace)
    road.pipl("packl", "publish", "--to", STAGE, cwd=workspace)
    road.await_landing("hero-model", "1.1.0")
    road.step("The shot is outdated, and moves when its artist says so")
    scene = content.scene_of(shot / "sh010_layout")
    before = scene.read_bytes()
    shown = road.pipl("work", "status", cwd=shot)
    _check("the shot is outdated", "outdated: pipl work update hero-geo" in shown, shown)
    road.pipl("work", "update", "hero-geo", cwd=shot)
    bounds = road.bounds(shot)
    _check("the scene file is untouched", scene.read_bytes() == before, str(scene))
    return bounds


def _open_again(road: Road) -> tuple[Path, Bounds]:
    road.step("The published shot opens exactly as it was")
    road.pipl("work", "open", "sh010-layout==1.0.0", cwd=road.work)
    workspace = road.work / "sh010_layout-1.0.0"
    return workspace, road.bounds(workspace)


def _check(what: str, holds: bool, seen: Sequence[object] | str) -> None:
    if not holds:
        raise RoadBlocked(what, str(seen))
