"""Which editor opens a file: what the task depends on decides.

Of the editors that take the file, those of packls come before the built-in ones, special ones
before general ones, and those with windows before those without. Built-in editors that cannot
be started are passed over; one that a packl brings was asked for, so that is an error. Where
several are left, one whose distribution depends on the others' wins, then the config entry
`editors` (file extension to editor) decides, else nobody does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from pipl_pipe.distributions import here
from pipl_pipe.editor.editor import GROUP, Editor
from pipl_pipe.errors import BrokenExtension, EditorUnavailable, NoEditor, SeveralEditors
from pipl_pipe.extension import Loaded

FRAMEWORK = "pipl-pipe"


@dataclass(frozen=True)
class Chosen:
    """An editor, its registered name and the distribution that declares it."""

    name: str
    distribution: str
    editor: Editor


def named(found: Loaded[Editor], name: str) -> Chosen:
    """The editor of that name, whatever it opens.

    Raises UnknownExtension, BrokenExtension, AmbiguousExtension.
    """
    return Chosen(name, found.distribution(name), found[name])


def choose(
    found: Loaded[Editor], basename: str, environ: Mapping[str, str], config: Mapping[str, Any]
) -> Chosen:
    """The editor for files that are called so; `config` is extension to editor.

    Raises NoEditor, SeveralEditors, and BrokenExtension where no working editor takes the file
    and one cannot be loaded.
    """
    candidates, broken = _candidates(found, basename)
    passed_over: List[str] = []
    for rank in sorted({_rank(one) for one in candidates}):
        ranked = [one for one in candidates if _rank(one) == rank]
        if rank[0]:  # built-in
            faults = {one.name: one.editor.lacks(environ) for one in ranked}
            passed_over += [f"{name}: {reason}" for name, reason in faults.items() if reason]
            ranked = [one for one in ranked if not faults[one.name]]
        if ranked:
            return _the_one(ranked, basename, config)
    if broken:
        raise broken[0]
    raise NoEditor(basename, tuple(passed_over))


def expect_startable(chosen: Chosen, environ: Mapping[str, str]) -> None:
    """Raises EditorUnavailable."""
    reason = chosen.editor.lacks(environ)
    if reason:
        raise EditorUnavailable(chosen.name, chosen.distribution or GROUP, reason)


def takes(found: Loaded[Editor], basename: str, *, general: bool) -> bool:
    """Whether an editor takes such a file; `general` ones count only if asked for."""
    return any(one.editor.general == general for one in _candidates(found, basename)[0])


def _candidates(
    found: Loaded[Editor], basename: str
) -> Tuple[List[Chosen], Tuple[BrokenExtension, ...]]:
    working, broken = found.working()
    candidates = [
        Chosen(name, found.distribution(name), editor)
        for name, editor in working.items()
        if editor.takes(basename)
    ]
    return candidates, tuple(one for one in broken if isinstance(one, BrokenExtension))


def _rank(one: Chosen) -> Tuple[bool, bool, bool]:
    return one.distribution == FRAMEWORK, one.editor.general, not one.editor.gui


def _the_one(ranked: Sequence[Chosen], basename: str, config: Mapping[str, Any]) -> Chosen:
    if len(ranked) == 1:
        return ranked[0]
    by_name: Dict[str, Chosen] = {one.name: one for one in ranked}
    name = basename.lower()
    asked = [editor for extension, editor in config.items() if name.endswith(f".{extension}")]
    if asked and str(asked[0]) in by_name:
        return by_name[str(asked[0])]
    distributions = {one.distribution for one in ranked}
    winners = [
        one
        for one in ranked
        if distributions - {one.distribution}
        and distributions - {one.distribution} <= here().closure(one.distribution)
    ]
    if len(winners) != 1:
        shown = tuple(f"{one.name} ({one.distribution})" for one in ranked)
        raise SeveralEditors(basename, shown)
    return winners[0]
