from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipl_pipe.asset.objects.scan import Seen, listed, scan
from pipl_pipe.errors import AssetRefused


def test_a_folder_is_scanned_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("b/2", "b/1", "a", "b.x"):
        (tmp_path / name).write_bytes(b"x")
    assert [one.path for one in scan(tmp_path)] == ["a", "b.x", "b/1", "b/2"]


def test_a_file_is_its_own_only_part(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"xyz")
    (one,) = scan(tmp_path / "a")
    assert (one.path, one.size) == ("", 3)


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be made on Windows")
@pytest.mark.parametrize("name", [b"new\nline", b"invalid \xff utf-8", b"a:b", b"aux"], ids=repr)
def test_names_that_other_systems_lack_are_refused(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    with pytest.raises(AssetRefused):
        scan(tmp_path)


def test_what_is_no_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AssetRefused, match="named pipe"):
        scan(tmp_path)
    with pytest.raises(AssetRefused, match="device"):
        scan(Path(os.devnull))
    with pytest.raises(AssetRefused, match="does not exist"):
        scan(tmp_path / "nothing")


def test_another_name_for_a_file_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"xyz")
    (before,) = scan(tmp_path / "a")
    os.link(tmp_path / "a", tmp_path / "b")
    assert scan(tmp_path / "a")[0].is_same(before)
    (tmp_path / "a").write_bytes(b"xyzz")
    assert not scan(tmp_path / "a")[0].is_same(before)


@pytest.mark.skipif(os.name == "nt", reason="no named pipes there")
def test_what_is_no_file_deep_in_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "a").write_bytes(b"x")
    os.mkfifo(tmp_path / "deep" / "er" / "pipe")
    with pytest.raises(AssetRefused, match=r"deep/er/pipe.*named pipe"):
        scan(tmp_path)


def test_a_file_alone_is_seen_as_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"xyz")
    os.utime(tmp_path / "b", ns=(-5, -7))  # before 1970
    (alone,) = scan(tmp_path / "b")
    (inside,) = scan(tmp_path)
    assert inside == alone._replace(path="b")
    assert inside == Seen.of("b", (tmp_path / "b").stat())
    assert inside.mtime_ns == -7


@pytest.mark.skipif(os.stat not in os.supports_dir_fd, reason="asked in another way there")
def test_inodes_of_64_bits_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x")
    inodes = {"a": (1 << 64) - 2, "b": 1 << 63}
    original = os.stat

    def odd(path: str, **how: Any) -> Any:
        found = original(path, **how)
        fields = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
        return SimpleNamespace(**{**fields, "st_ino": inodes.get(path, 1)})

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", odd)
        patch.setattr(os, "supports_dir_fd", {odd})
        found = listed(tmp_path).seen()
    assert [one.inode for one in found] == [-2, -(1 << 63)]
