"""Syncing: the environment equals the lock, whatever it was before."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest

from pipl.build.packl import Builder, build
from pipl.env.choice import choose
from pipl.env.install import PIP, UV
from pipl.env.lock import Lock, LockedPackage
from pipl.errors.env import InstallFailed, Unresolvable
from pipl.errors.server import ServerDown
from pipl.testing.simple_index import add_setuptools, make_wheel, simple_index

from .conftest import Workshop


def write_packl(folder: Path, *, dependencies: str = "", version: str = "1.0") -> Path:
    package = folder / folder.name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("VALUE = 1\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        "[build-system]\n"
        'requires = ["setuptools>=60"]\n'
        'build-backend = "setuptools.build_meta"\n'
        "[project]\n"
        f'name = "{folder.name.replace("_", "-")}"\n'
        f'version = "{version}"\n'
        f"dependencies = [{dependencies}]\n"
        "[project.optional-dependencies]\n"
        'test = ["maya"]\n'
        "[project.scripts]\n"
        f'say-value = "{folder.name}:say"\n',
        encoding="utf-8",
    )
    return folder


def says(workshop: Workshop, code: str) -> str:
    done = subprocess.run(
        [workshop.environment.python, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_an_environment_becomes_what_the_lock_says(workshop: Workshop) -> None:
    assert workshop.sync(workshop.resolve("hero-rig")) == {
        "hero-rig": "2.1",
        "hero-geo": "2.0",
        "maya": "2025.0",
        "show-config": "1.0",
    }
    assert says(workshop, "import hero_geo; print(hero_geo.__version__)") == "2.0"


def test_versions_move_and_what_is_not_locked_goes(workshop: Workshop) -> None:
    workshop.sync(workshop.resolve("hero-rig"))
    lock = workshop.resolve("hero-geo<2")
    assert workshop.sync(lock) == {"hero-geo": "1.1", "show-config": "1.0"}
    assert workshop.sync(Lock(())) == {}


def test_both_installers_make_the_same_of_a_lock(
    workshop: Workshop, environ: dict[str, str], tmp_path: Path
) -> None:
    lock = workshop.resolve("hero-rig", "alpha-only")
    trees = []
    for name in (UV, PIP):
        workshop.installer = choose(name, environ)
        workshop.root = tmp_path / name
        workshop.root.mkdir()
        installed = workshop.sync(lock)
        assert installed.keys() == {package.name for package in lock.packages}
        folder = workshop.environment.site_packages
        kept = {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        own = {"INSTALLER", "REQUESTED", "uv_cache.json"}
        trees.append({name for name in kept if name.rpartition("/")[2] not in own})
    assert trees[0] == trees[1]


def test_one_installer_continues_what_the_other_began(
    workshop: Workshop, environ: dict[str, str]
) -> None:
    lock = workshop.resolve("hero-rig")
    workshop.sync(lock)
    for name in (UV, PIP):
        workshop.installer = choose(name, environ)
        workshop.index.asked.clear()
        assert len(workshop.sync(lock)) == len(lock.packages)
        assert workshop.index.asked == []


def test_a_file_with_other_content_is_refused(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo")
    make_wheel(workshop.index.folder, "hero-geo", "2.0", files={"evil.py": "EVIL = 1"})
    with pytest.raises(InstallFailed) as caught:
        workshop.sync(lock)
    assert "hero" in caught.value.explanation
    assert "hash" in caught.value.explanation.lower()
    assert "hero-geo" not in workshop.installed()


def test_a_failing_sync_leaves_what_was_there(workshop: Workshop) -> None:
    workshop.sync(workshop.resolve("hero-geo<1.1"))
    lock = workshop.resolve("hero-geo")
    (workshop.index.folder / "hero_geo-2.0-py3-none-any.whl").unlink()
    with pytest.raises(InstallFailed, match="hero"):
        workshop.sync(lock)
    assert says(workshop, "import hero_geo; print(hero_geo.__version__)") == "1.0"


def test_only_the_locked_file_counts_not_the_index(workshop: Workshop, tmp_path: Path) -> None:
    """A release that was opened may come from an index that the project's does not show."""
    make_wheel(tmp_path / "stage", "hero-model", "1.0")
    with simple_index(tmp_path / "stage") as stage:
        (file,) = dataclasses.replace(workshop, index=stage).resolve("hero-model").packages
        lock = workshop.resolve("hero-geo").with_package(file)
        workshop.index.asked.clear()
        assert "hero-model" in workshop.sync(lock)
    assert not [path for path in workshop.index.asked if "+simple" in path]


