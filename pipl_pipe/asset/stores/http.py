"""The project's assets over its server, kept in a cache of this machine; only for reading.

The server gives objects at `<url>/+pipl/assets/<algorithm>/<hex>`; the cache is laid out like a
folder store and can be shared by all projects.
"""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Iterator

from pipl_pipe.asset import files, manifest
from pipl_pipe.asset.digest import ALGORITHMS, Digest, chunks, of_file
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.store import Stored
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.errors import AssetDamaged, AssetMissing, StoreReadOnly, StoreUnreachable

TIMEOUT_S = 60.0


class HttpStore:
    """An AssetStore that fetches what the cache lacks from the server at `url`."""

    def __init__(self, url: str, cache: Path) -> None:
        self.url = url.rstrip("/")
        self.cache = FolderStore(cache, name=f"{self.url} (cache {cache})", parents=True)

    def __repr__(self) -> str:
        return f"HttpStore({self.url!r}, {str(self.cache.root)!r})"

    def add(self, source: Path, *, product: str, asset: str = "", link: bool = False) -> Stored:
        raise StoreReadOnly(self.url)

    def has(self, revision: str) -> bool:
        """Whether the cache or the server holds the object. Raises StoreUnreachable."""
        if self.cache.has(revision):
            return True
        try:
            with self._open(Digest.parse(revision), method="HEAD"):
                return True
        except urllib.error.HTTPError as fault:
            if fault.code == 404:
                return False
            raise StoreUnreachable(self.url, f"{fault.code} {fault.reason}") from fault
        except (OSError, HTTPException) as fault:
            raise StoreUnreachable(self.url, str(fault)) from fault

    def path(self, product: str, reference: Reference) -> Path:
        self._fetch_all(product, reference)
        return self.cache.path(product, reference)

    def view(
        self, product: str, reference: Reference, destination: Path, *, link: bool = True
    ) -> None:
        self._fetch_all(product, reference)
        self.cache.view(product, reference, destination, link=link)

    def verify(self, reference: Reference) -> None:
        self._fetch_all("", reference)
        self.cache.verify(reference)

    def revisions(self) -> Iterator[str]:
        """Of what the cache holds: a server is not asked for its whole list."""
        return self.cache.revisions()

    def _fetch_all(self, product: str, reference: Reference) -> None:
        asset = f"{product}/{reference.name}" if product else reference.name
        if reference.shape == "file":
            self._fetch(reference.digest, reference.size, asset)
            return
        self._fetch(reference.digest, manifest.MAX_BYTES, asset, exact=False)
        for entry in self.cache.objects.manifest(reference, asset=asset).entries:
            self._fetch(entry.digest, entry.size, f"{asset}/{entry.path}")

    def _fetch(self, digest: Digest, size: int, asset: str, *, exact: bool = True) -> None:
        """Download an object unless the cache holds it; at most `size` bytes are taken."""
        held = self.cache.objects.path(digest)
        if held.is_file() and (held.stat().st_size == size if exact else of_file(held) == digest):
            return
        with self.cache.objects.aside() as aside:
            try:
                found = self._download(digest, aside / "object", size)
            except urllib.error.HTTPError as fault:
                if fault.code == 404:
                    raise AssetMissing(str(digest), self.url, asset) from fault
                raise StoreUnreachable(self.url, f"{fault.code} {fault.reason}") from fault
            except (urllib.error.URLError, HTTPException, socket.timeout, ConnectionError) as fault:
                raise StoreUnreachable(self.url, str(fault)) from fault
            if found != digest:
                raise AssetDamaged(str(digest), self.url, f"what arrived has digest {found}")
            (aside / "object").chmod(files.READ_ONLY)
            self.cache.objects.take_in(digest, aside / "object")

    def _download(self, digest: Digest, aside: Path, size: int) -> Digest:
        hasher = ALGORITHMS[digest.algorithm]()
        left = size
        with self._open(digest) as answer, aside.open("xb") as file:
            for chunk in chunks(answer):
                left -= len(chunk)
                if left < 0:
                    raise AssetDamaged(str(digest), self.url, f"more than {size} bytes arrive")
                hasher.update(chunk)
                files.write(file, chunk)
            file.flush()
            os.fsync(file.fileno())
        return Digest(digest.algorithm, hasher.hexdigest())

    def _open(self, digest: Digest, *, method: str = "GET") -> HTTPResponse:
        if not self.url.startswith(("http://", "https://")):
            raise StoreUnreachable(self.url, "it is not an http address")
        address = f"{self.url}/+pipl/assets/{digest.algorithm}/{digest.hex}"
        request = urllib.request.Request(address, method=method)  # noqa: S310  # checked above
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
        return answer
