"""One GET over plain HTTP, read by llhttp, which Node.js parses with too (httptools)."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

import httptools

from pipl import connection

_CHUNK_BYTES = 1 << 18
_ENDED = (b"content-length", b"transfer-encoding")
"""With one of these an answer says where it ends."""


class Unanswered(Exception):
    """What came is no answer of HTTP, or not a whole one."""


class TooLong(Exception):
    """The answer has more bytes than were to be read."""


class Answer:
    """An answer, as far as it has come; httptools calls what begins with `on_`."""

    def __init__(self) -> None:
        self.status = 0
        self.reason = ""
        self.content = bytearray()
        self.is_whole = False
        self._has_begun = False
        self._has_end = False

    def on_status(self, text: bytes) -> None:
        self.reason += text.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._has_end = self._has_end or name.lower() in _ENDED

    def on_headers_complete(self) -> None:
        self._has_begun = True

    def on_body(self, content: bytes) -> None:
        self.content += content

    def on_message_complete(self) -> None:
        self.is_whole = True

    @property
    def may_end(self) -> bool:
        """Whether the end of the connection is that of the answer, which says of no other."""
        return self._has_begun and not self._has_end


def get(
    host: str, port: int, path: str, headers: Mapping[str, str], *, timeout_s: float, most: int
) -> Answer:
    """Ask for a path, and read up to `most` bytes of an answer in all of the time.

    Raises OSError, TimeoutError, Unanswered, TooLong.
    """
    until = time.monotonic() + timeout_s
    shown = f"[{host}]" if ":" in host else host
    lines = [f"GET {path} HTTP/1.1", f"Host: {shown}:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any(not line.isascii() or not line.isprintable() for line in lines):
        raise Unanswered("what is asked does not go into a line of HTTP")
    answer = Answer()
    with connection.connect(host, port, timeout_s=timeout_s) as link:
        link.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        _read(link, answer, until, most)
    return answer


def _read(link: socket.socket, answer: Answer, until: float, most: int) -> None:
    parser, came = httptools.HttpResponseParser(answer), 0
    while not answer.is_whole:
        left_s = until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        link.settimeout(left_s)
        part = link.recv(_CHUNK_BYTES)
        came += len(part)
        if came > most:
            raise TooLong
        if not part:
            if answer.may_end:
                break
            raise Unanswered("it ends in the middle")
        try:
            parser.feed_data(part)
        except httptools.HttpParserError as fault:
            raise Unanswered(str(fault)) from fault
    answer.status = parser.get_status_code()
