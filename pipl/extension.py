"""What extends the tool itself, by entry point: templates, what CI is made of.

Which distribution wins where two provide one name, and how a broken one is reported, is
`pipl_pipe.extension`'s; the entry points are read by importlib-metadata, the same on every
Python. Nothing is imported before it is looked up.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import importlib_metadata
from importlib_metadata import EntryPoint

from pipl_pipe.distributions import Extension, Installed, required_names
from pipl_pipe.extension import Extensions, Loaded
from pipl_pipe.names import normalised

if TYPE_CHECKING:  # where it is at runtime differs from 3.10 to 3.14
    from importlib.abc import Traversable

TEMPLATES = "pipl.templates"
CI_HANDLERS = "pipl.ci_handlers"
CI_ENGINES = "pipl.ci_engines"
CI_NOTIFIERS = "pipl.ci_notifiers"
GROUPS = (TEMPLATES, CI_HANDLERS, CI_ENGINES, CI_NOTIFIERS)


class Distribution(Protocol):
    """What is read of importlib-metadata's, which renamed its own between 8 and 10."""

    @property
    def name(self) -> str: ...

    @property
    def requires(self) -> list[str] | None: ...

    @property
    def entry_points(self) -> Iterable[EntryPoint]: ...


class Templates(Mapping[str, "Traversable"]):
    """Packl skeletons by name. Looking up one whose package is broken raises BrokenExtension."""

    def __init__(self, packages: Extensions) -> None:
        self._packages = packages

    def __getitem__(self, name: str) -> Traversable:
        found = self._packages[name]
        package = found.load()
        if not isinstance(package, ModuleType):
            raise found.broken("a template is a package: write its module's name alone")
        return files(package)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packages)

    def __len__(self) -> int:
        return len(self._packages)

    def __contains__(self, name: object) -> bool:
        return name in self._packages


def templates() -> Templates:
    """The skeletons that `pipl packl create` renders."""
    return Templates(extensions(TEMPLATES))


def ci_handlers() -> Loaded[Callable[..., object]]:
    """What CI can do with a release, loaded when looked up; see `pipl.ci.handler`."""
    return Loaded(extensions(CI_HANDLERS), extra={}, check=_callable)


def ci_engines() -> Loaded[Callable[..., object]]:
    """Where CI's jobs can run, loaded when looked up; see `pipl.ci.engine`."""
    return Loaded(extensions(CI_ENGINES), extra={}, check=_callable)


def ci_notifiers() -> Loaded[Callable[..., object]]:
    """How people are told, loaded when looked up; see `pipl.ci.notify.notifier`."""
    return Loaded(extensions(CI_NOTIFIERS), extra={}, check=_callable)


def _callable(found: object) -> str:
    return "" if callable(found) else "it cannot be called"


def extensions(group: str, *, distributions: Iterable[Distribution] | None = None) -> Extensions:
    """What is installed beside pipl (or the given distributions) and extends it in a group."""
    installed = _here() if distributions is None else scan(distributions)
    return Extensions(group, installed, {})


@functools.cache
def _here() -> Installed:
    return scan(importlib_metadata.distributions())


def scan(distributions: Iterable[Distribution]) -> Installed:
    """The tool's extensions; the first distribution of a name hides later ones."""
    everything = tuple(distributions)

    @functools.cache
    def by_name() -> dict[str, Distribution]:  # reads all metadata: only where two collide
        return {normalised(one.name): one for one in reversed(everything) if one.name}

    def requires(name: str) -> frozenset[str]:
        known = by_name().get(name)
        return required_names(known.requires or ()) if known is not None else frozenset()

    found: dict[str, tuple[Extension, ...]] = {}
    for distribution in everything:
        entries = [entry for entry in distribution.entry_points if entry.group in GROUPS]
        if entries:
            name = normalised(distribution.name)
            found.setdefault(
                name,
                tuple(Extension(entry.group, entry.name, entry.value, name) for entry in entries),
            )
    return Installed(tuple(one for held in found.values() for one in held), (), requires)
