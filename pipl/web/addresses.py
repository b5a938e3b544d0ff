"""Addresses that are no text are refused: Pyramid and devpi fail on them, with status 500."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import HTTPBadRequest  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]
from pyramid.router import default_execution_policy  # type: ignore[import-untyped]


def policy(environ: dict[str, Any], router: Any) -> Response:
    """Pyramid's way of answering a request, but 400 where its path or query is not UTF-8.

    Not a tween: one before devpi's logging, which fails first, lets Pyramid order other
    plugins' tweens before devpi's transactions.
    """
    try:
        environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8")  # as WSGI has it
        unquote_to_bytes(environ.get("QUERY_STRING", "").encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return HTTPBadRequest(explanation="the address is not UTF-8")
    return default_execution_policy(environ, router)
