"""The `products` service: the products of the workspace, and their assets without importing."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple, Type

from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.asset.view import Placed
from pipl_pipe.errors import AmbiguousExtension, InvalidProduct, NotInstalled, PipeError
from pipl_pipe.extension import Loaded, extensions
from pipl_pipe.product.product import GROUP, Product, product_types, read_assets


class Products(Loaded[Product]):
    """Name to product, loaded when looked up."""

    @property
    def types(self) -> Loaded[Type[Product]]:
        """The registered product types by name."""
        return product_types()


def products(_config: Optional[Mapping[str, Any]] = None) -> Products:
    """The service's factory."""
    return Products(extensions(GROUP), extra={}, check=_problem)


def product_assets() -> Tuple[Dict[str, ProductAssets], Tuple[PipeError, ...]]:
    """The assets of every installed product by package, and the products that cannot be read.

    No product's code is run, so that a broken one still has its assets.
    """
    found: Dict[str, ProductAssets] = {}
    broken: List[PipeError] = []
    group = extensions(GROUP)
    for name in group:
        try:
            package = group[name].package
            content = read_assets(package)
        except (InvalidProduct, NotInstalled, AmbiguousExtension) as fault:
            broken.append(fault)
            continue
        if content is not None:
            found[package] = content
    return found, tuple(broken)


def placed(content: Mapping[str, ProductAssets]) -> List[Placed]:
    """What an asset view of these products shows."""
    return [
        Placed(package, reference)
        for package in sorted(content)
        for reference in content[package].assets
    ]


def _problem(found: object) -> str:
    return "" if isinstance(found, Product) else "it is not a Product"
