"""Finding the Python interpreter that an environment is made from."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from packaging.version import Version

from pipl.env.interpreter import Interpreter
from pipl.errors.env import NoInterpreter


def running() -> Interpreter:
    """The interpreter below the environment that pipl itself runs in."""
    return Interpreter(_base_executable(), Version(platform.python_version()))


def _base_executable() -> Path:
    executable = Path(sys.executable)
    if sys.prefix == sys.base_prefix:
        return executable
    base = Path(getattr(sys, "_base_executable", None) or executable)
    if base != executable:
        return base
    # Python 3.10 knows on Windows only
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    beside = Path(sys.base_exec_prefix, "bin", name)
    return beside if beside.exists() else executable.resolve()


def find(
    wanted: str | None = None, requires: str = "", *, environ: Mapping[str, str] | None = None
) -> Interpreter:
    """The interpreter `wanted` (a path, `3.12`, `python3.12`), or any that `requires` admits.

    `requires` is a specifier set (PEP 440), such as `>=3.9`. The running interpreter is
    preferred, then the newest found. `environ` says where to look (its PATH; None: this
    process's own). Raises NoInterpreter.
    """
    current = running()
    if wanted is None and not requires:
        return current
    # each takes longer to import than most commands take otherwise
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        admitted = SpecifierSet(requires)
    except InvalidSpecifier as fault:
        raise NoInterpreter(f"Python {requires}, which is no specifier (PEP 440)", ()) from fault
    if wanted is None and admitted.contains(current.version, prereleases=True):
        return current
    from pipl.env import discovery

    if wanted is not None:
        return discovery.named(wanted, admitted, environ)
    return discovery.admitted(admitted, current, environ)


def fits(interpreter: Interpreter, requires: str) -> bool:
    """Whether a specifier set (PEP 440) admits it; one that cannot be read does not."""
    if not requires:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # slow to import

    try:
        return SpecifierSet(requires).contains(interpreter.version, prereleases=True)
    except InvalidSpecifier:
        return False
