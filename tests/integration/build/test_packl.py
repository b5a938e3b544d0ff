"""Building packls with real backends, from what the project's index has."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipl.build import wheel
from pipl.build.packl import Builder, build
from pipl.env.install import PIP, UV
from pipl.errors.build import BuildFailed
from pipl.errors.server import ServerDown
from pipl.testing.simple_index import SimpleIndex, add_setuptools, simple_index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleIndex]:
    folder = tmp_path_factory.mktemp("index")
    add_setuptools(folder)
    with simple_index(folder) as server:
        yield server


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/",
    }


@pytest.fixture
def packl(tmp_path: Path) -> Path:
    folder = tmp_path / "hero_model"
    (folder / "hero_model").mkdir(parents=True)
    (folder / "hero_model" / "__init__.py").touch()
    (folder / "tests").mkdir()
    (folder / "tests" / "test_hero.py").touch()
    write_pyproject(folder)
    return folder


def write_pyproject(folder: Path, *, requires: str = "setuptools>=60", build: str = "") -> None:
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "setuptools.build_meta"\n'
        f'{build}[project]\nname = "hero-model"\nversion = "1.0"\ndependencies = ["hero-geo"]\n'
        '[tool.setuptools]\npackages = ["hero_model"]\n',
        encoding="utf-8",
    )


@pytest.mark.parametrize("installer", [UV, PIP])
def test_an_sdist_and_a_wheel(
    packl: Path, tmp_path: Path, index: SimpleIndex, environ: dict[str, str], installer: str
) -> None:
    built = build(packl, tmp_path / "out", Builder(installer, environ, index.url))
    assert built.wheel == tmp_path / "out" / "hero_model-1.0-py3-none-any.whl"
    assert built.sdist == tmp_path / "out" / "hero_model-1.0.tar.gz"
    assert wheel.describe(built.wheel).requires == ("hero-geo",)
    with tarfile.open(built.sdist) as archive:
        assert "hero_model-1.0/tests/test_hero.py" in archive.getnames()


def test_what_an_earlier_build_left_is_not_in_the_wheel(
    packl: Path, tmp_path: Path, index: SimpleIndex, environ: dict[str, str]
) -> None:
    stale = packl / "build" / "lib" / "hero_model"
    stale.mkdir(parents=True)
    (stale / "deleted.py").touch()
    built = build(packl, tmp_path / "out", Builder(UV, environ, index.url))
    with zipfile.ZipFile(built.wheel) as archive:
        assert "hero_model/deleted.py" not in archive.namelist()


def test_a_build_that_fails_shows_what_the_backend_wrote(
    packl: Path, tmp_path: Path, index: SimpleIndex, environ: dict[str, str]
) -> None:
    (packl / "setup.py").write_text("raise SystemExit('no geometry today')", encoding="utf-8")
    with pytest.raises(BuildFailed, match="no geometry today") as caught:
        build(packl, tmp_path / "out", Builder(UV, environ, index.url))
    assert caught.value.path == str(packl)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("installer", [UV, PIP])
def test_a_build_requirement_that_nobody_has(
    packl: Path, tmp_path: Path, index: SimpleIndex, environ: dict[str, str], installer: str
) -> None:
    write_pyproject(packl, requires="nobody-has-this")
    with pytest.raises(BuildFailed, match="nobody-has-this"):
        build(packl, tmp_path / "out", Builder(installer, environ, index.url))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[build-system", "pyproject.toml"), ("[build-system]\nrequires = 3", "requires")],
)
def test_a_pyproject_that_cannot_be_used(
    packl: Path,
    tmp_path: Path,
    index: SimpleIndex,
    environ: dict[str, str],
    text: str,
    reason: str,
) -> None:
    (packl / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BuildFailed, match=reason):
        build(packl, tmp_path / "out", Builder(UV, environ, index.url))


def test_a_folder_that_is_no_project(
    tmp_path: Path, index: SimpleIndex, environ: dict[str, str]
) -> None:
    with pytest.raises(BuildFailed):
        build(tmp_path / "nothing", tmp_path / "out", Builder(UV, environ, index.url))


def test_a_server_that_is_down(packl: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    with simple_index(tmp_path) as gone:
        pass
    with pytest.raises(ServerDown):
        build(packl, tmp_path / "out", Builder(UV, environ, gone.url))
