"""What a `path_partout.conf` says, once it is read as YAML.

Seed document of Path Partout: folders hold folders and labels; the other fields at the root of
the file are `scopes`, `name`, `search_term`, `linked`, `aggregates` and `auto_arbo`. The trees
stand at the root too, or under a field `trees`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Tuple

from pipl_pipe.errors import InvalidCatalog
from pipl_pipe.path.document import Node
from pipl_pipe.path.notations.partout import pattern
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.pattern import Pattern, Variable
from pipl_pipe.path.text import shown

FIELDS = ("scopes", "name", "search_term", "linked", "aggregates", "auto_arbo")
_OPEN = "..."
"""What the document writes in place of folders that it leaves out."""
_TIGHT = re.compile(r'([A-Za-z0-9_]+):"([^"]*)"')
"""`label:""`, as in the document's example of linked files: YAML reads it as one text."""
_ALL_TIGHT = re.compile(rf"{_TIGHT.pattern}(?:\s+{_TIGHT.pattern})*")


@dataclass(frozen=True)
class Location:
    """A folder of the tree, or a file in one: the volume, and the names from there.

    `volume` is a drive (`P:`, or `{{letter}}:`), `/` or `//`.
    """

    volume: Pattern
    names: Tuple[Pattern, ...]

    def __truediv__(self, names: Tuple[Pattern, ...]) -> Location:
        return Location(self.volume, (*self.names, *names))

    def __str__(self) -> str:
        start = pattern.written(self.volume)
        start = start if start.endswith("/") else f"{start}/"
        return start + "/".join(map(pattern.written, self.names))


@dataclass(frozen=True)
class Label:
    """A named location. `is_folder` where its text is empty: it targets the folder it is in."""

    name: str
    location: Location
    is_folder: bool
    place: str


@dataclass(frozen=True)
class Document:
    """One configuration file, without the linked ones."""

    path: str
    name: str
    scopes: Tuple[str, ...]
    search_terms: Mapping[str, Tuple[str, ...]]
    linked: Tuple[str, ...]
    labels: Tuple[Label, ...]
    folders: Tuple[Location, ...]
    aggregates: Mapping[str, Pattern]
    auto_arbo: Tuple[str, ...]

    def variables(self) -> Iterator[Variable]:
        """Each as often as it stands there: in folders, labels, then aggregates."""
        for location in (*self.folders, *(label.location for label in self.labels)):
            for part in (location.volume, *location.names):
                yield from pattern.variables(part)
        for aggregate in self.aggregates.values():
            yield from pattern.variables(aggregate)


def read(path: str, content: Node, roots: Mapping[str, str]) -> Document:
    """`content` is the file's YAML; `roots` maps labels of `{{root:…}}` to folders.

    Raises InvalidCatalog, which lists every problem with its line and column.
    """
    fields = _Fields(roots)
    scopes = tuple(fields.full_path(one, "scopes") for one in fields.texts(content, "scopes"))
    tree = _Tree(fields)
    tree.read(content)
    made = Document(
        path=path,
        name=fields.text(content, "name"),
        scopes=scopes,
        search_terms=fields.search_terms(content),
        linked=tuple(fields.full_path(one, "linked") for one in fields.texts(content, "linked")),
        labels=tuple(tree.labels.values()),
        folders=tuple(tree.folders),
        aggregates=fields.aggregates(content),
        auto_arbo=tuple(str(one.value) for one in fields.texts(content, "auto_arbo")),
    )
    known = {one.name for one in made.variables()}
    for wanted in fields.texts(content, "auto_arbo") if not fields.problems else ():
        if wanted.value not in known:
            fields.problem(wanted, f"auto_arbo: no folder has the variable {wanted.value!r}")
    if fields.problems:
        raise InvalidCatalog(path, tuple(fields.problems))
    return made


def scopes(content: Node, roots: Mapping[str, str]) -> Tuple[str, ...]:
    """The scopes alone, of a file that may have other faults; none where they have."""
    fields = _Fields(roots)
    found = tuple(fields.rooted(one) for one in fields.texts(content, "scopes"))
    return () if fields.problems else found


