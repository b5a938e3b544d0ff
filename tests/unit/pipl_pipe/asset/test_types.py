from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipl_pipe import registry
from pipl_pipe.asset import (
    Asset,
    File,
    Folder,
    Reference,
    Sequence,
    asset_types,
    naming,
    registered,
    types,
)
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.context import Context
from pipl_pipe.errors import (
    BrokenExtension,
    InvalidTemplate,
    InvalidValue,
    MissingFields,
    PathMismatch,
    PipeError,
    UnknownExtension,
)
from pipl_pipe.path.notations.toolkit import TemplateString

from ..conftest import Site, stored

SOURCE = Path("/scratch/out.usdc")
SOME = Reference("model", "UsdCrate", "model.usdc", "file", "sha256:" + "a" * 64, 12)


class Crate(Asset):
    extension = "usdc"


class Named(Asset):
    @classmethod
    def make_basename(cls, product: str, name: str, source: Path) -> str:
        return f"{product}_{name}{source.suffix}"


def test_a_type_owns_the_basename() -> None:
    assert Crate.make_basename("hero_geo", "model", SOURCE) == "model.usdc"
    assert Named.make_basename("hero_geo", "model", SOURCE) == "hero_geo_model.usdc"
    assert File.make_basename("hero_geo", "model", SOURCE) == "out.usdc"
    assert Folder.make_basename("hero_geo", "maps", SOURCE) == "maps"
    assert Sequence.make_basename("hero_geo", "beauty.v1", SOURCE) == "beauty.v1"


class Convention(Asset):
    extension = "usdc"
    naming = "{product}_{name}.{extension}"


class TestNaming:
    def test_the_convention_is_one_template(self) -> None:
        assert Convention.make_basename("hero", "model", SOURCE) == "hero_model.usdc"
        assert Convention.read_basename("hero_model.usdc") == {
            "product": "hero", "name": "model", "extension": "usdc",
        }  # fmt: skip
        assert Crate.read_basename("model.usdc") == {"name": "model", "extension": "usdc"}

    def test_a_template_of_the_path_service(self) -> None:
        class Studio(Asset):
            naming = "@asset_file"

        catalog = {"asset_file": TemplateString("{name}-{product}", naming.KEYS)}
        with registry.replaced("path", SimpleNamespace(templates=catalog)):
            assert Studio.make_basename("hero", "model", SOURCE) == "model-hero"
            assert Studio.read_basename("model-hero") == {"name": "model", "product": "hero"}

    @pytest.mark.parametrize(
        ("convention", "fault"),
        [
            ("{shot}_{name}", InvalidTemplate),
            ("{name", InvalidTemplate),
            ("{name}.{extension}", MissingFields),
        ],
    )
    def test_a_convention_that_cannot_be(self, convention: str, fault: type[PipeError]) -> None:
        class Wrong(Asset):
            naming = convention

        with pytest.raises(fault):
            Wrong.make_basename("hero", "model", SOURCE)

    def test_a_separator_in_a_name_is_refused(self) -> None:
        with pytest.raises(InvalidValue):
            Crate.make_basename("hero", "a/b", SOURCE)

    def test_a_name_that_does_not_follow_the_convention(self) -> None:
        with pytest.raises(PathMismatch):
            Crate.read_basename("model")


def test_a_published_asset_keeps_the_name_it_was_published_with() -> None:
    assert Named("hero_geo", replace(SOME, basename="old.usdc")).basename == "old.usdc"


def test_an_asset_knows_its_places(tmp_path: Path, store: MemoryStore, here: Context) -> None:
    asset = Crate("hero_geo", stored(store, tmp_path / "in", "model.usdc", b"points"))
    assert asset.path.read_bytes() == b"points"
    assert asset.revision.partition(":")[2] in str(asset.path)
    assert asset.view_path == here.assets / "hero_geo" / "model.usdc"
    assert (asset.name, asset.size) == ("model", 6)


class TestLookup:
    def test_by_entry_point(self, show: Site) -> None:
        assert asset_types()["UsdCrate"].extension == "usdc"
        assert sorted(asset_types()) == ["File", "Folder", "Sequence", "Textures", "UsdCrate"]

    def test_by_decorator_unless_an_entry_point_has_the_name(
        self, show: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(types, "_registered", {})

        @registered
        class Loose(Asset):
            pass

        @registered
        class UsdCrate(Asset):
            pass

        assert asset_types()["Loose"] is Loose
        assert asset_types()["UsdCrate"] is not UsdCrate

    def test_an_unknown_one_tells_what_there_is(self, show: Site) -> None:
        with pytest.raises(UnknownExtension, match="UsdCrate"):
            asset_types()["MayaAscii"]

    def test_what_is_no_type_is_broken(self, site: Site) -> None:
        site.install("bad", entry_points={"pipl_pipe.asset_types": {"Bad": "os:getcwd"}})
        with pytest.raises(BrokenExtension, match="not a subclass"):
            asset_types()["Bad"]

    def test_an_asset_of_a_missing_or_broken_type_can_still_be_used(self, site: Site) -> None:
        site.install("bad", entry_points={"pipl_pipe.asset_types": {"Bad": "nothing:Bad"}})
        bad, gone = replace(SOME, name="a", type="Bad"), replace(SOME, name="b", type="Gone")
        made = types.made("hero_geo", [bad, gone])
        assert {name: type(one) for name, one in made.items()} == {"a": Asset, "b": Asset}


class TestSources:
    def test_shapes(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        assert File.problems_of(tmp_path / "file") == ()
        assert Folder.problems_of(tmp_path) == ()
        assert File.problems_of(tmp_path)
        assert Folder.problems_of(tmp_path / "file")
        assert File.problems_of(tmp_path / "nothing")

    @pytest.mark.parametrize(
        ("names", "problem"),
        [
            (["beauty.1001.exr", "beauty.1002.exr"], ""),
            (["1001.exr"], ""),
            ([], "no frames"),
            (["beauty.exr"], "not a numbered frame"),
            (["beauty.1001.exr", "depth.1001.exr"], "several sequences"),
        ],
        ids=str,
    )
    def test_sequences(self, tmp_path: Path, names: "list[str]", problem: str) -> None:
        folder = tmp_path / "frames"
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(b"x")
        found = Sequence.problems_of(folder)
        assert problem in "".join(found)
        assert bool(found) == bool(problem)
