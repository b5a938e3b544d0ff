"""Fixtures over the session's real server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.servers import RunningServer

_NUMBERS = itertools.count(1)

MakeIndex = Callable[..., IndexName]


@pytest.fixture
def root(devpi_server: RunningServer) -> Iterator[DevpiClient]:
    """A client acting as root."""
    with devpi_server.root() as client:
        yield client


@pytest.fixture
def make_index(root: DevpiClient) -> MakeIndex:
    """Makes indexes of type `pipl` that nobody else uses; keywords as `IndexConfig` has them."""

    def make(**settings: Any) -> IndexName:
        config = IndexConfig(
            IndexName("root", f"index{next(_NUMBERS)}"), "pipl", acl_upload=("root",)
        )
        root.create_index(replace(config, **settings))
        return config.name

    return make
