"""Who takes how much of the store: per product, and in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipl.asset.marks.digest_set import DigestSet
from pipl.asset.marks.releases import ProductRelease
from pipl.asset.upkeep import quarantine, shelves
from pipl.progress import SILENT, Progress
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference

_SHARED = -1


@dataclass
class ProductUsage:
    """All versions of one product together; sizes in bytes, each object once.

    `unique` bytes would go with the product, `shared` ones other products reference, too.
    `missing` assets are not in this store.
    """

    product: str
    versions: int = 0
    referenced: int = 0
    unique: int = 0
    missing: int = 0

    @property
    def shared(self) -> int:
        return self.referenced - self.unique


@dataclass
class StoreUsage:
    """`unreferenced` bytes are of objects that no release references; sizes in bytes."""

    products: list[ProductUsage] = field(default_factory=list)
    objects: int = 0
    total: int = 0
    unreferenced: int = 0
    quarantine: int = 0


def measure(
    objects: Objects, releases: Iterable[ProductRelease], *, progress: Progress = SILENT
) -> StoreUsage:
    """Raises NoStore, AssetDamaged (a manifest that cannot be read)."""
    by_product: dict[str, list[ProductRelease]] = {}
    for one in releases:
        by_product.setdefault(one.distribution, []).append(one)
    owners = _Owners()
    used = StoreUsage()
    progress.phase("reading what products reference")
    for number, name in enumerate(sorted(by_product)):
        used.products.append(_of_product(objects, name, by_product[name], owners, used.products))
        progress.advance(number + 1, len(by_product), "products")
    progress.phase("measuring the store")
    for shelf in shelves.shelves(objects.root):
        for entry in shelf.entries():
            digest = shelf.digest(entry.name)
            if digest is None:
                continue
            try:
                size = entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue
            used.objects += 1
            used.total += size
            used.unreferenced += 0 if owners.of(digest) is not None else size
    used.quarantine = sum(one.size() for one in quarantine.all_of(objects.root))
    return used


class _Owners:
    """Which product references an object: its number, or _SHARED."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[bytes, int]] = {}

    def of(self, digest: Digest) -> int | None:
        return self._numbers.get(digest.algorithm, {}).get(bytes.fromhex(digest.hex))

    def set(self, digest: Digest, number: int) -> None:
        self._numbers.setdefault(digest.algorithm, {})[bytes.fromhex(digest.hex)] = number


def _of_product(
    objects: Objects,
    name: str,
    releases: list[ProductRelease],
    owners: _Owners,
    others: list[ProductUsage],
) -> ProductUsage:
    used = ProductUsage(name, versions=len({one.version for one in releases}))
    number = len(others)
    seen = DigestSet()
    references = {one.revision: one for release in releases for one in release.assets}
    for reference in references.values():
        parts = _parts(objects, reference)
        used.missing += not parts
        for digest, size in parts:
            if not seen.add(digest):
                continue
            used.referenced += size
            owner = owners.of(digest)
            if owner is None:
                used.unique += size
                owners.set(digest, number)
            elif owner != _SHARED:
                others[owner].unique -= size
                owners.set(digest, _SHARED)
    return used


def _parts(objects: Objects, reference: Reference) -> list[tuple[Digest, int]]:
    """The objects of an asset with their sizes; none where the store does not hold it."""
    try:
        found = [(reference.digest, objects.path(reference.digest).stat().st_size)]
    except FileNotFoundError:
        return []
    if reference.shape != "file":
        listed = objects.manifest(reference, asset=reference.name)
        found += [(entry.digest, entry.size) for entry in listed.entries]
    picture = reference.picture
    if picture is not None and objects.has(picture.digest):
        found.append((picture.digest, picture.size))
    return found
