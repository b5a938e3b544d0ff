"""Whether the ledger is sound: in itself, with this machine's folders, and with the indexes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pipl.ci import feed, folders, intake
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import FOLLOW, Flow, Stage, parse
from pipl.ci.ledger import checking, flows, leases, queue, records
from pipl.ci.ledger.checking import Fault
from pipl.ci.ledger.database import Ledger
from pipl.ci.place import CIPlace
from pipl.ci.run import NewRun, Run
from pipl.ci.runner.delivery import PUBLISHED
from pipl.errors.ci import InvalidFlow
from pipl.errors.index import IndexNotFound
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile
from pipl.progress import SILENT, Progress


def in_itself(ledger: Ledger, place: CIPlace, *, now: float) -> tuple[Fault, ...]:
    """What is wrong without asking the server. Raises LedgerAway."""
    own = checking.check(ledger, now=now)
    return (*_dead_runners(ledger, place, now), *own, *_folders(ledger, place))


def with_indexes(
    ledger: Ledger, client: IndexClient, *, now: float, progress: Progress = SILENT
) -> tuple[Fault, ...]:
    """What does not agree with the server. Raises ServerDown, LoginNeeded, LedgerAway."""
    flow = _flow_in_force(ledger)
    progress.phase("reading the feed")
    unread, fault = _unread(ledger, client)
    if fault is not None:
        return (fault,)
    found: list[Fault] = []
    for stage in flow.stages:
        if stage.handlers or stage.promote:
            progress.phase(f"comparing {stage.index}")
            found += _unhandled(ledger, client, flow, stage, unread, now)
    progress.phase("comparing products")
    return (*found, *_products(ledger, client))


def repair(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Mend what can be; returns what was."""
    return tuple(fault for fault in faults if fault.mend is not None and fault.mend())


def _dead_runners(ledger: Ledger, place: CIPlace, now: float) -> Iterator[Fault]:
    for runner in sorted(leases.beats(ledger)):
        if place.has_died(runner):
            text = f"the runner {runner} of this machine has died, and its runs wait for another"
            yield Fault("dead-runner", text, None, partial(_take_over, ledger, runner, now))


def _take_over(ledger: Ledger, runner: str, now: float) -> bool:
    leases.take_over(ledger, runner, now=now)
    return runner not in leases.beats(ledger)


def _folders(ledger: Ledger, place: CIPlace) -> Iterator[Fault]:
    for folder in folders.orphans(place, ledger):
        text = f"{folder} belongs to no run of the ledger"
        yield Fault("orphan-folder", text, None, partial(_remove, folder))


def _remove(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _flow_in_force(ledger: Ledger) -> Flow:
    known = flows.newest(ledger)
    try:
        return Flow(()) if known is None else parse(json.loads(known.text))
    except (ValueError, InvalidFlow):  # of a later version of pipl
        return Flow(())


def _unread(ledger: Ledger, client: IndexClient) -> tuple[set[tuple[str, str]], Fault | None]:
    """What the runner has yet to read, as index and file name; or that it reads another server."""
    since, mark = queue.position(ledger)
    found: set[tuple[str, str]] = set()
    while True:
        page = feed.read(client, since, wait_s=0.0, mark=mark)
        if page.serial < since:
            text = (
                f"the ledger has read the feed to {since}, which the server has not come to: it "
                "was restored from a backup; a runner reads all of it again by itself"
            )
            return found, Fault("cursor-ahead", text)
        found |= {(event.index, event.filename) for event in page.events}
        if page.serial == since:
            return found, None
        since, mark = page.serial, page.mark


def _unhandled(
    ledger: Ledger,
    client: IndexClient,
    flow: Flow,
    stage: Stage,
    unread: set[tuple[str, str]],
    now: float,
) -> Iterator[Fault]:
    """Releases on a watched index that the ledger knows nothing of."""
    known = checking.handled(ledger, str(stage.index))
    try:
        projects = client.projects(stage.index)
    except IndexNotFound:
        yield Fault("no-index", f"the flow watches {stage.index}, which the server does not have")
        return
    for project in projects:
        for release in client.releases(stage.index, project):
            for file in release.files:
                is_new = file.is_wheel and file.sha256 and file.sha256 not in known
                if not is_new or (str(stage.index), file.filename) in unread:
                    continue
                wanted = intake.new_runs(client, flow, [_event(file)])
                if wanted:
                    text = f"{file.filename} on {stage.index} was never queued"
                    mend = partial(_queue, ledger, wanted, now)
                    yield Fault("release-without-run", text, None, mend)


def _event(file: ReleaseFile) -> ReleaseEvent:
    return ReleaseEvent(
        serial=0,
        index=str(file.index),
        project=file.project,
        version=file.version,
        filename=file.filename,
        sha256=file.sha256,
        user=None,
    )


def _queue(ledger: Ledger, wanted: Sequence[NewRun], now: float) -> bool:
    since = queue.cursor(ledger)
    return bool(queue.ingest(ledger, wanted, since=since, serial=since, now=now))


def _products(ledger: Ledger, client: IndexClient) -> Iterator[Fault]:
    """Products that a passed run has made: each must be there, and only once."""
    held: dict[tuple[IndexName, str], frozenset[str]] = {}
    made: dict[tuple[str, str, str], dict[str, Run]] = {}
    for run in checking.passed(ledger, PUBLISHED, besides=FOLLOW):
        for filename, index in _published(ledger, run):
            product = _product_of(filename)
            key = (index, product)
            if key not in held:
                held[key] = _files(client, *key)
            if filename not in held[key]:
                text = f"{filename}, which run {run.id} ({run.title}) has made, is not on {index}"
                yield Fault("product-missing", text, run.id)
            made.setdefault((run.project, run.version, product), {})[filename] = run
    for (project, version, product), by_file in made.items():
        if len(by_file) > 1:
            names = ", ".join(sorted(by_file))
            text = f"{project} {version} has made {product} more than once: {names}"
            yield Fault("product-doubled", text, max(run.id for run in by_file.values()))


def _published(ledger: Ledger, run: Run) -> Iterator[tuple[str, IndexName]]:
    content = records.record(ledger, run.id, PUBLISHED)
    if content is None:
        return  # it made nothing, or was pruned
    for one in json.loads(content):
        yield str(one["file"]), IndexName.parse(str(one["index"]))


def _files(client: IndexClient, index: IndexName, product: str) -> frozenset[str]:
    try:
        releases = client.releases(index, product)
    except IndexNotFound:
        return frozenset()
    return frozenset(file.filename for release in releases for file in release.files)


def _product_of(filename: str) -> str:
    try:
        return str(parse_wheel_filename(filename)[0])
    except InvalidWheelFilename:
        return filename
