"""From what landed on the indexes to the runs that it asks for."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipl.build import wheel
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import KINDS, Flow
from pipl.ci.run import NewRun
from pipl.errors import AccessError, ServerError
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.packl.publish import KIND_MEMBER
from pipl_pipe.errors import DesignedError


def new_runs(client: IndexClient, flow: Flow, events: Iterable[ReleaseEvent]) -> tuple[NewRun, ...]:
    """The runs that the flow asks for: wheels count, sdists only travel with them.

    Where an index filters by kind, the wheel is looked into. Raises ServerDown, LoginExpired
    and the like, but nothing that a single bad wheel could cause again and again.
    """
    found: list[NewRun] = []
    for event in events:
        index = IndexName.parse(event.index)
        stage = flow.stage(index)
        if stage is None or not event.filename.endswith(".whl"):
            continue
        kind = kind_of(client, event) if stage.filters else None
        found.extend(
            NewRun(
                index=index,
                project=event.project,
                version=event.version,
                filename=event.filename,
                sha256=event.sha256,
                handler=handler,
                user=event.user,
            )
            for handler in stage.handlers_for(kind)
        )
    return tuple(found)


def kind_of(client: IndexClient, event: ReleaseEvent) -> str | None:
    """The kind of packl in a wheel: "code" where it does not say, None where it is unreadable."""
    try:
        release = client.release(IndexName.parse(event.index), event.project, event.version)
        file = next((one for one in release.files if one.sha256 == event.sha256), None)
        if file is None:
            return None
        with tempfile.TemporaryDirectory(prefix="pipl-ci-") as folder:
            path = client.download(file, Path(folder) / file.filename)
            text = wheel.read_dist_info(path, KIND_MEMBER)
    except (ServerError, AccessError):
        raise
    except DesignedError:
        return None
    return "code" if text is None else _kind(text)


def _kind(text: str) -> str | None:
    try:
        kind = json.loads(text)["kind"]
    except (ValueError, KeyError, TypeError):
        return None
    return kind if kind in KINDS else None
