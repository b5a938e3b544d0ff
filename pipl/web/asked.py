"""What requests about assets ask for: lists of digests, read with bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pyramid.httpexceptions import (  # type: ignore[import-untyped]
    HTTPBadRequest,
    HTTPLengthRequired,
    HTTPRequestEntityTooLarge,
)
from pyramid.request import Request  # type: ignore[import-untyped]

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import InvalidDigest

MAX_OBJECTS = 8192
"""In one request."""
MAX_LIST_BYTES = 2_000_000
_PIECE_BYTES = 1 << 20


def digests(request: Request, key: str) -> list[Digest]:
    """The list under a key of the JSON document sent. Raises HTTPBadRequest and the like."""
    return [_digest(text) for text in _list(_document(request), key)]


def members(request: Request) -> tuple[list[Member], list[Digest]]:
    """`objects` as [digest, size] pairs, and `manifests` as digests."""
    document = _document(request)
    objects = []
    for pair in _list(document, "objects"):
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[1]) is not int:
            raise HTTPBadRequest(explanation="objects must be pairs of a digest and a size")
        objects.append(Member(_digest(pair[0]), pair[1]))
    return objects, [_digest(text) for text in _list(document, "manifests")]


def length(request: Request, most: int) -> int:
    """Of the body in bytes. Raises HTTPLengthRequired, HTTPRequestEntityTooLarge."""
    given = request.content_length
    if given is None:
        raise HTTPLengthRequired(explanation="the body's length is not given")
    if given > most:
        raise HTTPRequestEntityTooLarge(explanation=f"the body is larger than {most} bytes")
    return int(given)


def body(request: Request, most: int) -> Iterator[bytes]:
    """In pieces. Raises as `length`, and HTTPBadRequest where it is cut short."""
    left = length(request, most)
    while left:
        piece = request.environ["wsgi.input"].read(min(left, _PIECE_BYTES))
        if not piece:
            raise HTTPBadRequest(explanation="the body is shorter than it was said to be")
        left -= len(piece)
        yield piece


def _document(request: Request) -> dict[str, Any]:
    content = b"".join(body(request, MAX_LIST_BYTES))
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise HTTPBadRequest(explanation="the body is not JSON") from None
    if not isinstance(document, dict):
        raise HTTPBadRequest(explanation="the body is not a JSON table")
    return document


def _list(document: dict[str, Any], key: str) -> list[Any]:
    listed = document.get(key, [])
    if not isinstance(listed, list):
        raise HTTPBadRequest(explanation=f"{key} must be a list")
    if len(listed) > MAX_OBJECTS:
        raise HTTPRequestEntityTooLarge(explanation=f"more than {MAX_OBJECTS} {key}")
    return listed


def _digest(text: Any) -> Digest:
    try:
        return Digest.parse(text if isinstance(text, str) else "")
    except InvalidDigest:
        raise HTTPBadRequest(explanation="what is asked for is not a digest") from None
