"""The assets that a workspace resolved, named as people do."""

from __future__ import annotations

from collections.abc import Iterable

from pipl.asset.selection import Selected
from pipl.errors.usage import UnknownSelection
from pipl.workspace.placed import Product
from pipl_pipe.errors import UnknownAsset
from pipl_pipe.names import normalised


def of_workspace(
    products: Iterable[Product], product: str | None = None, name: str | None = None
) -> tuple[Selected, ...]:
    """The assets of all products, of one, or one of its assets, by product and name.

    Raises UnknownSelection, UnknownAsset.
    """
    found = {one.package: one for one in products}
    if product is not None:
        key = normalised(product)
        named = {package: one for package, one in found.items() if normalised(package) == key}
        if not named:
            there = ", ".join(sorted(found)) or "none"
            raise UnknownSelection(product, f"the workspace resolved the products: {there}")
        found = named
    chosen = tuple(
        Selected(package, one.content.version, reference)
        for package, one in sorted(found.items())
        for reference in sorted(one.content.assets, key=lambda asset: asset.name)
        if name in (None, reference.name)
    )
    if name is not None and not chosen:
        known = tuple(sorted(asset.name for one in found.values() for asset in one.content.assets))
        raise UnknownAsset(str(product), name, known)
    return chosen
