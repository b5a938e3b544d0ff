"""What an engine is: where the jobs of CI run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Work:
    """One job: its folder (see `pipl.ci.job_folder`) and how long it may take."""

    run_id: int
    folder: Path
    timeout_s: float


@dataclass(frozen=True)
class Ended:
    """How the process of a job ended; the job's own verdict is in its folder.

    `status` is the exit status, negative for a signal's number; None where the engine cannot
    know it. `timed_out` says that the engine killed it at its limit.
    """

    status: int | None = None
    timed_out: bool = False


class Engine(Protocol):
    """Runs jobs, `slots` at a time.

    A job runs `python -m pipl.ci.job`. It and all programs that it started are gone
    when its future is done, whether it ended, was stopped at its limit, or died; and they end
    when the engine's own process ends, however that happens.
    """

    @property
    def slots(self) -> int:
        """How many jobs run at once."""

    def submit(self, work: Work) -> Future[Ended]:
        """Start a job. The future gets an exception only where the job could not be started."""

    def close(self) -> None:
        """Stop every job and wait until all are gone; their futures are done then."""


EngineFactory = Callable[[int, Mapping[str, str]], Engine]
"""What an entry point of the group `pipl.ci_engines` names.

It is given the slots and the environment variables of the jobs.
"""
