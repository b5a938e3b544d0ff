"""`TreePath` objects by configuration, path or label (seed document of Path Partout)."""

from __future__ import annotations

from typing import Iterable, List, Optional

from pipl_pipe.errors import PathMismatch, UnknownTemplate
from pipl_pipe.path.notations.partout import current
from pipl_pipe.path.notations.partout.treepath import TreePath


def get_from_config(config_path: str) -> TreePath:
    """An empty one of a configuration file. Raises NoConfiguration, InvalidCatalog."""
    return TreePath(current.lookup().at(str(config_path)))


def get_from_path(path: str) -> TreePath:
    """An empty one of the configuration that holds for a path, which need not exist.

    Raises NoConfiguration, SeveralConfigurations, InvalidCatalog.
    """
    return TreePath(current.lookup().of(str(path)))


def get_from_label(label: str, path: str) -> TreePath:
    """One with what the path says, read by the label.

    Raises what `get_from_path` does, and UnknownTemplate, PathMismatch, AmbiguousPath.
    """
    made = get_from_path(path)
    made.fill_with_label(label, str(path))
    return made


def get_from_labels(labels: Iterable[str], path: str) -> TreePath:
    """One with what the path says, read by the first of the labels that fits it.

    Labels that the configuration does not have are passed over, since projects differ; not
    when none is left. Raises what `get_from_label` does.
    """
    labels = list(labels)
    made = get_from_path(path)
    known = [label for label in labels if label in made.available_labels]
    if not known:
        raise UnknownTemplate(", ".join(labels), tuple(made.available_labels))
    nearest: Optional[PathMismatch] = None
    for label in known:
        try:
            made.fill_with_label(label, str(path))
        except PathMismatch as fault:
            nearest = fault if nearest is None or fault.column > nearest.column else nearest
        else:
            return made
    assert nearest is not None
    raise PathMismatch(", ".join(known), str(path), nearest.column)


def is_label_matching_path(label: str, path: str) -> bool:
    """Whether the label can have made the path.

    Raises UnknownTemplate for no label of the configuration, and what `get_from_path` does.
    """
    return current.lookup().of(str(path)).fits(label, str(path))


__all__: List[str] = [
    "TreePath",
    "get_from_config",
    "get_from_label",
    "get_from_labels",
    "get_from_path",
    "is_label_matching_path",
]
