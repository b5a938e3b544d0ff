"""Checking that what product wheels reference is in the store, whole."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Iterable

from pipl_pipe.asset import reference
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.errors import InvalidProduct


def verify(wheels: Iterable[Path], store: AssetStore) -> int:
    """Read every asset of the wheels again, and its thumbnail; how many assets there are.

    Raises AssetMissing, AssetDamaged, InvalidProduct.
    """
    count = 0
    for wheel in wheels:
        for asset in read_assets(wheel).assets:
            store.verify(asset)
            if asset.picture is not None:
                store.verify(asset.picture)
            count += 1
    return count


def read_assets(wheel: Path) -> ProductAssets:
    """What a product wheel references. Raises InvalidProduct."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [name for name in archive.namelist() if _is_reference(name)]
            if len(found) != 1:
                raise InvalidProduct(wheel.name, (f"it has {len(found)} {reference.NAME}",))
            with archive.open(found[0]) as file:
                content = file.read(reference.MAX_BYTES + 1)
    except (OSError, zipfile.BadZipFile) as fault:
        raise InvalidProduct(wheel.name, (str(fault),)) from fault
    if len(content) > reference.MAX_BYTES:
        raise InvalidProduct(wheel.name, (f"its {reference.NAME} is too large",))
    package = found[0].partition("/")[0]
    return reference.parse(content.decode("utf-8", errors="replace"), product=package)


def _is_reference(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(f"/{reference.NAME}")
