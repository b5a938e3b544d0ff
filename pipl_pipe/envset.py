"""Env sets: environment variables, aliases and scripts that packls bring along.

    ENV_SET = EnvSet(prepend("PXR_AR_DEFAULT_SEARCH_PATH", "{assets}"), default("SHOW", "demo"))

or a function of some of `root`, `assets`, `platform` and `env` that returns an EnvSet or its
changes:

    def env_set(root, platform):
        return [prepend("PATH", str(root / "bin" / platform))]

registered in `pipl_pipe.env_sets`. They apply in dependency order: what a packl sets, a packl
that depends on it can change.
"""

from __future__ import annotations

import inspect
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from pipl_pipe.context import Context
from pipl_pipe.distributions import Extension, Installed, here, package_folder
from pipl_pipe.errors import (
    AmbiguousExtension,
    BrokenExtension,
    EnvConflict,
    NotInstalled,
    NotOnThisMachine,
    PipeError,
)
from pipl_pipe.extension import extensions
from pipl_pipe.installation import Installation, platform
from pipl_pipe.names import normalised
from pipl_pipe.variables import Operation

GROUP = "pipl_pipe.env_sets"
_DECIDES = ("set", "unset", "alias")
"""The actions that leave nothing of what was there before."""


class EnvSet:
    """The changes that one packl asks for, in order.

    In values `{assets}` stands for the asset view, `{workspace}` for the workspace, `{root}`
    for the package that declares the env set and `{installation}` for the folder of its
    `installation`; other braces stay.
    """

    def __init__(self, *operations: Operation, installation: Optional[Installation] = None) -> None:
        self.operations = operations
        self.installation = installation


def set_(name: str, value: str) -> Operation:
    return Operation(name, "set", value, where=_caller())


def unset(name: str) -> Operation:
    return Operation(name, "unset", where=_caller())


def prepend(name: str, value: str) -> Operation:
    """Put a path before those in the variable."""
    return Operation(name, "prepend", value, where=_caller())


def append(name: str, value: str) -> Operation:
    """Put a path after those in the variable."""
    return Operation(name, "append", value, where=_caller())


def default(name: str, value: str) -> Operation:
    """Set a variable where it is not set."""
    return Operation(name, "default", value, where=_caller())


def alias(name: str, command: str) -> Operation:
    """A name for a command line, in shells."""
    return Operation(name, "alias", command, where=_caller())


def source(path: str) -> Operation:
    """A script to run in shells of its kind: .sh .bash .zsh .fish .csh .tcsh .ps1 .bat .cmd.

    What it changes is neither seen by `pipl work run` nor undone by `deactivate`.
    """
    return Operation("", "source", path, where=_caller())


def operations(context: Context) -> Tuple[List[Operation], Tuple[PipeError, ...]]:
    """The changes of all installed env sets in dependency order, and what is wrong.

    That is the env sets that are broken (BrokenExtension, AmbiguousExtension), applications
    that are not on this machine (NotOnThisMachine) and variables that two want to be different
    things (EnvConflict); all else applies.
    """
    group = extensions(GROUP)
    found: Dict[str, List[Operation]] = {}
    faults: List[PipeError] = []
    for name in group:
        try:
            extension = group[name]
            resolved = _resolved(extension, context)
        except (BrokenExtension, AmbiguousExtension, NotOnThisMachine) as fault:
            faults.append(fault)
            continue
        found.setdefault(extension.distribution, []).extend(resolved)
    installed = here()
    losers, conflicts = _contested(found, installed, context.env_choices)
    order = installed.in_order(found)
    kept = [
        one
        for distribution in order
        for one in found[distribution]
        if (distribution, one.name) not in losers
    ]
    return kept, (*faults, *conflicts)


