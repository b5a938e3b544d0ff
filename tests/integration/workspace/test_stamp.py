"""A sync that has nothing to do asks nobody; whatever may have changed makes it look again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pipl.env.install import Installer
from pipl.testing.simple_index import make_wheel
from pipl.workspace import folder, stamp, syncing
from pipl_pipe.context import NAME as CONTEXT


@dataclass
class Asked:
    """Passes everything on to an installer, and notes what it was asked for."""

    installer: Installer
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.installer, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            return found(*args, **kwargs)

        return call


@dataclass
class Synced:
    """A workspace that was synced; `again` says what another sync asks the installer for."""

    desk: Any
    workspace: Any
    environ: dict[str, str]

    def again(self) -> list[str]:
        asked = Asked(self.desk.installer)
        syncing.sync(self.workspace, self.environ, lambda: asked)
        return asked.calls


@pytest.fixture
def synced(desk) -> Callable[..., Synced]:
    def make(*requirements: str) -> Synced:
        made = Synced(desk, desk.requiring(*requirements), dict(desk.environ))
        assert "sync" in made.again()
        return made

    return make


@pytest.fixture
def hero(desk, synced) -> Synced:
    make_wheel(desk.wheels, "hero", "1.0")
    return synced("hero")


def test_without_changes_nobody_is_asked(hero) -> None:
    assert hero.again() == []
    synced = syncing.sync(hero.workspace, hero.environ, lambda: hero.desk.installer)
    assert synced.packages == 1


def test_nor_from_another_terminal(hero) -> None:
    hero.environ.update(TERM="xterm-256color", TMUX_PANE="%7", SHLVL="3")
    assert hero.again() == []


def test_another_variable_may_mean_something(hero) -> None:
    hero.environ["SHOW_ROOT"] = "/mnt/show"
    assert hero.again() == ["is_current"]
    assert hero.again() == []


def test_another_lock(desk, hero) -> None:
    make_wheel(desk.wheels, "prop", "1.0")
    hero.workspace = desk.requiring("hero", "prop")
    assert "sync" in hero.again()
    assert hero.again() == []


def test_a_lock_from_elsewhere_is_installed_without_asking_first(desk, hero) -> None:
    make_wheel(desk.wheels, "prop", "1.0")
    one = hero.workspace.lock_path.read_text()
    hero.workspace = desk.requiring("hero", "prop")
    hero.again()
    two = hero.workspace.lock_path.read_text()
    hero.workspace = desk.requiring("hero")
    for text in (one, two):
        hero.workspace.lock_path.write_text(text)
        assert hero.again() == ["sync"]
        assert hero.again() == []


@pytest.mark.parametrize("gone", ["hero-1.0.dist-info", "hero"])
def test_a_package_that_somebody_removed(hero, gone) -> None:
    shutil.rmtree(hero.workspace.environment.site_packages / gone)
    assert "is_current" in hero.again()


def test_a_file_of_ours_that_somebody_removed(hero) -> None:
    context = hero.workspace.environment.folder / CONTEXT
    context.unlink()
    assert hero.again()
    assert context.exists()


def test_an_interrupted_change(hero) -> None:
    (hero.workspace.environment.folder / "pipl-unfinished").touch()
    assert "sync" in hero.again()
    assert hero.again() == []


def test_another_preference(hero) -> None:
    hero.workspace = replace(hero.workspace, prefer={"OCIO": "hero"})
    folder.save(hero.workspace)
    assert hero.again() == ["is_current"]


def test_a_packl_that_is_edited(desk, hero) -> None:
    declared = desk.edit("hero_model", []) / "pyproject.toml"
    assert stamp.packages(hero.workspace, hero.environ) is None
    made_from = stamp.given(hero.workspace, hero.environ)
    stamp.put(hero.workspace, hero.environ, made_from, 2)
    assert stamp.packages(hero.workspace, hero.environ) == 2
    declared.write_text(declared.read_text().replace('"0.1"', '"0.1.1"'), encoding="utf-8")
    assert stamp.packages(hero.workspace, hero.environ) is None


def test_what_changes_while_it_is_synced_is_not_stamped(desk, hero) -> None:
    made_from = stamp.given(hero.workspace, hero.environ)
    (hero.workspace.environment.folder / stamp.NAME).unlink()
    desk.requiring("hero", "prop")
    stamp.put(hero.workspace, hero.environ, made_from, 1)
    assert not (hero.workspace.environment.folder / stamp.NAME).exists()


def test_what_changes_after_the_installer_has_looked_is_not_stamped(desk, hero) -> None:
    hero.environ["SHOW_ROOT"] = "/mnt/show"  # so that the installer is asked

    class Edited(Asked):
        def is_current(self, *args: Any, **kwargs: Any) -> bool:
            found = self.installer.is_current(*args, **kwargs)
            folder.save(replace(hero.workspace, prefer={"OCIO": "hero"}))
            return bool(found)

    syncing.sync(hero.workspace, hero.environ, lambda: Edited(desk.installer))
    assert stamp.packages(hero.workspace, hero.environ) is None
    assert hero.again() == ["is_current"]


def test_what_is_imported_for_the_first_time_changes_nothing(hero) -> None:
    (hero.workspace.environment.site_packages / "hero" / "__pycache__").mkdir()
    assert hero.again() == []


@pytest.mark.parametrize(
    ("report", "is_asked"),
    [
        ({"fixed": True}, False),
        ({"fixed": False}, True),
        ({}, True),  # an older framework
        ({"fixed": True, "broken": [{"code": "x", "message": "Maya is not there"}]}, True),
    ],
)
def test_packls_that_may_answer_otherwise_are_asked_each_time(
    desk, synced, report, is_asked
) -> None:
    answer = {"env": [], "broken": [], "products": [], "places": {}, **report}
    said = f"print({json.dumps(answer)!r})\n"
    make_wheel(
        desk.wheels, "pipl_pipe", "1.0", files={"pipl_pipe/__main__.py": f"def main():\n    {said}"}
    )
    points = {"pipl_pipe.env_sets": {"show": "show:ENV_SET"}}
    make_wheel(desk.wheels, "show", "1.0", entry_points=points, requires=["pipl-pipe"])
    made = synced("show")
    assert bool(made.again()) is is_asked
