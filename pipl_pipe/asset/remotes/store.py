"""Another folder store as a remote: the project's, before which a cache stands."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.objects.batch import Batch
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import PLAIN, Transfer
from pipl_pipe.asset.transfer import Traffic
from pipl_pipe.errors import AssetDamaged

_SLICE = 8192
_SLICE_BYTES = 1 << 30
"""So much is published at once, so that a copy that was killed goes on from there."""
_LARGE_BYTES = 256 << 20
"""From here on a file is copied piece by piece, and goes on after a kill where it was."""
_PIECE_BYTES = 32 << 20
_SMALL_BYTES = 1 << 20
"""Below, a file is copied by reading it once; above, by sharing its blocks where that works."""
_SOME = 64
_COPIERS = 2
"""More threads wait for each other: making a file takes the interpreter's lock."""


class StoreRemote:
    """A Remote that copies from and to the objects of a store that is mounted here.

    Copies share blocks where the file systems can; they are never hardlinks.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.name = objects.name

    def __repr__(self) -> str:
        return f"StoreRemote({str(self.objects.root)!r})"

    def has(self, reference: Reference) -> bool:
        """A manifest that is there promises that its files are."""
        size = reference.size if reference.shape == "file" and reference.size else None
        return self.objects.has(reference.digest, size)

    def push(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        _copy(reference, near, self.objects, transfer)

    def pull(self, reference: Reference, near: Objects, transfer: Transfer = PLAIN) -> None:
        _copy(reference, self.objects, near, transfer)

    def verify(self, reference: Reference, transfer: Transfer = PLAIN) -> None:
        sizes = _files(reference, self.objects)
        traffic = Traffic(transfer)
        traffic.expect(sum(sizes.values()), len(sizes))

        def check(digest: Digest) -> None:
            self.objects.verify(digest, size=sizes[digest], asset=reference.name)
            traffic.passing(sizes[digest], 1)

        traffic.each(sizes, check)

    def revisions(self) -> Iterator[str]:
        """What the store remembers as revisions; its files are not told apart otherwise."""
        recent = self.objects.root / "recent"
        if recent.is_dir():
            for path in recent.iterdir():
                algorithm, _, hex_digits = path.name.partition("-")
                if algorithm in digests.ALGORITHMS:
                    found = Digest.parse(f"{algorithm}:{hex_digits}")
                    if self.objects.has(found):
                        yield str(found)

    def close(self) -> None:
        return


def _files(reference: Reference, objects: Objects) -> Dict[Digest, int]:
    """The files of an asset and their sizes. Raises AssetMissing, AssetDamaged."""
    if reference.shape == "file":
        objects.present(reference.digest, size=reference.size, asset=reference.name)
        return {reference.digest: reference.size}
    entries = objects.manifest(reference, asset=reference.name).entries
    return {entry.digest: entry.size for entry in entries}


def _copy(reference: Reference, source: Objects, target: Objects, transfer: Transfer) -> None:
    """Copy what the target lacks, verified, the manifest last."""
    sizes = _files(reference, source)
    lacking = [digest for digest, size in sizes.items() if not target.has(digest, size)]
    traffic = Traffic(replace(transfer, jobs=min(transfer.jobs, _COPIERS)))
    traffic.expect(sum(sizes[one] for one in lacking), len(lacking))
    for large in [one for one in lacking if sizes[one] >= _LARGE_BYTES]:
        _copy_large(large, sizes[large], source, target, traffic)
    for part in _slices([one for one in lacking if sizes[one] < _LARGE_BYTES], sizes):
        with target.batch() as batch:
            made: List[Tuple[Digest, Path]] = []
            some = [part[at : at + _SOME] for at in range(0, len(part), _SOME)]
            traffic.each(some, partial(_copy_some, sizes, source, batch, traffic, made))
            for digest, aside in made:
                batch.keep(digest, aside)
    with target.batch() as batch:
        for digest in sizes:
            batch.expect(digest)
        if reference.shape == "file":
            batch.remember(reference.digest)
        else:
            aside = batch.new()
            _copy_file(source.path(reference.digest), aside)
            _check(reference.digest, aside, source)
            batch.seal(reference.digest, aside)


def _slices(lacking: List[Digest], sizes: Dict[Digest, int]) -> Iterator[List[Digest]]:
    part: List[Digest] = []
    size = 0
    for one in lacking:
        part.append(one)
        size += sizes[one]
        if len(part) == _SLICE or size >= _SLICE_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _copy_some(
    sizes: Dict[Digest, int],
    source: Objects,
    batch: Batch,
    traffic: Traffic,
    made: List[Tuple[Digest, Path]],
    some: Sequence[Digest],
) -> None:
    for digest in some:
        found = source.present(digest, size=sizes[digest], asset="")
        aside = batch.new()
        if sizes[digest] < _SMALL_BYTES:
            _copy_whole(digest, found, aside, source)
        else:
            _copy_file(Path(found), aside)
            _check(digest, aside, source)
        made.append((digest, aside))
    traffic.passing(sum(sizes[one] for one in some), len(some))


def _copy_whole(digest: Digest, found: str, aside: Path, source: Objects) -> None:
    """Read once: what is hashed is what is written. Raises AssetDamaged."""
    with open(found, "rb", buffering=0) as file:  # noqa: PTH123  # a path object costs as much
        content = file.read(_SMALL_BYTES)
    found_digest = digests.of_bytes(content, digest.algorithm)
    if found_digest != digest:
        raise AssetDamaged(str(digest), source.name, f"its content has digest {found_digest}")
    files.save(content, aside)


def _copy_file(found: Path, aside: Path) -> None:
    if not files.cloned(found, aside):
        with found.open("rb") as file:
            files.copied(file, aside)


def _copy_large(
    digest: Digest, size: int, source: Objects, target: Objects, traffic: Traffic
) -> None:
    """Continue the copy that a killed process left, or wait for one that is at it."""
    found = source.present(digest, size=size, asset="")
    while not target.has(digest, size):
        folder = target.partial(digest)
        with contextlib.suppress(FileNotFoundError), files.storing(target.root):
            with locking.locked(folder / "lock"):  # gone where another has just finished
                if not target.has(digest, size):
                    _continue(Path(found), folder / "content", traffic)
                    with target.batch() as batch:
                        _check(digest, folder / "content", source)
                        batch.keep(digest, folder / "content")
            files.remove(folder)
    traffic.passing(0, 1)


def _continue(found: Path, aside: Path, traffic: Traffic) -> None:
    if not aside.exists() and files.cloned(found, aside):
        traffic.passing(found.stat().st_size)
        return
    with found.open("rb", buffering=0) as file, aside.open("ab", buffering=0) as copy:
        done = copy.tell()
        traffic.passing(done)
        file.seek(done)
        for piece in iter(partial(file.read, _PIECE_BYTES), b""):
            files.write(copy, piece)
            traffic.passing(len(piece))
    aside.chmod(files.READ_ONLY)


def _check(digest: Digest, aside: Path, source: Objects) -> None:
    """Raises AssetDamaged where what was copied is something else."""
    found = digests.of_file(aside, digest.algorithm)
    if found != digest:
        files.remove(aside)
        raise AssetDamaged(str(digest), source.name, f"its content has digest {found}")
