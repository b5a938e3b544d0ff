"""Distributions under another version: whole, valid and the same every time."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipl.build import reversion, wheel
from pipl.errors.build import InvalidSdist, InvalidWheel
from pipl.index.distribution import Distribution
from pipl.testing.simple_index import make_wheel


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_wheel(
        tmp_path / "in",
        "hero_rig",
        "1.2.0",
        requires=["geo>=1"],
        files={"hero_rig/tool": "#!x", "hero_rig-1.2.0.data/scripts/run": "#!python\n"},
        entry_points={"pipl_pipe.tasks": {"hero_rig": "hero_rig:TASK"}},
    )


def sdist_of(folder: Path, files: dict[str, str], name: str = "hero_rig-1.2.0.tar.gz") -> Path:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / name, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime, entry.uid = len(text.encode()), 1_700_000_000, 1000
            entry.mode = 0o775 if path.endswith(".sh") else 0o640
            archive.addfile(entry, io.BytesIO(text.encode()))
    return folder / name


def test_a_wheel_keeps_its_files_and_changes_its_version(source: Path, tmp_path: Path) -> None:
    made = reversion.wheel(source, "1.2.0.post1", tmp_path, dist_info={"note.json": b"{}"})
    assert made.name == "hero_rig-1.2.0.post1-py3-none-any.whl"
    described = wheel.describe(made)
    assert (described.version, described.requires) == ("1.2.0.post1", ("geo>=1",))
    assert described.entry_points["pipl_pipe.tasks"] == {"hero_rig": "hero_rig:TASK"}
    assert Distribution.read(made).version == "1.2.0.post1"
    assert wheel.read_dist_info(made, "note.json") == "{}"
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(made) as after:
        assert after.testzip() is None
        assert after.read("hero_rig/tool") == before.read("hero_rig/tool")
        names = set(after.namelist())
        assert "hero_rig-1.2.0.post1.data/scripts/run" in names
        assert not [name for name in names if name.startswith("hero_rig-1.2.0.d")]
        record = after.read("hero_rig-1.2.0.post1.dist-info/RECORD").decode().splitlines()
        assert {line.split(",")[0] for line in record} == names


def test_a_wheel_that_was_compressed_and_dated_otherwise_gives_the_same_bytes(
    source: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / source.name
    other.parent.mkdir()
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(other, "w") as after:
        for name in reversed(before.namelist()):
            entry = zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100664 << 16
            after.writestr(entry, before.read(name))
    made = []
    for number, path in enumerate((source, other, source)):
        out = tmp_path / str(number)
        out.mkdir()
        made.append(reversion.wheel(path, "1.2.0.post1", out, dist_info={}).read_bytes())
    assert made[0] == made[1] == made[2]


def test_an_sdist_says_its_version_everywhere(tmp_path: Path) -> None:
    top = "hero_rig-1.2.0"
    metadata = "Metadata-Version: 2.1\nName: hero-rig\nVersion: 1.2.0\n\nVersion: 1.2.0\n"
    project = (
        '[project]\nname = "hero-rig"\nversion = "1.2.0"  # bob\n\n[tool.x]\nversion = "1.2.0"\n'
    )
    path = sdist_of(
        tmp_path / "in",
        {
            f"{top}/PKG-INFO": metadata,
            f"{top}/hero_rig.egg-info/PKG-INFO": metadata,
            f"{top}/pyproject.toml": project,
            f"{top}/data/PKG-INFO": metadata,
            f"{top}/run.sh": "x" * 70_000,
        },
    )
    made = reversion.sdist(path, "1.2.0.post1", tmp_path)
    assert made.name == "hero_rig-1.2.0.post1.tar.gz"
    assert Distribution.read(made).version == "1.2.0.post1"
    with tarfile.open(made) as archive:
        texts = {one.name: archive.extractfile(one).read().decode() for one in archive}  # type: ignore[union-attr]
        assert {one.mtime for one in archive.getmembers()} == {315532800}
        assert archive.getmember("hero_rig-1.2.0.post1/run.sh").mode == 0o755
        assert archive.getmember("hero_rig-1.2.0.post1/PKG-INFO").mode == 0o644
    new = metadata.replace("Version: 1.2.0\n", "Version: 1.2.0.post1\n", 1)
    assert texts["hero_rig-1.2.0.post1/PKG-INFO"] == new
    assert texts["hero_rig-1.2.0.post1/hero_rig.egg-info/PKG-INFO"] == new
    assert texts["hero_rig-1.2.0.post1/data/PKG-INFO"] == metadata
    assert texts["hero_rig-1.2.0.post1/pyproject.toml"] == project.replace(
        'version = "1.2.0"  # bob', 'version = "1.2.0.post1"  # bob'
    )
    assert texts["hero_rig-1.2.0.post1/run.sh"] == "x" * 70_000
    out = tmp_path / "again"
    out.mkdir()
    again = reversion.sdist(path, "1.2.0.post1", out)
    assert again.read_bytes() == made.read_bytes()
    assert hashlib.sha256(again.read_bytes()).hexdigest() == Distribution.read(made).sha256


@pytest.mark.parametrize(
    ("files", "name", "reason"),
    [
        ({}, "hero_rig-1.2.0.tar.gz", "must hold one folder"),
        ({"a-1/x": "", "b-1/x": ""}, "hero_rig-1.2.0.tar.gz", "must hold one folder"),
        ({"hero/x": ""}, "hero_rig-1.2.0.tar.gz", "no version in its name"),
        ({"hero-1/../../x": ""}, "hero_rig-1.2.0.tar.gz", "no regular file within it"),
        ({"hero-1/pyproject.toml": "["}, "hero_rig-1.2.0.tar.gz", r"its pyproject\.toml"),
        ({"hero-1/x": ""}, "hero_rig-1.2.0.tgz", "no .tar.gz"),
    ],
)
def test_a_bad_sdist(tmp_path: Path, files: dict[str, str], name: str, reason: str) -> None:
    with pytest.raises(InvalidSdist, match=reason):
        reversion.sdist(sdist_of(tmp_path, files, name), "1.2.0.post1", tmp_path / "out")


def test_links_in_an_sdist_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hero-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("hero-1.0/link")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(InvalidSdist, match="no regular file"):
        reversion.sdist(path, "1.0.post1", tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("hero-1.0-py3-none-any.whl", b"no zip", "File is not a zip file"),
        ("hero.whl", b"", "hero"),
    ],
)
def test_a_bad_wheel(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidWheel, match=reason):
        reversion.wheel(path, "1.0.post1", tmp_path, dist_info={})


def test_a_wheel_without_metadata(tmp_path: Path) -> None:
    path = tmp_path / "hero-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hero.py", "")
    with pytest.raises(InvalidWheel, match=r"0 \.dist-info folders"):
        reversion.wheel(path, "1.0.post1", tmp_path, dist_info={})
