"""The project's own server as a remote: one address, one login, the standard library alone.

Small objects travel in packs, large ones in parts; the pages are described in
docs/reference/server.md.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, Optional

from pipl_pipe.asset import manifest
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.manifest import Manifest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import PLAIN, Transfer
from pipl_pipe.asset.remotes.server.http import TIMEOUT_S, Connections
from pipl_pipe.asset.remotes.server.pulling import Pull
from pipl_pipe.asset.remotes.server.pushing import Push
from pipl_pipe.asset.transfer import Traffic
from pipl_pipe.errors import InvalidDigest, StoreForbidden, StoreUnreachable
from pipl_pipe.login import Login

MAX_LINE_BYTES = 200


def nobody() -> Optional[Login]:
    """Act as nobody in particular."""
    return None


class ServerRemote:
    """A Remote over the server at `url`, an http or https address.

    `authorize` gives who to act as, None for nobody:
    `functools.partial(pipl_pipe.login.find, url, os.environ)` is the login that pipl keeps.
    """

    def __init__(
        self,
        url: str,
        authorize: Callable[[], Optional[Login]] = nobody,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Raises InvalidBucket for any other address, and one that holds a password."""
        self._connections = Connections(url, authorize, timeout_s)
        self.name = self._connections.name

    def __repr__(self) -> str:
        return f"ServerRemote({self.name!r})"

    def has(self, reference: Reference) -> bool:
        asked: Dict[str, object] = {"manifests": [reference.revision]}
        if reference.shape == "file":
            asked = {"objects": [[reference.revision, reference.size]]}
        return not Traffic(PLAIN).retried(lambda: self._post("lacking", asked)["lacking"])

    def push(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        sizes = _sizes(reference, near)
        traffic = Traffic(transfer)
        if self.has(reference):
            traffic.expect(0, 0)
            self._remember(reference, needed=False)
            return
        Push(self._connections, near, traffic, reference).send(sizes)
        self._remember(reference, needed=True)

    def pull(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        pull = Pull(self._connections, near, Traffic(transfer), reference.name)
        if reference.shape == "file":
            pull.fetch({reference.digest: reference.size})
            with near.batch() as batch:
                batch.expect(reference.digest)
                batch.remember(reference.digest)
            return
        content = pull.manifest(reference)
        listed = manifest.verified(content, reference, where=self.name)
        pull.fetch(_files(listed))
        pull.seal(reference.digest, content, listed)

    def verify(self, reference: Reference, transfer: Transfer = PLAIN) -> None:
        pull = Pull(self._connections, None, Traffic(transfer), reference.name)
        if reference.shape == "file":
            pull.check({reference.digest: reference.size})
        else:
            content = pull.manifest(reference)
            pull.check(_files(manifest.verified(content, reference, where=self.name)))

    def revisions(self) -> Iterator[str]:
        with self._connections.ask("GET", "/+pipl/assets/revisions") as answer:
            rest = b""
            for piece in answer.pieces():
                *lines, rest = (rest + piece).split(b"\n")
                yield from map(self._revision, lines)
                if len(rest) > MAX_LINE_BYTES:
                    raise StoreUnreachable(self.name, "what it answers is no list of revisions")

    def close(self) -> None:
        self._connections.close()

    def _post(self, page: str, content: Dict[str, object]) -> Dict[str, object]:
        with self._connections.posted(f"/+pipl/assets/{page}", content) as answer:
            return answer.document()

    def _remember(self, reference: Reference, *, needed: bool) -> None:
        """Tell the server that the revision is an asset's, which keeps it from being swept."""
        try:
            Traffic(PLAIN).retried(
                lambda: self._post("revisions", {"revisions": [reference.revision]})
            )
        except StoreForbidden:
            if needed:
                raise  # else it is there already, which is all that was asked for

    def _revision(self, line: bytes) -> str:
        try:
            return str(Digest.parse(line.decode("ascii")))
        except (InvalidDigest, UnicodeDecodeError) as fault:
            raise StoreUnreachable(self.name, "what it answers is no list of revisions") from fault


def _files(listed: Manifest) -> Dict[Digest, int]:
    return {entry.digest: entry.size for entry in listed.entries}


def _sizes(reference: Reference, near: Objects) -> Dict[Digest, int]:
    """The files of an asset. Raises AssetMissing, AssetDamaged about `near`."""
    if reference.shape == "file":
        return {reference.digest: reference.size}
    return _files(near.manifest(reference, asset=reference.name))
