"""YAML with the place of everything in it, so that a problem names its line and column."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple, Union

from pipl_pipe.errors import InvalidCatalog, NotInstalled

MAX_DEPTH = 100
DEEP = 1_000
"""Brackets, or characters of a line, from which a text is first looked through for its depth."""
MAX_KEPT = 256
SETTLED_NS = 2_000_000_000
MAX_NODES = 50_000
MAX_TEXT = 4096
"""Characters of one definition."""
MAX_BYTES = 16 * 1024 * 1024

_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp")}
_SCALARS |= {f"{_TAG}value", f"{_TAG}merge"}


@dataclass(frozen=True)
class Place:
    """Where something is written; line and column count from 1. Line 0: not in a file."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True)
class Node:
    """A value and its place; `value` is a text, number, bool, None, or nodes.

    A mapping's keys are nodes too, by their text, so that a problem with a key has a place.
    """

    value: Union[str, int, float, bool, Tuple[Node, ...], Dict[str, Tuple[Node, Node]], None]
    place: Place

    def plain(self) -> Any:
        """The value without places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, (_, node) in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def items(self) -> List[Tuple[str, Node, Node]]:
        """Name, key node and value node of each entry; nothing for what is no mapping."""
        if not isinstance(self.value, dict):
            return []
        return [(name, key, node) for name, (key, node) in self.value.items()]


_read: Dict[Path, Tuple[Tuple[int, ...], Node]] = {}


def read(path: Path) -> Node:
    """The document of a YAML file; the same object again for a file that has not changed.

    Raises InvalidCatalog (line and column), NotInstalled.
    """
    try:
        found = path.stat()
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        known = _read.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise InvalidCatalog(str(path), (f"{path}: {fault.strerror or fault}",)) from fault
    node = _decoded(path, content)
    # A file can change again within one tick of the disk's clock, and keep its size.
    if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > SETTLED_NS:
        if len(_read) >= MAX_KEPT:
            _read.clear()
        _read[path] = (stamp, node)
    return node


def _decoded(path: Path, content: bytes) -> Node:
    if len(content) > MAX_BYTES:
        raise InvalidCatalog(str(path), (f"{path}: larger than {MAX_BYTES} bytes",))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise InvalidCatalog(str(path), (f"{path}:{line}:1: not UTF-8",)) from fault
    return parse(text, source=str(path))


def parse(text: str, *, source: str) -> Node:
    """The document of a YAML text; an empty one is an empty mapping.

    A key that stands twice in one mapping is a problem, as are tags, and nesting beyond
    MAX_DEPTH. Raises InvalidCatalog (line and column), NotInstalled.
    """
    try:
        import yaml  # what reads no file does without
    except ImportError as fault:
        raise NotInstalled("PyYAML") from fault
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if _may_be_deep(text):
            _expect_shallow(yaml, yaml.parse(text, Loader=loader))
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        raise InvalidCatalog(source, (f"{place}: {fault.problem or fault.context}",)) from fault
    except yaml.YAMLError as fault:  # a character that YAML does not allow
        position = min(getattr(fault, "position", 0), len(text))
        start = text.rfind("\n", 0, position) + 1
        place = Place(source, text.count("\n", 0, position) + 1, position - start + 1)
        reason = getattr(fault, "reason", "cannot be read")
        raise InvalidCatalog(source, (f"{place}: {reason}",)) from fault
    except RecursionError as fault:
        raise InvalidCatalog(source, (f"{source}: nested too deeply",)) from fault
    if root is None:
        return Node({}, Place(source, 1, 1))
    problems: List[str] = []
    node = _Reader(source, yaml.constructor.SafeConstructor(), problems).node(root, 0)
    if problems:
        raise InvalidCatalog(source, tuple(problems))
    return node


def _may_be_deep(text: str) -> bool:
    """What is nested deeply has many brackets, or a long line: each level indents its own."""
    brackets = text.count("[") + text.count("{")
    return brackets > DEEP or max(map(len, text.splitlines()), default=0) > DEEP


def _expect_shallow(yaml: Any, events: Iterable[Any]) -> None:
    """PyYAML composes by recursion, in C: what is nested 50,000 deep would end the process."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                problem = f"nested more than {MAX_DEPTH} deep"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1


