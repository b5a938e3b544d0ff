"""Whether an index can be reached: installers take ten seconds of retries to notice that not."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pipl import connection
from pipl.env.lock import origin_of
from pipl.env.surroundings import LOOPBACK
from pipl.errors.server import ServerDown, ServerStopped

CONNECT_TIMEOUT_S = 5.0


def check(index_url: str | None, environ: Mapping[str, str]) -> None:
    """Raises ServerDown where nothing answers. None stands for an index that is not ours."""
    if index_url is not None and not answers(index_url, environ):
        raise ServerDown(origin_of(index_url))


def check_still(index_url: str | None, environ: Mapping[str, str], doing: str) -> None:
    """After a failure: raises ServerStopped where the server has gone, which explains it."""
    if index_url is not None and not answers(index_url, environ):
        raise ServerStopped(origin_of(index_url), doing)


def answers(url: str, environ: Mapping[str, str]) -> bool:
    """Whether something listens where `url` points; True where only a proxy could tell."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxied = any(environ.get(f"{key}_proxy") for key in ("http", "https", "all")) or any(
        environ.get(f"{key}_PROXY") for key in ("HTTP", "HTTPS", "ALL")
    )
    if proxied and host not in LOOPBACK:
        return True
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with connection.connect(host, port, timeout_s=CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False
