"""Delivering a task's product wheels to the index that products go to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from pipl.build import wheel
from pipl.ci.hashing import sha256_of
from pipl.errors import InvalidWheel, ProductDiffers, ProductTaken
from pipl.index.client import IndexClient
from pipl.index.name import IndexName
from pipl.index.release import ReleaseFile, same_version

PROVENANCE_MEMBER = "provenance.json"
NOT_A_PRODUCT = "(it is no task's product)"


@dataclass(frozen=True)
class TaskFile:
    """The very file of a task that products come from, as their provenance names it."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Delivery:
    """Where the products of a task go."""

    client: IndexClient
    index: IndexName
    task: TaskFile


@dataclass(frozen=True)
class _Product:
    path: Path
    name: str
    version: str


def deliver(
    delivery: Delivery, wheels: Iterable[Path], *, locks: Path, say: Callable[[str], None]
) -> None:
    """Upload product wheels; one that the index holds already from this very task stays.

    May be repeated, whatever was cut short before. All of them are looked at before anything
    is uploaded. Raises ProductTaken, ProductDiffers, NotAllowed.
    """
    products = [_product(path) for path in wheels]
    for product in products:
        _stands(delivery, product)
    locks.mkdir(parents=True, exist_ok=True)
    for product in products:
        with FileLock(locks / f"{product.name}.lock"):  # two tasks may claim a new name at once
            if _stands(delivery, product):
                say(f"{delivery.index} holds {product.path.name} already")
                continue
            delivery.client.upload(delivery.index, product.path)
            say(f"uploaded {product.path.name} to {delivery.index}")


def _stands(delivery: Delivery, product: _Product) -> bool:
    """Whether the index holds this product of this task file.

    Raises ProductTaken where the name belongs to another task, or to no task at all;
    ProductDiffers where another file of the same task has made this version.
    """
    releases = delivery.client.releases(delivery.index, product.name)
    held = next((one for one in releases if same_version(one.version, product.version)), None)
    there = None if held is None else held.wheel
    if there is not None and there.sha256 == sha256_of(product.path):
        return True
    for release in [held] if held is not None else releases[:1]:
        # One release tells whose name it is: every later one had to be the same task's.
        origin = None if release.wheel is None else _origin(delivery.client, release.wheel)
        task = delivery.task
        if origin is None or canonicalize_name(origin.name) != canonicalize_name(task.name):
            owner = NOT_A_PRODUCT if origin is None else origin.name
            raise ProductTaken(product.name, task.name, owner)
        if held is not None and origin.sha256 != task.sha256:
            raise ProductDiffers(product.name, product.version, str(delivery.index))
    return held is not None


def _origin(client: IndexClient, file: ReleaseFile) -> TaskFile | None:
    """The task file that a product on the index names as its origin, None where it is none."""
    with tempfile.TemporaryDirectory(prefix="pipl-ci-") as folder:
        path = client.download(file, Path(folder) / file.filename)
        try:
            text = wheel.read_dist_info(path, PROVENANCE_MEMBER)
        except InvalidWheel:
            return None
    try:
        task = json.loads(text or "")["task"]
        return TaskFile(str(task["name"]), str(task["version"]), str(task["sha256"]))
    except (ValueError, KeyError, TypeError):
        return None


def _product(path: Path) -> _Product:
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as fault:
        raise InvalidWheel(path.name, str(fault)) from fault
    return _Product(path, name, str(version))
