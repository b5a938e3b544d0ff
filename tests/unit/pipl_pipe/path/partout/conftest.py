"""Configuration files as texts, looked up as if they were on the disks they name."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, Optional, Tuple

import pytest

from pipl_pipe.path.notations.partout import current
from pipl_pipe.path.notations.partout.files import TextFiles
from pipl_pipe.path.notations.partout.lookup import Lookup

CONFIGS = Path(__file__).parent / "configs"
Use = Callable[..., Lookup]


@pytest.fixture
def use() -> Iterator[Use]:
    """Makes the documented functions read these files, each a text or the name of one in
    `configs`: `use({"P:/path_partout.conf": "first"})`."""
    blocks = []

    def using(
        files: Mapping[str, str],
        folders: Tuple[str, ...] = (),
        roots: Optional[Dict[str, str]] = None,
    ) -> Lookup:
        lookup = Lookup(
            TextFiles({path: _text(one) for path, one in files.items()}), folders, roots or {}
        )
        block = current.replaced(lookup)
        block.__enter__()
        blocks.append(block)
        return lookup

    yield using
    for block in reversed(blocks):
        block.__exit__(None, None, None)


def _text(given: str) -> str:
    file = CONFIGS / f"{given}.conf"
    return file.read_text(encoding="utf-8") if len(given) < 50 and file.exists() else given
