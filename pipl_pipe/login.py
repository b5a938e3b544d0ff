"""Logins to servers, as `pipl login` keeps them for the person at this machine.

    <folder>/logins.json     mode 0600, in the format pipl-logins/1

pipl writes the file; here it is found and read, so that a workspace's interpreter acts as the
same person.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

FORMAT = "pipl-logins/1"
NAME = "logins.json"
VARIABLE = "PIPL_CONFIG_DIR"
HEADER = "X-Devpi-Auth"
MAX_BYTES = 1_000_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Login:
    """Who to act as at a server; `token` never shows in a representation.

    `expires_at` is in seconds since the epoch.
    """

    url: str
    user: str
    token: str = field(repr=False)
    expires_at: float

    @property
    def header(self) -> Tuple[str, str]:
        """devpi's own header, by name and value; a secret."""
        text = f"{self.user}:{self.token}".encode()
        return HEADER, base64.b64encode(text).decode("ascii")


def folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where logins are kept: PIPL_CONFIG_DIR, else where the platform keeps configuration."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    home = Path.home()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "pipl" / "pipl"
    chosen = environ.get("XDG_CONFIG_HOME", "")
    if chosen.startswith("/"):
        return Path(chosen) / "pipl"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "pipl"
    return home / ".config" / "pipl"


def parse(text: str) -> Dict[str, Login]:
    """The logins in a file, by server. Raises ValueError where it is no such file."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise ValueError(f"not {FORMAT}")
        logins = [Login(**entry) for entry in document["logins"]]
        return {plain(one.url): _checked(one) for one in logins}
    except (TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise ValueError(f"{type(fault).__name__}: {fault}") from fault


def find(url: str, environ: Mapping[str, str]) -> Optional[Login]:
    """The login at a server that can still be used.

    None also where the file cannot be read, or where other people could read it: then
    `pipl login` is what helps, and it says what is wrong with the file.
    """
    path = folder(environ) / NAME
    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                return None
            found = parse(file.read(MAX_BYTES).decode("utf-8")).get(plain(url))
    except (OSError, ValueError):
        return None
    return found if found is not None and found.expires_at > time.time() else None


def plain(url: str) -> str:
    """A server's URL as logins are kept by."""
    return url.rstrip("/")


def _checked(login: Login) -> Login:
    texts = (login.url, login.user, login.token)
    if not all(isinstance(one, str) and one.isprintable() for one in texts):
        raise ValueError("an entry is not made of texts")
    if type(login.expires_at) not in (int, float):
        raise ValueError("a time of expiry is not a number")
    return login