def test_a_server_that_is_down_is_not_needed_for_what_is_known(workshop: Workshop) -> None:
    workshop.sync(workshop.resolve("hero-rig"))
    lock = workshop.resolve("hero-rig")
    with simple_index(workshop.index.folder) as gone:
        pass
    lock = lock.rebased(gone.origin)
    workshop.index = gone
    assert len(workshop.sync(lock)) == len(lock.packages)


def test_a_server_that_is_down_is_said(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo")
    with simple_index(workshop.index.folder) as gone:
        pass
    workshop.index = gone
    with pytest.raises(ServerDown) as caught:
        workshop.sync(lock.rebased(gone.origin))
    assert caught.value.url == gone.origin


def test_an_unfinished_change_is_repaired_by_the_next_sync(workshop: Workshop) -> None:
    """Also when something else failed in between, and when the server is down meanwhile."""
    old = workshop.resolve("hero-geo<2")
    workshop.sync(old)
    broken = workshop.resolve("hero-geo")
    make_wheel(workshop.index.folder, "hero-geo", "2.0", files={"evil.py": "EVIL = 1"})
    with pytest.raises(InstallFailed):
        workshop.sync(broken)
    (workshop.environment.site_packages / "hero_geo" / "__init__.py").unlink()
    with pytest.raises(Unresolvable):
        workshop.installer.add_files(
            workshop.environment, ["nobody-has-this"], index_url=workshop.index.url
        )
    with simple_index(workshop.index.folder) as gone:
        pass
    up, workshop.index = workshop.index, gone
    try:
        workshop.sync(old.rebased(gone.origin))
    except ServerDown:  # not every cache answers for files of a server that is down
        workshop.index = up
        workshop.sync(old)
    assert says(workshop, "import hero_geo; print(hero_geo.__version__)") == "1.1"
    workshop.index = up
    up.asked.clear()
    workshop.sync(old)
    assert up.asked == []


def test_a_lock_follows_a_server_that_moved(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo")
    with simple_index(workshop.index.folder) as moved:
        lock = lock.rebased(moved.origin)
        workshop.index = moved
        assert workshop.sync(lock) == {"hero-geo": "2.0", "show-config": "1.0"}


def test_a_packl_is_edited_in_place(workshop: Workshop) -> None:
    """Its build requirements come from the project's index, its extras where it has them."""
    add_setuptools(workshop.index.folder)
    packl = write_packl(workshop.root / "hero_model", dependencies='"hero-geo<2"')
    lock = workshop.resolve(editables=(packl,), extras=("edit", "test"))
    assert [(one.name, one.directory) for one in lock.packages if one.editable] == [
        ("hero-model", "hero_model")
    ]
    assert workshop.sync(lock) == {
        "hero-geo": "1.1",
        "hero-model": "1.0",
        "maya": "2026.1",
        "show-config": "1.0",
    }
    (packl / "hero_model" / "__init__.py").write_text("VALUE = 2\n", encoding="utf-8")
    assert says(workshop, "import hero_model; print(hero_model.VALUE)") == "2"
    assert (workshop.environment.scripts / "say-value").exists()


def test_an_edited_packl_is_installed_again_when_its_metadata_changed(workshop: Workshop) -> None:
    add_setuptools(workshop.index.folder)
    packl = write_packl(workshop.root / "hero_model")
    lock = workshop.resolve(editables=(packl,))
    workshop.sync(lock)
    workshop.index.asked.clear()
    workshop.sync(lock)
    assert workshop.index.asked == []
    pyproject = packl / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace("say-value", "say-other"), encoding="utf-8")
    workshop.sync(lock)
    assert (workshop.environment.scripts / "say-other").exists()


def test_an_edited_packl_gives_way_to_its_release(workshop: Workshop) -> None:
    add_setuptools(workshop.index.folder)
    packl = write_packl(workshop.root / "hero_geo", version="2.0")
    workshop.sync(workshop.resolve(editables=(packl,)))
    assert says(workshop, "import hero_geo; print(hero_geo.VALUE)") == "1"
    workshop.sync(workshop.resolve("hero-geo"))
    assert says(workshop, "import hero_geo; print(hero_geo.__version__)") == "2.0"


def test_what_is_added_does_not_move_what_is_locked(workshop: Workshop) -> None:
    make_wheel(workshop.index.folder, "checks", "1.0", requires=["hero-geo"])
    make_wheel(workshop.index.folder, "checks", "2.0", requires=["hero-geo>=2"])
    lock = workshop.resolve("hero-geo<2")
    workshop.sync(lock)
    workshop.installer.add_files(
        workshop.environment, ["checks"], index_url=workshop.index.url, constraints=lock
    )
    assert workshop.installed() == {"checks": "1.0", "hero-geo": "1.1", "show-config": "1.0"}
    with pytest.raises(Unresolvable, match="checks"):
        workshop.installer.add_files(
            workshop.environment, ["checks>=2"], index_url=workshop.index.url, constraints=lock
        )


def test_a_wheel_is_added_with_an_extra(workshop: Workshop, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "my wheels", "hero-model", "1.0", extras={"test": ["maya<2026"]})
    lock = workshop.resolve("show-config")
    workshop.sync(lock)
    workshop.installer.add_files(
        workshop.environment,
        [f"hero-model[test] @ {wheel.as_uri()}"],
        index_url=workshop.index.url,
        constraints=lock,
    )
    assert workshop.installed() == {"hero-model": "1.0", "maya": "2025.0", "show-config": "1.0"}


def test_an_sdist_is_built_with_what_the_index_has(
    workshop: Workshop, environ: dict[str, str], tmp_path: Path
) -> None:
    add_setuptools(workshop.index.folder)
    packl = write_packl(tmp_path / "source_only", dependencies='"maya"')
    builder = Builder(workshop.installer.name, environ, workshop.index.url)
    shutil.copy(build(packl, tmp_path / "dist", builder).sdist, workshop.index.folder)
    lock = workshop.resolve("source-only")
    assert [file.kind for file in lock.packages[-1].files] == ["sdist"]
    assert workshop.sync(lock) == {"maya": "2026.1", "source-only": "1.0"}


def test_settings_in_a_packl_bring_no_other_index(workshop: Workshop) -> None:
    add_setuptools(workshop.index.folder)
    packl = write_packl(workshop.root / "hero_model", dependencies='"maya"')
    with (packl / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(
            "[tool.uv]\nno-index = true\n"
            "[tool.uv.sources]\nmaya = { url = 'http://127.0.0.1:9/maya-1-py3-none-any.whl' }\n"
            "[[tool.uv.index]]\nname = 'other'\nurl = 'http://127.0.0.1:9/'\ndefault = true\n"
        )
    lock = workshop.resolve(editables=(packl,))
    assert workshop.sync(lock) == {"maya": "2026.1", "hero-model": "1.0"}


def test_markers_of_a_lock_are_respected(workshop: Workshop) -> None:
    lock = workshop.resolve("hero-geo")
    (config,) = (one for one in lock.packages if one.name == "show-config")
    elsewhere = dataclasses.replace(config, marker='python_version < "3"')
    assert workshop.sync(lock.with_package(elsewhere)) == {"hero-geo": "2.0"}


def test_a_lock_of_a_whole_archive(workshop: Workshop, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "links", "asked-by-url", "1.0")
    lock = workshop.resolve(f"asked-by-url @ {wheel.as_uri()}")
    assert isinstance(lock.packages[0], LockedPackage)
    assert workshop.sync(lock) == {"asked-by-url": "1.0"}
