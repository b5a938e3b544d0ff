"""What everything on an index requires, in one answer and by what has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipl.build import wheel
from pipl.errors.index import IndexNotFound
from pipl.index.client import MIRROR_TYPE, IndexConfig
from pipl.index.name import IndexName
from pipl.index.requirements import IndexedPackl, Requirements
from pipl.testing.distributions import make_sdist
from pipl.testing.simple_index import make_wheel

from .conftest import Server

LOCK = """\
lock-version = "1.0"
created-by = "pipl"

[[packages]]
name = "hero-geo"
version = "1.4.0"
wheels = [{{ url = "{url}/root/PROJ/+f/1/2/h.whl", hashes = {{ sha256 = "{sha}" }} }}]

[[packages]]
name = "requests"
version = "2.0"
wheels = [{{ url = "{url}/root/mirrored/+f/1/r.whl", hashes = {{ sha256 = "{sha}" }} }}]

[[packages]]
name = "elsewhere"
version = "2.0"
wheels = [{{ url = "http://other/root/PROJ/+f/e.whl", hashes = {{ sha256 = "{sha}" }} }}]

[tool.pipl]
origin = "{url}"
"""


def packl_of(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: tuple[str, ...] = (),
    kind: dict[str, object] | None = None,
    members: dict[str, str] | None = None,
    requires_python: str = "",
) -> Path:
    """A wheel with a `pipl.json` (kind None: none)."""
    path = make_wheel(folder, name, version, requires=requires, requires_python=requires_python)
    texts = dict(members or {})
    if kind is not None:
        texts["pipl.json"] = json.dumps({"format": "pipl-packl/1", **kind})
    wheel.add(path, texts)
    return path


def versions(found: Requirements) -> dict[str, str]:
    return {name: packl.version for name, packl in found.packls.items()}


class TestWhatIsTold:
    def test_requirements_and_what_the_wheel_says(self, server: Server, tmp_path: Path) -> None:
        mirror = IndexConfig(
            IndexName("root", "mirrored"), MIRROR_TYPE, mirror_url="http://127.0.0.1:9/"
        )
        if mirror.name not in [one.name for one in server.root.indexes()]:
            server.root.create_index(mirror)
        index = server.index()
        task = packl_of(
            tmp_path,
            "Hero_Rig",
            "1.0",
            requires=("pipl-pipe", "hero-geo>=1,<2", 'numpy; extra == "edit"'),
            requires_python=">=3.9",
            kind={"kind": "task", "type": "rigging", "follow": "auto", "products": ["Hero_Rig_A"]},
            members={"pylock.toml": LOCK.format(url=server.root.url, sha="0" * 64)},
        )
        server.root.upload(index, task)
        found = server.root.requirements(index)
        assert (found.index, found.sources) == (str(index), (str(index),))
        packl = found.packls["hero-rig"]
        assert (packl.name, packl.version, packl.index) == ("hero-rig", "1.0", str(index))
        assert packl.sha256 == server.root.release(index, "hero-rig", "1.0").files[0].sha256
        assert sorted(packl.requires) == [
            "hero-geo>=1,<2",
            'numpy; extra == "edit"',
            "pipl-pipe",
        ]
        assert packl.requires_python == ">=3.9"
        facts = packl.facts
        assert (facts.kind, facts.type, facts.follow) == ("task", "rigging", "auto")
        assert (facts.products, facts.task) == (("hero-rig-a",), None)
        assert facts.locked == {"hero-geo": "1.4.0"}

    @pytest.mark.parametrize(
        "provenance",
        [
            {"format": "pipl-provenance/1", "task": {"name": "Hero_Model", "version": "1"}},
            {
                "_type": "https://in-toto.io/Statement/v1",
                "predicate": {
                    "buildDefinition": {"externalParameters": {"task": {"name": "hero-model"}}}
                },
            },
        ],
    )
    def test_a_product_names_its_task(
        self, server: Server, tmp_path: Path, provenance: dict[str, object]
    ) -> None:
        index = server.index()
        path = packl_of(
            tmp_path,
            "hero-geo",
            "1.0",
            kind={"kind": "product", "type": "geometry"},
            members={"provenance.json": json.dumps(provenance)},
        )
        server.root.upload(index, path)
        facts = server.root.requirements(index).packls["hero-geo"].facts
        assert (facts.kind, facts.type, facts.task) == ("product", "geometry", "hero-model")

    @pytest.mark.parametrize(
        ("kind", "members"),
        [
            (None, {}),
            (None, {"pipl.json": "{"}),
            (None, {"pipl.json": "[]"}),
            ({"kind": 3, "type": ["x"], "follow": "always", "products": "hero"}, {}),
            ({"kind": "code", "type": ""}, {"pylock.toml": "]", "provenance.json": "3"}),
        ],
    )
    def test_what_a_wheel_does_not_say_rightly_counts_as_not_said(
        self,
        server: Server,
        tmp_path: Path,
        kind: dict[str, object] | None,
        members: dict[str, str],
    ) -> None:
        index = server.index()
        server.root.upload(
            index, packl_of(tmp_path, "odd", "1.0", requires=("other",), kind=kind, members=members)
        )
        packl = server.root.requirements(index).packls["odd"]
        assert packl.requires == ("other",)
        assert packl.facts.kind in ("", "code")
        assert (packl.facts.type, packl.facts.follow) == ("", "manual")
        assert (packl.facts.products, packl.facts.task, dict(packl.facts.locked)) == ((), None, {})

    def test_the_newest_release_that_an_installer_would_take(
        self, server: Server, tmp_path: Path
    ) -> None:
        index = server.index()
        for version in ("1.9", "1.10", "1.10.post1", "2.0a1"):
            server.root.upload(index, packl_of(tmp_path, "hero", version))
        server.root.upload(index, packl_of(tmp_path, "early", "0.1a1"))
        server.root.upload(index, make_sdist(tmp_path, "hero", "3.0"))  # its wheel is to come
        server.root.upload(index, make_sdist(tmp_path, "sources", "1.0"))
        found = server.root.requirements(index)
        assert versions(found) == {"hero": "1.10.post1", "early": "0.1a1", "sources": "1.0"}
        assert found.packls["sources"].sha256 == ""

    def test_what_is_inherited_counts_and_the_newest_of_all_is_told(
        self, server: Server, tmp_path: Path
    ) -> None:
        base = server.index()
        stage = server.index(bases=(base,))
        for version in ("1.0", "1.1"):
            server.root.upload(base, packl_of(tmp_path, "hero", version))
        server.root.upload(base, packl_of(tmp_path, "prop", "1.0"))
        server.root.upload(stage, packl_of(tmp_path, "hero", "1.0.5"))
        server.root.upload(stage, packl_of(tmp_path, "prop", "2.0"))
        found = server.root.requirements(stage)
        assert found.sources == (str(stage), str(base))
        assert versions(found) == {"hero": "1.1", "prop": "2.0"}
        assert found.packls["hero"].index == str(base)
        assert versions(server.root.requirements(base)) == {"hero": "1.1", "prop": "1.0"}

    def test_an_index_that_is_not_there(self, server: Server) -> None:
        with pytest.raises(IndexNotFound):
            server.root.requirements(IndexName("root", "not-there"))

    def test_an_empty_index(self, server: Server) -> None:
        found = server.root.requirements(server.index())
        assert (dict(found.packls), server.root.requirements(server.index()).packls) == ({}, {})


class TestChanges:
    def test_an_earlier_answer_is_brought_up_to_date(self, server: Server, tmp_path: Path) -> None:
        base = server.index(volatile=True)
        stage = server.index(bases=(base,))
        server.root.upload(base, packl_of(tmp_path, "hero", "1.0"))
        server.root.upload(base, packl_of(tmp_path, "prop", "1.0"))
        first = server.root.requirements(stage)
        server.root.upload(base, packl_of(tmp_path, "hero", "1.1", requires=("prop",)))
        server.root.upload(stage, packl_of(tmp_path, "set", "1.0"))
        second = server.root.requirements(stage, known=first)
        assert versions(second) == {"hero": "1.1", "prop": "1.0", "set": "1.0"}
        assert second.packls["hero"].requires == ("prop",)
        assert second.serial > first.serial
        assert versions(first) == {"hero": "1.0", "prop": "1.0"}

    def test_what_has_gone_is_gone(self, server: Server, tmp_path: Path) -> None:
        base = server.index()
        stage = server.index(bases=(base,))
        server.root.upload(base, packl_of(tmp_path, "hero", "1.0"))
        server.root.upload(stage, packl_of(tmp_path, "set", "1.0"))
        first = server.root.requirements(stage)
        server.root.modify_index(stage, {"bases": []})
        server.root.delete_index(base)
        assert versions(server.root.requirements(stage, known=first)) == {"set": "1.0"}

    def test_an_answer_about_another_index_does_not_count(
        self, server: Server, tmp_path: Path
    ) -> None:
        one, other = server.index(), server.index()
        server.root.upload(one, packl_of(tmp_path, "hero", "1.0"))
        server.root.upload(other, packl_of(tmp_path, "prop", "1.0"))
        known = server.root.requirements(one)
        assert versions(server.root.requirements(other, known=known)) == {"prop": "1.0"}

    @pytest.mark.parametrize("change", [{"feed": "another"}, {"serial": 10**9}, {"sources": ()}])
    def test_an_answer_of_another_database_or_asker_does_not_count(
        self, server: Server, tmp_path: Path, change: dict[str, object]
    ) -> None:
        index = server.index()
        server.root.upload(index, packl_of(tmp_path, "hero", "1.0"))
        known = server.root.requirements(index)
        made_up = IndexedPackl("made-up", "1.0", str(index))
        stale = replace(known, packls={**known.packls, "made-up": made_up}, **change)
        assert versions(server.root.requirements(index, known=stale)) == {"hero": "1.0"}
