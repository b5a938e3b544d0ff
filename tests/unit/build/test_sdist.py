"""Unpacking what somebody has uploaded."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipl.build import sdist
from pipl.errors.build import InvalidSdist


def tar(path: Path, *members: tarfile.TarInfo, content: bytes = b"x = 1\n") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if member.isreg():
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info


def refusal(archive: Path, folder: Path) -> str:
    folder.mkdir()
    with pytest.raises(InvalidSdist) as caught:
        sdist.unpack(archive, folder)
    return caught.value.reason


def test_a_plain_sdist_gives_its_one_folder(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "a-1.0.tar.gz",
        member("a-1.0", tarfile.DIRTYPE),
        member("a-1.0/tests/test_a.py"),
        member("a-1.0/run", mode=0o4755),
    )
    (tmp_path / "out").mkdir()
    source = sdist.unpack(archive, tmp_path / "out")
    assert source == tmp_path / "out" / "a-1.0"
    assert (source / "tests" / "test_a.py").read_bytes() == b"x = 1\n"
    assert (source / "run").stat().st_mode & 0o7777 == 0o755


def test_a_zip_is_unpacked_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a-1.0.zip", "w") as archive:
        archive.writestr("a-1.0/setup.py", "x")
    (tmp_path / "out").mkdir()
    assert (sdist.unpack(tmp_path / "a-1.0.zip", tmp_path / "out") / "setup.py").read_text() == "x"


@pytest.mark.parametrize(
    "name", ["../evil.py", "/evil.py", "a-1.0/../../evil.py", "C:\\evil.py", "a-1.0\\..\\evil"]
)
def test_nothing_leaves_the_folder(tmp_path: Path, name: str) -> None:
    archive = tar(tmp_path / "a-1.0.tar.gz", member(name))
    assert "leads outside" in refusal(archive, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-1.0.tar.gz", "out"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_only_files_and_folders_come_out(tmp_path: Path, kind: bytes) -> None:
    archive = tar(tmp_path / "a-1.0.tar.gz", member("a-1.0/x", kind, "/etc/passwd"))
    assert "neither a file nor a folder" in refusal(archive, tmp_path / "out")


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a-1.0/x")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a-1.0.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "neither a file nor a folder" in refusal(tmp_path / "a-1.0.zip", tmp_path / "out")


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdist, "MAX_BYTES", 10)
    archive = tar(tmp_path / "a-1.0.tar.gz", member("a-1.0/x"), content=b"0" * 11)
    assert "more than" in refusal(archive, tmp_path / "out")
    assert list((tmp_path / "out").rglob("x")) == []


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    archive = tar(tmp_path / "a-1.0.tar.gz", member("a-1.0/x"), member("a-1.0/x"))
    assert "cannot be unpacked" in refusal(archive, tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_archive_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a-1.0.tar.gz").write_bytes(content)
    assert "cannot be unpacked" in refusal(tmp_path / "a-1.0.tar.gz", tmp_path / "out")


def test_it_must_hold_one_folder(tmp_path: Path) -> None:
    archive = tar(tmp_path / "a-1.0.tar.gz", member("a/x"), member("b/x"))
    assert "one folder" in refusal(archive, tmp_path / "out")
