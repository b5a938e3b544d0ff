"""How long runs took, as the ledger knows it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipl.ci import where
from pipl.ci.ledger import queries
from pipl.ci.ledger.database import Ledger
from pipl.packl.graph.timings import NoTimings, Timings
from pipl.project import folder as project_folder

LOOKED_AT = 20
"""How many of the newest runs count; older ones tell of other versions."""


class LedgerTimings:
    """Medians of the passed runs of a ledger. See `Timings`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def median_s(self, handler: str, packl: str) -> float | None:
        runs = queries.runs(
            self._ledger, states=("passed",), project=packl, handler=handler, limit=LOOKED_AT
        )
        took = [
            run.ended_at - run.started_at
            for run in runs
            if run.started_at is not None and run.ended_at is not None
        ]
        return statistics.median(took) if took else None


@contextmanager
def timings_of(folder: Path | None, environ: Mapping[str, str]) -> Iterator[Timings]:
    """Those of the project at a folder; nothing is known where it is not seen, or had no CI yet.

    Raises what opening a ledger raises.
    """
    project = project_folder.load(folder) if folder is not None else None
    if project is None or not where.has_ledger(project, environ):
        yield NoTimings()
        return
    with where.open_ledger(project, environ) as ledger:
        yield LedgerTimings(ledger)
