"""Assets: files and folders too big for a package, referenced by digest and kept in a store."""

from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.types import Asset, File, Folder, Sequence, asset_types, registered

__all__ = ["Asset", "File", "Folder", "Reference", "Sequence", "asset_types", "registered"]
