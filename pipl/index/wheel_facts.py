"""What a wheel says of its packl beside its metadata: kind, products, the task, the lock.

These are members of its .dist-info folder (docs/reference/formats.md). Wheels come from
strangers: what is missing, damaged or too large counts as not said.
"""

from __future__ import annotations

import functools
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import tomli
from packaging.version import InvalidVersion, Version

from pipl_pipe.names import normalised

KIND_MEMBER = "pipl.json"
LOCK_MEMBER = "pylock.toml"
PROVENANCE_MEMBER = "provenance.json"
MAX_MEMBER_BYTES = 16_000_000
MAX_LOCKED = 2_000
MAX_PRODUCTS = 1_000
MAX_TEXT = 200
AUTO = "auto"
MANUAL = "manual"
_OURS = "# Made by pipl."
"""How `pipl.env.lock` begins what it writes."""
_PACKAGE = re.compile(r"^\[\[packages\]\]$", re.MULTILINE)
_VALUE = re.compile(r'^(name|version|origin) = "([^"\\]*)"$', re.MULTILINE)
_URL = re.compile(r'\burl = "([^"\\]*\.whl)"')
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True)
class WheelFacts:
    """`kind` and `type` are empty for what is no packl; `follow` is `auto` or `manual`.

    Names are normalised. `products` are those that a task declares, `task` is the one that
    made a product, `locked` the version that a task's lock gives each package of the project's
    server, mirrors not included.
    """

    kind: str = ""
    type: str = ""
    follow: str = MANUAL
    products: tuple[str, ...] = ()
    task: str | None = None
    locked: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "type": self.type,
            "follow": self.follow,
            "products": list(self.products),
            "task": self.task,
            "locked": dict(self.locked),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> WheelFacts:
        """What is not as it should be counts as not said."""
        locked = value.get("locked")
        return cls(
            kind=_text(value.get("kind")),
            type=_text(value.get("type")),
            follow=AUTO if value.get("follow") == AUTO else MANUAL,
            products=_names(value.get("products")),
            task=normalised(_text(value.get("task"))) or None,
            locked={
                _normal(name): version
                for name, version in (locked.items() if isinstance(locked, dict) else ())
                if isinstance(name, str) and _is_version(version)
            },
        )


def read(wheel: IO[bytes], *, mirrors: Iterable[str] = ()) -> WheelFacts:
    """Look into an open wheel. `mirrors` are indexes (`user/name`) whose packages do not count."""
    members = _members(wheel, (KIND_MEMBER, LOCK_MEMBER, PROVENANCE_MEMBER))
    kind = _table(members.get(KIND_MEMBER))
    found = WheelFacts.from_json({**kind, "task": None, "locked": None})
    task = _task_of(_table(members.get(PROVENANCE_MEMBER))) if found.kind == "product" else None
    locked = _locked(members.get(LOCK_MEMBER), set(mirrors)) if found.kind == "task" else {}
    return WheelFacts(found.kind, found.type, found.follow, found.products, task, locked)


def _members(wheel: IO[bytes], names: tuple[str, ...]) -> dict[str, str]:
    """The texts of members of the .dist-info folder, as far as they can be read."""
    texts: dict[str, str] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                folder, _, name = entry.filename.partition("/")
                if folder.endswith(".dist-info") and name in names:
                    with archive.open(entry) as file:
                        content = file.read(MAX_MEMBER_BYTES + 1)
                    if len(content) <= MAX_MEMBER_BYTES:
                        texts[name] = content.decode("utf-8")
    except _UNREADABLE:
        return texts
    return texts


def _table(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _task_of(provenance: Mapping[str, Any]) -> str | None:
    """The task that a provenance names, as `pipl-provenance/1` or within an in-toto Statement."""
    predicate = provenance.get("predicate")
    if isinstance(predicate, dict):
        build = predicate.get("buildDefinition")
        given = build.get("externalParameters") if isinstance(build, dict) else None
        provenance = given if isinstance(given, dict) else {}
    task = provenance.get("task")
    name = task.get("name") if isinstance(task, dict) else None
    return normalised(_text(name)) or None


def _locked(text: str | None, mirrors: set[str]) -> dict[str, str]:
    """Name to version of what the lock takes from the server that it was resolved at."""
    if text is not None and text.startswith(_OURS):
        lock = _scanned(text)
    else:
        try:
            lock = tomli.loads(text or "")
        except (tomli.TOMLDecodeError, RecursionError):
            return {}
    tool = lock.get("tool")
    ours = tool.get("pipl") if isinstance(tool, dict) else None
    origin = ours.get("origin") if isinstance(ours, dict) else None
    packages = lock.get("packages")
    if not isinstance(origin, str) or not isinstance(packages, list):
        return {}
    found = {}
    for package in packages[:MAX_LOCKED]:
        if not isinstance(package, dict):
            continue
        name, version = package.get("name"), package.get("version")
        if isinstance(name, str) and _is_version(version):
            index = _index_of(package, origin)
            if index is not None and index not in mirrors:
                found[_normal(name)] = str(version)
    return found


def _scanned(text: str) -> dict[str, Any]:
    """What is looked at in a lock that pipl has written: one value a line, as JSON writes texts.

    Reading TOML takes twenty times as long, and a server opens the wheels of all tasks.
    """
    head, *blocks = _PACKAGE.split(text)
    last, _, tool = blocks.pop().partition("\n[tool.pipl]\n") if blocks else ("", "", head)
    packages = []
    for block in [*blocks, last][:MAX_LOCKED]:
        values = {match[1]: match[2] for match in _VALUE.finditer(block)}
        url = _URL.search(block)
        wheels = [{"url": url[1]}] if url else []
        packages.append({**values, "wheels": wheels})
    values = {match[1]: match[2] for match in _VALUE.finditer(tool)}
    return {"packages": packages, "tool": {"pipl": values}}


def _index_of(package: Mapping[str, Any], origin: str) -> str | None:
    """The index that a locked package's wheel is on; None for another server's."""
    wheels = package.get("wheels")
    for wheel in wheels if isinstance(wheels, list) else ():
        url = wheel.get("url") if isinstance(wheel, dict) else None
        if isinstance(url, str) and url.startswith(f"{origin}/"):
            return "/".join(url.removeprefix(f"{origin}/").split("/")[:2])
    return None


def _names(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, (list, tuple)) else ()
    return tuple(sorted({normalised(_text(one)) for one in listed[:MAX_PRODUCTS]} - {""}))


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else ""


def _is_version(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and _is_version_text(value)


@functools.lru_cache(maxsize=65_536)
def _is_version_text(text: str) -> bool:
    """Locks hold the same few versions over and over, and each takes microseconds to read."""
    try:
        return bool(Version(text))
    except InvalidVersion:
        return False


@functools.lru_cache(maxsize=65_536)
def _normal(name: str) -> str:
    return normalised(name)
