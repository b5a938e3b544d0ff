from __future__ import annotations

import os
from pathlib import Path
from typing import List

import pytest

from pipl_pipe.asset import digest
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.testing.asset_store import PRODUCT, make_folder


class Told:
    """Notes what is said of the progress."""

    def __init__(self) -> None:
        self.expected = 0
        self.steps: List[int] = []
        self.objects = 0

    def expect(self, size: int, objects: int) -> None:
        self.expected += size

    def advance(self, size: int, objects: int = 0) -> None:
        self.steps.append(size)
        self.objects += objects


@pytest.mark.parametrize("link", [False, True])
def test_progress_tells_every_byte_once_also_within_a_large_file(
    tmp_path: Path, link: bool
) -> None:
    source = make_folder(tmp_path / "source")
    (source / "large.vdb").write_bytes(os.urandom(5 * digest.LARGE_BYTES) * 10)
    (source / "odd.vdb").write_bytes(os.urandom(digest.LARGE_BYTES + 1))
    told = Told()
    FolderStore(tmp_path / "store").add(source, product=PRODUCT, link=link, progress=told)
    assert sum(told.steps) == told.expected
    assert told.objects == 6
    assert max(told.steps) <= 64 << 20
    assert len(told.steps) > 3
