"""Kept-alive connections to one server, with the standard library alone.

Proxies are those of the environment, as urllib reads it; certificates are verified as Python does
by default. Redirects are not followed, so a login never reaches another host.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Set,
    Tuple,
    Union,
)
from urllib.parse import urlsplit

from pipl_pipe.asset.remotes.server import address
from pipl_pipe.errors import StoreLoginNeeded, StoreUnreachable
from pipl_pipe.login import Login

TIMEOUT_S = 60.0
MAX_DOCUMENT_BYTES = 16_000_000
MAX_REASON_BYTES = 1 << 16
PIECE_BYTES = 1 << 20
_REASON_LENGTH = 300

Body = Callable[[], Iterable[bytes]]
"""Gives the pieces of a request's body, anew for each attempt."""


class Connections:
    """Requests to the server at `url`, of several threads at once; each takes a connection.

    `authorize` gives who to act as, None for nobody; it is asked before the first request, and
    again after the server has refused one.
    """

    def __init__(
        self, url: str, authorize: Callable[[], Optional[Login]], timeout_s: float = TIMEOUT_S
    ) -> None:
        """Raises InvalidBucket for an address that is not http's or holds a password."""
        self._parts = address.checked(url)
        self.name = url.rstrip("/")
        self.timeout_s = timeout_s
        self._proxy = address.proxy_for(self._parts)
        self._authorize = authorize
        self._login: Dict[str, str] = {}
        self._asked = False
        self._idle: List[HTTPConnection] = []
        self._busy: Set[HTTPConnection] = set()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Also those of threads that are in the middle of a request, which then fails."""
        with self._lock:
            for connection in (*self._idle, *self._busy):
                _shut(connection)
            self._idle.clear()

    @contextlib.contextmanager
    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Optional[Body] = None,
        size: int = 0,
        headers: Optional[Dict[str, str]] = None,
        expected: Tuple[int, ...] = (200,),
        patience_s: float = 0.0,
    ) -> Iterator[Answer]:
        """The answer to a request, its content to be read within; `size` is the body's.

        The server may take `patience_s` longer than usual. A connection that was kept and has
        died meanwhile is replaced. Raises StoreLoginNeeded, and StoreUnreachable for what is
        not `expected`.
        """
        connection, got = self._answer(
            method, path, body, size, headers or {}, self.timeout_s + patience_s
        )
        again = False
        try:
            answer = Answer(self.name, got)
            if got.status not in expected:
                raise self._refusal(answer)
            yield answer
            again = answer.finished()
        finally:
            self._give_back(connection, again=again)

    def posted(self, path: str, content: Any) -> ContextManager[Answer]:
        """The answer to a JSON document that is sent. Raises as `ask`."""
        sent = json.dumps(content).encode()
        return self.ask("POST", path, body=lambda: [sent], size=len(sent))

    def _answer(
        self,
        method: str,
        path: str,
        body: Optional[Body],
        size: int,
        headers: Dict[str, str],
        timeout_s: float,
    ) -> Tuple[HTTPConnection, HTTPResponse]:
        if not self._asked:
            login = self._authorize()
            self._login, self._asked = dict([login.header]) if login else {}, True
        lines = {"Accept": "application/json", **headers, **self._login}
        if body is not None or method == "PUT":
            lines["Content-Length"] = str(size)
        target = self._parts.path.rstrip("/") + path
        if self._proxy is not None and self._parts.scheme == "http":
            target = f"http://{self._parts.netloc}{target}"
            lines.update(address.proxy_login(self._proxy))
        while True:
            connection, kept = self._taken()
            connection.timeout = timeout_s
            if connection.sock is not None:
                connection.sock.settimeout(timeout_s)
            try:
                connection.request(method, target, body() if body else None, lines)
                return connection, connection.getresponse()
            except (OSError, HTTPException) as fault:
                self._give_back(connection, again=False)
                may_have_died = kept and isinstance(fault, (ConnectionError, HTTPException))
                if not may_have_died or size > PIECE_BYTES:
                    raise StoreUnreachable(self.name, _words(fault)) from fault
            except BaseException:
                self._give_back(connection, again=False)
                raise

    def _taken(self) -> Tuple[HTTPConnection, bool]:
        """A connection that nobody else uses, and whether it was used before."""
        with self._lock:
            kept = bool(self._idle)
            connection = self._idle.pop() if kept else self._made()
            self._busy.add(connection)
        return connection, kept

    def _give_back(self, connection: HTTPConnection, *, again: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            if again:
                self._idle.append(connection)
        if not again:
            _shut(connection)

    def _made(self) -> HTTPConnection:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        host, port = address.place(self._parts)
        if self._proxy is None:
            return kind(host, port, timeout=self.timeout_s)
        connection = kind(*address.place(self._proxy), timeout=self.timeout_s)
        if kind is HTTPSConnection:
            connection.set_tunnel(host, port, address.proxy_login(self._proxy))
        return connection

    def _refusal(self, answer: Answer) -> Exception:
        if answer.status in (401, 403):
            self._asked = False
            return StoreLoginNeeded(self.name, answer.reason())
        return StoreUnreachable(self.name, f"{answer.status} {answer.reason()}")


class Answer:
    """What a server answers; every method raises StoreUnreachable where it is cut short."""

    def __init__(self, name: str, answer: HTTPResponse) -> None:
        self.name = name
        self.status = answer.status
        self._answer = answer

    @property
    def size(self) -> Optional[int]:
        """Of the content that is not read yet, in bytes; None where the server does not say."""
        return self._answer.length

    def pieces(self) -> Iterator[bytes]:
        """The content in pieces of at most `PIECE_BYTES`."""
        while True:
            piece = self._read(PIECE_BYTES)
            if not piece:
                if self._answer.length:
                    raise StoreUnreachable(self.name, "the connection was cut")
                return
            yield piece

    def read(self, most: int) -> bytes:
        """The whole content, which is refused where it is larger than `most`."""
        gathered = bytearray()
        for piece in self.pieces():
            gathered += piece
            if len(gathered) > most:
                raise StoreUnreachable(self.name, f"it answers with more than {most} bytes")
        return bytes(gathered)

    def document(self) -> Dict[str, Any]:
        """The JSON table that the content is."""
        try:
            document = json.loads(self.read(MAX_DOCUMENT_BYTES))
        except (ValueError, RecursionError) as fault:
            raise StoreUnreachable(self.name, "what it answers is not JSON") from fault
        if not isinstance(document, dict):
            raise StoreUnreachable(self.name, "what it answers is not a JSON table")
        return document

    def reason(self) -> str:
        """What the server says in words about a request that it refuses."""
        if self.status in (301, 302, 303, 307, 308):
            other = urlsplit(self._answer.headers.get("Location", ""))
            return f"its address has changed, to {other.scheme}://{other.hostname}"
        text: object = self._answer.reason
        with contextlib.suppress(ValueError, RecursionError, StoreUnreachable):
            document = json.loads(self.read(MAX_REASON_BYTES))
            text = document.get("message", text) if isinstance(document, dict) else text
        words = " ".join(str(text).split())[:_REASON_LENGTH]
        return "".join(letter if letter.isprintable() else "?" for letter in words)

    def finished(self) -> bool:
        """Whether all has been read, so that the connection can be used again."""
        if not self._answer.isclosed():
            with contextlib.suppress(StoreUnreachable):
                self._read(MAX_REASON_BYTES)
                self._read(1)
        return self._answer.isclosed()

    def _read(self, most: int) -> bytes:
        try:
            return self._answer.read(most)
        except (OSError, HTTPException) as fault:
            raise StoreUnreachable(self.name, _words(fault)) from fault


def _words(fault: Union[OSError, HTTPException]) -> str:
    if isinstance(fault, socket.timeout):
        return "it takes too long to answer"
    if isinstance(fault, socket.gaierror):
        return "its name is not known"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return str(fault) or type(fault).__name__


def _shut(connection: HTTPConnection) -> None:
    """Also wakes a thread that waits for it."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
    connection.close()
