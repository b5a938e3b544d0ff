"""What files of templates have written in them, one on top of another, before any is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from pipl_pipe.errors import InvalidCatalog
from pipl_pipe.path import document
from pipl_pipe.path.document import Node
from pipl_pipe.path.notation import Source

SECTIONS = ("include", "includes", "roots", "keys", "paths", "strings")


@dataclass
class Written:
    """The entries of all files, before any is made."""

    keys: Dict[str, Node] = field(default_factory=dict)
    paths: Dict[str, Node] = field(default_factory=dict)
    strings: Dict[str, Node] = field(default_factory=dict)
    roots: Dict[str, Node] = field(default_factory=dict)
    documents: List[Node] = field(default_factory=list)

    def identity(self, sources: Sequence[Source], platform: str) -> Tuple[Any, ...]:
        """The same for the same documents; they are kept, so that nothing else gets their ids."""
        return (
            platform,
            tuple((source.name, repr(source.roots)) for source in sources),
            tuple(id(document) for document in self.documents),
        )

    def add(self, source: Source, problems: List[str], files: Tuple[Path, ...]) -> None:
        """One source and what it includes; `files` are those that include it."""
        if not isinstance(source.document.value, dict):
            problems.append(f"{source.document.place}: templates are a mapping of sections")
            return
        self.documents.append(source.document)
        own = {name: (at, node) for name, at, node in source.document.items()}
        inside = (*files, source.file) if source.file else files
        for name in ("include", "includes"):
            if name in own:
                self._include(own[name][1], source, problems, inside)
        for name, (at, node) in own.items():
            if name not in SECTIONS:
                known = ", ".join(SECTIONS)
                problems.append(f"{at.place}: there is no section {name!r}; there are: {known}")
            elif not name.startswith("include"):
                self._section(name, node, problems)
        both = _names(own.get("paths")) & _names(own.get("strings"))
        for name in sorted(both):
            place = self.strings[name].place
            problems.append(f"{place}: {name!r} is a path in this file already; rename one")
        given = document.from_plain({k: dict(v) for k, v in source.roots.items()}, source.name)
        self._section("roots", given, problems)

    def _section(self, name: str, node: Node, problems: List[str]) -> None:
        if node.value is not None and not isinstance(node.value, dict):
            problems.append(f"{node.place}: {name!r} is a mapping of names")
        entries: Dict[str, Node] = getattr(self, name)
        for entry, at, value in node.items():
            # A path that becomes a string in a file that extends is a string from then on.
            for other in ("paths", "strings"):
                if other != name and name in ("paths", "strings"):
                    getattr(self, other).pop(entry, None)
            # A definition's place is what a problem with it names; an empty one has the name's.
            entries[entry] = value if value.value is not None else Node(None, at.place)

    def _include(
        self, node: Node, source: Source, problems: List[str], files: Tuple[Path, ...]
    ) -> None:
        for one in node.value if isinstance(node.value, tuple) else (node,):
            if not isinstance(one.value, str) or not one.value:
                problems.append(f"{one.place}: an include is the path of a file")
                continue
            path = Path(one.value)
            if source.file is None and not path.is_absolute():
                problems.append(f"{one.place}: {one.value!r} is relative to no file")
                continue
            path = _resolved(source.file.parent / path if source.file else path)
            if path in files:
                chain = " includes ".join(str(file) for file in (*files, path))
                problems.append(f"{one.place}: {chain}")
                continue
            if not path.is_file():
                problems.append(f"{one.place}: there is no file {path}")
                continue
            try:
                found = document.read(path)
            except InvalidCatalog as fault:
                problems += fault.problems
                continue
            self.add(Source(str(path), found, path), problems, files)


def _names(section: Optional[Tuple[Node, Node]]) -> Set[str]:
    """The entries of a section, if the file has it."""
    return {name for name, _, _ in section[1].items()} if section else set()


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path
