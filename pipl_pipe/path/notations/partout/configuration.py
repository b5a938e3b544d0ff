"""A configuration file with the files linked to it: what their labels and aggregates mean."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Tuple

from pipl_pipe.errors import InvalidCatalog, PathMismatch, UnknownTemplate
from pipl_pipe.path.notations.partout.compile import Expression, Info
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.document import Document, Label, Location

Open = Callable[[str], Document]


class Configuration:
    """Trees, labels and aggregates of one file and of those linked to it, directly or not.

    Seed document, on linked files: no two of them have a label of one name, and they link each
    other mutually, so a file met again is not followed again.
    """

    def __init__(self, path: str, open_document: Open) -> None:
        """Raises InvalidCatalog for a file that is not there, and for labels twice."""
        self.path = path
        self.documents = _linked(path, open_document)
        self.labels: Dict[str, Label] = {}
        self.problems = _joined_labels(self.documents, self.labels)
        if self.problems:
            raise InvalidCatalog(path, self.problems)
        self.aggregates = {
            name: pattern
            for document in reversed(self.documents)
            for name, pattern in document.aggregates.items()
        }
        self.variables: Tuple[str, ...] = tuple(
            dict.fromkeys(one.name for document in self.documents for one in document.variables())
        )
        self._labels: Dict[str, Expression] = {}
        self._aggregates: Dict[str, Expression] = {}

    @property
    def auto_arbo(self) -> Tuple[str, ...]:
        return tuple(dict.fromkeys(n for document in self.documents for n in document.auto_arbo))

    @property
    def folders(self) -> Tuple[Location, ...]:
        return tuple(folder for document in self.documents for folder in document.folders)

    def label(self, name: str) -> Expression:
        """Compiled on first use. Raises UnknownTemplate."""
        if name not in self._labels:
            if name not in self.labels:
                raise UnknownTemplate(name, tuple(self.labels))
            self._labels[name] = Expression.of(name, self.labels[name].location)
        return self._labels[name]

    def aggregate(self, name: str) -> Expression:
        """Compiled on first use. Raises UnknownTemplate."""
        if name not in self._aggregates:
            if name not in self.aggregates:
                raise UnknownTemplate(name, tuple(self.aggregates))
            self._aggregates[name] = Expression(name, (self.aggregates[name],))
        return self._aggregates[name]

    def fits(self, label: str, path: str) -> bool:
        """Whether the label can have made the path. Raises UnknownTemplate."""
        return self.label(label).compiled.fits(key_of(path))

    def read(self, label: str, path: str, known: Mapping[str, "str | None"]) -> Info:
        """Raises UnknownTemplate, PathMismatch, AmbiguousPath, PathTooLong."""
        expression = self.label(label)
        try:
            return expression.read(key_of(path), known)
        except PathMismatch as fault:
            raise PathMismatch(label, path, min(fault.column, len(path))) from fault


def key_of(path: str) -> str:
    return DiskPath.parse(path).key


def _linked(path: str, open_document: Open) -> Tuple[Document, ...]:
    """The file's document first, then every one reached by links, each once."""
    found: Dict[DiskPath, Document] = {}
    waiting = [path]
    while waiting:
        one = waiting.pop(0)
        if DiskPath.parse(one) not in found:
            found[DiskPath.parse(one)] = document = open_document(one)
            waiting += document.linked
    return tuple(found.values())


def _joined_labels(documents: Tuple[Document, ...], into: Dict[str, Label]) -> Tuple[str, ...]:
    problems: List[str] = []
    for document in documents:
        for label in document.labels:
            if label.name in into:
                before = into[label.name].place
                problems.append(f"{label.place}: the label {label.name!r} is also at {before}")
            into.setdefault(label.name, label)
    return tuple(problems)
