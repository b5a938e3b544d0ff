"""Catalogs as packls register them: config entries whose name starts with `path.`.

Such an entry is one of

    {"file": "show_pipe:templates.yml"}         # a file beside a package's modules
    {"file": "/studio/pipeline/templates.yml"}
    {"keys": {…}, "paths": {…}, "strings": {…}} # the document itself

and may also have

    {"notation": "toolkit",                     # that is the default
     "extends": ["studio"],                     # the entry path.studio comes first
     "roots": {"primary": {"linux": "/mnt/show", "darwin": …, "win32": …}}}

An entry of one name that a packl declares again wins if the packl depends on the other, as
everywhere. Entries that others extend are not used by themselves. The config entry `path` may
choose: `{"use": ["show"]}`.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from pipl_pipe.config import Config
from pipl_pipe.errors import (
    AmbiguousExtension,
    BrokenExtension,
    InvalidCatalog,
    InvalidConfig,
    PipeError,
)
from pipl_pipe.path import document
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.notation import Notation, Source, notations

PREFIX = "path."
DEFAULT_NOTATION = "toolkit"
_SETTINGS = ("notation", "file", "extends", "roots")


@dataclass(frozen=True)
class Loading:
    """How catalogs are chosen; `use` is None for all that no other extends."""

    use: Optional[Tuple[str, ...]]
    platform: str

    @classmethod
    def parse(cls, config: Mapping[str, Any], platform: str) -> Loading:
        """Raises InvalidConfig."""
        problems = [f"{key} is unknown" for key in config if key != "use"]
        use = config.get("use")
        if use is not None and not _is_names(use):
            problems.append("use is no list of names")
        if problems:
            raise InvalidConfig("path", tuple(problems))
        return cls(None if use is None else tuple(use), platform)

    def load(self, config: Config) -> Tuple[List[Catalog[Any]], List[PipeError]]:
        """Every catalog chosen that can be loaded, and why the others cannot."""
        names = [name[len(PREFIX) :] for name in config if name.startswith(PREFIX)]
        entries: Dict[str, _Entry] = {}
        broken: List[PipeError] = []
        for name in names:
            try:
                entries[name] = _Entry.parse(name, config[PREFIX + name])
            except (BrokenExtension, AmbiguousExtension, InvalidConfig) as fault:
                broken.append(fault)
        chosen = self.use if self.use is not None else _last(entries)
        catalogs: List[Catalog[Any]] = []
        for name in chosen:
            if name in names and name not in entries:
                continue  # it is among the broken ones
            try:
                catalogs.append(_catalog(name, entries, self.platform))
            except PipeError as fault:
                broken.append(fault)
        return catalogs, broken


@dataclass(frozen=True)
class _Entry:
    """One config entry."""

    name: str
    notation: str
    extends: Tuple[str, ...]
    file: Optional[str]
    content: Mapping[str, Any]
    roots: Mapping[str, Mapping[str, str]]

    @classmethod
    def parse(cls, name: str, entry: Mapping[str, Any]) -> _Entry:
        """Raises InvalidConfig."""
        content = {key: value for key, value in entry.items() if key not in _SETTINGS}
        file, notation = entry.get("file"), entry.get("notation", DEFAULT_NOTATION)
        extends, roots = entry.get("extends", ()), entry.get("roots", {})
        extends = (extends,) if isinstance(extends, str) else extends
        problems: List[str] = []
        if file is not None and (not isinstance(file, str) or not file):
            problems.append("file is no text")
        if file is not None and content:
            problems.append(f"it has a file and also {', '.join(map(str, content))}")
        if not isinstance(notation, str):
            problems.append("notation is no name")
        if not _is_names(extends):
            problems.append("extends is no list of names")
        if not isinstance(roots, dict) or not all(isinstance(one, dict) for one in roots.values()):
            problems.append("roots maps no names to platforms")
        if problems:
            raise InvalidConfig(PREFIX + name, tuple(problems))
        return cls(name, notation, tuple(extends), file, content, roots)

    def source(self) -> Source:
        """Raises InvalidCatalog."""
        shown = f"config entry {PREFIX}{self.name}"
        if self.file is None:
            node = document.from_plain(dict(self.content), shown)
            return Source(shown, node, None, self.roots)
        path = _found(self.file)
        if path is None:
            raise InvalidCatalog(shown, (f"{shown}: there is no file {self.file}",))
        return Source(str(path), document.read(path), path, self.roots)


def _last(entries: Mapping[str, _Entry]) -> Tuple[str, ...]:
    """Those that no other extends; of entries that extend one another the first, which fails."""
    extended = {base for entry in entries.values() for base in entry.extends}
    found = [name for name in entries if name not in extended]
    reached: Set[str] = set()
    todo = list(found)
    for name in (*entries, ""):
        while todo:
            one = todo.pop()
            if one not in reached:
                reached.add(one)
                todo += entries[one].extends if one in entries else ()
        if name and name not in reached:
            found.append(name)
            todo.append(name)
    return tuple(found)


def _catalog(name: str, entries: Mapping[str, _Entry], platform: str) -> Catalog[Any]:
    """Raises InvalidCatalog, UnknownExtension, BrokenExtension."""
    chain: List[_Entry] = []
    _extend(name, entries, chain, ())
    kinds = {entry.notation for entry in chain}
    if len(kinds) > 1:
        problem = f"{PREFIX}{name} extends one of another notation: {', '.join(sorted(kinds))}"
        raise InvalidCatalog(PREFIX + name, (problem,))
    notation: Notation = notations()[chain[-1].notation]
    return notation([entry.source() for entry in chain], platform)


def _extend(
    name: str, entries: Mapping[str, _Entry], chain: List[_Entry], asking: Tuple[str, ...]
) -> None:
    """Append what an entry extends, then the entry, each once."""
    if name in asking:
        problem = " extends ".join((*asking[asking.index(name) :], name))
        raise InvalidCatalog(PREFIX + name, (problem,))
    if name not in entries:
        who = f"{PREFIX}{asking[-1]} extends" if asking else "the config entry path uses"
        raise InvalidCatalog(PREFIX + name, (f"{who} {PREFIX}{name}, which there is not",))
    for base in entries[name].extends:
        _extend(base, entries, chain, (*asking, name))
    if entries[name] not in chain:
        chain.append(entries[name])


def _found(file: str) -> Optional[Path]:
    """An absolute path, or `package:path`; None where there is no such file."""
    package, colon, relative = file.partition(":")
    path = Path(file)
    if colon and not path.is_absolute() and len(package) > 1:
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            return None
        folders = list(spec.submodule_search_locations or ()) if spec else []
        path = next((p for p in (Path(one) / relative for one in folders) if p.is_file()), path)
    return path if path.is_absolute() and path.is_file() else None


def _is_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)
