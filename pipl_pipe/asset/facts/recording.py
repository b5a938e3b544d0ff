"""The facts and thumbnails of assets that are about to be stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Mapping, Sequence, Tuple, Type

from pipl_pipe.asset.facts import reading
from pipl_pipe.asset.facts.bounds import bounded
from pipl_pipe.asset.facts.reading import Found, Subject
from pipl_pipe.asset.facts.thumbnail import SUFFIX
from pipl_pipe.asset.types import Asset, asset_types


def record(sources: Sequence[Tuple[str, Path]], aside: Path) -> Mapping[Tuple[str, Path], Found]:
    """What is found about each source, given with the registered name of its asset type.

    Thumbnails are written into the folder `aside`. A type that overrides `facts_of` is asked
    itself. A file or a hook at fault is a note, not an error.
    Raises UnknownExtension, BrokenExtension.
    """
    once = list(dict.fromkeys(sources))
    types = asset_types()
    kinds = [types[name] for name, _ in once]
    subjects = [
        _subject(path, kind, aside / f"{number}{SUFFIX}")
        for number, ((_, path), kind) in enumerate(zip(once, kinds))
    ]
    found = reading.read(subjects)
    return {one: _asked(kind, one[1], told) for one, kind, told in zip(once, kinds, found)}


def _subject(path: Path, kind: Type[Asset], thumbnail: Path) -> Subject:
    try:
        return reading.subject(path, kind.shape, thumbnail=thumbnail)
    except OSError as fault:  # what cannot be read is the store's to refuse
        return Subject({}, note=f"{path}: {fault.strerror}")


def _asked(kind: Type[Asset], source: Path, found: Found) -> Found:
    """With the facts of the type's own hook instead, where it has one."""
    hook: Any = kind.facts_of
    if hook.__func__ is Asset.facts_of.__func__:  # type: ignore[attr-defined]  # a class method
        return found
    try:
        given = kind.facts_of(source)
    except Exception as fault:  # noqa: BLE001  # foreign code
        note = f"{source}: facts_of of {kind.__name__} failed: {type(fault).__name__}: {fault}"
        return Found({}, found.thumbnail, (note,))
    facts, unfit = bounded(given)
    notes: List[str] = [f"{source}: {note}" for note in unfit]
    return Found(facts, found.thumbnail, tuple(notes))
