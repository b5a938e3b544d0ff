"""Delivery: what a run has made, from the ledger to the index that it goes to."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pipl.ci import products, statement
from pipl.ci.flow import FOLLOW, Stage
from pipl.ci.hashing import sha256_of
from pipl.ci.ledger import deliveries, records
from pipl.ci.ledger.database import Ledger
from pipl.ci.products import Delivery
from pipl.ci.run import Outcome, Run
from pipl.ci.statement import Json
from pipl.errors.access import NotAllowed
from pipl.errors.base import DiskFull
from pipl.errors.ci import InvalidFlow, LedgerAway, LedgerGone
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl_pipe.errors import DesignedError

PUBLISHED = "published"
"""The record that lists what a run has put on an index: file, index, digest."""


def deliver(run: Run, stage: Stage | None, client: IndexClient, *, ledger: Ledger) -> Outcome:
    """Upload the files of a run, the very same ones each time that this is tried.

    Raises LedgerAway, DiskFull where the ledger does.
    """
    files = deliveries.files(ledger, run.id)
    follows = run.handler == FOLLOW
    index = None if stage is None else stage.follow if follows else stage.products
    try:
        if index is None:
            key = "follow" if follows else "products"
            raise InvalidFlow((f"{run.index}: {run.handler} made files, but `{key}` is not set",))
        with tempfile.TemporaryDirectory(prefix="pipl-ci-") as folder:
            paths = _written(files, Path(folder))
            if follows:
                published = _enter(client, index, paths)
            else:
                published = _products(client, index, paths, run, ledger)
    except (LedgerAway, LedgerGone, DiskFull):
        raise
    except DesignedError as fault:
        return Outcome.of_error(fault)
    said = json.dumps(published).encode("utf-8")
    records.keep(ledger, run.id, {PUBLISHED: said}, of=run)
    return Outcome.passed(f"made {', '.join(str(one['file']) for one in published)}")


def _products(
    client: IndexClient, index: IndexName, paths: Sequence[Path], run: Run, ledger: Ledger
) -> list[Json]:
    """Upload products, and keep their provenance, completed by when and where, beside them."""
    to = Delivery(client, index, run.project)
    held = products.deliver(to, paths, claim=partial(deliveries.claim_name, ledger))
    with contextlib.suppress(NotAllowed):  # the wheel's own provenance has to do then
        statement.attach(client, held, records.record(ledger, run.id, statement.RECORD))
    return [{"file": one.filename, "index": str(index), "sha256": one.sha256} for one in held]


def _written(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    paths = []
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


def _enter(client: IndexClient, index: IndexName, paths: Sequence[Path]) -> list[Json]:
    """A task's release anew: wheels last, because CI handles a release when its wheel is there."""
    published: list[Json] = []
    for path in sorted(paths, key=lambda path: path.suffix == ".whl"):
        client.upload(index, path)
        published.append({"file": path.name, "index": str(index), "sha256": sha256_of(path)})
    return published
