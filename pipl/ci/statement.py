"""A product's provenance with when, where and by what its task was processed.

The Statement in a wheel holds none of that, so that processing again gives the same bytes
(docs/decisions/0017). What CI knows besides is added here; the completed Statement is kept beside
the wheel on the index, in a document of tox's form, which devpi keeps for a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from pipl import durable
from pipl.build import wheel
from pipl.ci import toxresult
from pipl.ci.hashing import sha256_of
from pipl.ci.job_folder import KEPT
from pipl.ci.toxresult import Command, Machine
from pipl.errors.ci import NoProvenance
from pipl.index.client import IndexClient
from pipl.index.release import ReleaseFile
from pipl_pipe.product import provenance
from pipl_pipe.product.provenance import Item, Provenance

KEY = "pipl_provenance"
"""Under which a document of tox's form holds the Statement."""
RECORD = "statement"
"""What is kept with a run: the completed Statements by the names of the wheels."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Making:
    """One processing of a task: when (seconds since the epoch, UTC), where, and by what.

    `python` is the version of the interpreter that it ran in, `pipl` that of the tool;
    `invocation` names the attempt of the run.
    """

    started_at: float
    finished_at: float
    host: str
    platform: str
    python: str
    pipl: str
    handler: str
    invocation: str


def of_wheel(path: Path) -> Provenance:
    """What a product's wheel says of its origin; older ones name neither product nor package.

    Raises NoProvenance, InvalidProduct, InvalidWheel.
    """
    name, version, _, _ = parse_wheel_filename(path.name)
    text = wheel.read_dist_info(path, provenance.NAME)
    if text is None:
        raise NoProvenance(name, str(version))
    found = provenance.parse(text, source=path.name)
    if found.product:
        return found
    package = path.name.partition("-")[0]
    assets = tuple(Item(f"{package}/{one.name}", one.digest) for one in found.assets)
    return Provenance(name, str(version), found.task, assets)


def completed(found: Provenance, filename: str, sha256: str, making: Making) -> Json:
    """The Statement about a wheel, its file being the first subject."""
    document = provenance.statement(found)
    if not found.content:  # an older wheel
        del document["subject"][0]
    product = {
        "name": filename,
        "uri": f"pkg:pypi/{found.product}@{found.version}",
        "digest": {"sha256": sha256},
    }
    document["subject"].insert(0, product)
    predicate = document["predicate"]
    predicate["buildDefinition"]["internalParameters"] = {
        "handler": making.handler,
        "python": making.python,
        "platform": making.platform,
    }
    predicate["runDetails"]["builder"]["version"]["pipl"] = making.pipl
    predicate["runDetails"]["metadata"] = {
        "invocationId": making.invocation,
        "startedOn": _written(making.started_at),
        "finishedOn": _written(making.finished_at),
        "pipl_host": making.host,
    }
    return document


def making_of(document: Mapping[str, Any]) -> Making | None:
    """When and where a completed Statement says that it was made; None where it does not."""
    try:
        predicate = document["predicate"]
        inside = predicate["buildDefinition"]["internalParameters"]
        details = predicate["runDetails"]
        metadata = details["metadata"]
        return Making(
            started_at=_read(metadata["startedOn"]),
            finished_at=_read(metadata["finishedOn"]),
            host=str(metadata["pipl_host"]),
            platform=str(inside["platform"]),
            python=str(inside["python"]),
            pipl=str(details["builder"]["version"]["pipl"]),
            handler=str(inside["handler"]),
            invocation=str(metadata["invocationId"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def keep(folder: Path, made: Iterable[Path], making: Making) -> None:
    """Keep the completed Statements of wheels with their run, whose folder is given."""
    found = {
        path.name: completed(of_wheel(path), path.name, sha256_of(path), making) for path in made
    }
    (folder / KEPT).mkdir(exist_ok=True)
    durable.write_text(folder / KEPT / RECORD, json.dumps(found, sort_keys=True) + "\n")


def attach(client: IndexClient, files: Iterable[ReleaseFile], kept: bytes | None) -> None:
    """Put what was kept with a run beside its wheels on the index, once.

    Of a wheel that an earlier delivery has brought there the oldest Statement stays.
    Raises NotAllowed.
    """
    documents: dict[str, Json] = {} if kept is None else json.loads(kept)
    for file in files:
        document = documents.get(file.filename)
        making = None if document is None else making_of(document)
        if document is None or making is None or not _is_about(document, file.sha256):
            continue
        if of_tox(client.test_results(file), file.sha256) is None:
            client.upload_test_result(file, to_tox(document, file, making))


def to_tox(document: Json, file: ReleaseFile, making: Making) -> Json:
    """The document that the index keeps beside the product's wheel."""
    task = document["predicate"]["buildDefinition"]["externalParameters"]["task"]
    said = f"made by the task {task['name']} {task['version']}\n"
    machine = Machine(making.host, making.platform)
    command = Command(("pipl", "ci", making.handler), 0, said)
    result = toxresult.report(file, machine, python=making.python, setup=(), test=[command])
    (environment,) = result.pop("testenvs").values()  # type: ignore[attr-defined]  # a table
    return {**result, "testenvs": {making.handler: environment}, KEY: document}


def of_tox(results: tuple[Mapping[str, object], ...], sha256: str) -> Json | None:
    """The oldest Statement about the wheel with this digest among an index's documents."""
    for result in results:
        document = result.get(KEY)
        if isinstance(document, dict) and _is_about(document, sha256):
            return document
    return None


def _is_about(document: Json, sha256: str) -> bool:
    try:
        return bool(document["subject"][0]["digest"]["sha256"] == sha256)
    except (KeyError, TypeError, IndexError):
        return False


def _written(stamp: float) -> str:
    """A moment as RFC 3339 has it, in UTC."""
    moment = datetime.fromtimestamp(stamp, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
