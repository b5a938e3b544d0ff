"""The notifier `webhook`: JSON, posted with a signature."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from pipl.ci.notify.message import Message
from pipl.ci.notify.notifier import LONGEST_TIMEOUT_S, TIMEOUT_S, Given
from pipl.errors.ci import NotifierFailed

TIMESTAMP = "X-Pipl-Timestamp"
SIGNATURE = "X-Pipl-Signature"
DELIVERY = "X-Pipl-Delivery"
MAX_REPLY_BYTES = 4096
"""How much of a reply is read; the rest of it is left where it is."""
_KEYS = ("url", "url_secret", "secret", "timeout_s")


class Webhook:
    """Posts messages to a URL, over TLS unless it is this machine's.

    `clock` tells the time in seconds since the epoch.
    """

    def __init__(self, given: Given, *, clock: Callable[[], float] = time.time) -> None:
        given.only(_KEYS)
        if "url_secret" in given.values:
            self._url = given.secret("url_secret") or ""
        else:
            self._url = given.text("url")
        if self._url:
            given.problems.extend(_wrong_with(self._url))
        self._secret = given.secret("secret")
        self._timeout_s = given.number("timeout_s", TIMEOUT_S, most=LONGEST_TIMEOUT_S)
        given.done()
        self._name = given.name
        self._clock = clock

    def send(self, message: Message) -> None:
        """Post once; redirects are not followed. Raises NotifierFailed."""
        body = json.dumps(message.to_json(), ensure_ascii=False).encode("utf-8")
        headers = {"Content-Type": "application/json; charset=utf-8", DELIVERY: message.id}
        if self._secret is not None:
            stamp = f"{self._clock():.0f}"
            headers |= {TIMESTAMP: stamp, SIGNATURE: signature(self._secret, stamp, body)}
        try:
            with requests.Session() as session:
                session.trust_env = not _is_loopback(self._url)
                session.auth = _no_login  # else ~/.netrc would be sent
                with session.post(
                    self._url,
                    data=body,
                    headers=headers,
                    timeout=self._timeout_s,
                    allow_redirects=False,
                    stream=True,
                ) as reply:
                    self._judge(reply)
        except requests.RequestException as fault:
            raise NotifierFailed(self._name, _in_short(fault)) from None
        except UnicodeError as fault:  # a host name that cannot be one
            raise NotifierFailed(self._name, str(fault)) from None

    def _judge(self, reply: requests.Response) -> None:
        if 200 <= reply.status_code < 300:
            return
        if 300 <= reply.status_code < 400:
            raise NotifierFailed(
                self._name, f"it answered {reply.status_code}, a redirect, which is not followed"
            )
        said = next(reply.iter_content(MAX_REPLY_BYTES), b"").decode("utf-8", errors="replace")
        words = " ".join("".join(one if one.isprintable() else " " for one in said).split())
        raise NotifierFailed(self._name, f"it answered {reply.status_code}: {words:.300}")


def signature(secret: str, stamp: str, body: bytes) -> str:
    """`sha256=` and the hexadecimal HMAC-SHA256 of `stamp`, a full stop and the body."""
    signed = stamp.encode("ascii") + b"." + body
    return "sha256=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def _wrong_with(url: str) -> list[str]:
    """The URL itself is not shown: it may be a secret."""
    try:
        parts = urlsplit(url)
        is_complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return ["`url` is not a URL"]
    if not is_complete or parts.scheme not in ("http", "https"):
        return ["`url` must begin with https:// and a host"]
    if parts.username is not None or parts.password is not None:
        return ["`url` must not hold a login; keep the whole URL as a secret, with `url_secret`"]
    if parts.scheme == "http" and not _is_loopback(url):
        return ["`url` must begin with https://, as it leaves this machine"]
    return []


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_short(fault: requests.RequestException) -> str:
    """What went wrong, without the URL that the library writes into its texts."""
    kinds = (
        (requests.exceptions.SSLError, "its certificate cannot be trusted"),
        (requests.exceptions.ConnectTimeout, "connecting took too long"),
        (requests.exceptions.ReadTimeout, "it did not answer in time"),
        (requests.exceptions.ConnectionError, "it cannot be reached"),
    )
    return next((says for kind, says in kinds if isinstance(fault, kind)), type(fault).__name__)
