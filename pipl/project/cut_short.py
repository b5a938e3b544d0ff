"""What a server that was killed has left half done in its database.

devpi opens its SQLite database for reading first. Where a kill or a power cut came in the middle
of a change, SQLite has to undo that before anybody can read, which takes the right to write
(sqlite.org, "Atomic Commit in SQLite", hot journals), and so the server would never start again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path

DATABASES = (".sqlite", ".sqlite_db")
"""devpi's databases in the folder of a server, of which there is one."""


def undo(server: Path) -> None:
    """Take back a change that was cut short, for `server` before it is started.

    A database that cannot be opened is left to devpi, which says why.
    """
    for name in DATABASES:
        path = server / name
        if not path.exists():
            continue
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True)) as opened:
            opened.execute("SELECT count(*) FROM sqlite_master")
