"""How people name assets."""

from __future__ import annotations

import pytest

from pipl.asset import selection
from pipl.asset.selection import Selection
from pipl.errors.usage import UnknownSelection
from pipl_pipe.asset.digest import Digest
from pipl_pipe.errors import AssetMissing

from .conftest import STAGE, Studio


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hero_geo", Selection("hero-geo")),
        ("Hero.Geo==1.2", Selection("hero-geo", "1.2")),
        ("hero-geo==1.2.0/model", Selection("hero-geo", "1.2.0", "model")),
        ("hero-geo/model", Selection("hero-geo", "", "model")),
        ("sha256:" + "ab" * 32, Digest("sha256", "ab" * 32)),
    ],
)
def test_names(text: str, meant: object) -> None:
    assert selection.parse(text) == meant


@pytest.mark.parametrize(
    "text", ["", "hero geo", "hero==", "hero==1/2/3", "sha256:12", "../x", "hero>=1", "a\n"]
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(UnknownSelection):
        selection.parse(text)


def found(studio: Studio, text: str) -> list[tuple[str, str]]:
    chosen = selection.find(text, studio.client, studio.record, studio.objects)
    return [(one.version, one.reference.name) for one in chosen]


def test_releases_of_every_index_are_found_and_equal_versions_are_equal(studio: Studio) -> None:
    model = studio.add(studio.files(a_txt="a") / "a.txt")
    rig = studio.add(studio.files(b_txt="b") / "b.txt", "rig")
    studio.publish("hero-geo", "1.0.0", model, rig)
    studio.publish("hero-geo", "2.0.0", model, index=STAGE)
    assert found(studio, "hero_geo==1.0") == [("1.0.0", "model"), ("1.0.0", "rig")]
    assert found(studio, "hero_geo==2.0.0/model") == [("2.0.0", "model")]
    with pytest.raises(UnknownSelection, match=r"1\.0\.0"):
        found(studio, "hero_geo==3")
    with pytest.raises(UnknownSelection, match="no index"):
        found(studio, "lamp_geo")


def test_a_deleted_release_is_known_where_its_assets_are_in_this_store(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a") / "a.txt")
    studio.publish("hero-geo", "1.0.0", asset, index=STAGE)
    studio.gc()
    studio.client.delete_index(STAGE)
    assert found(studio, "hero_geo==1.0.0") == [("1.0.0", "model")]
    studio.path(asset.revision).unlink()
    with pytest.raises(UnknownSelection):
        found(studio, "hero_geo==1.0.0")


def test_a_revision_is_looked_up_in_the_store(studio: Studio) -> None:
    folder = studio.add(studio.files(a_txt="abc", b_txt="d"))
    (chosen,) = selection.find(folder.revision, studio.client, studio.record, studio.objects)
    assert (chosen.reference.shape, chosen.reference.size) == ("folder", 4)
    with pytest.raises(AssetMissing):
        selection.find("sha256:" + "0" * 64, studio.client, studio.record, studio.objects)
