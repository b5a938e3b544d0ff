"""Folders that go away with their process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipl_pipe.asset.disk import aside, locking


def test_it_is_gone_however_it_ends(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), aside.folder(tmp_path, ".laying-") as made:
        (made / "half").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    dead, alive, mine = (tmp_path / name for name in (".laying-dead", ".laying-alive", ".laying"))
    for folder in (dead, alive, mine, tmp_path / ".laying-starting-old"):
        folder.mkdir()
        (folder / ".alive").touch()
    (dead / "frame.exr").touch(mode=0o444)
    os.utime(tmp_path / ".laying-starting-old", (0, 0))
    (tmp_path / ".laying-of-mine").mkdir()
    (tmp_path / ".laying-starting-new").mkdir()
    with locking.locked(alive / ".alive"), aside.folder(tmp_path, ".laying-"):
        pass
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".laying-alive", ".laying", ".laying-of-mine", ".laying-starting-new"}
