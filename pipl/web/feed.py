"""The event feed, read from devpi's own change log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devpi_server.keyfs import KeyFS

from pipl.ci.event import ReleaseEvent

VERSION_KEY = "PROJVERSION"
"""devpi's key of one version of a project on a private index; mirrors never write it."""
RELEASE_FILE = "releasefile"


@dataclass(frozen=True)
class Page:
    """The events up to and including `serial`, oldest first."""

    serial: int
    events: tuple[ReleaseEvent, ...]


def read(keyfs: KeyFS, since: int, *, limit: int, readable: Callable[[str], bool]) -> Page:
    """Events of the serials after `since`, at most `limit` of them looked through.

    `readable` tells whether the reader may see an index, given as `user/name`. Needs a
    transaction of `keyfs`.
    """
    connection: Any = keyfs.tx.conn  # declared by an interface without `self`
    last = min(connection.db_read_last_changelog_serial(), since + limit)
    key: Any = keyfs.get_key(VERSION_KEY)
    events = []
    for serial in range(since + 1, last + 1):
        for path, (name, back_serial, value) in connection.get_changes(serial).items():
            if name == VERSION_KEY and value:
                before = _value_of(connection, path, back_serial)
                place = key.extract_params(path)
                events += [e for e in new_files(serial, place, before, value) if readable(e.index)]
    return Page(max(since, last), tuple(events))


def mark_of(keyfs: KeyFS, serial: int) -> str:
    """Which change a serial is, in 15 hexadecimal digits; empty where there is none.

    Where a backup was restored and went on, the same serial is another change. Made of the keys
    that it touched, which are the same on a replica. Needs a transaction of `keyfs`.
    """
    if serial < 0:
        return ""
    connection: Any = keyfs.tx.conn
    keys = sorted((path, change[0]) for path, change in connection.get_changes(serial).items())
    return hashlib.sha256(repr(keys).encode("utf-8")).hexdigest()[:15]


def new_files(
    serial: int, place: Mapping[str, str], before: Mapping[str, Any], now: Mapping[str, Any]
) -> list[ReleaseEvent]:
    """The files linked to a version that were not linked to it before, as it kept them.

    `place` has the parts of the version's key: user, index, project, version.
    """
    known = release_links(before)
    return [
        ReleaseEvent(
            serial=serial,
            index=f"{place['user']}/{place['index']}",
            project=place["project"],
            version=place["version"],
            filename=path.rpartition("/")[2],
            sha256=sha256_of(link),
            user=_who(link),
        )
        for path, link in release_links(now).items()
        if path not in known
    ]


def _value_of(connection: Any, path: str, serial: int) -> Mapping[str, Any]:
    """What a change that is known to be there set a key to; nothing for the serial before all."""
    if serial < 0:
        return {}
    _, _, value = connection.get_changes(serial)[path]
    return value or {}


def release_links(version: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """A version's release files by their paths, which hold a part of the content's digest."""
    return {
        link["entrypath"].partition("#")[0]: link
        for link in version.get("+elinks", ())
        if link.get("rel") == RELEASE_FILE
    }


def sha256_of(link: Mapping[str, Any]) -> str:
    """Of the file that a link leads to; empty where devpi keeps another digest."""
    digest = (link.get("hashes") or {}).get("sha256")
    if digest is None:
        algorithm, _, found = (link.get("hash_spec") or "").partition("=")
        digest = found if algorithm == "sha256" else ""
    return str(digest)


def _who(link: Mapping[str, Any]) -> str | None:
    """Who uploaded or pushed it: the latest entry of the link's log that says."""
    log = [entry for entry in link.get("_log", ()) if entry.get("what") in ("upload", "push")]
    who = log[-1].get("who") if log else None
    return str(who) if who else None
