"""The installed distributions as far as they extend the framework, and who depends on whom."""

from __future__ import annotations

import configparser
import functools
import importlib
import importlib.util
import re
import sys
from collections import deque
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, Tuple

from pipl_pipe.errors import BrokenExtension, NotInstalled
from pipl_pipe.names import normalised

PREFIX = "pipl_pipe."
_TARGET = re.compile(r"(?P<module>[\w.]+)\s*(?::\s*(?P<attribute>[\w.]+))?\s*(?:\[.*\])?$")
_REQUIRED_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA_MARKER = re.compile(r"\bextra\s*==")


@dataclass(frozen=True)
class Extension:
    """One entry point: `value` is `module:object`, `distribution` is normalised."""

    group: str
    name: str
    value: str
    distribution: str

    @property
    def package(self) -> str:
        """The top-level package that its object is in."""
        return self.value.partition(":")[0].partition(".")[0].strip()

    def load(self) -> Any:
        """The object it names. Raises BrokenExtension, whatever its import raises."""
        target = _TARGET.match(self.value)
        if target is None:
            raise self.broken("its target is not module:object")
        try:
            found = importlib.import_module(target["module"])
            for part in (target["attribute"] or "").split("."):
                found = getattr(found, part) if part else found
        except (Exception, SystemExit) as fault:  # foreign code
            raise self.broken(f"{type(fault).__name__}: {fault}") from fault
        return found

    def broken(self, reason: str) -> BrokenExtension:
        return BrokenExtension(self.group, self.name, self.distribution, reason)


@dataclass(frozen=True)
class Installed:
    """The distributions of an environment as far as they extend the framework."""

    extensions: Tuple[Extension, ...]
    broken: Tuple[BrokenExtension, ...]
    requires: Callable[[str], FrozenSet[str]]
    """A distribution's direct requirements (those of extras left out); names normalised."""

    def depends(self, one: str, other: str) -> bool:
        """Whether `one` depends on `other`, directly or not."""
        return other in self.closure(one)

    def closure(self, distribution: str) -> FrozenSet[str]:
        """All that a distribution depends on, without itself unless in a cycle."""
        seen: Dict[str, None] = {}
        waiting = deque(self.requires(distribution))
        while waiting:
            name = waiting.popleft()
            if name not in seen:
                seen[name] = None
                waiting.extend(self.requires(name))
        return frozenset(seen)

    def in_order(self, distributions: Iterable[str]) -> List[str]:
        """Dependencies before what depends on them; else by name."""
        waiting = sorted(set(distributions))
        needs = {name: self.closure(name) & set(waiting) - {name} for name in waiting}
        placed: List[str] = []
        while waiting:
            ready = next((one for one in waiting if needs[one] <= set(placed)), waiting[0])
            waiting.remove(ready)
            placed.append(ready)
        return placed


@functools.lru_cache(maxsize=1)
def here() -> Installed:
    """This interpreter's packls, looked up once; `refresh` after installing something."""
    return scan(metadata.distributions())


def refresh() -> None:
    """Forget what was looked up."""
    here.cache_clear()
    importlib.invalidate_caches()


def scan(distributions: Iterable[metadata.Distribution]) -> Installed:
    """Read the framework's entry points; the first distribution of a name hides later ones."""
    found: List[Extension] = []
    broken: List[BrokenExtension] = []
    everything: List[metadata.Distribution] = []
    seen = set()
    for distribution in distributions:
        everything.append(distribution)
        text = distribution.read_text("entry_points.txt") or ""
        if PREFIX not in text:
            continue
        name = normalised(str(distribution.metadata["Name"]))
        if name in seen:
            continue
        seen.add(name)
        try:
            found.extend(_parsed(text, name))
        except configparser.Error as fault:
            reason = str(fault).splitlines()[0]
            broken.append(BrokenExtension("entry_points.txt", "*", name, reason))
    return Installed(tuple(found), tuple(broken), _requirements_of(everything))


def package_folder(package: str) -> Path:
    """Where a top-level package is, without importing it. Raises NotInstalled."""
    module = sys.modules.get(package)
    spec = module.__spec__ if module is not None else importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise NotInstalled(package)
    return Path(places[0])


def _parsed(text: str, distribution: str) -> List[Extension]:
    parser = configparser.ConfigParser(delimiters=("=",), strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parser.read_string(text)
    return [
        Extension(group, name.strip(), value.strip(), distribution)
        for group in parser.sections()
        if group.startswith(PREFIX)
        for name, value in parser.items(group)
    ]


def _requirements_of(
    distributions: List[metadata.Distribution],
) -> Callable[[str], FrozenSet[str]]:
    """Looks requirements up on first use: most runs need none."""

    @functools.lru_cache(maxsize=None)
    def by_name() -> Dict[str, metadata.Distribution]:
        named: Dict[str, metadata.Distribution] = {}
        for one in distributions:
            named.setdefault(normalised(str(one.metadata["Name"])), one)
        return named

    @functools.lru_cache(maxsize=None)
    def requires(name: str) -> FrozenSet[str]:
        distribution = by_name().get(name)
        return required_names(distribution.requires or ()) if distribution else frozenset()

    return requires


def required_names(requirements: Iterable[str]) -> FrozenSet[str]:
    """The normalised names in PEP 508 requirements, those of extras left out."""
    names = set()
    for text in requirements:
        found = _REQUIRED_NAME.match(text)
        if found and not _EXTRA_MARKER.search(text.partition(";")[2]):
            names.add(normalised(found[1]))
    return frozenset(names)
