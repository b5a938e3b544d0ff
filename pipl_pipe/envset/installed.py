"""The changes of all installed env sets, in the order in which they apply."""

from __future__ import annotations

import dataclasses
import inspect
import os
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

from pipl_pipe import variables
from pipl_pipe.context import Context
from pipl_pipe.distributions import Extension, here, package_folder
from pipl_pipe.envset import checking, conflicts
from pipl_pipe.envset.declaring import PARAMETERS, EnvSet
from pipl_pipe.envset.installation import Installation, platform
from pipl_pipe.errors import (
    AmbiguousExtension,
    BrokenExtension,
    InstallationMissing,
    NotInstalled,
    PipeError,
)
from pipl_pipe.extension import choices, extensions
from pipl_pipe.variables import Operation

GROUP = "pipl_pipe.env_sets"
VARIABLES = "env"
"""Under this the `choose` config entry says which distribution sets a variable."""
_VALUES = ("root", "assets", "workspace", "package")


def operations(
    context: Context, environ: Optional[Mapping[str, str]] = None
) -> Tuple[List[Operation], Tuple[PipeError, ...]]:
    """The changes of all installed env sets in dependency order, and what is wrong.

    `environ` are the variables that functions and installations see (default: this process's).
    A broken env set, and one whose application is missing, is left out; the others apply. Of
    a variable that two set to different values, neither does.
    """
    group = extensions(GROUP)
    found: Dict[str, List[Extension]] = {}
    broken: List[PipeError] = []
    for name in group:
        try:
            extension = group[name]
        except AmbiguousExtension as fault:
            broken.append(fault)
            continue
        found.setdefault(extension.distribution, []).append(extension)
    env = dict(os.environ if environ is None else environ)
    ordered: List[Operation] = []
    for distribution in here().in_order(found):
        for extension in found[distribution]:
            try:
                resolved = _Resolving(extension, context, env).operations()
            except (BrokenExtension, InstallationMissing) as fault:
                broken.append(fault)
                continue
            env = variables.apply(resolved, env)
            ordered += resolved
    prefer = {**choices(VARIABLES), **context.prefer}
    settled, faults = conflicts.settled(ordered, here().depends, prefer)
    return settled, (*broken, *faults)


def are_data() -> bool:
    """Whether no env set calls a function or looks for an application; a broken one may."""
    group = extensions(GROUP)
    try:
        return all(_is_data(group[name].load()) for name in group)
    except (AmbiguousExtension, BrokenExtension):
        return False


def _is_data(declared: object) -> bool:
    return (
        isinstance(declared, EnvSet)
        and declared.installation is None
        and all(isinstance(one, Operation) for one in declared.declared)
    )


@dataclasses.dataclass(frozen=True)
class _Resolving:
    """One env set in one workspace; `env` are the variables before it applies."""

    extension: Extension
    context: Context
    env: Mapping[str, str]

    def operations(self) -> List[Operation]:
        """Its changes with their values filled in. Raises BrokenExtension, InstallationMissing."""
        declared = self.extension.load()
        if not isinstance(declared, EnvSet):
            if not callable(declared) or isinstance(declared, type):
                raise self.extension.broken("it is neither an EnvSet nor a function")
            declared = EnvSet(declared)
        try:
            package = package_folder(self.extension.package)
        except NotInstalled as fault:
            raise self.extension.broken(str(fault)) from fault
        root = self._root(declared.installation) if declared.installation else package
        given = {
            "root": root,
            "assets": self.context.assets,
            "workspace": self.context.workspace,
            "package": package,
        }
        return [
            self._filled(one, given)
            for each in declared.declared
            for one in ((each,) if isinstance(each, Operation) else self._called(each, given))
        ]

    def _root(self, installation: Installation) -> Path:
        distribution = self.extension.distribution
        try:
            version = metadata.version(distribution)
            root, looked = installation.find(version, self.env, platform())
        except Exception as fault:  # foreign code: its probe
            reason = f"looking for {installation.name} raised {type(fault).__name__}: {fault}"
            raise self.extension.broken(reason) from fault
        if root is None:
            raise InstallationMissing(
                installation.name, version, distribution, looked, installation.variable
            )
        return root

    def _called(
        self, function: Callable[..., Iterable[Operation]], given: Mapping[str, Path]
    ) -> List[Operation]:
        everything: Dict[str, Any] = {**given, "platform": platform(), "env": dict(self.env)}
        try:
            named = inspect.signature(function).parameters
            unknown = [name for name in named if name not in everything]
            if unknown:
                wanted, known = ", ".join(unknown), ", ".join(PARAMETERS)
                raise self.extension.broken(f"it takes {wanted}; there are: {known}")
            operations = list(function(**{name: everything[name] for name in named}))
        except BrokenExtension:
            raise
        except (Exception, SystemExit) as fault:  # foreign code
            raise self.extension.broken(f"{type(fault).__name__}: {fault}") from fault
        for one in operations:
            if not isinstance(one, Operation):
                raise self.extension.broken(f"it gives {one!r}, which is no operation")
        return operations

    def _filled(self, one: Operation, given: Mapping[str, Path]) -> Operation:
        problem = checking.problem_of(one)
        if problem:
            raise self.extension.broken(f"{problem} ({one.line})")
        value = one.value
        for name in _VALUES:
            value = value.replace(f"{{{name}}}", str(given[name]))
        return dataclasses.replace(one, value=value, source=self.extension.distribution)
