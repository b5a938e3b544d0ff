"""How people name assets: `hero_geo`, `hero_geo==1.2.0`, `hero_geo==1.2.0/model`, a revision."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipl.asset.marks import releases, wheels
from pipl.asset.marks.record import Record
from pipl.asset.marks.releases import ProductRelease
from pipl.asset.upkeep import shelves
from pipl.errors.usage import UnknownSelection
from pipl.index.client import IndexClient
from pipl.index.release import same_version
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.errors import AssetMissing, InvalidDigest, InvalidProduct
from pipl_pipe.names import normalised

_TEXT = re.compile(
    r"(?P<product>[A-Za-z0-9][A-Za-z0-9._-]*)(?:==(?P<version>[^/=\s]+))?(?:/(?P<asset>\w+))?"
)


@dataclass(frozen=True)
class Selection:
    """A product's normalised name; `version` and `asset` are empty where any is meant."""

    product: str
    version: str = ""
    asset: str = ""

    def takes(self, product: str, version: str, asset: str = "") -> bool:
        return (
            normalised(product) == self.product
            and (not self.version or same_version(version, self.version))
            and (not self.asset or not asset or asset == self.asset)
        )


@dataclass(frozen=True)
class Selected:
    """An asset of a release; `product` is its import name."""

    product: str
    version: str
    reference: Reference

    @property
    def label(self) -> str:
        """What people call it: product, version and name, or the revision."""
        if not self.product:
            return self.reference.revision
        return f"{self.product} {self.version}/{self.reference.name}"

    @property
    def revisions(self) -> tuple[str, ...]:
        """Its own, and its thumbnail's."""
        return tuple(filter(None, (self.reference.revision, self.reference.thumbnail)))


def is_revision(text: str) -> bool:
    """Whether a text is a digest."""
    try:
        Digest.parse(text)
    except InvalidDigest:
        return False
    return True


def parse(text: str) -> Selection | Digest:
    """Raises UnknownSelection."""
    if ":" in text:
        try:
            return Digest.parse(text)
        except InvalidDigest as fault:
            raise UnknownSelection(text, str(fault)) from fault
    found = _TEXT.fullmatch(text)
    if found is None:
        raise UnknownSelection(text, "it is not written like that")
    return Selection(normalised(found["product"]), found["version"] or "", found["asset"] or "")


def find(text: str, client: IndexClient, record: Record, objects: Objects) -> tuple[Selected, ...]:
    """The assets that a text names: on the project's indexes, else in wheels seen once.

    A revision is looked up in the store alone.
    Raises UnknownSelection, AssetMissing (a revision), ServerDown.
    """
    wanted = parse(text)
    if isinstance(wanted, Digest):
        return (Selected("", "", of_revision(objects, wanted)),)
    found = releases.of_distribution(client, record, wanted.product)
    try:
        return select(wanted, found.releases, text)
    except UnknownSelection:
        # the record is of all projects of this user: what this store does not hold is another's
        gone = [one for one in _remembered(wanted, record) if objects.has(one.reference.digest)]
        if not gone:
            raise
        return tuple(gone)


def of_revision(objects: Objects, digest: Digest) -> Reference:
    """What the store itself knows of a revision. Raises AssetMissing, AssetDamaged."""
    listed = shelves.manifest_at(objects, digest)
    if listed is not None:
        return Reference("asset", "Folder", "asset", "folder", str(digest), listed.size)
    try:
        size = objects.path(digest).stat().st_size
    except FileNotFoundError as fault:
        raise AssetMissing(str(digest), objects.name) from fault
    return Reference("asset", "File", "asset", "file", str(digest), size)


def _remembered(wanted: Selection, record: Record) -> tuple[Selected, ...]:
    """Assets of wheels that were looked into before they were deleted from the index."""
    found: dict[str, Selected] = {}
    for text in record.texts():
        try:
            content = wheels.parsed(text, wheel="a wheel seen before")
        except InvalidProduct:
            continue
        for one in content.assets:
            if wanted.version and wanted.takes(content.product, content.version, one.name):
                found[one.revision] = Selected(content.product, content.version, one)
    return tuple(found.values())


def select(
    selection: Selection, found_releases: Iterable[ProductRelease], text: str
) -> tuple[Selected, ...]:
    """The assets that are meant, each revision of a release once. Raises UnknownSelection."""
    found: dict[tuple[str, str, str, str], Selected] = {}
    versions: set[str] = set()
    for release in found_releases:
        if not selection.takes(release.distribution, release.version):
            if normalised(release.distribution) == selection.product:
                versions.add(release.version)
            continue
        for one in release.assets:
            if selection.takes(release.distribution, release.version, one.name):
                key = (release.distribution, release.version, one.name, one.revision)
                found[key] = Selected(release.product, release.version, one)
            else:
                versions.add(f"{release.version}/{one.name}")
    if not found:
        there = f"there are {', '.join(sorted(versions))}" if versions else "no index holds it"
        raise UnknownSelection(text, there)
    return tuple(found.values())
