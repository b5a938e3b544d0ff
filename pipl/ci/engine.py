"""What an engine is: where the jobs of CI run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipl.ci.job_folder import JobSpec
from pipl.index.login import Login

MEMORY = "memory_gb"
"""The resource that is also a limit: what a job may use, in units of 10⁹ bytes."""


@dataclass(frozen=True)
class Limits:
    """What a job may use: seconds by the clock on the wall, and so much of each resource."""

    timeout_s: float
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def memory_bytes(self) -> int | None:
        """The memory that all processes of the job may use together; None: no limit."""
        memory = self.resources.get(MEMORY)
        return None if memory is None else int(memory * 10**9)


@dataclass(frozen=True)
class Work:
    """One job, by value: `spec` holds no path of the runner's machine that it needs.

    `login` is who it acts as at the project's server; it reaches the job by a pipe or an
    encrypted line, and is never written, logged or put into arguments. `folder` is the run's,
    at the runner: `log.txt` grows there while the job runs, wherever it does; what
    `pipl.ci.job_folder` names as results lies there when the job's future is done.
    """

    spec: JobSpec
    login: Login = field(repr=False)
    folder: Path
    limits: Limits

    @property
    def run_id(self) -> int:
        return self.spec.run_id


@dataclass(frozen=True)
class Ended:
    """How a job ended, as its engine saw it; the job's own verdict is in its folder.

    `status` is the exit status, negative for a signal's number; None where the engine cannot
    know it. At most one of these is true, and then a verdict need not be there: `timed_out`
    and `out_of_memory` (the engine killed it at a limit), `cancelled` (it was told to), `lost`
    (the job or its machine was killed, or stopped for too long: trying again may help).
    `host` is the machine that it ran on.
    """

    status: int | None = None
    timed_out: bool = False
    lost: bool = False
    out_of_memory: bool = False
    cancelled: bool = False
    host: str | None = None


@dataclass(frozen=True)
class EngineSettings:
    """What an engine is made of.

    `slots` is how many jobs run at once; `environ` are the variables of jobs on this machine;
    `resources` is how much there is of each, for all jobs together; `options` are the engine's
    own, as people write them; `folder` is for the engine alone.
    """

    slots: int
    environ: Mapping[str, str]
    resources: Mapping[str, float]
    options: Mapping[str, str]
    folder: Path


class Engine(Protocol):
    """Runs jobs and says how they ended. Whether one is tried again is not its business.

    A job and all programs that it started, daemons too, are gone when its future is done,
    whether it ended, was stopped at a limit, or died; and they end when the engine's own
    process ends, however that happens. For several threads at once.
    """

    def has_room(self, resources: Mapping[str, float]) -> bool:
        """Whether a job with these would start now; True also where `submit` would refuse it."""

    def submit(self, work: Work) -> Future[Ended]:
        """Write the order to the run's folder and start the job.

        The future gets no exception. Raises ResourcesLacking where the job asks for more than
        there is at all; OSError and DiskFull where it could not be started.
        """

    def cancel(self, run_id: int) -> None:
        """Kill the job of a run with all that it has started; its future is done soon after.

        Nothing happens where no such job runs.
        """

    def close(self) -> None:
        """Stop every job and wait until all are gone; their futures are done then."""


EngineFactory = Callable[[EngineSettings], Engine]
"""What an entry point of the group `pipl.ci_engines` names. Raises designed errors."""