def _resolved(extension: Extension, context: Context) -> List[Operation]:
    """An env set's changes, their values filled in. Raises BrokenExtension, NotOnThisMachine."""
    try:
        root = package_folder(extension.package)
    except NotInstalled as fault:
        raise extension.broken(str(fault)) from fault
    env_set = _asked(extension, root, context)
    values = {
        "{assets}": str(context.assets),
        "{workspace}": str(context.workspace),
        "{root}": str(root),
    }
    if env_set.installation is not None:
        version = metadata.version(extension.distribution)
        values["{installation}"] = str(_located(env_set.installation, version, extension))
    resolved = []
    for one in env_set.operations:
        if not isinstance(one, Operation):
            raise extension.broken(f"{one!r:.100} is no change of a variable")
        value = one.value
        for placeholder, text in values.items():
            value = value.replace(placeholder, text)
        where = one.where.replace(str(root.parent) + os.sep, "")
        ready = Operation(one.name, one.action, value, extension.distribution, where)
        if ready.problem:
            raise extension.broken(ready.problem)
        resolved.append(ready)
    return resolved


def _asked(extension: Extension, root: Path, context: Context) -> EnvSet:
    """The env set, or what its function returns. Raises BrokenExtension."""
    found = extension.load()
    if callable(found):
        offered = {
            "root": root,
            "assets": context.assets,
            "platform": platform(),
            "env": dict(os.environ),
        }
        try:
            found = _called(found, offered)
        except Exception as fault:  # foreign code
            raise extension.broken(f"{type(fault).__name__}: {fault}") from fault
    if isinstance(found, (list, tuple)):
        found = EnvSet(*found)
    if not isinstance(found, EnvSet):
        raise extension.broken("it is neither an EnvSet nor a function that returns one")
    return found


def _called(function: Callable[..., Any], offered: Mapping[str, object]) -> Any:
    """What a function of some of `offered` returns."""
    wanted = inspect.signature(function).parameters
    unknown = [name for name in wanted if name not in offered]
    if unknown:
        raise TypeError(f"it asks for {unknown[0]!r}; there are {', '.join(offered)}")
    return function(**{name: offered[name] for name in wanted})


def _located(installation: Installation, version: str, extension: Extension) -> Path:
    try:
        return installation.find(version, os.environ)
    except NotOnThisMachine:
        raise
    except Exception as fault:  # a probe is foreign code
        raise extension.broken(f"its probe: {type(fault).__name__}: {fault}") from fault


def _contested(
    found: Mapping[str, Sequence[Operation]], installed: Installed, choices: Mapping[str, str]
) -> "Tuple[set[Tuple[str, str]], List[EnvConflict]]":
    """Whose changes of which variables do not count, and what nobody has decided.

    Two env sets contest a variable where neither depends on the other, nor a third that
    decides it on both.
    """
    deciding: Dict[str, Dict[str, Operation]] = {}
    for distribution, changes in found.items():
        for one in changes:
            if one.action in _DECIDES:
                deciding.setdefault(one.name, {})[distribution] = one
    losers: "set[Tuple[str, str]]" = set()
    conflicts = []
    for name, by in sorted(deciding.items()):
        last = _last(by, installed)
        outcomes = {(by[one].action, by[one].value) for one in last}
        if len(outcomes) < 2:
            continue
        chosen = normalised(choices.get(name, ""))
        if chosen in by:
            losers.update((one, name) for one in by if one != chosen)
            continue
        first, second = _two_that_differ(last, by)
        conflicts.append(EnvConflict(name, first, _says(by[first]), second, _says(by[second])))
    return losers, conflicts


def _last(distributions: Iterable[str], installed: Installed) -> List[str]:
    """Those that no other one depends on."""
    names = sorted(distributions)
    return [one for one in names if not any(installed.depends(o, one) for o in names if o != one)]


def _two_that_differ(names: Sequence[str], by: Mapping[str, Operation]) -> Tuple[str, str]:
    first = names[0]
    outcome = (by[first].action, by[first].value)
    return first, next(o for o in names if (by[o].action, by[o].value) != outcome)


def _says(one: Operation) -> str:
    return "not set" if one.action == "unset" else repr(one.value)


def _caller() -> str:
    """`file:line` of whoever asks for a change."""
    frame = sys._getframe(2)  # what traceback uses, without its imports
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
