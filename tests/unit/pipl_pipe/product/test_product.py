from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import List

import pytest

from pipl_pipe import services
from pipl_pipe.asset import Reference
from pipl_pipe.asset.reference import NAME
from pipl_pipe.errors import BrokenExtension, InvalidProduct, NotInstalled, UnknownAsset
from pipl_pipe.product import Product, new, product_types
from pipl_pipe.product.installed import placed, product_assets

from ..conftest import Site

MODEL = Reference("model", "UsdCrate", "model.usdc", "file", "sha256:" + "a" * 64, 12)
MAPS = Reference("maps", "Textures", "maps", "folder", "sha256:" + "b" * 64, 30)


@pytest.fixture
def products(show: Site) -> Site:
    """hero_geo (geometry) and hero_rig; the rig requires the geometry."""
    show.install_product("hero_geo", [MODEL, MAPS], type="geometry", requires=["show-pipe"])
    show.install_product("hero_rig", [], requires=["hero_geo>=1", 'other; extra == "x"'])
    return show


def names(found: "tuple[Product, ...]") -> List[str]:
    return [one.name for one in found]


def test_a_product_knows_what_it_is(products: Site) -> None:
    hero = services.products["hero_geo"]
    assert (hero.name, hero.distribution, hero.version) == ("hero_geo", "hero-geo", "1.0.0")
    assert hero.type_name == "geometry"
    assert type(hero).__name__ == "Geometry"
    assert hero.folder == products.folder / "hero_geo"


def test_its_assets_by_name_and_as_attributes(products: Site) -> None:
    hero = services.products["hero_geo"]
    assert list(hero.assets) == ["maps", "model"]
    assert hero.assets.model is hero.asset("model") is hero.assets["model"]
    assert hero.asset("model").basename == "model.usdc"
    assert type(hero.assets.maps).__name__ == "Textures"
    with pytest.raises(UnknownAsset, match="it has: maps; model"):
        hero.asset("rig")
    assert not hasattr(hero.assets, "rig")


class TestDependencies:
    def test_what_the_packl_requires_directly(self, products: Site) -> None:
        products.install("sh010", requires=["hero-rig", "show-pipe"])
        shot = Product("sh010")
        assert names(shot.get_dependencies()) == ["hero_rig"]
        assert names(services.products["hero_rig"].get_dependencies()) == ["hero_geo"]

    def test_by_type(self, products: Site) -> None:
        products.install("sh010", requires=["hero-rig", "hero_geo"])
        shot, geometry = Product("sh010"), product_types()["geometry"]
        assert names(shot.get_dependencies()) == ["hero_geo", "hero_rig"]
        assert names(shot.get_dependencies("geometry")) == ["hero_geo"]
        assert names(shot.get_dependencies(geometry)) == ["hero_geo"]
        assert names(shot.get_dependencies("product")) == ["hero_geo", "hero_rig"]
        assert names(shot.get_dependencies("nothing")) == []

    def test_of_a_packl_that_is_not_installed(self, products: Site) -> None:
        with pytest.raises(NotInstalled, match="sh020"):
            Product("sh020").get_dependencies()

    def test_a_broken_product_is_named(self, products: Site) -> None:
        products.install_product("bad", [], type="gone")
        products.install("sh010", requires=["bad"])
        with pytest.raises(BrokenExtension, match="'bad'"):
            Product("sh010").get_dependencies()


class TestTypes:
    def test_a_type_is_known_by_the_name_it_is_registered_with(self, show: Site) -> None:
        geometry = product_types()["geometry"]
        assert geometry("hero_geo").type_name == "geometry"
        assert new("geometry", "hero_geo").type_name == "geometry"

    def test_also_where_it_is_registered_from_elsewhere(self, show: Site) -> None:
        show.install(
            "other-pipe",
            entry_points={"pipl_pipe.product_types": {"rig": "other_pipe:Rig"}},
            modules={
                "other_pipe/__init__.py": "from other_pipe.deep import Rig\n",
                "other_pipe/deep.py": """
                    from pipl_pipe.product import Product
                    class Rig(Product):
                        pass
                """,
            },
        )
        assert product_types()["rig"]("hero_rig").type_name == "rig"

    def test_one_that_is_not_registered_is_called_by_what_it_inherits(self, show: Site) -> None:
        class Loose(product_types()["geometry"]):
            pass

        assert Loose("x").type_name == "geometry"
        assert Product("x").type_name == "product"

    def test_where_nothing_is_registered_by_its_class(self, site: Site) -> None:
        assert Product("x").type_name == "Product"


class TestWithoutImporting:
    def test_a_products_assets_are_read_though_its_code_is_broken(self, products: Site) -> None:
        (products.folder / "hero_geo" / "__init__.py").write_text("raise SystemExit\n")
        content, broken = product_assets()
        assert [one.path for one in placed(content)] == ["hero_geo/maps", "hero_geo/model.usdc"]
        assert broken == ()

    def test_one_that_cannot_be_read_is_named_and_the_others_work(self, products: Site) -> None:
        (products.folder / "hero_rig" / NAME).write_text("{")
        content, broken = product_assets()
        assert list(content) == ["hero_geo"]
        assert "hero_rig" in str(broken[0])

    def test_a_hostile_one_is_refused(self, products: Site) -> None:
        products.install_product("evil", [replace(MODEL, basename="../../x")])
        content, broken = product_assets()
        assert "evil" not in content
        assert isinstance(broken[0], InvalidProduct)


def test_an_edited_packl_has_no_assets(show: Site, tmp_path: Path) -> None:
    show.install("sh010", modules={"sh010/__init__.py": ""})
    assert dict(Product("sh010").assets) == {}
