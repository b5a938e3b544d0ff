"""What the packls of an environment said when it was last settled: env sets, and faults."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pipl import durable
from pipl.env.venv import Environment
from pipl.errors import EnvironmentDamaged
from pipl_pipe.variables import Operation

NAME = "pipl-settled.json"
"""In the environment's root."""


@dataclass(frozen=True)
class Settled:
    """`env` are the changes of variables, in order; `broken` says of each packl what is wrong."""

    env: tuple[Operation, ...] = ()
    broken: tuple[str, ...] = ()


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
            tuple(Operation(**operation) for operation in report["env"]),
            tuple(fault["message"] for fault in report["broken"]),
        )
    except FileNotFoundError:
        return Settled()
    except (ValueError, KeyError, TypeError) as fault:
        raise EnvironmentDamaged(str(path), f"{type(fault).__name__}: {fault}") from fault
