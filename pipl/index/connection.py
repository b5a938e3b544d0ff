"""One server over HTTP: requests as a user, and what goes wrong with them as designed errors."""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from pipl.errors.access import AccessError, LoginExpired, LoginNeeded, NotAllowed, TokenRefused
from pipl.errors.server import (
    ServerBusy,
    ServerDown,
    ServerError,
    ServerSlow,
    ServerStopped,
    ServerUntrusted,
    UnexpectedReply,
)
from pipl.index.login import Login

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
MAX_REPLY_BYTES = 64_000_000
GET_ATTEMPTS = 3
TOKEN_PREFIX = "devpi-"  # noqa: S105  no secret: what every token of devpi-tokens begins with
_REASON_LENGTH = 500
_REFUSED = (401, 403)
_BUSY = (429, 503)
_JSON = "application/json"

JsonDocument = Mapping[str, object] | Sequence[str]


@dataclass(frozen=True)
class Reply:
    """A server's whole answer; `reason` is what it says in words.

    `retry_after_s` is when it wants to be asked again, where it says so in seconds.
    """

    url: str
    status: int
    content: bytes
    reason: str
    retry_after_s: float | None = None

    def json(self) -> object:
        """Raises UnexpectedReply where it is not JSON."""
        try:
            return json.loads(self.content)
        except ValueError as fault:
            raise self.unexpected("it is not JSON") from fault

    def unexpected(self, reason: str = "") -> UnexpectedReply:
        return UnexpectedReply(self.url, self.status, reason or self.reason)


class _TokenAuth(AuthBase):
    """devpi's own header; with it `requests` leaves ~/.netrc alone."""

    def __init__(self, login: Login | None) -> None:
        self.login = login

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.login is not None:
            text = f"{self.login.user}:{self.login.token}".encode()
            request.headers["X-Devpi-Auth"] = base64.b64encode(text).decode("ascii")
        return request


