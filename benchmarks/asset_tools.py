"""Ours, DVC and git-lfs behind the same few steps, each a list of whole commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.measure import module

DATA = "data"


@dataclass(frozen=True)
class Command:
    """What is run, where; `answers` if it prints JSON with `library_s`."""

    args: tuple[str, ...]
    cwd: Path
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    answers: bool = False


class Tool(Protocol):
    """Works in `folder`, which has the files in `folder/work/data` (a file or a folder).

    `start` is not timed; steps are, and come in the order add, push, add (again), view, pull.
    """

    name: str
    work: Path

    def start(self, *, copy: bool) -> None: ...

    def add(self) -> list[Command]: ...

    def push(self) -> list[Command]: ...

    def view(self) -> list[Command]: ...

    def pull(self) -> list[Command]: ...


class Ours:
    """The library, every step in a process of its own."""

    name = "ours"

    def __init__(self, folder: Path) -> None:
        self.folder, self.work = folder, folder / "work"
        self._copy = False

    def start(self, *, copy: bool) -> None:
        self._copy = copy
        (self.folder / "home").mkdir()

    def add(self) -> list[Command]:
        return self._step("add", self.work / DATA)

    def push(self) -> list[Command]:
        return self._step("push", self.work / DATA)

    def view(self) -> list[Command]:
        return self._step("view", self.work / "view" / DATA)

    def pull(self) -> list[Command]:
        return self._step("pull", self.work / "pulled" / DATA)

    def _step(self, step: str, path: Path) -> list[Command]:
        options = ["--copy"] if self._copy else []
        args = module("benchmarks.asset_step", step, self.folder / "home", path, *options)
        return [Command(args, self.work, dict(os.environ), answers=True)]


class Dvc:
    """DVC without Git: cache on the same disk, hardlinks (or copies), a folder as the remote."""

    name = "DVC"

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder, self.work = folder, folder / "work"
        self._program = program
        home = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        site = {"DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1"}
        self._env = {**os.environ, **home, **site}

    def start(self, *, copy: bool) -> None:
        for args in (
            ("init", "--no-scm", "-q"),
            ("config", "core.analytics", "false"),
            ("config", "core.check_update", "false"),
            ("config", "cache.type", "copy" if copy else "hardlink"),
            ("remote", "add", "-q", "-d", "remote", str(self.folder / "remote")),
        ):
            _run(self._dvc(*args))

    def add(self) -> list[Command]:
        return [self._dvc("add", "-q", DATA)]

    def push(self) -> list[Command]:
        return [self._dvc("push", "-q")]

    def view(self) -> list[Command]:
        """The workspace's own files go, the cache stays."""
        _remove(self.work / DATA)
        return [self._dvc("checkout", "-q")]

    def pull(self) -> list[Command]:
        """In another workspace, whose cache is empty."""
        other = self.folder / "other"
        shutil.copytree(self.work / ".dvc", other / ".dvc", ignore=_cached)
        shutil.copy(self.work / f"{DATA}.dvc", other)
        return [self._dvc("pull", "-q", cwd=other)]

    def _dvc(self, *args: str, cwd: Path | None = None) -> Command:
        return Command((str(self._program), *args), cwd or self.work, self._env)


class GitLfs:
    """git-lfs as its users have it, with a bare repository in a folder as the remote."""

    name = "git-lfs"

    def __init__(self, folder: Path) -> None:
        self.folder, self.work = folder, folder / "work"
        self._env = {
            **os.environ,
            "HOME": str(folder),
            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self._url = (folder / "remote.git").as_uri()

    def start(self, *, copy: bool) -> None:
        for args in (
            ("config", "--global", "user.name", "bench"),
            ("config", "--global", "user.email", "bench@example.invalid"),
            ("config", "--global", "gc.auto", "0"),
            ("lfs", "install", "--skip-repo"),
            ("init", "-q", "--bare", str(self.folder / "remote.git")),
            ("init", "-q", "-b", "main"),
            ("remote", "add", "origin", self._url),
            ("lfs", "track", DATA, f"{DATA}/**"),
            ("add", ".gitattributes"),
        ):
            _run(self._git(*args))

    def add(self) -> list[Command]:
        return [self._git("add", DATA)]

    def push(self) -> list[Command]:
        return [self._git("commit", "-q", "-m", "bench"), self._git("push", "-q", "origin", "HEAD")]

    def view(self) -> list[Command]:
        _remove(self.work / DATA)
        return [self._git("checkout", "-q", "--", DATA)]

    def pull(self) -> list[Command]:
        clone = ("clone", "-q", "-b", "main", self._url, str(self.folder / "other"))
        return [self._git(*clone, cwd=self.folder)]

    def _git(self, *args: str, cwd: Path | None = None) -> Command:
        return Command(("git", *args), cwd or self.work, self._env)


def install_dvc(folder: Path) -> tuple[Path, str]:
    """DVC in an environment of its own below `folder`: its program, or why there is none."""
    program = folder / "bin" / "dvc"
    if not program.exists():
        for args in ((sys.executable, "-m", "venv", folder), (folder / "bin/pip", *_INSTALL)):
            done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True)
            if done.returncode != 0:
                lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
                return program, f"not installed: {lines[-1][:200]}"
    return program, ""


_INSTALL = ("install", "-q", "--disable-pip-version-check", "dvc")


def version(*args: str | Path) -> str:
    done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def _run(command: Command) -> None:
    done = subprocess.run(
        command.args, cwd=command.cwd, env=command.env, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{command.args} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _cached(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in ("cache", "tmp")]
