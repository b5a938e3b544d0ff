"""Which schedulers may be given a login."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pipl.errors.ci import InvalidEngineOption, SchedulerInsecure

ENCRYPTED = ("tls", "wss", "inproc")
KNOWN = (*ENCRYPTED, "tcp", "ws", "ucx", "ucxx")


def check(address: str, *, insecure: bool) -> str:
    """The address with its scheme (tcp where it names none).

    Raises InvalidEngineOption for what is no address, and SchedulerInsecure for one that is
    neither encrypted nor on this machine, unless `insecure` allows that.
    """
    full = address if "://" in address else f"tcp://{address}"
    try:
        parts = urlsplit(full)
        host, known = parts.hostname or "", parts.scheme in KNOWN
    except ValueError:
        host, known = "", False
    if not known or (not host and parts.scheme != "inproc"):
        raise InvalidEngineOption("scheduler", f"{address!r} is not like tls://HOST:8786")
    if insecure or parts.scheme in ENCRYPTED or _is_loopback(host):
        return full
    raise SchedulerInsecure(full)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
