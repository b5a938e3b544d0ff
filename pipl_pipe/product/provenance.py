"""Where a product comes from: the `provenance.json` of its wheel, an in-toto Statement.

The Statement (https://in-toto.io/Statement/v1) has SLSA's provenance as its predicate
(https://slsa.dev/provenance/v1). It holds what follows from the task's file and its lock and
nothing of when and where, so that processing again gives the same bytes; what it was made with
and for stands in `resolvedDependencies`, each with its role. Wheels of older frameworks hold
`pipl-provenance/1`, which is read too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from pipl_pipe.errors import InvalidProduct

NAME = "provenance.json"
OLD_FORMAT = "pipl-provenance/1"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:pipl:process:1"
BUILDER = "urn:pipl:ci"
FRAMEWORK = "pipl-pipe"
ROLE = "pipl_role"
LOCK_NAME = "pylock.toml"
MAX_BYTES = 16_000_000
Json = Dict[str, Any]


@dataclass(frozen=True)
class Item:
    """A thing and its content: `digest` is `algorithm:hex`, empty where it is not known."""

    name: str
    digest: str = ""


@dataclass(frozen=True)
class Tool:
    """A locked package; `digest` of its file, empty where it may have been one of several."""

    name: str
    version: str
    digest: str = ""


@dataclass(frozen=True)
class TaskRelease:
    """The published task: its wheel's digest (sha256) and its lock's, in hex.

    `file` is the wheel's name, empty where it is not known; `lock` is None for a task that
    was published without one.
    """

    name: str
    version: str
    sha256: str
    lock: Optional[str] = None
    file: str = ""


@dataclass(frozen=True)
class Provenance:
    """What a product says of its origin.

    `assets` (by name, `product/asset`) are what it refers to, `content` is the digest of its
    `assets.json`; `inputs` are the assets that the task could read, `tools` the packages of its
    lock, `versions` those of what built it, by name.
    """

    product: str
    version: str
    task: TaskRelease
    assets: Tuple[Item, ...] = ()
    content: str = ""
    inputs: Tuple[Item, ...] = ()
    tools: Tuple[Tool, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)


def statement(one: Provenance) -> Json:
    """The Statement; the same provenance gives the same document."""
    task = one.task
    made_from = [_resource("task", task.file or task.name, f"sha256:{task.sha256}", _url(task))]
    if task.lock is not None:
        made_from.append(_resource("lock", LOCK_NAME, f"sha256:{task.lock}"))
    made_from += [_resource("input", each.name, each.digest) for each in _sorted(one.inputs)]
    made_from += [
        _resource("tool", each.name, each.digest, _purl(each.name, each.version))
        for each in sorted(one.tools, key=lambda each: (each.name, each.version))
    ]
    subjects = [Item(f"{one.product} {one.version}/assets.json", one.content)]
    return {
        "_type": STATEMENT,
        "subject": [_named(each) for each in (*subjects, *_sorted(one.assets))],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "task": {"name": task.name, "version": task.version},
                    "product": {"name": one.product, "version": one.version},
                },
                "resolvedDependencies": made_from,
            },
            "runDetails": {"builder": {"id": BUILDER, "version": dict(one.versions)}},
        },
    }


def render(one: Provenance) -> str:
    return json.dumps(statement(one), indent=1, sort_keys=True) + "\n"


def parse(text: str, *, source: str) -> Provenance:
    """Read a Statement, of a wheel or completed by CI, or an older wheel's file.

    Raises InvalidProduct, naming `source`.
    """
    try:
        if len(text) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES} bytes")
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError("it is no table")
        if document.get("_type") == STATEMENT and document.get("predicateType") == PREDICATE:
            return _of_statement(document)
        return _of_old(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        reason = f"its {NAME} cannot be read: {type(fault).__name__}: {fault}"
        raise InvalidProduct(source, (reason,)) from fault


def _of_statement(document: Json) -> Provenance:
    build = document["predicate"]["buildDefinition"]
    if build["buildType"] != BUILD_TYPE:
        raise ValueError(f"its buildType is {build['buildType']!r}")
    outside = build["externalParameters"]
    product, version = _texts(outside["product"], "name", "version")
    name, task_version = _texts(outside["task"], "name", "version")
    by_role: Dict[str, List[Json]] = {}
    for one in build["resolvedDependencies"]:
        by_role.setdefault(str(one["annotations"][ROLE]), []).append(one)
    (task,) = by_role["task"]
    lock = next(iter(by_role.get("lock", ())), None)
    subjects = {str(one["name"]): _digest(one) for one in document["subject"]}
    content = subjects.pop(f"{product} {version}/assets.json", "")
    versions = document["predicate"]["runDetails"]["builder"].get("version", {})
    return Provenance(
        product=product,
        version=version,
        task=TaskRelease(
            name,
            task_version,
            _digest(task).partition(":")[2],
            None if lock is None else _digest(lock).partition(":")[2],
            str(task["name"]),
        ),
        assets=tuple(Item(*pair) for pair in sorted(subjects.items()) if "/" in pair[0]),
        content=content,
        inputs=tuple(Item(str(one["name"]), _digest(one)) for one in by_role.get("input", ())),
        tools=tuple(_tool(one) for one in by_role.get("tool", ())),
        versions={str(key): str(value) for key, value in versions.items()},
    )


def _of_old(document: Json) -> Provenance:
    if document.get("format", OLD_FORMAT) != OLD_FORMAT:
        raise ValueError(f"its format is {document['format']!r}, not {OLD_FORMAT}")
    name, version, sha256 = _texts(document["task"], "name", "version", "sha256")
    lock = document.get("lock")
    assets = tuple(
        Item(str(one["name"]), str(one["revision"])) for one in document.get("assets", ())
    )
    task = TaskRelease(name, version, sha256, None if lock is None else str(lock))
    return Provenance("", version, task, assets)


def _sorted(items: Iterable[Item]) -> List[Item]:
    return sorted(items, key=lambda one: one.name)


def _named(one: Item) -> Json:
    algorithm, _, value = one.digest.partition(":")
    return {"name": one.name, "digest": {algorithm: value}}


def _resource(role: str, name: str, digest: str, uri: str = "") -> Json:
    """in-toto's ResourceDescriptor, with what it was for."""
    found: Json = {"name": name, "annotations": {ROLE: role}}
    if uri:
        found["uri"] = uri
    if digest:
        algorithm, _, value = digest.partition(":")
        found["digest"] = {algorithm: value}
    return found


def _digest(resource: Json) -> str:
    """The one digest of a resource, empty where it has none."""
    pairs = list(resource.get("digest", {}).items())
    if len(pairs) > 1:
        raise ValueError(f"{resource['name']} has {len(pairs)} digests")
    return ":".join(map(str, pairs[0])) if pairs else ""


def _tool(resource: Json) -> Tool:
    return Tool(str(resource["name"]), resource["uri"].rpartition("@")[2], _digest(resource))


def _url(task: TaskRelease) -> str:
    return _purl(task.name, task.version)


def _purl(name: str, version: str) -> str:
    """A package URL (purl-spec, type pypi)."""
    return f"pkg:pypi/{name}@{version}"


def _texts(table: Json, *keys: str) -> Tuple[str, ...]:
    found = tuple(table[key] for key in keys)
    if not all(isinstance(one, str) for one in found):
        raise ValueError(f"one of {', '.join(keys)} is no text")
    return found
