"""Runs: one handler over one release file on one index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipl.errors.access import LoginExpired
from pipl.errors.base import DiskFull, FrameworkError
from pipl.errors.server import ServerError
from pipl.index.name import IndexName
from pipl_pipe.errors import DesignedError, StoreFull, StoreUnreachable

State = Literal["queued", "running", "passed", "failed", "held", "cancelled"]
PENDING: tuple[State, ...] = ("queued", "running")
ENDS: tuple[State, ...] = ("passed", "failed", "held", "cancelled")
RETRYABLE: tuple[State, ...] = ("failed", "held", "cancelled")


@dataclass(frozen=True)
class NewRun:
    """What is to be run: `handler` over a file (`sha256` of its bytes) that `user` uploaded.

    `flow` is the version of the flow that asks for it; `kind` and `type` are the packl's, where
    they are known.
    """

    index: IndexName
    project: str
    version: str
    filename: str
    sha256: str
    handler: str
    user: str | None = None
    flow: str = ""
    kind: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class Run(NewRun):
    """A run as the ledger keeps it. Times are seconds since the epoch, in UTC.

    `attempt` counts from 1 at the first start; `faults` are the attempts in a row that the
    infrastructure spoiled; a queued run starts at `due_at` or later. At the step `deliver` its
    job is done, and what it made is on the way. `rerun` asks for one more run after its end.
    `runner` has it while it is running. `code`, `reason` and `hint` say why it is in its state,
    where that needs saying.
    """

    id: int = 0
    state: State = "queued"
    attempt: int = 0
    faults: int = 0
    queued_at: float = 0.0
    due_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    host: str | None = None
    runner: str | None = None
    step: str = "job"
    rerun: bool = False
    code: str = ""
    reason: str = ""
    hint: str = ""

    @property
    def title(self) -> str:
        """What people call it: `qa of hero-model 1.0.0 on root/testing`."""
        return f"{self.handler} of {self.project} {self.version} on {self.index}"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    `again` says that the run itself is not to blame, such as when the server went away: it
    is queued again instead of taking `state`.
    """

    state: Literal["passed", "failed", "held", "cancelled"]
    reason: str = ""
    hint: str = ""
    code: str = ""
    again: bool = False

    @classmethod
    def passed(cls, reason: str = "") -> Outcome:
        return cls("passed", reason)

    @classmethod
    def cancelled(cls, reason: str) -> Outcome:
        return cls("cancelled", reason)

    @classmethod
    def of_error(cls, error: DesignedError) -> Outcome:
        """The failure that a designed error stands for.

        It is tried again where the server, the login, the disk or a store of assets is to blame.
        """
        code = error.reported if isinstance(error, FrameworkError) else error.code
        spoiled = isinstance(error, (ServerError, LoginExpired, DiskFull))
        return cls(
            "failed",
            reason=str(error),
            hint=error.advice,
            code=code,
            again=spoiled or code in (StoreFull.code, StoreUnreachable.code),
        )
