from __future__ import annotations

import json
from typing import Any, Callable, Dict

import pytest

from pipl_pipe.errors import InvalidProduct
from pipl_pipe.product import provenance
from pipl_pipe.product.provenance import Item, Provenance, TaskRelease, Tool

TASK = TaskRelease("hero-model", "1.0", "a" * 64, "b" * 64, "hero_model-1.0-py3-none-any.whl")
HERO = Provenance(
    product="hero-geo",
    version="1.0",
    task=TASK,
    assets=(Item("hero_geo/maps", "blake3:" + "1" * 64), Item("hero_geo/model", "sha256:22")),
    content="sha256:" + "c" * 64,
    inputs=(Item("teapot/model", "blake3:" + "3" * 64),),
    tools=(Tool("show-pipe", "2.0", "sha256:" + "d" * 64), Tool("usd-core", "24.11")),
    versions={"pipl-pipe": "0.5"},
)


def test_it_is_a_statement_with_the_predicate_of_slsa() -> None:
    document = provenance.statement(HERO)
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "https://slsa.dev/provenance/v1"
    assert document["subject"] == [
        {"name": "hero-geo 1.0/assets.json", "digest": {"sha256": "c" * 64}},
        {"name": "hero_geo/maps", "digest": {"blake3": "1" * 64}},
        {"name": "hero_geo/model", "digest": {"sha256": "22"}},
    ]
    assert set(document["predicate"]) == {"buildDefinition", "runDetails"}
    made_from = document["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert made_from[0] == {
        "name": "hero_model-1.0-py3-none-any.whl",
        "uri": "pkg:pypi/hero-model@1.0",
        "digest": {"sha256": "a" * 64},
        "annotations": {"pipl_role": "task"},
    }
    assert [one["annotations"]["pipl_role"] for one in made_from] == [
        "task", "lock", "input", "tool", "tool",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "one",
    [
        HERO,
        Provenance(
            "hero-geo",
            "1.0",
            TaskRelease("hero-model", "1.0", "a" * 64, None, "x.whl"),
            content="sha256:1",
        ),
    ],
)
def test_what_is_written_is_read_back(one: Provenance) -> None:
    assert provenance.parse(provenance.render(one), source="hero") == one


def test_order_does_not_matter() -> None:
    turned = Provenance(**{
        **vars(HERO), "assets": HERO.assets[::-1], "tools": HERO.tools[::-1],
    })  # fmt: skip
    assert provenance.render(turned) == provenance.render(HERO)


def test_an_older_wheels_file_is_read() -> None:
    old = {
        "format": "pipl-provenance/1",
        "task": {"name": "hero-model", "version": "1.0", "sha256": "a" * 64},
        "lock": "b" * 64,
        "assets": [{"name": "model", "revision": "sha256:22", "size": 3}],
    }
    found = provenance.parse(json.dumps(old), source="hero")
    assert found.task == TaskRelease("hero-model", "1.0", "a" * 64, "b" * 64)
    assert found.assets == (Item("model", "sha256:22"),)


def _without_task(document: Dict[str, Any]) -> None:
    del document["predicate"]["buildDefinition"]["resolvedDependencies"][0]


def _of_another_build(document: Dict[str, Any]) -> None:
    document["predicate"]["buildDefinition"]["buildType"] = "urn:other"


def _with_two_digests(document: Dict[str, Any]) -> None:
    document["subject"][0]["digest"] = {"sha256": "1", "sha512": "2"}


def _of_another_predicate(document: Dict[str, Any]) -> None:
    document["predicateType"] = "https://slsa.dev/verification_summary/v1"


def _with_a_number_for_a_name(document: Dict[str, Any]) -> None:
    document["predicate"]["buildDefinition"]["externalParameters"]["task"]["name"] = 3


@pytest.mark.parametrize(
    "spoil",
    [
        _without_task, _of_another_build, _with_two_digests, _of_another_predicate,
        _with_a_number_for_a_name,
    ],
)  # fmt: skip
def test_a_statement_that_is_none_is_refused(spoil: Callable[[Dict[str, Any]], None]) -> None:
    document = provenance.statement(HERO)
    spoil(document)
    with pytest.raises(InvalidProduct, match=r"hero.*provenance\.json cannot be read"):
        provenance.parse(json.dumps(document), source="hero")


@pytest.mark.parametrize("text", ["", "[]", "{}", "3", "[" * 100_000, '{"task": "hero"}'])
def test_what_is_no_provenance_is_refused(text: str) -> None:
    with pytest.raises(InvalidProduct):
        provenance.parse(text, source="hero")


def test_a_text_without_bound_is_refused() -> None:
    with pytest.raises(InvalidProduct, match="larger"):
        provenance.parse(" " * (provenance.MAX_BYTES + 1), source="hero")
