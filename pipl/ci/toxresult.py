"""Test results in tox's JSON form, which devpi keeps beside a release and shows on its pages.

The form: tox, 'result-json'; read by devpi_common.viewhelp.ToxResultEnv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipl import __version__
from pipl.index.release import ReleaseFile


@dataclass(frozen=True)
class Command:
    """A command that was run, its exit status, and what it wrote."""

    args: tuple[str, ...]
    status: int
    output: str

    def to_json(self) -> dict[str, object]:
        return {
            "command": list(self.args),
            "retcode": self.status,
            "output": self.output,
            "err": "",
        }


@dataclass(frozen=True)
class Machine:
    """Where tests ran: `platform` as `sys.platform` says it, `host` its name."""

    host: str
    platform: str


def report(
    file: ReleaseFile,
    machine: Machine,
    *,
    python: str,
    setup: Sequence[Command],
    test: Sequence[Command],
) -> dict[str, object]:
    """The result of testing a wheel in one environment, whose Python has version `python`."""
    major, minor = python.split(".")[:2]
    environment: dict[str, object] = {
        "python": {"version": python},
        "setup": [command.to_json() for command in setup],
        "test": [command.to_json() for command in test],
        "result": {"success": all(command.status == 0 for command in (*setup, *test))},
    }
    return {
        "reportversion": "1",
        "toxversion": f"pipl {__version__}",
        **_about(file, machine),
        "testenvs": {f"py{major}{minor}": environment},
    }


def of_tox(written: Mapping[str, object], file: ReleaseFile, machine: Machine) -> dict[str, object]:
    """What tox has written itself, completed by what it may leave out."""
    return {**_about(file, machine), "testenvs": {}, **written}


def _about(file: ReleaseFile, machine: Machine) -> dict[str, object]:
    return {
        "platform": machine.platform,
        "host": machine.host,
        "installpkg": {"basename": file.filename, "sha256": file.sha256},
    }
