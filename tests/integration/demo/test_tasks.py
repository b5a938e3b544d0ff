"""The demo's packls at work: built, tested, processed, and seen by the next task."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.demo.content import lay, read_bounds, scene_of
from pipl_pipe import packl as packls
from pipl_pipe.packl import Note

from .conftest import Studio

NOTE = Note("anna", "2024-01-01", "the demo")


@pytest.fixture(scope="module")
def pipeline(studio: Studio) -> Path:
    packl = studio.new("demo_pipeline", "config")
    lay("demo_pipeline", packl)
    studio.install_for_editing(packl)
    return packl


@pytest.fixture(scope="module")
def hero(studio: Studio, pipeline: Path) -> Path:
    packl = studio.new("hero_model", "task")
    studio.pipe("create-task", str(packl), "modelling")
    studio.install_for_editing(packl)
    return packl


@pytest.fixture(scope="module")
def hero_product(studio: Studio, hero: Path) -> Path:
    lay("hero_model", hero)
    (wheel,) = studio.process(hero, version="1.0.0")
    return wheel


@pytest.fixture(scope="module")
def shot(studio: Studio, hero_product: Path) -> Path:
    """Depends on the product; another template on purpose, as `create_task` takes both."""
    studio.install(hero_product)
    studio.pipe("settle", "--lay")
    packl = studio.new("sh010_layout", "code")
    studio.pipe("create-task", str(packl), "shot_layout")
    packls.add_dependency(packl, "hero-geo", NOTE)
    studio.install_for_editing(packl)
    return packl


def passes_its_tests(studio: Studio, packl: Path) -> None:
    done = studio.run("-m", "pytest", "-q", "-p", "no:cacheprovider", f"{packl}/tests", check=False)
    assert done.status == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        *((kind, kind) for kind in ("code", "config", "envset", "task")),
        *((application, "envset") for application in ("houdini", "maya", "nuke")),
    ],
)
def test_what_comes_from_a_template_passes_its_own_tests(
    studio: Studio, template: str, kind: str
) -> None:
    packl = studio.new(f"from_{template}", template)
    studio.install_for_editing(packl)
    try:
        passes_its_tests(studio, packl)
        assert packls.read(packl).kind == kind
    finally:  # two packls with a config `ci` would contradict each other
        for info in studio.site.glob(f"from_{template}-*.dist-info"):
            (info / "entry_points.txt").unlink(missing_ok=True)


def test_the_pipeline_declares_itself_and_passes_its_tests(studio: Studio, pipeline: Path) -> None:
    passes_its_tests(studio, pipeline)
    found = studio.pipe("describe")
    assert found["broken"] == []
    asset_types = {one["name"] for one in found["asset_types"]}
    assert {"UsdCrate", "UsdScene", "TextureFolder"} <= asset_types
    assert {"modelling", "shot_layout"} <= {one["name"] for one in found["task_types"]}
    assert set(found["config"]["ci"]["indexes"]) == {"root/testing", "root/processing"}


def test_a_new_modelling_task_works_before_anything_is_modelled(studio: Studio, hero: Path) -> None:
    init = (hero / "hero_model/__init__.py").read_text(encoding="utf-8")
    assert 'TASK = Modelling("hero_model")' in init
    assert "import Task" not in init
    built = studio.task("hero_model", "build").stdout
    assert read_bounds(built) == (-50.0, 0.0, -50.0, 50.0, 0.0, 50.0)
    passes_its_tests(studio, hero)


def test_the_hero_is_processed_to_a_product(studio: Studio, hero: Path, hero_product: Path) -> None:
    assert hero_product.name == "hero_geo-1.0.0-py3-none-any.whl"
    passes_its_tests(studio, hero)
    assert read_bounds(studio.task("hero_model", "build").stdout) == pytest.approx(
        (-15.0, 0.0, -10.0, 17.166, 15.75, 10.0), abs=2e-3
    )
    (again,) = studio.process(hero, version="1.0.0")
    assert again.read_bytes() == hero_product.read_bytes()


def test_the_shot_follows_its_hero(studio: Studio, hero: Path, shot: Path) -> None:
    """The scene stays; what it shows changes with what is installed."""
    in_a_row = studio.task("sh010_layout", "build").stdout
    assert read_bounds(in_a_row)[4] == pytest.approx(15.75, abs=1e-3)
    lay("sh010_layout", shot)
    first = read_bounds(studio.task("sh010_layout", "build").stdout)
    scene = scene_of(shot).read_bytes()
    assert b"@hero_geo/model.usdc@" in scene
    passes_its_tests(studio, shot)
    (wheel,) = studio.process(shot, version="1.0.0")
    assert wheel.name == "sh010_set-1.0.0-py3-none-any.whl"

    lay("hero_model", hero, variant="1.1.0")
    packls.set_version(hero, "1.1.0", NOTE)
    studio.install_for_editing(hero)
    passes_its_tests(studio, hero)
    (newer,) = studio.process(hero, version="1.1.0")
    studio.install(newer)
    studio.pipe("settle", "--lay")

    updated = read_bounds(studio.task("sh010_layout", "bounds").stdout)
    assert scene_of(shot).read_bytes() == scene
    assert updated[4] == pytest.approx(first[4] * 1.3, rel=1e-3)
    passes_its_tests(studio, shot)


def test_a_scene_without_its_hero_says_what_to_do(studio: Studio, shot: Path) -> None:
    if not scene_of(shot).exists():
        studio.task("sh010_layout", "build")
    view = studio.assets / "hero_geo"
    view.rename(studio.assets / "hidden")
    try:
        done = studio.task("sh010_layout", "bounds", check=False)
    finally:
        (studio.assets / "hidden").rename(view)
    assert done.status == 1
    assert "error: scene.usda references what no product here provides: hero_geo/model.usdc" in (
        done.stderr
    )
    assert "pipl packl add" in done.stderr
