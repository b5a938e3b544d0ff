"""Locks from pip's installation report."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from pipl.env.install import Resolve
from pipl.env.installers import pip_report
from pipl.env.interpreter import Interpreter
from pipl.env.lock import LockedFile
from pipl.errors.env import ResolverFailed

SHA = "cd" * 32
ORIGIN = "http://127.0.0.1:3141"


@pytest.fixture
def wanted(tmp_path: Path) -> Resolve:
    python = Interpreter(Path("/usr/bin/python3"), Version("3.11.7"))
    return Resolve((), tmp_path, f"{ORIGIN}/root/PROJ/+simple/", python)


def item(name: str, url: str, *, is_direct: bool = False, **source: object) -> dict[str, object]:
    return {
        "metadata": {"name": name, "version": "1.0"},
        "is_direct": is_direct,
        "download_info": {"url": url, **source},
    }


def test_files_of_an_index_and_folders(wanted: Resolve) -> None:
    hashes = {"hashes": {"sha256": SHA}}
    lock = pip_report.lock(
        [
            item(
                "Hero_Geo",
                f"{ORIGIN}/root/PROJ/%2Bf/cd/cd/hero_geo-1.0-py3-none-any.whl",
                archive_info=hashes,
            ),
            item("by-url", "http://x/by%20url.zip", is_direct=True, archive_info=hashes),
            item(
                "hero-model",
                (wanted.root / "my model").as_uri(),
                is_direct=True,
                dir_info={"editable": True},
            ),
        ],
        wanted,
    )
    by_url, geo, model = lock.packages
    assert geo.files == (
        LockedFile(
            "wheel",
            "hero_geo-1.0-py3-none-any.whl",
            f"{ORIGIN}/root/PROJ/+f/cd/cd/hero_geo-1.0-py3-none-any.whl",
            SHA,
        ),
    )
    assert by_url.files == (LockedFile("archive", "by url.zip", "http://x/by%20url.zip", SHA),)
    assert (model.directory, model.editable, model.version) == ("my model", True, None)
    assert (lock.requires_python, lock.origin) == (">=3.11", ORIGIN)


@pytest.mark.parametrize(
    "source", [{"archive_info": {"hashes": {"md5": "x"}}}, {"vcs_info": {"vcs": "git"}}]
)
def test_what_could_not_be_checked_is_not_locked(
    wanted: Resolve, source: dict[str, object]
) -> None:
    with pytest.raises(ResolverFailed, match="hero"):
        pip_report.lock([item("hero", "http://x/hero.zip", **source)], wanted)