class Connection:
    """Kept-alive connections to the server at `url`. Redirects are not followed.

    Proxies and certificates are those that `requests` finds in the environment; a server on
    this machine needs neither. Where the server refuses the login, `fresh` is asked for the one
    to use now, and what was refused is sent again if that is another one.
    """

    def __init__(
        self,
        url: str,
        login: Login | None = None,
        *,
        fresh: Callable[[], Login | None] = lambda: None,
    ) -> None:
        self.url = url.rstrip("/")
        self._fresh = fresh
        self._session = requests.Session()
        self._session.trust_env = not _is_loopback(url)
        self.login = login

    @property
    def login(self) -> Login | None:
        return self._login

    @login.setter
    def login(self, login: Login | None) -> None:
        self._login = login
        self._session.auth = _TokenAuth(login)

    def close(self) -> None:
        self._session.close()

    def renew(self) -> bool:
        """Take up the login to use now. Returns whether it is another one."""
        login = self._fresh()
        if login is None or login == self.login:
            return False
        self.login = login
        return True

    def who(self) -> str | None:
        """The user that the server takes us for; None for nobody, or where it refuses the login.

        Raises ServerDown, ServerStopped, ServerSlow, UnexpectedReply.
        """
        reply = self.get("/+api", doing="asking who I am")
        if reply.status in _REFUSED:
            return None
        if reply.status != 200:
            raise reply.unexpected()
        match reply.json():
            case {"result": {"authstatus": ["ok", str(user), *_]}}:
                return user
        return None

    def get(
        self, path: str, *, doing: str, timeout_s: float = READ_TIMEOUT_S, accept: str = _JSON
    ) -> Reply:
        """Ask for a path; tried again where the connection drops on the way.

        devpi tells about a file where JSON is accepted, and gives it otherwise.
        Raises ServerDown, ServerStopped, ServerSlow.
        """
        for attempt in range(1, GET_ATTEMPTS + 1):
            try:
                return self.send("GET", path, doing=doing, timeout_s=timeout_s, accept=accept)
            except ServerStopped:
                if attempt == GET_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def send(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        document: JsonDocument | None = None,
        body: IO[bytes] | None = None,
        content_type: str | None = None,
        timeout_s: float = READ_TIMEOUT_S,
        accept: str = _JSON,
    ) -> Reply:
        """Send one request, once, with a JSON document or a body as it is.

        Raises ServerDown, ServerStopped, ServerSlow.
        """
        headers = {"Accept": accept}
        content: IO[bytes] | bytes | None = body
        if document is not None:
            content, content_type = json.dumps(document).encode("utf-8"), _JSON
        if content_type is not None:
            headers["Content-Type"] = content_type
        with self._open(
            method,
            path,
            doing=doing,
            headers=headers,
            timeout_s=timeout_s,
            body=content,
        ) as response:
            answer = b"".join(_bounded(response))
            return Reply(
                response.url,
                response.status_code,
                answer,
                _reason(response, answer),
                _retry_after_s(response),
            )

    @contextmanager
    def stream(self, path: str, *, doing: str) -> Iterator[requests.Response]:
        """A file's reply, its content to be read within. Raises as `send` does, in there too."""
        with self._open(
            "GET", path, doing=doing, headers={"Accept": "*/*"}, timeout_s=READ_TIMEOUT_S
        ) as response:
            yield response

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        headers: Mapping[str, str],
        timeout_s: float,
        body: IO[bytes] | bytes | None = None,
    ) -> Iterator[requests.Response]:
        def ask() -> requests.Response:
            return self._session.request(
                method,
                self.url + path,
                headers=dict(headers),
                data=body,
                timeout=(CONNECT_TIMEOUT_S, timeout_s),
                allow_redirects=False,
                stream=True,
            )

        try:
            response = ask()
            may_repeat = body is None or isinstance(body, bytes)
            if response.status_code in _REFUSED and may_repeat and self.renew():
                response.close()
                response = ask()
            with response:
                yield response
        except requests.RequestException as fault:
            raise self._designed(fault, doing, timeout_s) from fault

    def refusal(self, reply: Reply, doing: str) -> AccessError | ServerError:
        """Why the server refused: no login, an expired one, no right to do it; or what else."""
        if reply.status in _BUSY and reply.retry_after_s is not None:
            return ServerBusy(self.url, doing, reply.retry_after_s)
        if reply.status not in _REFUSED:
            return reply.unexpected()
        if self.login is None:
            return LoginNeeded(self.url, doing)
        if self.who() is not None:
            return NotAllowed(self.login.user, doing)
        kind = TokenRefused if self.login.token.startswith(TOKEN_PREFIX) else LoginExpired
        return kind(self.login.user, self.url)

    def _designed(
        self, fault: requests.RequestException, doing: str, timeout_s: float
    ) -> ServerError:
        cause = fault.args[0] if fault.args else None
        reason = getattr(cause, "reason", None)
        if isinstance(fault, requests.exceptions.SSLError):
            return ServerUntrusted(self.url, str(reason or fault))
        if isinstance(fault, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
            return ServerDown(self.url)
        if isinstance(reason, NewConnectionError) or isinstance(fault, ValueError):
            return ServerDown(self.url)  # a ValueError is how requests says that it is no URL
        if isinstance(fault, requests.Timeout) or isinstance(cause, ReadTimeoutError):
            return ServerSlow(self.url, doing, timeout_s)
        if isinstance(fault, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            return ServerStopped(self.url, doing)
        return UnexpectedReply(self.url, 0, str(fault))


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bounded(response: requests.Response) -> Iterator[bytes]:
    total = 0
    for chunk in response.iter_content(65_536):
        total += len(chunk)
        if total > MAX_REPLY_BYTES:
            raise UnexpectedReply(
                response.url, response.status_code, f"more than {MAX_REPLY_BYTES} bytes"
            )
        yield chunk


def _retry_after_s(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 10 else None


def _reason(response: requests.Response, content: bytes) -> str:
    """devpi puts it into a JSON document, or into the status line."""
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    message = document.get("message") if isinstance(document, dict) else None
    if not isinstance(message, str):
        message = response.reason
    return " ".join(message.split())[:_REASON_LENGTH] if message else "no reason given"
