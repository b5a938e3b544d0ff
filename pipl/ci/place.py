"""Where CI keeps what it knows: `system/ci` of the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipl.errors import RunnerBusy


@dataclass(frozen=True)
class CIPlace:
    """The CI folder: ledger, runs, and the environment that the flow comes from."""

    folder: Path

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
    def locks(self) -> Path:
        """Locks that jobs share, one file for each product name."""
        return self.folder / "locks"

    def run_folder(self, run_id: int) -> Path:
        return self.folder / "runs" / str(run_id)

    def log(self, run_id: int) -> Path:
        """Everything that the attempts of a run wrote, one after the other."""
        return self.run_folder(run_id) / "log.txt"

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the one runner of this place. Raises RunnerBusy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "runner.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunnerBusy(str(self.folder)) from None
        try:
            yield
        finally:
            lock.release()
