"""Env sets: environment variables that packls bring along.

    ENV_SET = EnvSet(prepend("PXR_AR_DEFAULT_SEARCH_PATH", "{assets}"), default("SHOW", "demo"))

registered in `pipl_pipe.env_sets`. They apply in dependency order: what a packl sets, a packl
that depends on it can change.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from pipl_pipe.context import Context
from pipl_pipe.distributions import Extension, here, package_folder
from pipl_pipe.errors import AmbiguousExtension, BrokenExtension, NotInstalled, PipeError
from pipl_pipe.extension import extensions
from pipl_pipe.variables import Operation

GROUP = "pipl_pipe.env_sets"


class EnvSet:
    """The changes that one packl asks for, in order.

    In values `{assets}` stands for the asset view, `{workspace}` for the workspace and `{root}`
    for the package that declares the env set; other braces stay.
    """

    def __init__(self, *operations: Operation) -> None:
        self.operations = operations


def set_(name: str, value: str) -> Operation:
    return Operation(name, "set", value)


def unset(name: str) -> Operation:
    return Operation(name, "unset")


def prepend(name: str, value: str) -> Operation:
    return Operation(name, "prepend", value)


def append(name: str, value: str) -> Operation:
    return Operation(name, "append", value)


def default(name: str, value: str) -> Operation:
    return Operation(name, "default", value)


def operations(context: Context) -> Tuple[List[Operation], Tuple[PipeError, ...]]:
    """The changes of all installed env sets in dependency order, and the ones that are broken."""
    group = extensions(GROUP)
    found: Dict[str, List[Operation]] = {}
    broken: List[PipeError] = []
    for name in group:
        try:
            extension = group[name]
            resolved = _resolved(extension, context)
        except (BrokenExtension, AmbiguousExtension) as fault:
            broken.append(fault)
            continue
        found.setdefault(extension.distribution, []).extend(resolved)
    order = here().in_order(found)
    return [one for distribution in order for one in found[distribution]], tuple(broken)


def _resolved(extension: Extension, context: Context) -> List[Operation]:
    """An env set's changes with their values filled in. Raises BrokenExtension."""
    env_set = extension.load()
    if not isinstance(env_set, EnvSet):
        raise extension.broken("it is not an EnvSet")
    try:
        root = package_folder(extension.package)
    except NotInstalled as fault:
        raise extension.broken(str(fault)) from fault
    values = {
        "{assets}": str(context.assets),
        "{workspace}": str(context.workspace),
        "{root}": str(root),
    }
    resolved = []
    for one in env_set.operations:
        value = one.value
        for placeholder, text in values.items():
            value = value.replace(placeholder, text)
        resolved.append(Operation(one.name, one.action, value, extension.distribution))
    return resolved
