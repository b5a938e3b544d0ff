"""The markers of locks for several platforms."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from pipl.env.installers import uv_universal, uv_words
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock, LockedFile, LockedPackage, index_of
from pipl.errors.env import InvalidLock

PYTHON = Interpreter(Path("/usr/bin/python3"), Version("3.11.7"))
BOTH = ("linux", "windows")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (None, None),
        ("python_full_version == '3.11.*'", None),
        (
            "python_full_version == '3.11.*' and (sys_platform == 'linux' or"
            " sys_platform == 'win32')",
            None,
        ),
        ('python_version == "3.11" and sys_platform == "win32"', 'sys_platform == "win32"'),
        (
            "python_full_version == '3.11.*' and platform_machine == 'x86_64'",
            "platform_machine == 'x86_64'",
        ),
        ("sys_platform == 'darwin'", "sys_platform == 'darwin'"),
    ],
)
def test_only_what_packages_differ_in_stays(written: str | None, kept: str | None) -> None:
    assert uv_universal.own_marker(written, BOTH, PYTHON) == kept


def test_one_platform_needs_no_marker_of_it() -> None:
    marker = "python_full_version == '3.11.*' and sys_platform == 'linux'"
    assert uv_universal.own_marker(marker, ("linux",), PYTHON) is None
    assert uv_universal.own_marker(marker, BOTH, PYTHON) == "sys_platform == 'linux'"


def test_who_requires_what() -> None:
    text = (
        "base==1.0                 # via -c /tmp/constraints.txt, -r requirements.in\n"
        "Multi_Part==2.0 ; sys_platform == 'linux'    # via base, -c constraints.txt\n"
        "-e file:///show/hero      # via -r requirements.in\n"
        "usr==1.0                  # via base, hero (file:///show/hero)\n"
    )
    assert uv_words.requirers(text) == {
        "base": ("",),
        "multi-part": ("base",),
        "usr": ("base", "hero"),
    }


def package(name: str, version: str, marker: str | None) -> LockedPackage:
    url = f"http://pipeline:3141/root/PROJ/+f/{name}-{version}-py3-none-any.whl"
    file = LockedFile("wheel", url.rpartition("/")[2], url, "0" * 64)
    return LockedPackage(name, version, (file,), marker=marker)


def test_a_lock_for_several_platforms_is_read_as_it_was_written() -> None:
    packages = (
        package("multi", "1.0", 'sys_platform == "win32"'),
        package("multi", "2.0", 'sys_platform != "win32"'),
        package("late", "1.0", 'python_version >= "3.12"'),
    )
    lock = Lock(packages, "==3.11.*", platforms=BOTH)
    assert Lock.parse(lock.render()) == lock
    assert "environments = [" in lock.render()
    here = lock.needed_here(Version("3.11.4"))
    assert len(here.packages) == 1
    assert {one.name for one in lock.needed_here(Version("3.13")).packages} == {"multi", "late"}


def test_a_platform_that_nobody_knows() -> None:
    with pytest.raises(InvalidLock, match="amiga"):
        Lock.parse('lock-version = "1.0"\npackages = []\n[tool.pipl]\nplatforms = ["amiga"]\n')


def test_the_index_of_files() -> None:
    files = package("hero", "1.0", None).files
    origin = "http://pipeline:3141"
    assert index_of(files, origin) == "http://pipeline:3141/root/PROJ/+simple/"
    assert index_of(files, "http://other") is None
    assert index_of((), origin) is None
