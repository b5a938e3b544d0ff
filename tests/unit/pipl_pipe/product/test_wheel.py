from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any, Dict

import pytest

from pipl_pipe.errors import InvalidProduct
from pipl_pipe.product.wheel import Metadata, rewrite, wheel_name, write_wheel

WHEEL: Dict[str, Any] = {
    "name": "hero-geo",
    "version": "1.0.0",
    "files": {"hero_geo/__init__.py": b"X = 1\n", "hero_geo/assets.json": b"{}"},
    "metadata": Metadata(
        summary="The hero",
        requires=("pipl-pipe", 'ruff; extra == "edit"'),
        extras=("edit",),
        requires_python=">=3.9",
        description="# Hero\n",
    ),
    "entry_points": {"pipl_pipe.products": {"hero_geo": "hero_geo:PRODUCT"}, "empty": {}},
    "dist_info": {"pylock.toml": b'lock-version = "1.0"\n'},
}


def written(folder: Path, **changes: Any) -> Path:
    given = {**WHEEL, **changes}
    path = folder / wheel_name(given["name"], given["version"])
    write_wheel(path, **given)
    return path


def record_problems(path: Path) -> "list[str]":
    """What an installer that checks RECORD (PEP 376) would complain of."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        record = next(name for name in names if name.endswith(".dist-info/RECORD"))
        rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
        problems = [name for name in names if name not in {row[0] for row in rows}]
        for name, digest, size in rows:
            if name == record:
                problems += [] if (digest, size) == ("", "") else [name]
                continue
            content = archive.read(name)
            wanted = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            if digest != f"sha256={wanted.decode()}" or int(size) != len(content):
                problems.append(name)
    return problems


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one = write_wheel(tmp_path / "one.whl", **WHEEL)
    turned = dict(reversed(list(WHEEL["files"].items())))
    other = write_wheel(tmp_path / "other.whl", **{**WHEEL, "files": turned})
    assert (tmp_path / "one.whl").read_bytes() == (tmp_path / "other.whl").read_bytes()
    assert one == other == hashlib.sha256((tmp_path / "one.whl").read_bytes()).hexdigest()
    assert write_wheel(tmp_path / "two.whl", **{**WHEEL, "version": "1.0.1"}) != one


def test_it_is_a_wheel(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert path.name == "hero_geo-1.0.0-py3-none-any.whl"
    assert record_problems(path) == []
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[-1] == "hero_geo-1.0.0.dist-info/RECORD"
        assert "hero_geo-1.0.0.dist-info/pylock.toml" in names
        assert "Root-Is-Purelib: true" in archive.read("hero_geo-1.0.0.dist-info/WHEEL").decode()
        points = archive.read("hero_geo-1.0.0.dist-info/entry_points.txt").decode()
        assert points == "[pipl_pipe.products]\nhero_geo = hero_geo:PRODUCT\n"
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


def test_its_metadata(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path)) as archive:
        text = archive.read("hero_geo-1.0.0.dist-info/METADATA").decode()
    headers = Parser().parsestr(text)
    assert headers["Metadata-Version"] == "2.1"
    assert (headers["Name"], headers["Version"]) == ("hero-geo", "1.0.0")
    assert headers.get_all("Requires-Dist") == ["pipl-pipe", 'ruff; extra == "edit"']
    assert headers.get_payload() == "# Hero\n"


def test_a_license_expression_needs_newer_metadata(tmp_path: Path) -> None:
    path = written(tmp_path, metadata=Metadata(license_expression="LGPL-3.0-or-later"))
    with zipfile.ZipFile(path) as archive:
        text = archive.read("hero_geo-1.0.0.dist-info/METADATA").decode()
    assert "Metadata-Version: 2.4\n" in text


def test_names_and_versions_are_escaped(tmp_path: Path) -> None:
    assert wheel_name("Hero.Geo--x", "1.0-alpha1") == "hero_geo_x-1.0a1-py3-none-any.whl"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "-bad"},
        {"version": "one"},
        {"files": {"../x": b""}},
        {"files": {"/x": b""}},
        {"files": {"": b""}},
        {"files": {"a/./b": b""}},
        {"files": {"a\\b": b""}},
        {"files": {"a": b"", "A": b""}},
        {"dist_info": {"../RECORD": b""}},
        {"metadata": Metadata(summary="x\nRequires-Dist: evil")},
        {"metadata": Metadata(requires=("a\rb",))},
        {"entry_points": {"g": {"n": "x\n[console_scripts]"}}},
    ],
    ids=str,
)
def test_what_would_not_be_a_wheel_is_refused(tmp_path: Path, change: Dict[str, Any]) -> None:
    with pytest.raises(InvalidProduct):
        write_wheel(tmp_path / "x.whl", **{**WHEEL, **change})
    assert list(tmp_path.iterdir()) == []


class TestRewriting:
    def test_files_are_added_and_replaced_and_recorded(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        digest = rewrite(path, {"pylock.toml": b"new", "pipl.json": b"{}"})
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert record_problems(path) == []
        with zipfile.ZipFile(path) as archive:
            assert archive.read("hero_geo-1.0.0.dist-info/pylock.toml") == b"new"
            assert archive.read("hero_geo/__init__.py") == b"X = 1\n"
            assert len(archive.namelist()) == len(set(archive.namelist()))

    def test_it_is_deterministic(self, tmp_path: Path) -> None:
        assert [rewrite(written(tmp_path), {"a": b"1"}) for _ in range(2)] == [
            rewrite(written(tmp_path), {"a": b"1"})
        ] * 2

    def test_a_compressed_wheel_keeps_its_modes(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        with zipfile.ZipFile(path, "a") as archive:
            program = zipfile.ZipInfo("hero_geo/run", date_time=(2020, 1, 1, 0, 0, 0))
            program.external_attr = 0o100755 << 16
            program.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(program, b"#!/bin/sh\n" * 100)
        rewrite(path, {"pipl.json": b"{}"})
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("hero_geo/run")
            assert entry.external_attr >> 16 == 0o100755
            assert entry.compress_size < entry.file_size
        assert record_problems(path) == []

    def test_what_is_no_wheel_is_refused(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
            archive.writestr("a", b"")
        with pytest.raises(InvalidProduct, match=r"0 \.dist-info"):
            rewrite(tmp_path / "x.whl", {"pipl.json": b"{}"})

    def test_a_member_outside_the_dist_info_is_refused(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        before = path.read_bytes()
        with pytest.raises(InvalidProduct):
            rewrite(path, {"../../evil.py": b""})
        assert path.read_bytes() == before
