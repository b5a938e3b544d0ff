"""Where a server is, and which proxy of the environment stands before it."""

from __future__ import annotations

import base64
import ipaddress
from typing import Dict, Optional, Tuple
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from pipl_pipe.errors import InvalidBucket

_PORTS = {"http": 80, "https": 443}


def checked(url: str) -> SplitResult:
    """An http or https URL in parts. Raises InvalidBucket, also where it holds a login."""
    shown = url
    try:
        parts = urlsplit(url)
        shown = f"{parts.scheme}://{parts.hostname}{parts.path}"
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidBucket(shown, "it is not an http address")
        if parts.username is not None or parts.password is not None:
            raise InvalidBucket(shown, "it holds a login")
        if parts.query or parts.fragment or not url.isprintable() or " " in url:
            raise InvalidBucket(shown, "it goes on after its path")
        place(parts)
    except ValueError as fault:
        raise InvalidBucket("the server's address", str(fault)) from fault
    return parts


def place(parts: SplitResult) -> Tuple[str, int]:
    """Host and port. Raises ValueError for a port that is none."""
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)


def proxy_for(parts: SplitResult) -> Optional[SplitResult]:
    """The environment's proxy for an address; a server on this machine needs none."""
    found = getproxies().get(parts.scheme)
    host = parts.hostname or ""
    if not found or _is_loopback(host) or proxy_bypass(host):
        return None
    proxy = urlsplit(found if "://" in found else f"http://{found}")
    return proxy if proxy.hostname else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxy_login(proxy: SplitResult) -> Dict[str, str]:
    """The header that a proxy wants, if its address holds a login."""
    if proxy.username is None:
        return {}
    text = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(text).decode('ascii')}"}
