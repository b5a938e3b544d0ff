"""What is on the disk for a template: only folders that can hold matches are listed.

Fixed names are looked up as the template writes them, so by the file system's rules of case;
in listed folders names match as they do in reading. Folders that cannot be listed count as
empty. A link is what it points to.
"""

from __future__ import annotations

import os
from typing import AbstractSet, Any, Dict, Iterator, List, Mapping, Tuple

from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.component import Bound, Component
from pipl_pipe.path.parts import Part, Parts, Section, Slot, Text, direct_keys, slots

Nothing: AbstractSet[str] = frozenset()


def search(
    compiled: Compiled,
    root: str,
    given: Mapping[str, Any],
    *,
    optional: bool = True,
    skipped: AbstractSet[str] = Nothing,
) -> Iterator[str]:
    """Paths below `root` (a folder's path, without trailing slash) that exist, in no order.

    Keys that `given` has a value for have this value; all others any. With `optional`, sections
    stand or not where no value is given; without, only those with a key that is `skipped`.
    Raises InvalidValue, UndecidedPath.
    """
    parts = narrowed(compiled, given, optional=optional, skipped=skipped)
    walk = _Walk(compiled.name, {}, reported_once=_has_deep_section(parts))
    return walk.paths(root, parts)


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
    own = {name: text for name, text in patterns.items() if given.get(name) is None}
    known = frozenset(own)
    parts = narrowed(compiled, given, optional=False, skipped=Nothing, patterns=known)
    return _Walk(compiled.name, own, reported_once=True, existing=existing).paths(root, parts)


def narrowed(
    compiled: Compiled,
    given: Mapping[str, Any],
    *,
    optional: bool,
    skipped: AbstractSet[str],
    patterns: AbstractSet[str] = Nothing,
) -> Parts:
    """The template's parts with texts for the values given, and the sections that may stand.

    Raises InvalidValue.
    """
    texts = {
        name: key.write(given[name])
        for name, key in compiled.keys.items()
        if given.get(name) is not None and name not in skipped
    }

    def walk(parts: Parts) -> Iterator[Part]:
        for part in parts:
            if isinstance(part, Slot):
                name = part.key.name
                yield Text(texts[name]) if name in texts else part
            elif isinstance(part, Text):
                yield part
            else:
                own = direct_keys(part)
                inner = tuple(walk(part.parts))
                if own <= {*texts, *patterns}:
                    yield from inner
                    continue
                may_stand = optional or own & skipped
                if may_stand and any(isinstance(one, (Slot, Section)) for one in inner):
                    yield Section(inner)

    return _merged(tuple(walk(compiled.parts)))


class _Walk:
    """One search."""

    def __init__(
        self, name: str, patterns: Mapping[str, str], *, reported_once: bool, existing: bool = True
    ) -> None:
        self._name = name
        self._patterns = patterns
        self._once = reported_once
        self._existing = existing
        self._heads: Dict[Parts, Tuple[Tuple[Component, Parts], ...]] = {}
        self._repeated: AbstractSet[str] = Nothing

    def paths(self, root: str, parts: Parts) -> Iterator[str]:
        names = [key.name for key, _ in slots(parts)]
        self._repeated = frozenset(name for name in names if names.count(name) > 1)
        if not parts:
            return iter([root] if os.path.lexists(root) else [])
        found = self._below(root, root, parts, {})
        return iter(dict.fromkeys(found)) if self._once else found

    def _below(self, folder: str, shown: str, rest: Parts, bound: Bound) -> Iterator[str]:
        """What is in a folder for the parts that are left; it is reported below `shown`."""
        for component, after in self._first(rest):
            if component.text is not None:
                text = component.text
                if after:
                    yield from self._below(f"{folder}/{text}", f"{shown}/{text}", after, bound)
                elif os.path.lexists(f"{folder}/{text}"):
                    yield f"{shown}/{text}"
            elif not self._existing and component.pattern is not None and not self._open(after):
                if os.path.isdir(folder):
                    yield "/".join([shown, component.pattern, *self._closed(after)])
            elif after:
                yield from self._folders(folder, shown, component, after, bound)
            else:
                yield from self._last(folder, shown, component, bound)

    def _folders(
        self, folder: str, shown: str, component: Component, after: Parts, bound: Bound
    ) -> Iterator[str]:
        try:
            entries = os.scandir(folder)
        except OSError:
            return
        with entries:
            for entry in entries:
                for name, now in component.matches(entry.name, bound):
                    if _is_folder(entry):
                        path = f"{folder}/{entry.name}"
                        yield from self._below(path, f"{shown}/{name}", after, now)

    def _last(self, folder: str, shown: str, component: Component, bound: Bound) -> Iterator[str]:
        try:
            names = os.listdir(folder)
        except OSError:
            return
        fits = component.plain
        if fits is not None:
            for name in names:
                if fits(name) is not None:
                    yield f"{shown}/{name}"
            return
        for name in names:
            for reported, _ in component.matches(name, bound):
                yield f"{shown}/{reported}"
                if component.pattern is not None:
                    return  # whatever else is here is reported as the same

    def _first(self, parts: Parts) -> Tuple[Tuple[Component, Parts], ...]:
        """What the first component can be, and the parts that are then left."""
        found = self._heads.get(parts)
        if found is None:
            found = tuple(
                (Component(self._name, head, self._repeated, self._patterns), after)
                for head, after in _heads(parts)
            )
            self._heads[parts] = found
        return found

    def _open(self, parts: Parts) -> bool:
        """Something but fixed texts and patterns is left."""
        return any(
            not isinstance(part, Text)
            and not (isinstance(part, Slot) and part.key.name in self._patterns)
            for part in parts
        )

    def _closed(self, parts: Parts) -> List[str]:
        """The text of parts that are not open."""
        text = "".join(
            part.text if isinstance(part, Text) else self._patterns[part.key.name]
            for part in parts
            if not isinstance(part, Section)
        )
        return [text] if text else []


def _heads(parts: Parts) -> Iterator[Tuple[Parts, Parts]]:
    """The first component and the rest, in each way that sections with separators allow."""
    head: List[Part] = []
    for number, part in enumerate(parts):
        after = parts[number + 1 :]
        if isinstance(part, Text) and "/" in part.text:
            first, _, more = part.text.partition("/")
            rest = (Text(more, part.folded), *after) if more else after
            yield _merged((*head, Text(first, part.folded))), rest
            return
        if isinstance(part, Section) and _has_deep_section((part,)):
            yield from _heads(_merged((*head, *part.parts, *after)))
            yield from _heads(_merged((*head, *after)))
            return
        head.append(part)
    yield _merged(tuple(head)), ()


def _has_deep_section(parts: Parts) -> bool:
    return any(
        isinstance(part, Section)
        and (
            any(isinstance(one, Text) and "/" in one.text for one in part.parts)
            or _has_deep_section(part.parts)
        )
        for part in parts
    )


def _merged(parts: Parts) -> Parts:
    """Neighbouring texts as one where both or neither ignore case; no empty ones."""
    merged: List[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, Text) and not part.text:
            continue
        if isinstance(part, Text) and isinstance(last, Text) and last.folded == part.folded:
            merged[-1] = Text(last.text + part.text, part.folded)
        else:
            merged.append(part)
    return tuple(merged)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
