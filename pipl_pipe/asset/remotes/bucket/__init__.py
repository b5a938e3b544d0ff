"""A remote that keeps assets in a bucket, laid out as `whereabouts` says."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional

from pipl_pipe.asset.bucket import Bucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import PLAIN, Transfer
from pipl_pipe.asset.remotes.bucket import whereabouts
from pipl_pipe.asset.remotes.bucket.cutting import by_content, fixed
from pipl_pipe.asset.remotes.bucket.fetching import Source
from pipl_pipe.asset.remotes.bucket.known import Known
from pipl_pipe.asset.remotes.bucket.pulling import Pull, verify
from pipl_pipe.asset.remotes.bucket.sending import Push
from pipl_pipe.asset.transfer import PATIENT, Retries, Traffic


class BucketRemote:
    """A Remote over any Bucket."""

    def __init__(
        self, bucket: Bucket, *, records: Optional[Path] = None, retries: Retries = PATIENT
    ) -> None:
        """`records` is a folder of this machine, on a local disk, for what buckets hold.

        Without one, a push finds out less about what is there already.
        """
        self.bucket = bucket
        self.name = bucket.name
        self._retries = retries
        self._known = Known(records, bucket.name)

    def __repr__(self) -> str:
        return f"BucketRemote({self.bucket!r})"

    def has(self, reference: Reference) -> bool:
        key = whereabouts.revision_key(reference.digest)
        return self._traffic(PLAIN).retried(lambda: self.bucket.size(key)) is not None

    def push(
        self,
        reference: Reference,
        near: Objects,
        transfer: Transfer = PLAIN,
        *,
        chunked: bool = False,
    ) -> None:
        """As the protocol says; `chunked` cuts large files where their content says so."""
        split = by_content if chunked else fixed
        Push(self.bucket, self._known, near, self._traffic(transfer), split=split).push(reference)

    def pull(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        Pull(Source(self.bucket, self._traffic(transfer)), near).pull(reference)

    def verify(self, reference: Reference, transfer: Transfer = PLAIN) -> None:
        verify(Source(self.bucket, self._traffic(transfer)), reference)

    def revisions(self) -> Iterator[str]:
        for key, _ in self.bucket.keys("revisions"):
            revision = whereabouts.revision_of(key)
            if revision:
                yield revision

    def close(self) -> None:
        self.bucket.close()

    def _traffic(self, transfer: Transfer) -> Traffic:
        return Traffic(transfer, self._retries)
