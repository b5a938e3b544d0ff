"""What a remote is: a place beyond this machine's stores that assets travel to and from.

`pipl_pipe.testing.asset_remote` is the suite that an implementation must pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional, Protocol

from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.reference import Reference

DEFAULT_JOBS = 8


@dataclass(frozen=True)
class Transfer:
    """How to transfer: so many requests at once, and at most so many bytes a second together."""

    jobs: int = DEFAULT_JOBS
    limit_bytes_s: Optional[int] = None
    progress: Progress = SILENT


PLAIN = Transfer()


class Remote(Protocol):
    """Implementations are safe for many threads and processes at once.

    `name` is what messages call the remote; it never holds a secret. Every method raises
    StoreUnreachable (after retries, where the fault may pass) and StoreForbidden.
    """

    name: str

    def has(self, reference: Reference) -> bool:
        """Whether all of the asset is there, manifest and files; reads no content."""

    def push(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        """Send what the remote lacks of the asset; afterwards `has` is true.

        Goes on where a push that was killed had come to. Every object is verified while it is
        read. Raises AssetMissing and AssetDamaged about `near`, StoreReadOnly, StoreFull.
        """

    def pull(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        """Fetch what `near` lacks of the asset; goes on where a killed pull had come to.

        Everything is verified before it appears in `near`, the manifest last.
        Raises AssetMissing and AssetDamaged about the remote, StoreFull about `near`.
        """

    def verify(self, reference: Reference, transfer: Transfer = PLAIN) -> None:
        """Read all of the asset there and compare. Raises AssetMissing, AssetDamaged."""

    def revisions(self) -> Iterator[str]:
        """The revisions of the assets that were pushed, not of their files; in no order."""

    def close(self) -> None:
        """Give up connections; the remote is not used afterwards."""
