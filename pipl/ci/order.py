"""What an engine tells the process of a job, and what it hears from it: a line of JSON each.

The order comes by the job's standard input, as it holds a login; the end of that pipe tells that
the engine is gone, or wants the job to end. The process answers on its standard output.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipl_pipe.login import Login

MAX_BYTES = 1_000_000
EXIT_OUT_OF_MEMORY = 77
"""The exit status of a job that was refused memory."""
STOPPED_S = 20.0
GROUP_AUTO, GROUP_NONE = "auto", "no"


@dataclass(frozen=True)
class Order:
    """A job: the folder with its `run.json`, who it acts as, and its limits.

    One that a signal has stopped for longer than `stopped_s` is lost.
    """

    folder: Path
    login: Login = field(repr=False)
    timeout_s: float
    memory_bytes: int | None = None
    stopped_s: float = STOPPED_S

    def line(self) -> bytes:
        values = {**asdict(self), "folder": str(self.folder)}
        return json.dumps(values).encode("ascii") + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Order:
        """Raises ValueError, TypeError, KeyError."""
        values = json.loads(line)
        login = Login(**values.pop("login"))
        return cls(**{**values, "folder": Path(values["folder"]), "login": login})


@dataclass(frozen=True)
class Contained:
    """Said before a job begins: what holds its processes, if its supervisor should die."""

    child: int


@dataclass(frozen=True)
class Report:
    """Said when a job and all that it started is gone; see `pipl.ci.engine.Ended`.

    `again`: the process waits for another order.
    """

    status: int | None
    timed_out: bool = False
    lost: bool = False
    out_of_memory: bool = False
    cancelled: bool = False
    again: bool = False


def group_name(process: str) -> str:
    """The control group of the jobs of a process, by the name that its engine gave it."""
    return f"pipl-ci-{process}"


def group_base(where: str) -> Path | None:
    """The folder in which control groups are made, None where it is to be found."""
    return None if where in (GROUP_AUTO, GROUP_NONE) else Path(where)


def read_line(descriptor: int) -> bytes | None:
    """A line, byte by byte so that nothing after it is taken; None at the end of the pipe."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte or len(line) > MAX_BYTES:
            return None
        line += byte
    return line


def say(descriptor: int, message: Contained | Report) -> None:
    """Write a message whole (it is smaller than a pipe's buffer)."""
    text = json.dumps({"kind": type(message).__name__, **asdict(message)})
    os.write(descriptor, text.encode("ascii") + b"\n")


def heard(said: bytes) -> tuple[Contained | None, Report | None]:
    """The messages in what a job's process has said; what is no message is ignored."""
    contained, report = None, None
    for line in said.splitlines():
        try:
            values = json.loads(line)
            kind = values.pop("kind")
            if kind == Contained.__name__:
                contained = Contained(**values)
            elif kind == Report.__name__:
                report = Report(**values)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return contained, report