def from_plain(value: Any, source: str) -> Node:
    """Dicts, lists and scalars of Python as nodes, all placed at `source`.

    Raises InvalidCatalog for a key that is no text, and for values of other types.
    """
    problems: List[str] = []
    node = _plain(value, Place(source), 0, problems)
    if problems:
        raise InvalidCatalog(source, tuple(problems))
    return node


def _plain(value: Any, place: Place, depth: int, problems: List[str]) -> Node:
    if depth > MAX_DEPTH:
        problems.append(f"{place}: nested more than {MAX_DEPTH} deep")
        return Node(None, place)
    if isinstance(value, dict):
        entries: Dict[str, Tuple[Node, Node]] = {}
        for key, one in value.items():
            if not isinstance(key, str):
                problems.append(f"{place}: the key {key!r} is no text")
            entries[str(key)] = (Node(str(key), place), _plain(one, place, depth + 1, problems))
        return Node(entries, place)
    if isinstance(value, (list, tuple)):
        return Node(tuple(_plain(one, place, depth + 1, problems) for one in value), place)
    if value is None or isinstance(value, (str, int, float, bool)):
        return Node(value, place)
    problems.append(f"{place}: a {type(value).__name__} cannot stand here")
    return Node(None, place)


class _Reader:
    """PyYAML's node graph as ours."""

    def __init__(self, source: str, scalars: Any, problems: List[str]) -> None:
        self._source = source
        self._scalars = scalars
        self._problems = problems
        self._count = 0

    def node(self, node: Any, depth: int) -> Node:
        self._count += 1
        mark = node.start_mark
        place = Place(self._source, mark.line + 1, mark.column + 1)
        if depth > MAX_DEPTH:  # also an anchor that contains itself
            self._problem(place, f"nested more than {MAX_DEPTH} deep")
            return Node(None, place)
        if self._count > MAX_NODES:  # anchors that stand in one another many times
            self._problem(place, f"more than {MAX_NODES} values")
            return Node(None, place)
        if node.id == "scalar":
            return Node(self._scalar(node, place), place)
        if node.tag not in (f"{_TAG}seq", f"{_TAG}map"):
            self._problem(place, f"the tag {node.tag} cannot stand here")
        if node.id == "sequence":
            return Node(tuple(self.node(one, depth + 1) for one in node.value), place)
        entries: Dict[str, Tuple[Node, Node]] = {}
        merged: Dict[str, Tuple[Node, Node]] = {}
        for key, value in node.value:
            if self._count > MAX_NODES:
                break
            if key.tag == f"{_TAG}merge":
                self._merge(value, depth, merged)
                continue
            name = self.node(key, depth + 1)
            if isinstance(name.value, (tuple, dict)):
                self._problem(name.place, "a key is a text")
                continue
            text = key.value
            if text in entries:
                before = entries[text][0].place
                self._problem(name.place, f"{text!r} stands here already, in line {before.line}")
                continue
            entries[text] = (Node(text, name.place), self.node(value, depth + 1))
        return Node({**merged, **entries}, place)

    def _merge(self, node: Any, depth: int, merged: Dict[str, Tuple[Node, Node]]) -> None:
        """What `<<: *other` brings; of several, earlier ones win."""
        found = self.node(node, depth + 1)
        for one in found.value if isinstance(found.value, tuple) else (found,):
            if not isinstance(one.value, dict):
                self._problem(one.place, "only mappings can be merged")
                continue
            for name, entry in one.value.items():
                merged.setdefault(name, entry)

    def _scalar(self, node: Any, place: Place) -> Any:
        kind = node.tag[len(_TAG) :]
        if node.tag not in _SCALARS:
            self._problem(place, f"the tag {node.tag} cannot stand here")
            return None
        if kind not in ("int", "float", "bool", "null"):
            return node.value
        try:
            return self._scalars.construct_object(node)
        except ValueError:
            return node.value

    def _problem(self, place: Place, what: str) -> None:
        if len(self._problems) < 100:
            self._problems.append(f"{place}: {what}")
