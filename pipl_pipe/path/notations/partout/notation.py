"""Path Partout's trees as a notation of `services.path` (entry point `partout`)."""

from __future__ import annotations

import os
from typing import Dict, List, Mapping, Sequence

from pipl_pipe.errors import InvalidCatalog, InvalidTemplate
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.partout import current, document
from pipl_pipe.path.notations.partout.configuration import Configuration
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.document import Document
from pipl_pipe.path.notations.partout.files import DiskFiles
from pipl_pipe.path.notations.partout.label import LabelTemplate
from pipl_pipe.path.notations.partout.lookup import Lookup


def partout(sources: Sequence[Source], platform: str) -> Catalog[LabelTemplate]:
    """The labels of the sources and of the files linked to them, later ones winning by name.

    Raises InvalidCatalog, InvalidRoots.
    """
    labels: Dict[str, LabelTemplate] = {}
    problems: List[str] = []
    for source in sources:
        try:
            found = configuration_of(source, platform).labels
        except InvalidCatalog as fault:
            problems += fault.problems
            continue
        for label in found.values():
            try:
                labels[label.name] = LabelTemplate(label)
            except InvalidTemplate as fault:
                problems.append(f"{label.place}: {fault}")
    if problems:
        raise InvalidCatalog(", ".join(one.name for one in sources), tuple(problems))
    return Catalog(labels.values())


def configuration_of(source: Source, platform: str) -> Configuration:
    """The source's tree with those linked to it; `{{root:Label}}` is the source's root of that
    name, or else one in PATH_PARTOUT_ROOTS. Raises InvalidCatalog, InvalidRoots.
    """
    roots = {**current.roots_of(os.environ), **_roots(source.roots, platform)}
    lookup = Lookup(DiskFiles(), (), roots)
    path = source.name if source.file is None else str(source.file.absolute())
    own = DiskPath.parse(path)

    def opened(one: str) -> Document:
        if DiskPath.parse(one) == own:
            return document.read(path, source.document, roots)
        return lookup.document(one)

    return Configuration(path, opened)


def _roots(roots: Mapping[str, Mapping[str, str]], platform: str) -> Dict[str, str]:
    known = "linux" if platform.startswith("linux") else platform
    return {name: places[known] for name, places in roots.items() if known in places}
