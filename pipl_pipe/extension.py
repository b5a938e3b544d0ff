"""What installed packls provide, by entry point.

Who wins where two distributions provide one name: the one that, directly or not, depends on
all the others. Where none does, the `choose` config entry decides, else it is an error.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, TypeVar

from pipl_pipe.distributions import Extension, Installed, here, scan
from pipl_pipe.errors import AmbiguousExtension, BrokenExtension, PipeError, UnknownExtension
from pipl_pipe.names import normalised

CONFIG_GROUP = "pipl_pipe.config"
CHOOSE = "choose"
"""The config entry that settles who wins: group to name to distribution."""
T = TypeVar("T")


class Extensions(Mapping[str, Extension]):
    """One group: name to the Extension that wins.

    Looking up raises UnknownExtension (a KeyError) or AmbiguousExtension.
    """

    def __init__(self, group: str, installed: Installed, choices: Mapping[str, str]) -> None:
        self.group = group
        self._installed = installed
        self._choices = {name: normalised(str(chosen)) for name, chosen in choices.items()}
        self._candidates: Dict[str, List[Extension]] = {}
        for extension in installed.extensions:
            if extension.group == group:
                self._candidates.setdefault(extension.name, []).append(extension)

    def __getitem__(self, name: str) -> Extension:
        candidates = self._candidates.get(name)
        if not candidates:
            raise UnknownExtension(self.group, name, self.names())
        if len(candidates) == 1:
            return candidates[0]
        return self._winner(name, candidates)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._candidates)

    def __contains__(self, name: object) -> bool:
        return name in self._candidates

    def names(self) -> Tuple[str, ...]:
        return tuple(sorted(self._candidates))

    def _winner(self, name: str, candidates: List[Extension]) -> Extension:
        chosen = [one for one in candidates if one.distribution == self._choices.get(name)]
        if chosen:
            return chosen[0]
        names = {one.distribution for one in candidates}
        winners = [
            one
            for one in candidates
            if names - {one.distribution} <= self._installed.closure(one.distribution)
        ]
        if len(winners) != 1:
            raise AmbiguousExtension(self.group, name, tuple(sorted(names)))
        return winners[0]


class Loaded(Mapping[str, T]):
    """Name to object of one group: loaded and checked when looked up.

    `extra` are objects known without entry point, which an entry point of that name hides.
    Looking up raises UnknownExtension (a KeyError), AmbiguousExtension, BrokenExtension.
    """

    def __init__(
        self,
        found: Extensions,
        *,
        extra: Mapping[str, T],
        check: Callable[[Any], str],
    ) -> None:
        """`check` says what is wrong with an object; empty if nothing is."""
        self._found = found
        self._extra = extra
        self._check = check

    def __getitem__(self, name: str) -> T:
        if name not in self._found and name in self._extra:
            return self._extra[name]
        if name not in self._found:
            raise UnknownExtension(self._found.group, name, tuple(self))
        extension = self._found[name]
        loaded = extension.load()
        problem = self._check(loaded)
        if problem:
            raise extension.broken(problem)
        found: T = loaded
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._found, *self._extra}))

    def __len__(self) -> int:
        return len({*self._found, *self._extra})

    def __contains__(self, name: object) -> bool:
        return name in self._found or name in self._extra

    def target(self, name: str) -> str:
        """The `module:object` it is registered as. Raises UnknownExtension, AmbiguousExtension."""
        return self._found[name].value

    def distribution(self, name: str) -> str:
        """Which distribution provides it; empty for one known without entry point."""
        return self._found[name].distribution if name in self._found else ""

    def working(self) -> Tuple[Dict[str, T], Tuple[PipeError, ...]]:
        """Everything that loads, by name, and why the rest does not."""
        working: Dict[str, T] = {}
        broken: List[PipeError] = []
        for name in self:
            try:
                working[name] = self[name]
            except (BrokenExtension, AmbiguousExtension) as fault:
                broken.append(fault)
        return working, tuple(broken)


def extensions(
    group: str, *, distributions: Optional[Iterable[metadata.Distribution]] = None
) -> Extensions:
    """What the installed packls (or the given distributions) provide in a group."""
    installed = here() if distributions is None else scan(distributions)
    return Extensions(group, installed, _choices(installed).get(group, {}))


def choices(group: str) -> Mapping[str, str]:
    """What the `choose` config entry says of a group: name to distribution."""
    return {str(name): str(one) for name, one in _choices(here()).get(group, {}).items()}


def called(extension: Extension) -> Any:
    """The entry point's object, or what it returns if it is callable. Raises BrokenExtension."""
    found = extension.load()
    if not callable(found):
        return found
    try:
        return found()
    except Exception as fault:  # foreign code
        raise extension.broken(f"{type(fault).__name__}: {fault}") from fault


def _choices(installed: Installed) -> Mapping[str, Mapping[str, str]]:
    """The `choose` config entry; nothing where it is missing, broken or itself ambiguous."""
    group = Extensions(CONFIG_GROUP, installed, {})
    if CHOOSE not in group:
        return {}
    try:
        value = called(group[CHOOSE])
    except (BrokenExtension, AmbiguousExtension):
        return {}
    if not isinstance(value, dict):
        return {}
    return {str(key): one for key, one in value.items() if isinstance(one, dict)}
