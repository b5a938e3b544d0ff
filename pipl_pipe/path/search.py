"""What is on the disk for a template: only folders that can hold matches are listed.

Names that are known are looked up as the template writes them, so by the file system's rules of
case; in listed folders names match as they do in reading. Folders that cannot be listed count
as empty, as do those whose name no disk can have. A link is what it points to.
"""

from __future__ import annotations

import os
from typing import AbstractSet, Any, Iterator, Mapping

from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.component import Component, Texts
from pipl_pipe.path.parts import Section
from pipl_pipe.path.plan import Plan, Step, has_separator, plan

NONE: AbstractSet[str] = frozenset()


def search(
    compiled: Compiled,
    root: str,
    given: Mapping[str, Any],
    *,
    optional: bool = True,
    skipped: AbstractSet[str] = NONE,
) -> Iterator[str]:
    """Paths below `root` (a folder's path, without trailing slash) that exist, in no order.

    Keys that `given` has a value for have this value; all others any. With `optional`, sections
    stand or not where no value is given; without, only those with a key that is `skipped`.
    Raises InvalidValue, UndecidedPath.
    """
    texts = _texts(compiled, given, skipped)
    first = plan(
        compiled,
        frozenset(texts),
        optional=optional,
        skipped=frozenset(skipped),
        patterns=frozenset(),
    )
    found = _found(root, first, texts, existing=True)
    if compiled.is_dependent or compiled.agree is not None:
        found = (path for path in found if _fits(compiled, path[len(root) + 1 :], given, skipped))
    is_deep = any(isinstance(part, Section) and has_separator(part) for part in first.parts)
    return iter(dict.fromkeys(found)) if is_deep else found


def abstract_search(
    compiled: Compiled,
    root: str,
    given: Mapping[str, Any],
    patterns: Mapping[str, str],
    *,
    existing: bool = True,
) -> Iterator[str]:
    """Like `search`, with each key in `patterns` standing as this text instead of its values.

    A path is reported once, if there is at least one file for it; without `existing`, also
    where nothing but a pattern is left to look for and the folder for it is there.
    Sections stand only where values or patterns are given for their keys.
    """
    texts = _texts(compiled, given, patterns.keys())
    first = plan(
        compiled,
        frozenset(texts),
        optional=False,
        skipped=frozenset(),
        patterns=frozenset(patterns),
    )
    found = _found(root, first, {**texts, **patterns}, existing=existing)
    if compiled.agree is not None:
        found = (path for path in found if _fits(compiled, path[len(root) + 1 :], given, NONE))
    return iter(dict.fromkeys(found))


def _texts(compiled: Compiled, given: Mapping[str, Any], but: AbstractSet[str]) -> Texts:
    return {
        name: key.write(given[name])
        for name, key in compiled.keys.items()
        if given.get(name) is not None and name not in but
    }


def _fits(compiled: Compiled, path: str, given: Mapping[str, Any], but: AbstractSet[str]) -> bool:
    wanted = {name: value for name, value in given.items() if name not in but}
    return bool(compiled.readings(compiled.prefixes[0] + path, wanted))


def _found(root: str, first: Plan, texts: Texts, *, existing: bool) -> Iterator[str]:
    if not first.parts:
        return iter([root] if os.path.lexists(root) else [])
    return _below(root, root, first, texts, existing)


def _below(folder: str, shown: str, here: Plan, known: Texts, existing: bool) -> Iterator[str]:
    """What is in a folder; it is reported below `shown`."""
    for step in here.steps:
        component, below = step.component, step.below
        if component.is_known:
            name = component.text(known)
            path = f"{folder}/{name}"
            if below is not None:
                yield from _below(path, f"{shown}/{name}", below, known, existing)
            elif os.path.lexists(path):
                yield f"{shown}/{name}"
        elif not existing and component.is_pattern and (below is None or below.is_closed):
            if os.path.isdir(folder):
                yield "/".join([shown, component.text(known), *_rest(below, known)])
        elif below is not None:
            yield from _folders(folder, shown, step, known, existing)
        else:
            yield from _last(folder, shown, component, known)


def _folders(folder: str, shown: str, step: Step, known: Texts, existing: bool) -> Iterator[str]:
    match, below = step.component.matcher(known), step.below
    assert below is not None
    try:
        entries = os.scandir(folder)
    except (OSError, UnicodeEncodeError):
        return
    with entries:
        for entry in entries:
            for name, now in match(entry.name):
                if _is_folder(entry):
                    path = f"{folder}/{entry.name}"
                    yield from _below(path, f"{shown}/{name}", below, now, existing)


def _last(folder: str, shown: str, component: Component, known: Texts) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except (OSError, UnicodeEncodeError):
        return
    fitting = component.plain(names, known)
    if fitting is not None:
        for name in fitting:
            yield f"{shown}/{name}"
        return
    match = component.matcher(known)
    for name in names:
        for reported, _ in match(name):
            yield f"{shown}/{reported}"
            if component.is_pattern:
                return  # whatever else is here is reported as the same


def _rest(below: "Plan | None", known: Texts) -> Iterator[str]:
    """The components of a plan that is closed."""
    while below is not None:
        step = below.steps[0]
        yield step.component.text(known)
        below = step.below


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
