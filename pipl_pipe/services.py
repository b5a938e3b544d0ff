"""The named services, as attributes: `from pipl_pipe import services; services.config`.

`config`, `asset_store`, `path`, `tasks` and `products` come with the framework; a packl adds or
replaces one by a `pipl_pipe.services` entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Tuple

from pipl_pipe import registry
from pipl_pipe.errors import UnknownExtension

if TYPE_CHECKING:
    from pipl_pipe.asset.store import AssetStore
    from pipl_pipe.config import Config
    from pipl_pipe.path.service import Paths
    from pipl_pipe.product.installed import Products
    from pipl_pipe.task.installed import Tasks

    config: Config
    asset_store: AssetStore
    path: Paths
    products: Products
    tasks: Tasks


def names() -> Tuple[str, ...]:
    """Every service that is registered here."""
    return registry.names()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return registry.get(name)
    except UnknownExtension as fault:
        raise AttributeError(str(fault)) from fault


def __dir__() -> List[str]:
    return sorted({"names", *names()})
