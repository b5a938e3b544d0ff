"""Assets: files and folders too big for a package, referenced by digest and kept in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipl_pipe.asset.reference import Reference as Reference
    from pipl_pipe.asset.types import Asset as Asset
    from pipl_pipe.asset.types import File as File
    from pipl_pipe.asset.types import Folder as Folder
    from pipl_pipe.asset.types import Sequence as Sequence
    from pipl_pipe.asset.types import asset_types as asset_types
    from pipl_pipe.asset.types import registered as registered

__all__ = ["Asset", "File", "Folder", "Reference", "Sequence", "asset_types", "registered"]


def __getattr__(name: str) -> Any:
    """Load types when they are asked for: who only moves files does without entry points."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Reference":
        from pipl_pipe.asset.reference import Reference

        return Reference
    from pipl_pipe.asset import types

    return getattr(types, name)
