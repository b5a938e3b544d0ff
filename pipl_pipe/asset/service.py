"""The built-in `asset_store` service: the places of the running interpreter's workspace."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional

from pipl_pipe import context, registry
from pipl_pipe.asset import places
from pipl_pipe.asset.places import Places
from pipl_pipe.asset.places import config as place_config
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.extension import extensions

TARGET = "pipl_pipe.asset.service:asset_store"
"""What the entry point of the built-in service names."""


def asset_store(config: Optional[Mapping[str, Any]] = None) -> AssetStore:
    """The service's factory. Raises NoContext, InvalidConfig."""
    return places.open_store(_places(config or {}))


def replaced_by() -> str:
    """The distribution whose service stands in the built-in one's place; empty for none.

    Raises AmbiguousExtension, UnknownExtension.
    """
    extension = extensions(registry.GROUP)[places.NAME]
    return "" if extension.value == TARGET else extension.distribution


def current_places() -> Places:
    """Where the workspace's assets may be. Raises NoContext, InvalidConfig."""
    return _places(registry.get("config").get(places.NAME) or {})


def _places(config: Mapping[str, Any]) -> Places:
    return place_config.parse(config, context.current(), os.environ)
