"""The folders of runs on this machine: those that nobody needs any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipl.ci.ledger import queries
from pipl.ci.ledger.database import Ledger
from pipl.ci.place import CIPlace
from pipl.errors.ci import RunNotFound


def remove(place: CIPlace, ids: Iterable[int]) -> None:
    """Remove the folders of runs; what is gone already is gone."""
    for run_id in ids:
        shutil.rmtree(place.run_folder(run_id), ignore_errors=True)


def orphans(place: CIPlace, ledger: Ledger) -> Iterator[Path]:
    """Folders of runs that the ledger does not hold, such as of an older ledger."""
    base = place.run_folder(0).parent
    if not base.is_dir():
        return
    for folder in sorted(base.iterdir()):
        if not folder.is_dir() or folder.is_symlink():
            continue
        try:
            queries.run(ledger, int(folder.name))
        except (ValueError, RunNotFound):
            yield folder
