"""The two sides of a comparison, as people name them: releases, revisions, files on disk."""

from __future__ import annotations

from pathlib import Path

from pipl.asset import difference, selection
from pipl.asset.difference import Tree
from pipl.errors.usage import PathMissing
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference


def is_path(text: str, cwd: Path) -> bool:
    """Whether a text means something on disk; `==` and `:` never do."""
    return (
        "==" not in text
        and not selection.is_revision(text)
        and (text.startswith((".", "/", "~")) or (cwd / text).exists())
    )


def on_disk(text: str, cwd: Path) -> Tree:
    """Raises PathMissing, AssetRefused."""
    path = cwd / Path(text).expanduser()
    if not path.exists():
        raise PathMissing(str(path))
    return difference.of_path(path)


def of_reference(reference: Reference, near: Objects) -> Tree:
    """What an asset is made of. Raises AssetMissing, AssetDamaged."""
    if reference.shape == "file":
        return difference.of_object(reference.digest, reference.size)
    return difference.of_manifest(near.manifest(reference, asset=reference.name).entries)
