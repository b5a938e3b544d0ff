"""What a job writes, on its way from the log in the run's folder into the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipl.ci.ledger import logs
from pipl.ci.ledger.database import Ledger
from pipl.ci.run import Run

PART_BYTES = 1 << 20


@dataclass
class Journal:
    """Follows `log.txt` in the folder of a running run; engines keep it within bounds."""

    run: Run
    folder: Path
    sent: int = field(init=False)

    def __post_init__(self) -> None:
        self.sent = self._size()

    def ship(self, ledger: Ledger, *, whole: bool = False) -> None:
        """Put what has come since into the ledger: one part, or with `whole` all of it.

        Raises LedgerAway, DiskFull; nothing is lost then, and the next call goes on.
        """
        while self._size() > self.sent:
            with (self.folder / "log.txt").open("rb") as log:
                log.seek(self.sent)
                content = log.read(PART_BYTES)
            logs.append(ledger, self.run.id, self.run.attempt, content)
            self.sent += len(content)
            if not whole:
                return

    def _size(self) -> int:
        try:
            return (self.folder / "log.txt").stat().st_size
        except FileNotFoundError:
            return 0
