"""What the demo lays over packls."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit

from pipl.demo.content import lay, read_bounds, scene_of

from .conftest import Import


@pytest.mark.parametrize("name", ["demo_pipeline", "hero_model", "sh010_layout"])
def test_lays_files_that_are_what_they_say(name: str, tmp_path: Path) -> None:
    written = lay(name, tmp_path / name)
    assert written == tuple(sorted(written))
    assert any(path.match("tests/test_*.py") for path in written)
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert path.suffix != ".tmpl"
        if path.suffix == ".py":
            compile(text, str(path), "exec")
        if path.suffix == ".toml":
            assert tomlkit.parse(text)["project"]


def test_a_variant_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    packl = tmp_path / "hero_model"
    before = {path: path.read_bytes() for path in lay("hero_model", packl)}
    (packl / "notes.txt").write_text("mine", encoding="utf-8")
    changed = lay("hero_model", packl, variant="1.1.0")

    assert changed == (packl / "hero_model/model.py",)
    after = {path: path.read_bytes() for path in packl.rglob("*") if path.is_file()}
    assert {path for path in before if after[path] != before[path]} == set(changed)
    assert after.keys() - before.keys() == {packl / "notes.txt"}


def test_reads_the_bounds_that_a_task_prints(laid: Import) -> None:
    box = laid("demo_pipeline.geometry").Bounds((-1.5, 0.0, -20.25), (17.0, 2e-7, 10.125))
    assert read_bounds(f"scene.usda\n  {box}\n") == (-1.5, 0.0, -20.25, 17.0, 0.0, 10.125)
    with pytest.raises(ValueError, match="no bounds"):
        read_bounds("scene.usda is empty")


def test_the_scene_is_inside_the_package() -> None:
    assert scene_of(Path("work/sh010_layout")) == Path("work/sh010_layout/sh010_layout/scene.usda")
