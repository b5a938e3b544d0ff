"""From a published task to its product, on a real server, in real environments."""

from __future__ import annotations

from pipl.ci import statement
from pipl.index.name import IndexName
from pipl_pipe.product.provenance import TaskRelease

PROJECT = IndexName("root", "PROJ")
TESTING = IndexName("root", "testing")


def test_a_published_task_becomes_a_product(studio, tmp_path) -> None:
    release = studio.task("hero")
    studio.settle()
    runs = studio.runs("hero")
    assert {key[1:]: run.state for key, run in runs.items()} == {
        ("qa", "root/testing"): "passed",
        ("promote", "root/testing"): "passed",
        ("process", "root/processing"): "passed",
        ("promote", "root/processing"): "passed",
    }
    assert studio.only("hero", "qa").reason.startswith("1 passed")
    (product,) = studio.client.releases(PROJECT, "hero-geo")
    path = studio.client.download(product.wheel, tmp_path / product.wheel.filename)
    found = statement.of_wheel(path)
    assert found.task == TaskRelease(
        "hero", "1.0.0", release.wheel.sha256, studio.lock.digest, release.wheel.filename
    )
    assert (found.product, found.version) == ("hero-geo", "1.0.0")
    locked = {one.name: one.version for one in studio.lock.packages}
    assert {one.name: one.version for one in found.tools} == locked
    landed = studio.client.release(PROJECT, "hero", "1.0.0")
    assert {file.sha256 for file in landed.files} == {file.sha256 for file in release.files}
    (asset,) = found.assets
    assert asset.name == "hero_geo/model"
    algorithm, _, digest = asset.digest.partition(":")
    stored = studio.project.assets / "objects" / algorithm / digest[:2] / digest[2:]
    assert stored.read_text() == "hero 1.0.0"
