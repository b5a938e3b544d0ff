"""Where CI keeps what it knows: `system/ci` of the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipl.errors.ci import RunnerBusy
from pipl.errors.usage import NotWritable


@dataclass(frozen=True)
class CIPlace:
    """The CI folder: ledger, runs, and the environment that the flow comes from.

    `is_alone` says that one runner at a time works here, which owns every run of the ledger.
    """

    folder: Path
    is_alone: bool = True

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.sqlite3"

    @property
    def pipeline(self) -> Path:
        return self.folder / "pipeline"

    @property
    def asked(self) -> Path:
        """The same as `pipeline`, for people who ask while the runner works."""
        return self.folder / "pipeline-asked"

    @property
    def runners(self) -> Path:
        """A locked file for each runner that lives."""
        return self.folder / "runners"

    def run_folder(self, run_id: int) -> Path:
        return self.folder / "runs" / str(run_id)

    def log(self, run_id: int) -> Path:
        """What a running run has written so far; the ledger keeps the logs."""
        return self.run_folder(run_id) / "log.txt"

    @contextmanager
    def living(self, runner: str) -> Iterator[None]:
        """Be a runner of this name, visibly to others on this machine."""
        self.runners.mkdir(parents=True, exist_ok=True)
        path = self.runners / f"{runner}.lock"
        with FileLock(path, timeout=0):
            yield
        path.unlink(missing_ok=True)

    def has_died(self, runner: str) -> bool:
        """Whether a runner of this place has ended; False where it runs, or is not of here."""
        path = self.runners / f"{runner}.lock"
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return True
        except Timeout:
            return False

    def forget(self, runner: str) -> None:
        """Take the locked file of a runner away that others have taken over from."""
        (self.runners / f"{runner}.lock").unlink(missing_ok=True)

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be a runner of this place; the one, where `is_alone`. Raises RunnerBusy, NotWritable."""
        lock = FileLock(self.folder / "runner.lock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self.is_alone:
                yield
                return
            lock.acquire(timeout=0)
        except Timeout:
            raise RunnerBusy(str(self.folder)) from None
        except OSError as fault:
            raise NotWritable(str(self.folder), fault.strerror or str(fault)) from fault
        try:
            yield
        finally:
            lock.release()
