"""The demo's packls as their people have them: laid in folders and imported from there."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

from pipl.demo.content import lay

PACKLS = ("demo_pipeline", "hero_model", "sh010_layout")


class Import(Protocol):
    def __call__(self, name: str) -> ModuleType: ...


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Import]:
    """Import a module of the demo's packls by its full name; forgotten after the module."""
    folder: Path = tmp_path_factory.mktemp("packls")
    for packl in PACKLS:
        lay(packl, folder / packl)
        sys.path.insert(0, str(folder / packl))
    try:
        yield importlib.import_module
    finally:
        for packl in PACKLS:
            sys.path.remove(str(folder / packl))
        for name in [name for name in sys.modules if name.split(".")[0] in PACKLS]:
            del sys.modules[name]
