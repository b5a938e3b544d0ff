"""A database whose writer was killed in the middle of a change."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipl.project import cut_short

CUT = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")  # changes reach the file before they are committed
database.execute("BEGIN")
for number in range(2000):
    database.execute("INSERT INTO kept VALUES (?)", ("half" * 200,))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("name", cut_short.DATABASES)
def test_a_change_that_was_cut_short_is_undone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE kept (value)")
        database.execute("INSERT INTO kept VALUES ('whole')")
        database.commit()
    cut = subprocess.run([sys.executable, "-c", CUT, path], check=False)
    assert cut.returncode == -signal.SIGKILL
    with pytest.raises(sqlite3.OperationalError, match="readonly"):  # as devpi opens it
        read(path)
    cut_short.undo(tmp_path)
    assert read(path) == [("whole",)]


def test_what_is_no_database_is_left_to_devpi(tmp_path: Path) -> None:
    (tmp_path / ".sqlite").write_bytes(b"x" * 4096)
    cut_short.undo(tmp_path)
    assert (tmp_path / ".sqlite").read_bytes() == b"x" * 4096


def read(path: Path) -> list[tuple[str]]:
    uri = f"{path.as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        return database.execute("SELECT value FROM kept").fetchall()
