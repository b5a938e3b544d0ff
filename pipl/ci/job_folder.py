"""The folder of a run, through which the runner and the run's jobs talk.

run.json     what to do, written by the engine before each attempt; holds no secret
log.txt      what the attempts wrote, of each at most the first and the last 4 MB
result.json  the verdict, written whole by the job
job.lock     held by the job that is at work; job.holder says which one (pipl.ci.folder_lock)
outbox/      what the run has made and not yet delivered; survives attempts
kept/        what the ledger shall keep of the run: lock, statement, toxresult, published
scratch-N/   what attempt N needs while it runs
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipl import durable
from pipl.ci.run import ENDS, Outcome
from pipl.errors.usage import InvalidFile
from pipl.index.name import IndexName
from pipl.project.binding import Binding

SPEC_FORMAT = "pipl-run/1"
RESULT_FORMAT = "pipl-result/1"
KEPT = "kept"


@dataclass(frozen=True)
class JobSpec:
    """What a job is to do: `handler` over a file, for the project that `binding` names.

    It acts as `user`; `installer` is the name of the one to use (None: the default);
    `products` is the index that products go to. The folder of `binding` is None for a job
    that does not see the project's folder.
    """

    run_id: int
    attempt: int
    handler: str
    index: IndexName
    project: str
    version: str
    filename: str
    sha256: str
    binding: Binding
    user: str
    products: IndexName | None = None
    installer: str | None = None


def write_spec(folder: Path, spec: JobSpec) -> None:
    """Order a job; an older verdict is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    binding = spec.binding
    values: dict[str, object] = {
        **asdict(spec),
        "index": str(spec.index),
        "products": None if spec.products is None else str(spec.products),
        "binding": {
            "name": binding.name,
            "url": binding.url,
            "index": str(binding.index),
            "folder": None if binding.folder is None else str(binding.folder),
        },
    }
    durable.write_text(folder / "run.json", _rendered(SPEC_FORMAT, values))


def read_spec(folder: Path) -> JobSpec:
    """What the runner has ordered. Raises InvalidFile."""
    path = folder / "run.json"
    values = _read(path, SPEC_FORMAT)
    try:
        binding = values["binding"]
        products = values["products"]
        return JobSpec(
            **{
                **values,
                "index": IndexName.parse(values["index"]),
                "products": None if products is None else IndexName.parse(products),
                "binding": Binding(
                    name=binding["name"],
                    url=binding["url"],
                    index=IndexName.parse(binding["index"]),
                    folder=None if binding["folder"] is None else Path(binding["folder"]),
                ),
            }
        )
    except (KeyError, TypeError) as fault:
        raise InvalidFile(str(path), repr(fault)) from fault


def write_outcome(folder: Path, attempt: int, outcome: Outcome) -> None:
    """Give the verdict of an attempt. Raises DiskFull."""
    durable.write_text(folder / "result.json", rendered_outcome(attempt, outcome))


def rendered_outcome(attempt: int, outcome: Outcome) -> str:
    """The text of `result.json`."""
    return _rendered(RESULT_FORMAT, {"attempt": attempt, **asdict(outcome)})


def read_outcome(folder: Path, attempt: int) -> Outcome | None:
    """The verdict of an attempt, None where it has given none. Raises InvalidFile."""
    path = folder / "result.json"
    if not path.exists():
        return None
    values = _read(path, RESULT_FORMAT)
    if values.pop("attempt", None) != attempt:
        return None
    try:
        outcome = Outcome(**values)
    except TypeError as fault:
        raise InvalidFile(str(path), repr(fault)) from fault
    if outcome.state not in ENDS:
        raise InvalidFile(str(path), f"no run ends as {outcome.state!r:.100}")
    return outcome


def _rendered(form: str, values: dict[str, object]) -> str:
    return json.dumps({"format": form, **values}, indent=1, sort_keys=True) + "\n"


def _read(path: Path, form: str) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InvalidFile(str(path), str(fault)) from fault
    if not isinstance(values, dict) or values.pop("format", None) != form:
        raise InvalidFile(str(path), f"not of format {form}")
    return values
