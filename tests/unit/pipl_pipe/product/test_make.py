from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from email.parser import Parser
from pathlib import Path

import pytest

from pipl_pipe import __version__, distributions, services
from pipl_pipe.asset import Reference
from pipl_pipe.errors import InvalidProduct
from pipl_pipe.extension import extensions
from pipl_pipe.product import provenance
from pipl_pipe.product.make import ProductSpec, Release, make
from pipl_pipe.product.provenance import Item, Provenance, TaskRelease, Tool

from ..conftest import Site

MODEL = Reference("model", "UsdCrate", "model.usdc", "file", "sha256:" + "a" * 64, 12)
INPUT = Item("hero_maps/red", "sha256:" + "b" * 64)
SPEC = ProductSpec("hero_geo", "geometry", ("hero-maps>=1",), (MODEL,), (INPUT,))
TOOLS = (Tool("usd-core", "24.11"), Tool("show-pipe", "2.0", "sha256:" + "e" * 64))
RELEASE = Release("hero-model", "1.0.0", "c" * 64, "d" * 64, "hero_model-1.0.0.whl", TOOLS)


def member(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode("utf-8")


def test_the_same_release_gives_the_same_bytes(show: Site, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (make(SPEC, RELEASE, tmp_path / name) for name in "ab")
    assert one.sha256 == other.sha256
    assert one.wheel.read_bytes() == other.wheel.read_bytes()


def test_what_it_says(show: Site, tmp_path: Path) -> None:
    made = make(SPEC, RELEASE, tmp_path)
    assert made.wheel.name == "hero_geo-1.0.0-py3-none-any.whl"
    assert (made.distribution, made.version, made.type) == ("hero-geo", "1.0.0", "geometry")
    info = "hero_geo-1.0.0.dist-info"
    headers = Parser().parsestr(member(made.wheel, f"{info}/METADATA"))
    assert headers.get_all("Requires-Dist") == ["hero-maps>=1", "pipl-pipe", "show-pipe"]
    assert json.loads(member(made.wheel, f"{info}/pipl.json")) == {
        "format": "pipl-packl/1", "kind": "product", "type": "geometry",
    }  # fmt: skip
    found = provenance.parse(member(made.wheel, f"{info}/provenance.json"), source="hero")
    content = member(made.wheel, "hero_geo/assets.json").encode()
    assert found == Provenance(
        product="hero-geo",
        version="1.0.0",
        task=TaskRelease("hero-model", "1.0.0", "c" * 64, "d" * 64, "hero_model-1.0.0.whl"),
        assets=(Item("hero_geo/model", "sha256:" + "a" * 64),),
        content=f"sha256:{hashlib.sha256(content).hexdigest()}",
        inputs=(Item("hero_maps/red", "sha256:" + "b" * 64),),
        tools=(Tool("show-pipe", "2.0", "sha256:" + "e" * 64), Tool("usd-core", "24.11")),
        versions={"pipl-pipe": __version__},
    )


def test_what_the_author_requires_wins_over_what_is_added(show: Site, tmp_path: Path) -> None:
    made = make(replace(SPEC, requires=("Show.Pipe<2",)), RELEASE, tmp_path)
    headers = Parser().parsestr(member(made.wheel, "hero_geo-1.0.0.dist-info/METADATA"))
    assert headers.get_all("Requires-Dist") == ["pipl-pipe", "Show.Pipe<2"]


def test_once_installed_it_is_a_product(
    show: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pure wheel is installed by unpacking it."""
    made = make(SPEC, RELEASE, tmp_path)
    with zipfile.ZipFile(made.wheel) as archive:
        archive.extractall(show.folder)
    distributions.refresh()
    hero = services.products["hero_geo"]
    assert type(hero).__name__ == "Geometry"
    assert hero.asset("model").reference == MODEL
    assert extensions("pipl_pipe.assets")["hero_geo.model"].load() is hero.assets.model


def test_every_problem_is_told_at_once(show: Site, tmp_path: Path) -> None:
    spec = ProductSpec("hero-geo", "gone", ("not a requirement",), (MODEL, MODEL))
    with pytest.raises(InvalidProduct) as caught:
        make(spec, RELEASE, tmp_path)
    assert len(caught.value.problems) == 4
    assert list(tmp_path.glob("*.whl")) == []


@pytest.mark.parametrize("package", ["class", "1x", "pipl_pipe", "a/b", ""])
def test_a_name_that_cannot_be_a_package_is_refused(
    show: Site, tmp_path: Path, package: str
) -> None:
    with pytest.raises(InvalidProduct):
        make(replace(SPEC, package=package), RELEASE, tmp_path)
