"""Named configuration that packls register: `pipl_pipe.config` entries, each a dict."""

from __future__ import annotations

import copy
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from pipl_pipe.errors import AmbiguousExtension, BrokenExtension, PipeError
from pipl_pipe.extension import CONFIG_GROUP, Extensions, called, extensions


class Config(Mapping[str, Dict[str, Any]]):
    """Entry name to dict; an entry point names the dict or a function that returns it.

    What is handed out is a copy: nobody changes another's configuration. Looking up raises
    UnknownExtension (a KeyError), AmbiguousExtension, BrokenExtension.
    """

    def __init__(self, entries: Extensions) -> None:
        self._entries = entries
        self._read: Dict[str, Dict[str, Any]] = {}

    def __getitem__(self, name: str) -> Dict[str, Any]:
        if name not in self._read:
            extension = self._entries[name]
            value = called(extension)
            if not isinstance(value, dict):
                raise extension.broken(f"it gives a {type(value).__name__}, not a dict")
            self._read[name] = value
        return copy.deepcopy(self._read[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def working(self) -> Tuple[Dict[str, Dict[str, Any]], Tuple[PipeError, ...]]:
        """Every entry that can be read, and why the others cannot."""
        values: Dict[str, Dict[str, Any]] = {}
        broken: List[PipeError] = []
        for name in self:
            try:
                values[name] = self[name]
            except (BrokenExtension, AmbiguousExtension) as fault:
                broken.append(fault)
        return values, tuple(broken)


def config(_config: Optional[Mapping[str, Any]] = None) -> Config:
    """The built-in `config` service."""
    return Config(extensions(CONFIG_GROUP))
