"""What is known to come out is installed while a real server is asked whether it still does."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipl import process
from pipl.cli.kept_pages import shown
from pipl.env.choice import choose
from pipl.env.install import UV, Installer, NearbyIndex
from pipl.env.installed import installed
from pipl.errors.server import ServerDown
from pipl.index import nearby
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.testing.simple_index import make_wheel
from pipl.workspace import area, create, locking
from pipl.workspace.folder import Workspace, load
from pipl.workspace.place import Place


@dataclass
class Studio:
    """An index with a packl on it, and a workarea; `meanwhile` is before the server is asked."""

    client: DevpiClient
    index: IndexName
    area: area.Workarea
    environ: Mapping[str, str]
    meanwhile: Callable[[], None] = lambda: None
    ran: list[str] = field(default_factory=list)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def seen(self, index_url: str) -> NearbyIndex | None:
        return shown(self.client.url, nearby.seen(self.client.url, self.index, self.cache))

    def current(self, index_url: str) -> NearbyIndex | None:
        self.meanwhile()
        return shown(self.client.url, nearby.current(self.client, self.index, self.cache))

    def forget(self, index_url: str) -> None:
        nearby.forget(self.client.url, self.index, self.cache)

    @property
    def cache(self) -> Path:
        return Path(self.environ["PIPL_CACHE_DIR"])

    @property
    def installer(self) -> Installer:
        return choose(UV, self.environ, nearby=self)

    def upload(self, name: str, version: str) -> None:
        self.client.upload(self.index, make_wheel(self.cache / "wheels", name, version))

    def add(self, workspace: Workspace, *packls: str) -> Workspace:
        self.ran.clear()
        place = Place(workspace.folder, workspace.binding, self.environ)
        return locking.add(workspace, packls, self.installer, place).workspace

    def make(self, name: str, *packls: str) -> Workspace:
        return create.create(
            self.area, name, self.environ, fill=lambda made: self.add(made, *packls)
        )


@pytest.fixture
def studio(
    root: DevpiClient,
    make_index: Callable[..., IndexName],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Studio:
    index = make_index()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIPL_CACHE_DIR": str(tmp_path / "cache"),
    }
    binding = Binding("Show", root.url, index)
    made = Studio(root, index, area.mark(tmp_path / "work", binding), environ)
    start = process.start

    def watched(args: Any, **more: Any) -> Any:
        made.ran += [one for one in map(str, args) if one in ("compile", "sync")]
        started = start(args, **more)
        made.started.append(started)
        return started

    monkeypatch.setattr(process, "start", watched)
    made.upload("hero-geo", "1.0")
    made.make("first", "hero-geo")
    assert made.ran == ["compile", "sync"]
    return made


def held(workspace: Workspace) -> dict[str, str]:
    return {name: one.version for name, one in installed(workspace.environment).items()}


def test_the_second_workspace_needs_no_resolver(studio: Studio) -> None:
    second = studio.make("second", "hero-geo")
    assert studio.ran == ["sync"]
    assert held(second) == {"hero-geo": "1.0"}
    first = load(studio.area.folder / "first")
    assert second.lock_path.read_text() == first.lock_path.read_text()
    assert load(second.folder).requirements == ("hero-geo",)


def test_what_was_uploaded_just_now_is_not_missed(studio: Studio) -> None:
    studio.meanwhile = lambda: None if studio.ran[1:] else studio.upload("hero-geo", "2.0")
    second = studio.make("second", "hero-geo")
    assert studio.ran[0] == "sync"  # of what had been so until then
    assert studio.ran[-2:] == ["compile", "sync"]
    assert held(second) == {"hero-geo": "2.0"}
    assert "2.0" in second.lock_path.read_text()
    assert [path.name for path in second.folder.glob(".VENV*")] == [".VENV"]


def test_a_workspace_that_has_something_takes_more_in_the_same_way(studio: Studio) -> None:
    studio.upload("hero-rig", "1.0")
    first = load(studio.area.folder / "first")
    studio.add(first, "hero-rig")
    assert studio.ran[-2:] == ["compile", "sync"]
    second = studio.make("second", "hero-geo")
    assert studio.ran == ["compile", "sync"]  # of this index nobody asked that yet
    studio.add(second, "hero-rig")
    assert studio.ran == ["sync"]
    assert held(second) == {"hero-geo": "1.0", "hero-rig": "1.0"}


def test_a_server_that_is_away_changes_nothing(studio: Studio) -> None:
    def away() -> None:
        raise ServerDown(studio.client.url)

    studio.meanwhile = away
    with pytest.raises(ServerDown):
        studio.make("second", "hero-geo")
    assert not (studio.area.folder / "second").exists()
    first = load(studio.area.folder / "first")
    before = (first.folder / ".workspace").read_bytes(), first.lock_path.read_bytes()
    with pytest.raises(ServerDown):
        studio.add(first, "hero-geo")
    assert ((first.folder / ".workspace").read_bytes(), first.lock_path.read_bytes()) == before
    assert held(first) == {"hero-geo": "1.0"}
    assert [path.name for path in first.folder.glob(".VENV*")] == [".VENV"]


def test_ctrl_c_meanwhile_ends_the_installer_too(studio: Studio) -> None:
    def interrupted() -> None:
        os.kill(studio.started[-1].pid, signal.SIGSTOP)  # uv must not have ended by itself
        raise KeyboardInterrupt

    studio.meanwhile = interrupted
    with pytest.raises(KeyboardInterrupt):
        studio.make("second", "hero-geo")
    assert studio.ran == ["sync"]
    assert studio.started[-1].returncode == -signal.SIGKILL
    assert not (studio.area.folder / "second").exists()


def test_an_environment_that_is_nobodys_is_not_touched_before(studio: Studio) -> None:
    first = load(studio.area.folder / "first")
    (first.environment.folder / "pipl.json").unlink()  # as when it was just made
    studio.upload("hero-rig", "1.0")
    studio.add(studio.make("second", "hero-geo"), "hero-rig")

    def away() -> None:
        raise ServerDown(studio.client.url)

    studio.meanwhile = away
    with pytest.raises(ServerDown):
        studio.add(first, "hero-rig")
    assert held(first) == {"hero-geo": "1.0"}
    assert not (first.environment.folder / "pipl-unfinished").exists()
