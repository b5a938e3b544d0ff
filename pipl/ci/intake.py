"""From what landed on the indexes to the runs that it asks for."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipl.build import wheel
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import KINDS, Facts, Flow
from pipl.ci.run import NewRun
from pipl.errors.access import AccessError
from pipl.errors.server import ServerError
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.packl.publish import KIND_MEMBER
from pipl_pipe.errors import DesignedError


def new_runs(client: IndexClient, flow: Flow, events: Iterable[ReleaseEvent]) -> tuple[NewRun, ...]:
    """The runs that the flow asks for: wheels count, sdists only travel with them.

    Where an index filters by kind or type, the wheel is looked into. Raises ServerDown,
    LoginExpired and the like, but nothing that a single bad wheel could cause again and again.
    """
    found: list[NewRun] = []
    version = flow.version
    for event in events:
        index = IndexName.parse(event.index)
        stage = flow.stage(index)
        if stage is None or not event.filename.endswith(".whl"):
            continue
        unread = Facts(event.project)
        facts = facts_of(client, event) if stage.filters else unread
        found.extend(
            NewRun(
                index=index,
                project=event.project,
                version=event.version,
                filename=event.filename,
                sha256=event.sha256,
                handler=handler,
                user=event.user,
                flow=version,
                kind=facts.kind,
                type=facts.type,
            )
            for handler in stage.handlers_for(facts)
        )
    return tuple(found)


def facts_of(client: IndexClient, event: ReleaseEvent) -> Facts:
    """What a wheel says of itself: "code" where it says nothing, unknown where it is unreadable."""
    unknown = Facts(event.project)
    try:
        release = client.release(IndexName.parse(event.index), event.project, event.version)
        file = next((one for one in release.files if one.sha256 == event.sha256), None)
        if file is None:
            return unknown
        with tempfile.TemporaryDirectory(prefix="pipl-ci-") as folder:
            path = client.download(file, Path(folder) / file.filename)
            text = wheel.read_dist_info(path, KIND_MEMBER)
    except (ServerError, AccessError):
        raise
    except DesignedError:
        return unknown
    return Facts(event.project, "code", "") if text is None else _facts(event.project, text)


def _facts(name: str, text: str) -> Facts:
    try:
        said = json.loads(text)
        kind, type = said["kind"], said.get("type") or ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return Facts(name)
    known = kind if kind in KINDS else None
    return Facts(name, known, type if known is not None and isinstance(type, str) else None)
