from __future__ import annotations

import pytest

from pipl_pipe.errors import AmbiguousExtension, BrokenExtension, UnknownExtension
from pipl_pipe.extension import Loaded, extensions

from .conftest import Site, ambiguous_pair

GROUP = "pipl_pipe.things"


def winner(site: Site) -> str:
    return extensions(GROUP, distributions=site.distributions)["thing"].distribution


class TestWhoWins:
    def test_the_only_one(self, site: Site) -> None:
        ambiguous_pair({"one": ()}, site, GROUP)
        assert winner(site) == "one"

    def test_the_one_that_depends_on_the_other(self, site: Site) -> None:
        ambiguous_pair({"base": (), "studio": ("base>=1",)}, site, GROUP)
        assert winner(site) == "studio"

    def test_also_where_it_depends_indirectly(self, site: Site) -> None:
        site.install("between", requires=["Base[x] ; python_version > '3'"])
        ambiguous_pair({"base": (), "studio": ("between",)}, site, GROUP)
        assert winner(site) == "studio"

    def test_the_one_that_depends_on_all_others(self, site: Site) -> None:
        ambiguous_pair({"one": (), "other": (), "top": ("one", "other")}, site, GROUP)
        assert winner(site) == "top"

    def test_an_extra_is_no_dependency(self, site: Site) -> None:
        ambiguous_pair({"base": (), "studio": ('base; extra == "test"',)}, site, GROUP)
        with pytest.raises(AmbiguousExtension):
            winner(site)

    def test_neither_is_an_error_that_names_both_and_what_to_write(self, site: Site) -> None:
        ambiguous_pair({"one": (), "other": ()}, site, GROUP)
        with pytest.raises(AmbiguousExtension) as caught:
            winner(site)
        assert "one; other" in str(caught.value)
        assert '{"pipl_pipe.things": {"thing": "<distribution>"}}' in caught.value.advice

    def test_those_that_depend_on_each_other_are_an_error(self, site: Site) -> None:
        ambiguous_pair({"one": ("other",), "other": ("one",)}, site, GROUP)
        with pytest.raises(AmbiguousExtension):
            winner(site)

    def test_a_config_packl_can_choose(self, site: Site) -> None:
        ambiguous_pair({"one": (), "other": ()}, site, GROUP)
        site.install(
            "chooser",
            entry_points={"pipl_pipe.config": {"choose": "chooser:CHOOSE"}},
            modules={"chooser/__init__.py": f"CHOOSE = {{{GROUP!r}: {{'thing': 'Other'}}}}\n"},
        )
        assert winner(site) == "other"


class TestLoading:
    def test_an_unknown_name_tells_what_there_is(self, site: Site) -> None:
        ambiguous_pair({"one": ()}, site, GROUP)
        found = extensions(GROUP)
        with pytest.raises(UnknownExtension, match="thing"):
            found["nothing"]
        assert found.get("nothing") is None

    @pytest.mark.parametrize(
        ("target", "source", "reason"),
        [
            ("broken:THING", "import not_there", "ModuleNotFoundError"),
            ("broken:THING", "x = (", "SyntaxError"),
            ("broken:THING", "raise SystemExit(3)", "SystemExit"),
            ("broken:THING", "", "AttributeError"),
            ("not a target", "", "module:object"),
        ],
    )
    def test_a_broken_one_is_named_with_its_distribution(
        self, site: Site, target: str, source: str, reason: str
    ) -> None:
        site.install(
            "Broken-Packl",
            entry_points={GROUP: {"bad": target}},
            modules={"broken/__init__.py": source},
        )
        with pytest.raises(BrokenExtension, match=reason) as caught:
            extensions(GROUP)["bad"].load()
        assert (caught.value.name, caught.value.distribution) == ("bad", "broken-packl")

    def test_the_others_still_work(self, site: Site) -> None:
        ambiguous_pair({"one": ()}, site, GROUP)
        site.install("broken", entry_points={GROUP: {"bad": "broken:THING"}})
        loaded: Loaded[object] = Loaded(extensions(GROUP), extra={}, check=lambda _: "")
        working, broken = loaded.working()
        assert working == {"thing": {"of": "one"}}
        assert [fault.fields["distribution"] for fault in broken] == ["broken"]

    def test_nothing_is_imported_before_it_is_looked_up(self, site: Site) -> None:
        site.install("broken", entry_points={GROUP: {"bad": "broken:THING"}})
        assert "bad" in extensions(GROUP)

    def test_entry_points_that_cannot_be_parsed_are_reported(self, site: Site) -> None:
        ambiguous_pair({"one": ()}, site, GROUP)
        site.install("bad", entry_points={GROUP: {}})
        (site.folder / "bad-1.0.0.dist-info" / "entry_points.txt").write_text("pipl_pipe.x = y\n")
        from pipl_pipe import distributions

        installed = distributions.scan(site.distributions)
        assert [one.name for one in installed.extensions] == ["thing"]
        assert [one.distribution for one in installed.broken] == ["bad"]


def test_dependencies_come_first(site: Site) -> None:
    from pipl_pipe.distributions import scan

    site.install("a", requires=["m"])
    site.install("m", requires=["z"])
    site.install("z")
    site.install("loop", requires=["pool"])
    site.install("pool", requires=["loop"])
    installed = scan(site.distributions)
    assert installed.in_order(["a", "z", "m"]) == ["z", "m", "a"]
    assert installed.in_order(["pool", "loop"]) == ["loop", "pool"]
    assert installed.depends("a", "z")
    assert not installed.depends("z", "a")
