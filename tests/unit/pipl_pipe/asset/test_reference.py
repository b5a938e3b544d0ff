from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pipl_pipe.asset import reference
from pipl_pipe.asset.digest import Digest, of_bytes
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.errors import InvalidDigest, InvalidProduct

GOOD = Reference("model", "UsdCrate", "model.usdc", "file", "sha256:" + "a" * 64, 12)


def text_of(*assets: Any, **changes: Any) -> str:
    content = ProductAssets("hero_geo", "geometry", "1.0.0", ())
    document = json.loads(reference.render(content))
    document["assets"] = [vars(one) if isinstance(one, Reference) else one for one in assets]
    return json.dumps({**document, **changes})


def test_what_is_rendered_is_read_again() -> None:
    content = ProductAssets("hero_geo", "geometry", "1.0.0", (GOOD,))
    assert reference.parse(reference.render(content), product="hero_geo") == content


@pytest.mark.parametrize(
    "change",
    [
        {"basename": "../../etc/passwd"},
        {"basename": "/etc/passwd"},
        {"basename": "a\\b"},
        {"basename": ".."},
        {"basename": ""},
        {"basename": "c:model"},
        {"basename": "new\nline"},
        {"basename": "CON.usdc"},
        {"basename": "trailing. "},
        {"basename": "x" * 300},
        {"basename": "\ud800"},
        {"basename": 7},
        {"name": "has space"},
        {"name": "items"},
        {"name": ["model"]},
        {"type": "../x"},
        {"shape": "device"},
        {"revision": "sha256:abc"},
        {"revision": "md5:" + "a" * 32},
        {"revision": "sha256:" + "A" * 64},
        {"revision": None},
        {"size": -1},
        {"size": 1.5},
        {"size": True},
        {"size": 1 << 70},
        {"facts": []},
        {"facts": None},
        {"facts": {"a": {"b": 1}}},
        {"facts": {"a": "\x1b[2J"}},
        {"facts": {"a": float("nan")}},
        {"facts": {f"n{number}": 1 for number in range(65)}},
        {"facts": {"a": ["x" * 100] * 50}},
        {"thumbnail": "sha256:abc"},
        {"thumbnail": None},
        {"thumbnail": "sha256:" + "b" * 64},
        {"thumbnail": "sha256:" + "b" * 64, "thumbnail_size": 1 << 40},
        {"thumbnail": "sha256:" + "b" * 64, "thumbnail_size": True},
    ],
    ids=str,
)
def test_a_hostile_reference_is_refused(change: dict) -> None:
    with pytest.raises(InvalidProduct, match="hero_geo"):
        reference.parse(text_of(replace(GOOD, **change)), product="hero_geo")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        text_of(format="pipl-assets/9"),
        text_of({"name": "model"}),
        text_of("model"),
        text_of(assets=7),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_assets_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidProduct, match="hero_geo"):
        reference.parse(text, product="hero_geo")


def test_facts_and_the_thumbnail_are_read_again() -> None:
    facts = {"resolution": [1920, 1080], "format": "openexr"}
    thumbnail = "sha256:" + "b" * 64
    shown = replace(GOOD, facts=facts, thumbnail=thumbnail, thumbnail_size=9)
    content = ProductAssets("hero_geo", "geometry", "1.0.0", (shown,))
    read = reference.parse(reference.render(content), product="hero_geo").assets[0]
    assert read == shown
    assert hash(read) == hash(shown)
    assert read.picture is not None
    assert (read.picture.revision, read.picture.size) == (thumbnail, 9)
    assert reference.problems_of([read.picture]) == ()


def test_an_asset_without_facts_is_written_without_them() -> None:
    text = reference.render(ProductAssets("hero_geo", "geometry", "1.0.0", (GOOD,)))
    assert "facts" not in text
    assert "thumbnail" not in text
    assert GOOD.picture is None


def test_every_problem_is_told_at_once() -> None:
    bad = replace(GOOD, name="other", basename="a/b", size=-1)
    with pytest.raises(InvalidProduct) as caught:
        reference.parse(text_of(bad, GOOD, GOOD), product="hero_geo")
    assert len(caught.value.problems) == 3


def test_two_assets_of_one_basename_are_refused() -> None:
    with pytest.raises(InvalidProduct, match="share the basename"):
        twin = replace(GOOD, name="twin", basename="MODEL.usdc")
        reference.parse(text_of(GOOD, twin), product="hero_geo")


def test_digests_are_text_with_their_algorithm() -> None:
    digest = of_bytes(b"points")
    assert Digest.parse(str(digest)) == digest
    assert str(digest) == f"{digest.algorithm}:{digest.hex}"
    with pytest.raises(InvalidDigest):
        Digest.parse("sha256:" + "g" * 64)
