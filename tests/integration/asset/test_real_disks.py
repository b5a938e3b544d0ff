"""Stores on a file system that is full, or mounted read-only; no stand-ins for either."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.asset import disk

INSIDE = 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" "$4" "$1" "$5"'


def on_a_small_disk(tmp_path: Path, what: str) -> list[str]:
    """What `disk.py` prints; its disk is seen by it alone and goes with it."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare: file systems are mounted as Linux does")
    place, scratch = tmp_path / "disk", tmp_path / "scratch"
    place.mkdir()
    scratch.mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    trial = [*alone, 'mount -t tmpfs tmpfs "$0"', place]
    if subprocess.run(trial, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system of their own")
    command = [*alone, INSIDE, "sh", place, sys.executable, disk.__file__, what, scratch]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_a_disk_that_is_full_is_said_and_nothing_half_made_stays(tmp_path: Path) -> None:
    beyond = ["pull asset.store-full []", "view asset.store-full False"]
    beyond += ["push asset.store-full False"]
    assert on_a_small_disk(tmp_path, "full") == [
        "many asset.store-full []",
        "one asset.store-full []",
        *beyond,
        *beyond,
        "small nothing",
    ]


def test_a_store_that_is_mounted_read_only_is_read_and_says_so(tmp_path: Path) -> None:
    assert on_a_small_disk(tmp_path, "read-only") == [
        "add asset.store-read-only",
        "pull asset.store-read-only",
        "path asset.store-read-only",
        "view nothing",
        "shown 20",
        "verify nothing",
    ]
