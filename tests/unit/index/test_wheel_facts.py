"""Locks inside of wheels: those that pipl writes are scanned, and that must not show."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from pipl.env.lock import Lock
from pipl.env.locked import LockedFile, LockedPackage
from pipl.index import wheel_facts

ORIGIN = "http://host:3141/devpi"


def package(name: str, version: str, url: str, *more: str) -> LockedPackage:
    files = [LockedFile("wheel", one.rpartition("/")[2], one, "0" * 64) for one in (url, *more)]
    return LockedPackage(name, version, (LockedFile("sdist", "s", url[:-3], "0" * 64), *files))


LOCK = Lock(
    (
        package("geo", "1.4.0", f"{ORIGIN}/root/PROJ/+f/1/geo-1.4.0-py3-none-any.whl"),
        package("tools", "2!1.0+x", *(f"{ORIGIN}/fx/stage/+f/{n}/tools.whl" for n in (1, 2))),
        package("numpy", "2.0", f"{ORIGIN}/root/pypi/+f/1/numpy.whl"),
        package("elsewhere", "1", "http://other/root/PROJ/+f/1/elsewhere.whl"),
        LockedPackage("edited", None, (), directory="edited", editable=True),
    ),
    requires_python=">=3.11",
    index_url=f"{ORIGIN}/root/PROJ/+simple/",
    origin=ORIGIN,
)


def facts_of(lock: str) -> wheel_facts.WheelFacts:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("t-1.dist-info/pipl.json", json.dumps({"kind": "task"}))
        archive.writestr("t-1.dist-info/pylock.toml", lock)
    return wheel_facts.read(content, mirrors=["root/pypi"])


@pytest.mark.parametrize("head", ["", "# another tool's\n"])
def test_scanned_or_parsed_it_is_the_same(head: str) -> None:
    found = facts_of(head + LOCK.render())
    assert found.locked == {"geo": "1.4.0", "tools": "2!1.0+x"}


@pytest.mark.parametrize(
    "text",
    ["", "# Made by pipl.", "# Made by pipl.\n[[packages]]\n", "# Made by pipl.\n[tool.pipl]\n"],
)
def test_little_or_nothing(text: str) -> None:
    assert facts_of(text).locked == {}
    assert facts_of(Lock((), origin=ORIGIN).render()).locked == {}


def test_more_than_is_kept() -> None:
    url = f"{ORIGIN}/root/PROJ/+f/1/x.whl"
    many = tuple(package(f"p{n}", "1", url) for n in range(wheel_facts.MAX_LOCKED + 5))
    assert len(facts_of(Lock(many, origin=ORIGIN).render()).locked) == wheel_facts.MAX_LOCKED
