"""Configuration files gathered in folders (seed document of Path Partout)."""

from __future__ import annotations

from typing import Optional, Sequence

from pipl_pipe.path.notations.partout import current, tree
from pipl_pipe.path.notations.partout.treepath import TreePath


def set_paths(paths: Optional[Sequence[str]]) -> None:
    """The folders whose `.conf` files, also in subfolders, are configurations by their scopes.

    They stand in place of those in PATH_PARTOUT_CONF_FOLDERS; None for those again.
    """
    current.set_folders(paths)


def get_config_path_by_name(name: str) -> str:
    """The file with this `name`. Raises NoConfiguration, SeveralConfigurations."""
    return current.lookup().named(name)


def search_config_path(term: str, value: str) -> str:
    """The file that lists `value` below this search term.

    Raises NoConfiguration, SeveralConfigurations.
    """
    return current.lookup().with_term(term, value)


def get_from_config(config_path: str) -> TreePath:
    """`tree.get_from_config`; an example of the document calls it here."""
    return tree.get_from_config(config_path)
