"""Facts of a USD layer by usd-core; the layer alone is read, nothing is composed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from pipl_pipe.asset.facts.bounds import Fact, plain
from pipl_pipe.asset.facts.image import Unreadable

EXTENSIONS = frozenset(("usd", "usda", "usdc", "usdz"))
MAX_TEXT_BYTES = 100_000_000
"""A .usda is parsed whole, whatever is asked of it; crate files are read where asked."""
_MAX_REFERENCES = 24
_STARTS = {b"PXR-USDC": "crate", b"#usda": "text", b"#sdf": "text", b"PK": "package"}
_METADATA = (
    ("up_axis", "upAxis"),
    ("metres_per_unit", "metersPerUnit"),
    ("time_codes_per_second", "timeCodesPerSecond"),
    ("start_time", "startTimeCode"),
    ("end_time", "endTimeCode"),
)


def starts_as_layer(path: Path) -> str:
    """ "crate", "text" or "package" by the first bytes; empty for what cannot be a layer."""
    with path.open("rb") as file:
        first = file.read(8)
    found = [kind for start, kind in _STARTS.items() if first.startswith(start)]
    return found[0] if found else ""


def facts_of(path: Path) -> Dict[str, Fact]:
    """Default prim, up axis, metres per unit, times, and the files that the layer refers to.

    What the layer does not say is left out: it has USD's fallback. References are as written
    in the layer (sublayers, references, payloads), sorted. Raises ImportError, Unreadable.
    """
    from pxr import (  # type: ignore[import-untyped]  # it has no types
        Sdf,
        Tf,
        Usd,  # noqa: F401  # registers the file formats
    )

    if starts_as_layer(path) == "text" and path.stat().st_size > MAX_TEXT_BYTES:
        raise Unreadable(f"it is text of more than {MAX_TEXT_BYTES} bytes")
    try:
        layer = Sdf.Layer.FindOrOpen(str(path))
    except Tf.ErrorException as fault:
        raise Unreadable(plain(str(fault))) from fault
    if layer is None:
        raise Unreadable("usd-core cannot read it")
    return _facts(layer)


def _facts(layer: Any) -> Dict[str, Fact]:
    facts: Dict[str, Fact] = {}
    if layer.HasDefaultPrim():
        facts["default_prim"] = plain(str(layer.defaultPrim))
    root = layer.pseudoRoot
    for name, key in _METADATA:
        if root.HasInfo(key):
            value = root.GetInfo(key)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            facts[name] = value if is_number else plain(str(value))
    # sorted: USD gives them in the order of its hash tables
    references = sorted(map(str, layer.GetCompositionAssetDependencies()))
    facts["external_reference_count"] = len(references)
    facts["external_references"] = [plain(one, length=80) for one in references[:_MAX_REFERENCES]]
    return facts
