"""Delivering a task's product wheels to the index that products go to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from pipl.ci import statement
from pipl.ci.hashing import sha256_of
from pipl.errors.build import InvalidWheel
from pipl.errors.ci import NoProvenance, ProductDiffers, ProductTaken
from pipl.errors.index import ReleaseNotFound
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile, same_version
from pipl_pipe.errors import InvalidProduct
from pipl_pipe.product.provenance import TaskRelease

Claim = Callable[[str, str], str]
"""Given a product and a task: the task that the name belongs to, the first that claimed it."""
NOT_A_PRODUCT = "(it is no task's product)"


@dataclass(frozen=True)
class Delivery:
    """Where the products of the task of this name go."""

    client: IndexClient
    index: IndexName
    task: str


@dataclass(frozen=True)
class _Product:
    path: Path
    name: str
    version: str


def deliver(delivery: Delivery, wheels: Iterable[Path], *, claim: Claim) -> tuple[ReleaseFile, ...]:
    """Upload product wheels; one that the index holds already, byte for byte, stays.

    Gives the files on the index, in the order of the wheels. May be repeated, whatever was cut
    short before. All of them are looked at before anything is uploaded.
    Raises ProductTaken, ProductDiffers, NotAllowed.
    """
    products = [_product(path) for path in wheels]
    for product in products:
        if _held(delivery, product) is None:
            _claim(delivery, product, claim)
    delivered = []
    for product in products:
        file = _held(delivery, product)
        if file is None:
            delivery.client.upload(delivery.index, product.path)
            file = _held(delivery, product)
        if file is None:
            raise ReleaseNotFound(str(delivery.index), product.name, product.version)
        delivered.append(file)
    return tuple(delivered)


def _claim(delivery: Delivery, product: _Product, claim: Claim) -> None:
    """A name that the index does not know yet may be wanted by two tasks at this moment."""
    if delivery.client.releases(delivery.index, product.name):
        return  # whose it is the index says, and `_held` has asked
    owner = claim(product.name, canonicalize_name(delivery.task))
    if owner != canonicalize_name(delivery.task):
        raise ProductTaken(product.name, delivery.task, owner)


def _held(delivery: Delivery, product: _Product) -> ReleaseFile | None:
    """The very wheel as the index holds it, None where it holds no such version.

    Raises ProductTaken where the name belongs to another task, or to no task at all;
    ProductDiffers where the task has published this version with other bytes.
    """
    releases = delivery.client.releases(delivery.index, product.name)
    held = next((one for one in releases if same_version(one.version, product.version)), None)
    there = None if held is None else held.wheel
    made = sha256_of(product.path)
    if there is not None and there.sha256 == made:
        return there
    for release in [held] if held is not None else releases[:1]:
        # One release tells whose name it is: every later one had to be the same task's.
        origin = None if release.wheel is None else _origin(delivery.client, release.wheel)
        if origin is None or canonicalize_name(origin.name) != canonicalize_name(delivery.task):
            owner = NOT_A_PRODUCT if origin is None else origin.name
            raise ProductTaken(product.name, delivery.task, owner)
    if there is not None:
        index = str(delivery.index)
        raise ProductDiffers(product.name, product.version, index, there.sha256[:12], made[:12])
    return None


def _origin(client: IndexClient, file: ReleaseFile) -> TaskRelease | None:
    """The task release that a product on the index names, None where it is no product."""
    with tempfile.TemporaryDirectory(prefix="pipl-ci-") as folder:
        path = client.download(file, Path(folder) / file.filename)
        try:
            return statement.of_wheel(path).task
        except (InvalidWheel, InvalidProduct, NoProvenance, InvalidWheelFilename):
            return None


def _product(path: Path) -> _Product:
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as fault:
        raise InvalidWheel(path.name, str(fault)) from fault
    return _Product(path, name, str(version))
