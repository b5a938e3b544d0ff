"""What a packl writes: operations, each with the line that asks for it, and the env set of them."""

from __future__ import annotations

import os
import sys
from typing import Callable, Iterable, Optional, Union

from pipl_pipe.envset.installation import Installation
from pipl_pipe.variables import Operation

Value = Union[str, "os.PathLike[str]"]
Declared = Callable[..., Iterable[Operation]]
"""A function that gives operations. Its parameters are named: any of PARAMETERS."""
PARAMETERS = ("root", "assets", "workspace", "package", "platform", "env")


class EnvSet:
    """The changes that one packl asks for, in order: operations, and functions that give some.

    In values `{assets}` stands for the asset view, `{workspace}` for the workspace, `{package}`
    for the package that declares the env set and `{root}` for the folder of its installation,
    else for the package too; other braces stay. Functions are given the same as paths, also
    `platform` ("linux", "windows" or "macos") and `env`: the variables with which the workspace
    is synced, changed by the env sets of what the packl depends on.
    """

    def __init__(
        self,
        *operations: Union[Operation, Declared],
        installation: Optional[Installation] = None,
    ) -> None:
        self.declared = operations
        self.installation = installation

    @property
    def operations(self) -> "tuple[Operation, ...]":
        """Those that are known without a workspace: functions are left out."""
        return tuple(one for one in self.declared if isinstance(one, Operation))


def set_(name: str, value: Value) -> Operation:
    """Set a variable, whatever it was."""
    return _operation(name, "set", value)


def unset(name: str) -> Operation:
    """Remove a variable."""
    return _operation(name, "unset", "")


def prepend(name: str, value: Value) -> Operation:
    """Put a path first in a list of paths."""
    return _operation(name, "prepend", value)


def append(name: str, value: Value) -> Operation:
    """Put a path last in a list of paths."""
    return _operation(name, "append", value)


def default(name: str, value: Value) -> Operation:
    """Set a variable where it is not set."""
    return _operation(name, "default", value)


def alias(name: str, command: str) -> Operation:
    """Let `name` stand for a command line, in interactive shells alone."""
    return _operation(name, "alias", command)


def source(script: Value) -> Operation:
    """Read a script into shells of its language, which its suffix tells.

    That is .sh, .bash, .zsh, .fish, .csh, .tcsh, .ps1, .bat or .cmd. `work run` starts no
    shell, and leaving the workspace takes back what operations do, not what scripts do.
    """
    return _operation("", "source", script)


def _operation(name: str, action: str, value: Value) -> Operation:
    declared = sys._getframe(2)  # of the packl, which called `set_` or another
    line = f"{declared.f_code.co_filename}:{declared.f_lineno}"
    return Operation(name, action, os.fspath(value), line=line)
