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
    """An answer, as far as it has come; httptools calls what begins with `on_`.

    What a server says before (100 Continue and its kin) and what follows is not of it.
    """

    def __init__(self) -> None:
        self.status = 0
        self.reason = ""
        self.content = bytearray()
        self.is_whole = False
        self._parser = httptools.HttpResponseParser(self)
        self._has_begun = False
        self._has_end = False

    def feed(self, part: bytes) -> None:
        """Take what came next. Raises Unanswered."""
        try:
            self._parser.feed_data(part)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as fault:
            if not self.is_whole:
                raise Unanswered(str(fault)) from fault

    def end(self) -> None:
        """The connection has ended, as the answer may that says of no other end.

        Raises Unanswered.
        """
        if not self._has_begun or self._has_end:
            raise Unanswered("it ends in the middle")

    def on_message_begin(self) -> None:
        if not self.is_whole:
            self.reason, self._has_begun, self._has_end = "", False, False

    def on_status(self, text: bytes) -> None:
        if not self.is_whole:
            self.reason += text.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._has_end = self._has_end or name.lower() in _ENDED

    def on_headers_complete(self) -> None:
        if not self.is_whole:
            self.status = self._parser.get_status_code()
            self._has_begun = not 100 <= self.status < 200

    def on_body(self, content: bytes) -> None:
        if not self.is_whole:
            self.content += content

    def on_message_complete(self) -> None:
        self.is_whole = self._has_begun


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
    came = 0
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
            answer.end()
            break
        answer.feed(part)
