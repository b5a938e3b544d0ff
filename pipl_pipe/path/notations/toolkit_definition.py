"""Definitions as Toolkit's templates.yml has them: `shots/{Shot}[_{name}].v{version}.ma`."""

from __future__ import annotations

import re
from typing import AbstractSet, List, Mapping, Set, Tuple

from pipl_pipe.errors import InvalidTemplate
from pipl_pipe.path.parts import Key, Part, Parts, Section, Slot, Text
from pipl_pipe.path.text import shown

MAX_NESTED = 20
_TOKEN = re.compile(r"[{}\[\]]|[^{}\[\]]+")
_REFERENCE = re.compile(r"@(\w+)")
_NAME = re.compile(r"\{([^{}\[\]]*)\}")


def parse(name: str, definition: str, keys: Mapping[str, Key]) -> Parts:
    """The parts of a definition; `keys` maps the names in braces.

    Sections may be nested and may hold separators. Fixed text ignores case. Raises
    InvalidTemplate with the column (0-based) of what is wrong.
    """
    return _Parser(name, definition, keys).parts()


def key_names(definition: str) -> Tuple[str, ...]:
    """The names in braces, in order of first appearance; whatever else may be wrong."""
    return tuple(dict.fromkeys(_NAME.findall(definition)))


def references(definition: str) -> List[str]:
    """The names of the templates that `@name` stands for."""
    return _REFERENCE.findall(definition)


def with_references(definition: str, definitions: Mapping[str, str]) -> str:
    """The definition with each `@name` replaced by that template's."""
    return _REFERENCE.sub(lambda match: definitions[match[1]], definition)


def parent(definition: str) -> str:
    """The definition before the last separator outside sections; empty if there is none."""
    depth, last = 0, -1
    for column, one in enumerate(definition):
        depth += (one in "[{") - (one in "]}")
        if one == "/" and not depth:
            last = column
    return definition[: max(last, 0)]


class _Parser:
    """One definition, read from left to right."""

    def __init__(self, name: str, definition: str, keys: Mapping[str, Key]) -> None:
        self._name = name
        self._definition = definition
        self._keys = keys

    def parts(self) -> Parts:
        open_at: List[int] = []
        levels: List[List[Part]] = [[]]
        tokens = list(_TOKEN.finditer(self._definition))
        number = 0
        while number < len(tokens):
            one, column = tokens[number][0], tokens[number].start()
            if one == "{":
                levels[-1].append(self._slot(tokens[number:], column))
                number += 2
            elif one == "[":
                open_at.append(column)
                levels.append([])
                if len(open_at) > MAX_NESTED:
                    raise self._wrong(column, f"sections are nested more than {MAX_NESTED} deep")
            elif one == "]":
                if not open_at:
                    raise self._wrong(column, "`]` closes a section that was not opened")
                start, inner = open_at.pop(), tuple(levels.pop())
                if not any(isinstance(part, Slot) for part in inner):
                    raise self._wrong(start, "an optional section needs a key of its own")
                levels[-1].append(Section(inner))
            elif one == "}":
                raise self._wrong(column, "`}` closes a key that was not opened")
            else:
                levels[-1].append(self._text(one, column))
            number += 1
        if open_at:
            raise self._wrong(open_at[-1], "`[` is not closed")
        return tuple(levels[0])

    def _slot(self, tokens: List[re.Match[str]], column: int) -> Slot:
        texts = [token[0] for token in tokens[:3]]
        if len(texts) < 3 or texts[2] != "}" or texts[1] in ("{", "}", "[", "]"):
            problem = "`{}` names no key" if texts[1:2] == ["}"] else "`{` is not closed"
            raise self._wrong(column, problem)
        if texts[1] not in self._keys:
            known = ", ".join(sorted(self._keys)) or "none"
            raise self._wrong(column, f"no key {texts[1]!r} is defined; there are: {shown(known)}")
        return Slot(self._keys[texts[1]])

    def _text(self, text: str, column: int) -> Text:
        for bad, what in (("\\", "separators are written `/`"), ("\0", "it holds a NUL")):
            if bad in text:
                raise self._wrong(column + text.index(bad), what)
        return Text(text, folded=True)

    def _wrong(self, column: int, problem: str) -> InvalidTemplate:
        return InvalidTemplate(self._name, shown(self._definition), column, problem)


def path_problem(definition: str) -> Tuple[int, str]:
    """Column and what is wrong with a definition as a path below a root; empty if nothing is."""
    if definition.startswith("/"):
        return 0, "a path starts below its root, without a separator"
    for match in re.finditer(r"(?:^|(?<=/))(\.{1,2})?(?=/|$)", definition):
        if definition and match[1]:
            return match.start(), f"`{match[1]}` is no folder of a path"
        if definition and not match[1]:
            return match.start(), "a folder has no name"
    return 0, ""


def name_problem(parts: Parts) -> str:
    """What is wrong with a folder or file as it is named with or without sections; empty if
    nothing is. Sections stand or not, each for itself.
    """
    names, problem = _names(parts, {""})
    return problem or _problem_of(names)


_LONGER = "…"
"""A name that is neither empty nor one of dots only."""


def _names(parts: Parts, names: AbstractSet[str]) -> Tuple[Set[str], str]:
    """What stands behind the last separator after these parts, of `names` before them."""
    found = set(names)
    for part in parts:
        if isinstance(part, Slot):
            found = {_LONGER}
        elif isinstance(part, Section):
            inner, problem = _names(part.parts, found)
            if problem:
                return found, problem
            found |= inner
        else:
            first, *others = part.text.split("/")
            found = {_joined(name, first) for name in found}
            for other in others:
                problem = _problem_of(found)
                if problem:
                    return found, problem
                found = {_joined("", other)}
    return found, ""


def _joined(name: str, text: str) -> str:
    whole = name + text
    return whole if whole in ("", ".", "..") else _LONGER


def _problem_of(names: AbstractSet[str]) -> str:
    if "" in names:
        return "a folder or file would have no name with some of its optional sections, or without"
    for name in (".", ".."):
        if name in names:
            return (
                f"a folder or file would be `{name}` with some of its optional sections, or without"
            )
    return ""
