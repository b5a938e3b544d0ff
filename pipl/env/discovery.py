"""Looking for interpreters on this machine, as virtualenv does it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from virtualenv import session_via_cli

from pipl.env import managed
from pipl.env.interpreter import Interpreter
from pipl.errors.env import NoInterpreter

OLDEST_MINOR = 9
NEWEST_MINOR = 15
"""The Python 3 minor versions that are looked for by name."""


def named(wanted: str, requires: SpecifierSet, environ: Mapping[str, str] | None) -> Interpreter:
    """The interpreter that `wanted` names; NoInterpreter also where `requires` refuses it."""
    found = look_up(wanted, environ)
    if found is None:
        raise NoInterpreter(wanted, ())
    if not requires.contains(found.version, prereleases=True):
        raise NoInterpreter(f"{wanted} and {requires}", (_shown(found),))
    return found


def admitted(
    requires: SpecifierSet, current: Interpreter, environ: Mapping[str, str] | None
) -> Interpreter:
    """The newest interpreter that `requires` admits. Raises NoInterpreter, naming those found."""
    seen = [current]
    for minor in range(NEWEST_MINOR, OLDEST_MINOR - 1, -1):
        if minor == current.version.minor or not _may_admit(requires, minor):
            continue
        found = look_up(f"3.{minor}", environ)
        if found is None:
            continue
        if requires.contains(found.version, prereleases=True):
            return found
        seen.append(found)
    raise NoInterpreter(f"Python {requires}", tuple(map(_shown, seen)))


def look_up(spec: str, environ: Mapping[str, str] | None) -> Interpreter | None:
    """The interpreter that a path or a version names, below any environment; None: none.

    Versions are looked for where virtualenv does, then among those of pyenv and uv.
    """
    found = _asked(spec, environ)
    for path in () if found else managed.executables(spec, environ or os.environ):
        found = found or _asked(str(path), environ)
    return found


def _asked(spec: str, environ: Mapping[str, str] | None) -> Interpreter | None:
    arguments = [f"--python={spec}", "--no-seed", "unused"]
    env = None if environ is None else virtualenv_environ(environ)
    try:
        info = session_via_cli(arguments, setup_logging=False, env=env).interpreter
    except RuntimeError:  # what virtualenv raises where it finds none
        return None
    version = Version(".".join(map(str, info.version_info[:3])))
    return Interpreter(Path(info.system_executable or info.executable), version)


def virtualenv_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that change what virtualenv does, and without its user file."""
    kept = {key: value for key, value in environ.items() if not key.startswith("VIRTUALENV_")}
    if "VIRTUALENV_OVERRIDE_APP_DATA" in environ:
        kept["VIRTUALENV_OVERRIDE_APP_DATA"] = environ["VIRTUALENV_OVERRIDE_APP_DATA"]
    return {**kept, "VIRTUALENV_CONFIG_FILE": os.devnull}


def _may_admit(requires: SpecifierSet, minor: int) -> bool:
    """Whether some patch release of 3.`minor` could be admitted."""
    return any(
        requires.contains(Version(f"3.{minor}.{patch}"), prereleases=True) for patch in range(40)
    )


def _shown(interpreter: Interpreter) -> str:
    return f"{interpreter.path} ({interpreter.version})"
