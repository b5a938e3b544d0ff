"""What a notation is: how templates are written, made into templates of one catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Protocol, Sequence

from pipl_pipe.extension import Loaded, extensions
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.document import Node

GROUP = "pipl_pipe.path_notations"


@dataclass(frozen=True)
class Source:
    """Where templates are written: a document, and the file that holds it, if one does."""

    name: str
    """What messages call it."""
    document: Node
    file: Optional[Path] = None
    """What relative paths in the document start from the folder of."""
    roots: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Root name to platform (`linux`, `darwin`, `win32`) to folder; wins over the document's."""


class Notation(Protocol):
    """The object that a `pipl_pipe.path_notations` entry point names."""

    def __call__(self, sources: Sequence[Source], platform: str) -> Catalog[Any]:
        """The templates of sources of which later ones extend, and win over, those before.

        `platform` is a `sys.platform`. Raises InvalidCatalog with every problem found, each with
        its place.
        """


def notations() -> Loaded[Notation]:
    """Name to notation. Raises UnknownExtension, AmbiguousExtension, BrokenExtension."""
    return Loaded(
        extensions(GROUP),
        extra={},
        check=lambda found: "" if callable(found) else "it cannot be called",
    )
