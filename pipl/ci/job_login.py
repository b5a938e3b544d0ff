"""The login of a job, where programs that it starts find it: files for its user alone.

    scratch-N/logins/logins.json    as `pipl login` keeps it; PIPL_CONFIG_DIR points there
    scratch-N/logins/netrc          for pip and uv; NETRC points there

Both are gone when the attempt has its verdict.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from pipl.index.login import Login, LoginStore
from pipl_pipe import login as kept

NETRC = "NETRC"
VARIABLES = (kept.VARIABLE, NETRC)
"""What a program needs to be told so as to act as the job's user."""


def write(scratch: Path, login: Login) -> dict[str, str]:
    """Write the files, with mode 0600; the variables that say where they are."""
    folder = scratch / "logins"
    LoginStore(folder).put(login)
    netrc = folder / "netrc"
    host = urlsplit(login.url).hostname or ""
    text = f"machine {host}\nlogin {_quoted(login.user)}\npassword {_quoted(login.token)}\n"
    descriptor = os.open(netrc, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, text.encode("utf-8"))
    finally:
        os.close(descriptor)
    return {kept.VARIABLE: str(folder), NETRC: str(netrc)}


def _quoted(word: str) -> str:
    """A word with spaces as uv reads it, and Python from 3.11 on."""
    if not set(word) & set(' "\\'):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def forget(scratch: Path) -> None:
    """Take the files away."""
    folder = scratch / "logins"
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)
    if folder.is_dir():
        folder.rmdir()
