"""What an asset store is.

A store keeps content under its digest and gives it back read-only. Replace it by a
`pipl_pipe.services` entry point named `asset_store`; `pipl_pipe.testing.asset_store` is the
suite that an implementation must pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Protocol

from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference


@dataclass(frozen=True)
class Stored:
    """What storing gave: the revision names the content; the size is of all files, in bytes."""

    revision: str
    size: int


class AssetStore(Protocol):
    """Implementations are safe for many processes at once; nothing is visible half-written."""

    def add(
        self,
        source: Path,
        *,
        product: str,
        asset: str = "",
        link: bool = False,
        progress: Progress = SILENT,
    ) -> Stored:
        """Store a file or folder; storing the same content again is cheap in space.

        `product` and `asset` are for people, such as in messages. With `link` the caller gives
        the source up: it may become the store's own, read-only, and must not be written any
        more. Raises AssetRefused (links, devices, names no other system has, a file that
        changes meanwhile), StoreFull (nothing remains), StoreReadOnly.
        """

    def has(self, revision: str) -> bool:
        """Whether the store holds the object; says nothing about its content."""

    def path(self, product: str, reference: Reference) -> Path:
        """A readable path `…/<product>/<revision>/<basename>`, with the version in it.

        Raises AssetMissing, AssetDamaged where a size does not fit.
        """

    def view(
        self,
        product: str,
        reference: Reference,
        destination: Path,
        *,
        link: bool = True,
        progress: Progress = SILENT,
    ) -> None:
        """Lay the asset read-only at `destination`, whole, replacing an older one.

        Without `link` the files are the caller's own, not hardlinks of the store's.
        Raises AssetMissing, AssetDamaged where a size does not fit.
        """

    def verify(self, reference: Reference, *, progress: Progress = SILENT) -> None:
        """Read everything again and compare. Raises AssetMissing, AssetDamaged."""

    def revisions(self) -> Iterator[str]:
        """The digests of all objects: files, and manifests of folders; in no order."""