class _Fields:
    """The fields beside the trees, and the problems found so far."""

    def __init__(self, roots: Mapping[str, str]) -> None:
        self._roots = roots
        self.problems: List[str] = []

    def problem(self, node: Node, what: str) -> None:
        self.problems.append(f"{node.place}: {what}")

    def pattern(self, text: str, node: Node) -> Pattern:
        found: List[str] = []
        parsed = pattern.parse(text, found)
        for what in found:
            self.problem(node, what)
        return parsed or ("?",)

    def rooted(self, node: Node) -> str:
        found: List[str] = []
        text = pattern.with_roots(str(node.value), self._roots, found)
        for what in found:
            self.problem(node, what)
        return text

    def full_path(self, node: Node, field: str) -> str:
        text = self.rooted(node)
        if not DiskPath.parse(text).volume:
            self.problem(node, f"`{field}`: {shown(text)!r} is not a full path")
        return text

    def text(self, content: Node, field: str) -> str:
        node = _field(content, field)
        if node is None or isinstance(node.value, (str, int)):
            return "" if node is None else str(node.value)
        self.problem(node, f"`{field}` is not a text")
        return ""

    def texts(self, content: Node, field: str) -> Tuple[Node, ...]:
        node = _field(content, field)
        if node is None or node.value is None:
            return ()
        if isinstance(node.value, tuple) and all(
            isinstance(one.value, (str, int)) for one in node.value
        ):
            return node.value
        self.problem(node, f"`{field}` is not a list of texts")
        return ()

    def search_terms(self, content: Node) -> Dict[str, Tuple[str, ...]]:
        node = _field(content, "search_term")
        if node is None:
            return {}
        if not isinstance(node.value, dict):
            self.problem(node, "`search_term` is not a mapping of lists")
        return {
            name: tuple(str(one.value) for one in self.texts(node, name))
            for name, _, _ in node.items()
        }

    def aggregates(self, content: Node) -> Dict[str, Pattern]:
        node = _field(content, "aggregates")
        found: Dict[str, Pattern] = {}
        if node is not None and not isinstance(node.value, dict):
            self.problem(node, "`aggregates` is not a mapping of texts")
        for name, _, value in node.items() if node else ():
            if isinstance(value.value, str) and value.value:
                found[name] = self.pattern(value.value, value)
            else:
                self.problem(value, f"the aggregate {name!r} is not a text")
        return found


class _Tree:
    """The folders and labels found so far in one file."""

    def __init__(self, fields: _Fields) -> None:
        self._fields = fields
        self.labels: Dict[str, Label] = {}
        self.folders: List[Location] = []

    def read(self, content: Node) -> None:
        trees = _field(content, "trees")
        if not isinstance(content.value, dict):
            self._fields.problem(content, "the file is not a mapping of folders")
        if trees is not None and not isinstance(trees.value, dict):
            self._fields.problem(trees, "`trees` is not a mapping of folders")
        for name, key, value in content.items():
            if name == "trees" or name in FIELDS:
                continue
            if trees is None:
                self._top(name, key, value)
            else:
                self._fields.problem(key, f"{name!r} stands beside `trees`: move it into it")
        for name, key, value in trees.items() if trees else ():
            self._top(name, key, value)

    def _top(self, name: str, key: Node, value: Node) -> None:
        """A folder at the root of the file: a volume, perhaps with folders below it."""
        if not _is_folder(value):
            self._fields.problem(key, f"{name!r} is outside of any folder")
            return
        text = self._fields.rooted(key)
        start, _, rest = text.replace("\\", "/").partition("/")
        if "{{" in start and start.endswith(":"):
            volume = self._fields.pattern(start, key)
        else:
            path = DiskPath.parse(text if DiskPath.parse(text).volume else f"/{text}")
            volume, rest = (path.volume,), "/".join(path.names)
        names = self._names(rest, key) if rest else ()
        self._folder(Location(volume, names), value)

    def _folder(self, location: Location, node: Node) -> None:
        self.folders.append(location)
        if isinstance(node.value, str):
            for name, text in _TIGHT.findall(node.value):
                self._label(name, Node(text, node.place), node, location)
        for name, key, inner in node.items():
            if _is_folder(inner):
                self._folder(location / self._names(name, key), inner)
            elif isinstance(inner.value, str):
                self._label(name, inner, key, location)
            else:
                self._fields.problem(inner, f"{name!r} is no folder, and no file name in quotes")

    def _label(self, name: str, node: Node, key: Node, folder: Location) -> None:
        text = str(node.value)
        location = folder / self._names(text, node) if text else folder
        if "{{" in name:
            self._fields.problem(key, f"the folder {name!r} holds a text, no folders or labels")
        elif name in self.labels:
            before = self.labels[name].place
            self._fields.problem(key, f"the label {name!r} stands here already: {before}")
        else:
            self.labels[name] = Label(name, location, not text, str(key.place))

    def _names(self, text: str, node: Node) -> Tuple[Pattern, ...]:
        """The patterns of one name or, where the text has slashes, of several."""
        names = [name for name in re.split(r"[/\\]", text) if name]
        if not names or ".." in names or "." in names:
            self._fields.problem(node, f"{text!r} names no file or folder")
        patterns = tuple(self._fields.pattern(name, node) for name in names)
        for one in patterns:
            if all(variable.optional for variable in pattern.variables(one)):
                least = "".join(part for part in one if isinstance(part, str))
                if least in (".", "..") or (not least and len(one) > 1):
                    what = f"is {least!r}" if least else "is empty"
                    self._fields.problem(node, f"the name {text!r} {what} if no variable is given")
        return patterns


def _field(content: Node, name: str) -> "Node | None":
    return (
        content.value[name][1]
        if isinstance(content.value, dict) and name in content.value
        else None
    )


def _is_folder(node: Node) -> bool:
    """A folder holds a mapping, nothing, or `...`."""
    text = node.value
    if isinstance(text, str):
        return text == _OPEN or _ALL_TIGHT.fullmatch(text) is not None
    return text is None or isinstance(text, dict)
