"""The project's assets over HTTP, below `/+pipl/assets/` (docs/reference/server.md).

They are served by a tween outside of devpi's transactions: what takes minutes to travel must
neither hold one open nor wait for another's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyramid.httpexceptions import (  # type: ignore[import-untyped]
    HTTPConflict,
    HTTPException,
    HTTPInsufficientStorage,
    HTTPMethodNotAllowed,
    HTTPNotFound,
    HTTPServiceUnavailable,
    HTTPUnprocessableEntity,
)
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

from pipl.web import access, arriving, leaving, views
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.errors import (
    AlgorithmMissing,
    AssetDamaged,
    AssetMissing,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

PREFIX = "/+pipl/assets/"
ASSETS = Path("system", "assets")
STORE = "the project's store"
"""What messages call it: where it lies is nobody's business beyond the server."""
_OBJECT = re.compile(r"(upload/)?(blake3|sha256)/([0-9a-f]{64})")

Handler = Callable[[Request], Response]
View = Callable[[Request, Objects], Response]

_READING: dict[tuple[str, str], View] = {
    ("POST", "pack"): leaving.pack_of,
    ("POST", "lacking"): leaving.lacking,
    ("GET", "revisions"): leaving.revisions,
}
_STORING: dict[tuple[str, str], View] = {
    ("POST", "unpack"): arriving.unpack,
    ("POST", "revisions"): arriving.remember,
}
_NAMES = {name for _, name in (*_READING, *_STORING)}


def tween(handler: Handler, registry: Any) -> Handler:
    """Answers for everything below the prefix; leaves everything else to `handler`."""
    project: Path | None = registry[views.PROJECT]

    def handle(request: Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return handler(request)
        try:
            if project is None:
                raise HTTPNotFound(explanation="no project is served here")
            return _answer(request, project, path[len(PREFIX) :])
        except HTTPException as refusal:
            return refusal  # which is a response, too

    return handle


def _answer(request: Request, project: Path, place: str) -> Response:
    """Raises HTTPException."""
    store = Objects(project / ASSETS, STORE)
    method = "GET" if request.method == "HEAD" else request.method
    found = _OBJECT.fullmatch(place)
    if found is not None:
        return _one(request, project, store, method, bool(found[1]), Digest(found[2], found[3]))
    if place not in _NAMES:
        raise HTTPNotFound(explanation="no such asset")
    if (method, place) in _READING:
        access.require_reading(request, project)
        return _READING[method, place](request, store)
    if (method, place) in _STORING:
        access.require_storing(request)
        return _stored(lambda: _STORING[method, place](request, store))
    raise HTTPMethodNotAllowed(explanation=f"not by {method[:20]}")


def _one(
    request: Request, project: Path, store: Objects, method: str, upload: bool, digest: Digest
) -> Response:
    """What is done with a single object, or with an upload of one."""
    if method == "GET" and not upload:
        access.require_reading(request, project)
        return leaving.whole(request, store, digest)
    if method == "PUT" and not upload:
        user = access.require_storing(request)
        return _stored(lambda: arriving.put(request, store, digest, user))
    if method == "GET":
        user = access.require_storing(request)
        return _stored(lambda: arriving.progress(request, store, digest, user))
    raise HTTPMethodNotAllowed(explanation=f"not by {method[:20]}")


def _stored(store: Callable[[], Response]) -> Response:
    """What keeps the store from storing, in HTTP's words."""
    try:
        return store()
    except AssetDamaged as fault:
        raise HTTPUnprocessableEntity(explanation=f"{fault.revision}: {fault.found}") from fault
    except AssetMissing as fault:
        raise HTTPConflict(
            explanation=f"a manifest comes after its files: {fault.revision} is not here"
        ) from fault
    except AlgorithmMissing as fault:
        raise HTTPServiceUnavailable(
            explanation=f"the server cannot compute {fault.algorithm}"
        ) from fault
    except StoreFull as fault:
        raise HTTPInsufficientStorage(explanation="no space is left on the server") from fault
    except (StoreReadOnly, StoreUnreachable, OSError) as fault:
        raise HTTPServiceUnavailable(explanation="the server cannot write its store") from fault
