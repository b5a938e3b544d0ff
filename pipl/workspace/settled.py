"""What the packls of an environment said when it was last settled: env sets, and faults."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

from pipl import durable
from pipl.env.environment import Environment
from pipl.errors.base import FrameworkError
from pipl.errors.env import EnvironmentDamaged
from pipl_pipe.errors import EnvSetConflict, InstallationMissing
from pipl_pipe.variables import Operation

NAME = "pipl-settled.json"
"""In the environment's root."""


UNMET = (InstallationMissing.code, EnvSetConflict.code)
_KNOWN = {field.name for field in fields(Operation)}


@dataclass(frozen=True)
class Unmet:
    """A designed error of the environment's framework."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True)
class Settled:
    """`env` are the changes of variables, in order; `broken` says of each packl what is wrong.

    `unmet` are those of `broken` without which work cannot begin, as code, message and hint.
    While the same is installed, asking again gives the same where it is `fixed`.
    """

    env: tuple[Operation, ...] = ()
    broken: tuple[str, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    fixed: bool = True


def write(environment: Environment, report: dict[str, object] | None) -> None:
    """Keep the framework's report; None: no packl has anything to say."""
    path = environment.folder / NAME
    if report is None:
        path.unlink(missing_ok=True)
    else:
        durable.write_text(path, json.dumps(report, indent=1, sort_keys=True) + "\n")


def read(environment: Environment) -> Settled:
    """The kept report, empty where there is none. Raises EnvironmentDamaged."""
    path = environment.folder / NAME
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        return Settled(
            tuple(
                Operation(**{key: value for key, value in operation.items() if key in _KNOWN})
                for operation in report["env"]
            ),
            tuple(fault["message"] for fault in report["broken"]),
            tuple(
                Unmet(fault["code"], fault["message"], fault.get("hint", ""))
                for fault in report["broken"]
                if fault["code"] in UNMET
            ),
            fixed=report.get("fixed") is True,
        )
    except FileNotFoundError:
        return Settled()
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise EnvironmentDamaged(str(path), f"{type(fault).__name__}: {fault}") from fault


def expect_met(environment: Environment) -> None:
    """Applications that packls stand for are there, and no env sets contradict each other.

    The environment is complete otherwise. Raises FrameworkError, with all that is amiss.
    """
    unmet = read(environment).unmet
    if unmet:
        message = "\n".join(one.message for one in unmet)
        raise FrameworkError(unmet[0].code, message, "; ".join(one.hint for one in unmet))
