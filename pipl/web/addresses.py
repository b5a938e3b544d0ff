"""Addresses that are no text are refused: Pyramid and devpi fail on them, with status 500."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import HTTPBadRequest  # type: ignore[import-untyped]
from pyramid.request import Request  # type: ignore[import-untyped]
from pyramid.response import Response  # type: ignore[import-untyped]

Handler = Callable[[Request], Response]


def tween(handler: Handler, registry: object) -> Handler:
    """Answers 400 to a path or query whose bytes are not UTF-8; the outermost of all."""

    def handle(request: Request) -> Response:
        environ = request.environ
        try:
            environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8")  # as WSGI has it
            unquote_to_bytes(environ.get("QUERY_STRING", "").encode("latin-1")).decode("utf-8")
        except UnicodeError:
            return HTTPBadRequest(explanation="the address is not UTF-8")
        return handler(request)

    return handle
