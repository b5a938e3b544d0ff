"""Which configuration file holds for a path, a name or a search term.

Seed document of Path Partout: the first `path_partout.conf` at the path or above it; or, among
the files of configuration folders, the one whose scope is nearest to the path. The nearest of
both wins, and the hierarchy's where they are equally near.
"""

from __future__ import annotations

import warnings
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from pipl_pipe.errors import InvalidCatalog, NoConfiguration, SeveralConfigurations
from pipl_pipe.path.document import Node
from pipl_pipe.path.notations.partout import document
from pipl_pipe.path.notations.partout.configuration import Configuration
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.document import Document
from pipl_pipe.path.notations.partout.files import SUFFIX, Files, Stamp

FILE_NAME = "path_partout.conf"
DEEPEST = 100
"""Folders below a volume in which a configuration file is looked for, at most."""


class Lookup:
    """Configurations by path, name and search term.

    What is read is kept for as long as none of its files changes; with `keep` off, files are
    read each time.
    """

    def __init__(
        self, files: Files, folders: Tuple[str, ...], roots: Mapping[str, str], *, keep: bool = True
    ) -> None:
        """`folders` are the configuration folders, `roots` what `{{root:Label}}` stands for."""
        self._files = files
        self._folders = tuple(map(DiskPath.parse, folders))
        self._roots = roots
        self._keep = keep
        self._contents: Dict[DiskPath, Tuple[Stamp, Node]] = {}
        self._documents: Dict[DiskPath, Tuple[Stamp, Document]] = {}
        self._configurations: Dict[DiskPath, Configuration] = {}

    def at(self, path: str) -> Configuration:
        """The configuration of a file. Raises NoConfiguration, InvalidCatalog."""
        where = DiskPath.parse(path)
        if self._files.stamp(where) is None:
            raise NoConfiguration(where.posix, (where.posix,))
        made = self._configurations.get(where) if self._keep else None
        if made and all(self.document(one.path) is one for one in made.documents):
            return made
        made = Configuration(where.posix, self.document)
        self._configurations[where] = made
        return made

    def of(self, path: str) -> Configuration:
        """The configuration that holds for a file or folder, which need not exist.

        Raises NoConfiguration, SeveralConfigurations, InvalidCatalog. A file of configuration
        folders that is no YAML is a warning where another one holds.
        """
        where = DiskPath.parse(path)
        above = self._above(where)
        scoped, broken = self._scoped(where)
        nearest = max((scope for scope, _ in scoped), default=-1)
        if above and len(above.parent.names) >= nearest:
            return self.at(above.posix)
        winners = sorted(file.posix for scope, file in scoped if scope == nearest)
        if len(winners) > 1:
            raise SeveralConfigurations(path, tuple(winners))
        if not winners and broken:
            raise broken[0]
        for fault in broken:
            warnings.warn(str(fault), stacklevel=2)
        if not winners:
            raise NoConfiguration(path, self._searched(where))
        return self.at(winners[0])

    def named(self, name: str) -> str:
        """The file in the configuration folders of this `name`.

        Raises NoConfiguration, SeveralConfigurations.
        """
        return self._only(f"the name {name!r}", lambda one: one.name == name)

    def with_term(self, term: str, value: str) -> str:
        """The file in the configuration folders that lists `value` below the search term.

        Raises NoConfiguration, SeveralConfigurations.
        """
        wanted = f"the search term {term!r}: {value!r}"
        return self._only(wanted, lambda one: value in one.search_terms.get(term, ()))

    def holds_for(self, path: str) -> Configuration:
        """The configuration of a `.conf` file, or the one that holds for any other path."""
        where = DiskPath.parse(path)
        is_file = path.endswith(SUFFIX) and self._files.stamp(where) is not None
        return self.at(path) if is_file else self.of(path)

    def _above(self, path: DiskPath) -> Optional[DiskPath]:
        path = DiskPath(path.volume, path.names[:DEEPEST])
        while path.volume:
            if self._files.stamp(path / FILE_NAME) is not None:
                return path / FILE_NAME
            if not path.names:
                break
            path = path.parent
        return None

    def _scoped(self, path: DiskPath) -> Tuple[List[Tuple[int, DiskPath]], List[InvalidCatalog]]:
        """Files of configuration folders whose scope the path is in, each with the depth of its
        nearest scope; and those that cannot be read."""
        found: List[Tuple[int, DiskPath]] = []
        broken: List[InvalidCatalog] = []
        for file in self._filed():
            try:
                scopes = document.scopes(self._content(file), self._roots)
            except InvalidCatalog as fault:
                broken.append(fault)
                continue
            depths = [len(one.names) for one in map(DiskPath.parse, scopes) if path.is_in(one)]
            if depths:
                found.append((max(depths), file))
        return found, broken

    def _only(self, wanted: str, fits: Callable[[Document], bool]) -> str:
        found: List[str] = []
        for file in self._filed():
            try:
                content = self.document(file.posix)
            except InvalidCatalog as fault:
                warnings.warn(str(fault), stacklevel=3)
                continue
            if fits(content):
                found.append(file.posix)
        if not found:
            raise NoConfiguration(wanted, tuple(map(str, self._folders)))
        if len(found) > 1:
            raise SeveralConfigurations(wanted, tuple(found))
        return found[0]

    def _filed(self) -> List[DiskPath]:
        """The files in the configuration folders, each once."""
        every = (file for folder in self._folders for file in self._files.below(folder))
        return list(dict.fromkeys(every))

    def _searched(self, path: DiskPath) -> Tuple[str, ...]:
        return (f"{path} and above", *map(str, self._folders))

    def _content(self, file: DiskPath) -> Node:
        stamp = self._files.stamp(file)
        if stamp is None:
            raise InvalidCatalog(str(file), (f"{file}: there is no such file",))
        kept = self._contents.get(file)
        if kept and self._keep and kept[0] == stamp:
            return kept[1]
        content = self._files.read(file)
        self._contents[file] = (stamp, content)
        return content

    def document(self, path: str) -> Document:
        """One file without its links; the same object for as long as it does not change.

        Raises InvalidCatalog.
        """
        file = DiskPath.parse(path)
        stamp = self._files.stamp(file)
        kept = self._documents.get(file)
        if kept and self._keep and kept[0] == stamp:
            return kept[1]
        made = document.read(file.posix, self._content(file), self._roots)
        if stamp is not None:
            self._documents[file] = (stamp, made)
        return made
