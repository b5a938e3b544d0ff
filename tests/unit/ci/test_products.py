"""Delivering products: whose name it is, and what counts as delivered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipl.ci import products
from pipl.ci.hashing import sha256_of
from pipl.ci.products import Delivery
from pipl.errors.access import NotAllowed
from pipl.errors.build import InvalidWheel
from pipl.errors.ci import ProductDiffers, ProductTaken
from pipl.index.name import IndexName
from pipl.testing.simple_index import make_wheel
from pipl_pipe.product import provenance
from pipl_pipe.product.provenance import Provenance, TaskRelease
from pipl_pipe.product.wheel import rewrite

PROJECT = IndexName("root", "PROJ")
HERO = TaskRelease("hero-model", "1.0", "a" * 64)


def product(
    folder: Path,
    task: TaskRelease = HERO,
    name: str = "hero_geo",
    text: str = "",
    version: str = "",
) -> Path:
    path = make_wheel(
        folder / (text or "plain") / task.sha256[:4],
        name,
        version or task.version,
        files={f"{name}/x": text},
    )
    origin = Provenance(name.replace("_", "-"), version or task.version, task)
    rewrite(path, {"provenance.json": provenance.render(origin).encode()})
    return path


@pytest.fixture
def deliver(studio, tmp_path):
    """Delivers wheels for a task; returns the names that it claimed."""
    owners: dict[str, str] = {}

    def run(*wheels: Path, task: TaskRelease = HERO, client=None) -> list[str]:
        claimed: list[str] = []

        def claim(product: str, task: str) -> str:
            claimed.append(product)
            return owners.setdefault(product, task)

        delivery = Delivery(client or studio.client(), PROJECT, task.name)
        files = products.deliver(delivery, wheels, claim=claim)
        assert [file.sha256 for file in files] == [sha256_of(path) for path in wheels]
        return claimed

    return run


def held(studio, name: str = "hero-geo") -> list[tuple[str, str]]:
    return [
        (release.version, release.wheel.sha256)
        for release in studio.client().releases(PROJECT, name)
    ]


def test_a_new_product_is_uploaded(studio, deliver, tmp_path) -> None:
    assert deliver(product(tmp_path)) == ["hero-geo"]
    assert [version for version, _ in held(studio)] == ["1.0"]


def test_what_is_there_already_is_left_alone(studio, deliver, tmp_path) -> None:
    deliver(product(tmp_path))
    before = held(studio)
    assert deliver(product(tmp_path)) == []
    assert held(studio) == before


def test_other_bytes_of_the_same_task_file_are_refused(studio, deliver, tmp_path) -> None:
    deliver(product(tmp_path))
    before = held(studio)
    with pytest.raises(ProductDiffers) as caught:
        deliver(product(tmp_path, text="made again"))
    assert caught.value.held == before[0][1][:12] != caught.value.made
    assert held(studio) == before


def test_a_product_of_an_older_framework_is_its_tasks(studio, deliver, tmp_path) -> None:
    old = make_wheel(tmp_path / "old", "hero_geo", "0.9")
    origin = {"name": "hero-model", "version": "0.9", "sha256": "f" * 64}
    rewrite(old, {"provenance.json": json.dumps({"task": origin}).encode()})
    studio.client("root").upload(PROJECT, old)
    deliver(product(tmp_path))
    assert [version for version, _ in held(studio)] == ["1.0", "0.9"]


def test_another_file_of_the_task_may_not_replace_a_version(studio, deliver, tmp_path) -> None:
    deliver(product(tmp_path))
    other = TaskRelease("hero-model", "1.0", "b" * 64)
    with pytest.raises(ProductDiffers, match=r"hero-geo 1\.0 with other content"):
        deliver(product(tmp_path, other, text="other"), task=other)


def test_a_later_version_of_the_task_goes_beside_the_earlier(studio, deliver, tmp_path) -> None:
    deliver(product(tmp_path))
    later = TaskRelease("Hero_Model", "1.1", "b" * 64)  # names are compared as PEP 503 says
    deliver(product(tmp_path, later), task=later)
    assert [version for version, _ in held(studio)] == ["1.1", "1.0"]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_name_belongs_to_the_task_that_took_it(studio, deliver, tmp_path, version) -> None:
    deliver(product(tmp_path))
    thief = TaskRelease("villain-model", version, "c" * 64)
    with pytest.raises(ProductTaken, match="belongs to the task hero-model; villain-model"):
        deliver(product(tmp_path, thief), task=thief)


def test_a_new_name_that_another_task_has_claimed_first_is_taken(studio, deliver, tmp_path) -> None:
    class Refusing(type(studio.client())):
        def upload(self, index, path, **options):
            raise KeyboardInterrupt  # the first one has claimed the name and not yet uploaded

    with pytest.raises(KeyboardInterrupt):
        deliver(product(tmp_path), client=Refusing(studio.server, studio.client()._login))
    thief = TaskRelease("villain-model", "1.0", "c" * 64)
    with pytest.raises(ProductTaken, match="belongs to the task hero-model; villain-model"):
        deliver(product(tmp_path, thief), task=thief)
    assert held(studio) == []


@pytest.mark.parametrize(
    "provenance", [None, b"", b"[]", b'{"task": "hero"}', b'{"_type": "x"}', b"\xff"]
)
def test_a_name_of_what_is_no_product_is_taken(studio, deliver, tmp_path, provenance) -> None:
    library = make_wheel(tmp_path / "library", "hero_geo", "0.1")
    if provenance is not None:
        rewrite(library, {"provenance.json": provenance})
    studio.client("root").upload(PROJECT, library)
    with pytest.raises(ProductTaken, match="no task's product"):
        deliver(product(tmp_path))


def test_nothing_is_uploaded_where_one_name_is_taken(studio, deliver, tmp_path) -> None:
    studio.client("root").upload(PROJECT, make_wheel(tmp_path / "library", "zebra", "0.1"))
    with pytest.raises(ProductTaken):
        deliver(product(tmp_path), product(tmp_path, name="zebra"))
    assert held(studio) == []


def test_a_delivery_that_was_cut_short_is_completed(studio, deliver, tmp_path) -> None:
    wheels = [product(tmp_path, name=name) for name in ("one", "two", "three")]

    class Dying(type(studio.client())):
        def upload(self, index, path, **options):
            super().upload(index, path, **options)
            raise KeyboardInterrupt  # the index has it, but nobody was told

    for _ in wheels:
        dying = Dying(studio.server, studio.client()._login)
        with pytest.raises(KeyboardInterrupt):
            deliver(*wheels, client=dying)
    assert deliver(*wheels) == []
    for name in ("one", "two", "three"):
        assert len(held(studio, name)) == 1


def test_what_the_index_refuses_is_passed_on(studio, deliver, tmp_path) -> None:
    with pytest.raises(NotAllowed):
        deliver(product(tmp_path), client=studio.client("bob"))


def test_a_file_that_is_named_like_no_wheel_is_refused(deliver, tmp_path) -> None:
    (tmp_path / "hero.whl").write_bytes(b"")
    with pytest.raises(InvalidWheel):
        deliver(tmp_path / "hero.whl")
