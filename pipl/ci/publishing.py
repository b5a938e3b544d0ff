"""Bringing the assets of product wheels to where others read them, before the wheels go out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pipl import durable
from pipl.env.environment import Environment
from pipl.errors.asset import StoreReplaced
from pipl.progress import SILENT, Counted
from pipl.workspace.materialise import ask_pipe
from pipl.workspace.placed import places_of
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import RemotePlace, chain, open_remote, transfer_of
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.errors import AssetDamaged, AssetMissing
from pipl_pipe.product import verify


def publish(
    wheels: Iterable[Path],
    environment: Environment,
    environ: Mapping[str, str],
    *,
    notes: Path,
    say: Callable[[str], None],
) -> None:
    """Send the assets of wheels to every remote that is published to, and read them there again.

    What a remote held before is not read; `notes` is a folder that survives attempts, where
    what was sent and not yet read is noted. From a store that a packl put in place of
    the built-in one nothing is sent: its `add` does all. Raises StoreUnreachable,
    StoreForbidden, StoreReadOnly, StoreFull, AssetMissing, AssetDamaged, LibraryMissing.
    """
    try:
        places = places_of(environment, environ)
    except StoreReplaced as fault:
        say(f"assets stay in the store of {fault.distribution}")
        return
    remotes = [one for one in places.remotes if one.publish]
    references = list(_references(wheels)) if remotes else []
    chunked = _chunked(environment, environ) if references else frozenset()
    for place in remotes if references else ():
        remote = open_remote(place, places.records)
        try:
            note = notes / f"sent-{place.name}.txt"
            _send(references, chain.objects_of(places), place, remote, note, chunked, say)
        finally:
            remote.close()


def _send(
    references: Iterable[Reference],
    near: Objects,
    place: RemotePlace,
    remote: BucketRemote,
    note: Path,
    chunked: frozenset[str],
    say: Callable[[str], None],
) -> None:
    unread = set(note.read_text(encoding="utf-8").split()) if note.exists() else set()
    lacking = [one for one in references if one.revision in unread or not remote.has(one)]
    if not lacking:
        say(f"{place.name} ({place.url}) holds all assets already")
        return
    durable.write_text(note, "".join(f"{one.revision}\n" for one in lacking))
    began = time.monotonic()
    sent = Counted(SILENT)
    for one in lacking:
        remote.push(one, near, transfer_of(place, sent), chunked=one.type in chunked)
    took = _speed(sent.size, time.monotonic() - began)
    say(f"sent {len(lacking)} asset(s) to {place.name} ({place.url}): {took}")
    began = time.monotonic()
    read = Counted(SILENT)
    for one in lacking:
        try:
            remote.verify(one, transfer_of(place, read))
        except (AssetDamaged, AssetMissing) as fault:
            say(f"{fault}: what {place.name} lacks is sent again")
            transfer = transfer_of(place, sent)
            remote.push(one, near, transfer, chunked=one.type in chunked, check=True)
    note.unlink()
    say(f"read them again at {place.name}: {_speed(read.size, time.monotonic() - began)}")


def _chunked(environment: Environment, environ: Mapping[str, str]) -> frozenset[str]:
    """The asset types whose files are sent in chunks, as the environment says."""
    rows = ask_pipe(environment, ["describe"], environ).get("asset_types")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return frozenset(str(row["name"]) for row in found if row.get("chunked"))


def _references(wheels: Iterable[Path]) -> Iterator[Reference]:
    """Every asset and thumbnail once."""
    seen: set[str] = set()
    for path in wheels:
        for asset in verify.read_assets(path).assets:
            for one in (asset, asset.picture):
                if one is not None and one.revision not in seen:
                    seen.add(one.revision)
                    yield one


def _speed(size: int, seconds: float) -> str:
    megabytes = size / 10**6
    return f"{megabytes:.1f} MB in {seconds:.1f} s ({megabytes / max(seconds, 1e-3):.1f} MB/s)"
