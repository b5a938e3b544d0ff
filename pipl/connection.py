"""Connecting to a host: what starts in a moment where the standard library's clients do not."""

from __future__ import annotations

import socket
from typing import cast


def connect(host: str, port: int, *, timeout_s: float) -> socket.socket:
    """A TCP connection. Raises OSError, TimeoutError.

    Of a name in ASCII, as bytes, Python asks nothing of Unicode, which it would first load.
    """
    name = host.encode("ascii") if host.isascii() else host
    return socket.create_connection((cast("str", name), port), timeout=timeout_s)
