"""Who may read the project's assets and hear of releases, and who may store assets.

devpi's own permissions decide: `pkg_read` on the project's default index, or on the one that a
release is on; and uploading to any index of the project, by a login. For assets they are asked
in a transaction of their own, so that none is open while content travels.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devpi_server.model import BaseStage
from devpi_server.view_auth import RootFactory
from pyramid.httpexceptions import HTTPForbidden, HTTPUnauthorized  # type: ignore[import-untyped]
from pyramid.interfaces import ISecurityPolicy  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]

from pipl.web import mark
from pipl.web.reserved import private_indexes

READ = "pkg_read"
UPLOAD = "upload"


def require_reading(request: Request, project: Path) -> None:
    """Raises HTTPUnauthorized, HTTPForbidden."""
    name = mark.read(project).index
    with _indexes(request) as model:
        stage = model.getstage(name)
        if stage is None:
            raise HTTPForbidden(explanation=f"the project has no index {name} yet")
        if not may(request, READ, stage):
            raise _refusal(request, f"reading assets needs access to the index {name}")


def require_storing(request: Request) -> str:
    """Who stores. Raises HTTPUnauthorized, HTTPForbidden; never lets anybody in anonymously."""
    with _indexes(request) as model:
        for stage in private_indexes(model):
            if may(request, UPLOAD, stage) and request.identity is not None:
                return str(request.identity.username)
        raise _refusal(request, "storing assets needs a login that may upload to an index")


def identify(request: Request) -> str | None:
    """The user who asks, None for nobody; for pages of no index, within a transaction.

    Raises HTTPForbidden where a login was sent that is not good, or not any more.
    """
    request.context = RootFactory(request)  # type: ignore[no-untyped-call]
    request.registry.getUtility(ISecurityPolicy).identity_cache.clear(request)
    identity = request.identity  # devpi-tokens refuses by itself
    if identity is not None:
        return str(identity.username)
    if request.headers.get("X-Devpi-Auth") or request.authorization:
        raise HTTPForbidden(explanation="the login is not good, or not any more")
    return None


def readable_by(request: Request) -> Callable[[str], bool]:
    """Tells of an index, given as `user/name`, whether who asks may read it.

    Good for as long as the transaction sees the same serial.
    """
    model = request.registry["xom"].model

    @functools.cache
    def readable(name: str) -> bool:
        stage = model.getstage(name)
        return stage is not None and may(request, READ, stage)

    return readable


@contextmanager
def _indexes(request: Request) -> Iterator[Any]:
    """The server's users and indexes as they are now. (devpi's model is typed in parts only.)"""
    xom = request.registry["xom"]
    with xom.keyfs.read_transaction():
        yield xom.model


def require(request: Request, permission: str, stage: BaseStage, doing: str) -> None:
    """Raises HTTPUnauthorized for nobody, HTTPForbidden for somebody, who may not."""
    if not may(request, permission, stage):
        raise _refusal(request, f"{doing} needs the permission {permission}")


def may(request: Request, permission: str, stage: BaseStage) -> bool:
    """Whether the asker has a permission on an index.

    devpi is asked anew for each index: a token may be good for one and not for another.
    """
    request.context = RootFactory(request, stage)  # type: ignore[no-untyped-call]
    request.registry.getUtility(ISecurityPolicy).identity_cache.clear(request)
    try:
        return bool(request.has_permission(permission, request.context))
    except HTTPForbidden:  # how devpi-tokens says that a token is not for this index
        return False


def _refusal(request: Request, reason: str) -> Exception:
    if request.identity is None:
        refusal: Exception = HTTPUnauthorized(
            explanation=reason, headers=[("WWW-Authenticate", 'Basic realm="pypi"')]
        )
        return refusal
    return HTTPForbidden(explanation=f"{reason}, which {request.identity.username} has not")  # type: ignore[no-any-return]  # untyped
