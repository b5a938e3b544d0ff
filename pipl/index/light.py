"""Asking a server a question without what `requests` takes to import (a fifth of a second).

For plain HTTP with no proxy, as most studios have it inside; `is_enough` tells. Of refusals it
says less than the whole client, which is to be asked then.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipl.errors.access import LoginNeeded, NotAllowed
from pipl.errors.server import ServerDown, ServerSlow, UnexpectedReply
from pipl.index import exchange
from pipl.index.login import Login

if TYPE_CHECKING:
    from pipl.index.name import IndexName
    from pipl.index.requirements import Requirements

MAX_REPLY_BYTES = 64_000_000
TIMEOUT_S = 300.0
"""A page of requirements takes long where the server opens the wheels for the first time."""
_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def is_enough(url: str, environ: Mapping[str, str]) -> bool:
    """Whether a server can be asked in this simple way."""
    parts = urlsplit(url)
    is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    is_plain = parts.scheme == "http" and url.isascii()
    return is_plain and (is_here or not any(map(environ.get, _PROXIES)))


class LightClient:
    """The server at `url`, one connection for each question. See `DevpiClient`."""

    def __init__(self, url: str, login: Login | None) -> None:
        self.url = url.rstrip("/")
        self._login = login

    def get_json(self, path: str, *, timeout_s: float) -> object:
        """Raises ServerDown, ServerSlow, LoginNeeded, NotAllowed, UnexpectedReply."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 80
        doing = f"reading {path}"
        try:
            answer = exchange.get(
                host,
                port,
                parts.path + path,
                self._headers(),
                timeout_s=timeout_s,
                most=MAX_REPLY_BYTES,
            )
        except TimeoutError as fault:
            raise ServerSlow(self.url, doing, timeout_s) from fault
        except OSError as fault:
            raise ServerDown(self.url) from fault
        except exchange.Unanswered as fault:
            raise UnexpectedReply(self.url + path, 0, str(fault)) from fault
        except exchange.TooLong as fault:
            raise UnexpectedReply(self.url + path, 200, "it is too long") from fault
        if answer.status == 401 and self._login is None:
            raise LoginNeeded(self.url, doing)
        if answer.status in (401, 403):
            raise NotAllowed(self._login.user if self._login else "nobody", doing)
        if answer.status != 200:
            raise UnexpectedReply(self.url + path, answer.status, answer.reason)
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as fault:
            raise UnexpectedReply(self.url + path, answer.status, "it is not JSON") from fault

    def requirements(self, index: IndexName, *, known: Requirements | None = None) -> Requirements:
        """See `IndexClient.requirements`. Raises as `get_json`."""
        from pipl.index import requirements  # slow to import, and seldom asked for here

        try:
            return requirements.fetch(
                lambda path: self.get_json(path, timeout_s=TIMEOUT_S), index, known
            )
        except ValueError as fault:
            raise UnexpectedReply(self.url + requirements.PAGE, 200, str(fault)) from fault

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "pipl"}
        if self._login is not None:
            text = f"{self._login.user}:{self._login.token}".encode()
            headers["X-Devpi-Auth"] = base64.b64encode(text).decode("ascii")
        return headers
