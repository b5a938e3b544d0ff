"""Delivery: what a run has made, from the ledger to the index that it goes to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from pipl.ci import products
from pipl.ci.flow import FOLLOW, Stage
from pipl.ci.ledger import deliveries, records
from pipl.ci.ledger.database import Ledger
from pipl.ci.products import Delivery, TaskFile
from pipl.ci.run import Outcome, Run
from pipl.errors import InvalidFlow
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl_pipe.errors import DesignedError

PUBLISHED = "published"
"""The record that lists what a run has put on an index: file, digest, index."""


def deliver(
    run: Run, stage: Stage | None, client: IndexClient, *, ledger: Ledger, locks: Path
) -> Outcome:
    """Upload the files of a run, the very same ones each time that this is tried.

    Raises LedgerAway, DiskFull where the ledger does.
    """
    files = deliveries.files(ledger, run.id)
    follows = run.handler == FOLLOW
    index = None if stage is None else stage.follow if follows else stage.products
    said: list[str] = []
    try:
        if index is None:
            key = "follow" if follows else "products"
            raise InvalidFlow((f"{run.index}: {run.handler} made files, but `{key}` is not set",))
        with tempfile.TemporaryDirectory(prefix="pipl-ci-") as folder:
            paths = _written(files, Path(folder))
            if follows:
                _upload(client, index, paths, said.append)
            else:
                task = TaskFile(run.project, run.version, run.sha256)
                to = Delivery(client, index, task)
                products.deliver(to, paths, locks=locks, say=said.append)
    except DesignedError as fault:
        return Outcome.of_error(fault)
    published = [{"file": name, "index": str(index)} for name in files]
    records.keep(ledger, run, {PUBLISHED: json.dumps(published).encode("utf-8")})
    return Outcome.passed(f"made {', '.join(files)}")


def _written(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    paths = []
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


def _upload(
    client: IndexClient, index: IndexName, paths: list[Path], say: Callable[[str], None]
) -> None:
    """A task's release anew: wheels last, because CI handles a release when its wheel is there."""
    for path in sorted(paths, key=lambda path: path.suffix == ".whl"):
        client.upload(index, path)
        say(f"uploaded {path.name} to {index}")
