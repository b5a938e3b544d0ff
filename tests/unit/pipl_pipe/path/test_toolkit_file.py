"""templates.yml: what it may hold, and what is said of one that is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Tuple

import pytest

from pipl_pipe.errors import InvalidCatalog, UnknownTemplate
from pipl_pipe.path import document
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.toolkit import Template, TemplatePath, TemplateString
from pipl_pipe.path.notations.toolkit_file import load

HEAD = """
roots: {primary: {linux: /show}}
keys:
  Shot: {type: str}
  name: {type: str, filter_by: alphanumeric}
  version: {type: int, format_spec: "03"}
"""


def loaded(text: str, *more: str) -> Catalog[Template]:
    texts = (text, *more)
    sources = [
        Source(f"t{number}.yml", document.parse(one, source=f"t{number}.yml"))
        for number, one in enumerate(texts)
    ]
    return load(sources, "linux")


def problems(text: str, *more: str) -> Tuple[str, ...]:
    with pytest.raises(InvalidCatalog) as caught:
        loaded(text, *more)
    return caught.value.problems


class TestWhatItHolds:
    def test_keys_of_each_type_and_templates_of_each_kind(self) -> None:
        catalog = loaded(
            """
            roots:
              primary: {linux: /show, darwin: /Volumes/show, win32: 's:\\show'}
              renders: {linux: /renders}
            keys:
              Shot: {type: str, exclusions: [tmp], shotgun_entity_type: Shot}
              ext: {type: str, choices: {ma: Maya Ascii, mb: Maya Binary}, default: ma}
              eye: {type: str, abstract: true, default: "%V", choices: [left, right]}
              maya.version: {type: int, format_spec: "03", alias: version}
              SEQ: {type: sequence, format_spec: "04"}
              at: {type: timestamp, default: utc_now}
              who: {type: str, subset: '([A-Z])[a-z]* ([A-Z])[a-z]*', subset_format: '{1}{0}'}
            paths:
              shot: 'shots/{Shot}'
              work: '@shot/work/{who}_{at}.v{maya.version}.{ext}'
              render:
                definition: '{Shot}/{eye}/beauty.{SEQ}.exr'
                root_name: renders
              preview: '@render.jpg'
            strings:
              label: '{Shot}[, v{maya.version}]'
              checked: {definition: '{Shot}', validate_with: label}
            """
        )
        assert list(catalog) == ["shot", "work", "render", "preview", "label", "checked"]
        work, render, label = catalog["work"], catalog["render"], catalog["label"]
        assert isinstance(work, TemplatePath) and isinstance(label, TemplateString)
        assert work.definition == "shots/{Shot}/work/{who}_{at}.v{maya.version}.{ext}"
        assert list(work.keys) == ["Shot", "who", "at", "version", "ext"]
        assert work.keys["ext"].labelled_choices == {"ma": "Maya Ascii", "mb": "Maya Binary"}
        assert isinstance(render, TemplatePath) and render.root_path == "/renders"
        preview = catalog["preview"]
        assert isinstance(preview, TemplatePath) and preview.root_path == "/renders"
        assert render.apply_fields({"Shot": "a", "eye": "%V", "SEQ": 7}) == (
            "/renders/a/%V/beauty.0007.exr"
        )
        checked = catalog["checked"]
        assert isinstance(checked, TemplateString) and checked.validate_with is label
        with pytest.raises(UnknownTemplate, match="nope"):
            catalog["nope"]

    def test_an_empty_file_is_an_empty_catalog(self) -> None:
        assert len(loaded("")) == 0
        assert len(loaded("paths:\n")) == 0

    def test_later_sources_win_by_name(self) -> None:
        catalog = loaded(
            HEAD + "paths: {a: 'one/{Shot}', b: 'two/@a'}",
            "keys: {Shot: {type: str, length: 3}}\npaths: {a: 'ONE2/{Shot}'}",
        )
        assert catalog["b"].definition == "two/ONE2/{Shot}"
        assert catalog["a"].keys["Shot"].length == 3

    def test_includes_are_read_first_and_lose(self, tmp_path: Path) -> None:
        (tmp_path / "deep").mkdir()
        (tmp_path / "base.yml").write_text(HEAD + "paths: {a: 'base/{Shot}', b: 'b/{Shot}'}")
        (tmp_path / "deep" / "more.yml").write_text("include: ../base.yml\npaths: {b: 'c/@a'}")
        top = tmp_path / "top.yml"
        top.write_text("includes: [deep/more.yml]\npaths: {a: 'top/{Shot}'}")
        catalog = load([Source("top", document.read(top), top)], "linux")
        assert catalog["a"].definition == "top/{Shot}"
        assert catalog["b"].definition == "c/top/{Shot}"

    def test_the_same_file_may_be_included_twice(self, tmp_path: Path) -> None:
        (tmp_path / "base.yml").write_text(HEAD + "paths: {a: 'base/{Shot}'}")
        (tmp_path / "b.yml").write_text("include: base.yml")
        top = tmp_path / "top.yml"
        top.write_text("includes: [b.yml, base.yml]")
        assert list(load([Source("top", document.read(top), top)], "linux")) == ["a"]

    def test_roots_given_beside_the_file_win(self) -> None:
        node = document.parse(HEAD + "paths: {a: '{Shot}'}", source="t")
        source = Source("t", node, None, {"primary": {"linux": "/other"}})
        template = load([source], "linux")["a"]
        assert template.apply_fields({"Shot": "x"}) == "/other/x"

    def test_a_platform_without_root_can_load_the_file(self) -> None:
        node = document.parse(HEAD + "paths: {a: '{Shot}'}", source="t")
        assert load([Source("t", node)], "darwin")["a"].get_fields("/show/x") == {"Shot": "x"}


class TestWhatIsKept:
    def test_unchanged_files_give_the_same_templates(self, tmp_path: Path) -> None:
        base, top = tmp_path / "base.yml", tmp_path / "top.yml"
        base.write_text(HEAD + "paths: {a: 'base/{Shot}'}")
        top.write_text("include: base.yml\npaths: {b: 'b/@a'}")
        for path in (base, top):
            os.utime(path, ns=(0, 0))

        def catalog() -> Catalog[Template]:
            return load([Source("top", document.read(top), top)], "linux")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(document, "SETTLED_NS", -1)
            first = catalog()
            assert catalog() is first
            base.write_text(HEAD + "paths: {a: 'BASE/{Shot}'}")
            assert catalog()["b"].definition == "b/BASE/{Shot}"
            assert catalog() is not first

    def test_a_file_that_just_changed_is_read_again(self, tmp_path: Path) -> None:
        file = tmp_path / "t.yml"
        file.write_text("a: 1")
        assert document.read(file) is not document.read(file)


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("keys: [", "t0.yml:2:1: "),
            ("keys:\n  a: b: c", "t0.yml:2:7: "),
            ("keys:\n\tb: 1", "t0.yml:2:1: "),
            ("a: \x07", "t0.yml:1:4: "),
            ("keys:\n  a: {type: str}\n  a: {type: int}", "t0.yml:3:3: 'a' stands here already"),
            ("paths:\n  a: !!python/object:os.system x", "t0.yml:2:6: the tag"),
            ("- a", "t0.yml:1:1: templates are a mapping"),
            ("keys: 3", "t0.yml:1:7: 'keys' is a mapping"),
            ("kyes: {}", "t0.yml:1:1: there is no section 'kyes'"),
            ("keys:\n  a: {type: float}", "t0.yml:2:13: the key 'a' has the unknown type 'float'"),
            ("keys:\n  a: {default: x}", "t0.yml:2:6: the key 'a' has no type"),
            (
                "keys:\n  a: {type: str, pad: 3}",
                "t0.yml:2:18: the key 'a' of type str has no 'pad'",
            ),
            (
                "keys:\n  a: {type: str, default: x, choices: [y]}",
                "t0.yml:2:6: the key 'a': its default",
            ),
            ("keys:\n  a: {type: int, format_spec: 03}", "t0.yml:2:6: the key 'a': format_spec 3"),
            ("keys:\n  a: {type: str, filter_by: '['}", "no regular expression"),
            ("keys:\n  a: {type: sequence, abstract: false}", "always abstract"),
            ("keys:\n  a: {type: sequence, default: 'FORMAT: %x'}", "its default 'FORMAT: %x'"),
            (
                "keys:\n  a: {type: sequence, default: '%03d', format_spec: '04'}",
                "its default '%03d'",
            ),
            (
                "paths: {a: x}\nstrings:\n  a: y",
                "t0.yml:3:6: 'a' is a path in this file already",
            ),
            ("include: nope.yml", "t0.yml:1:10: 'nope.yml' is relative to no file"),
            ("include: /nope/nope.yml", "t0.yml:1:10: there is no file /nope/nope.yml"),
            ("include: 3", "t0.yml:1:10: an include is the path"),
            ("roots: {p: /show}", "t0.yml:1:12: the root 'p' is a mapping"),
            ("roots: {p: {linux: show}}", "t0.yml:1:20: the root 'p' is no whole path"),
            ("roots: {p: {linux: /a/../b}}", "is no whole path"),
            ("roots: {p: {beos: /a}}", "t0.yml:1:13: no platform is called 'beos'"),
        ],
    )
    def test_documents(self, text: str, says: str) -> None:
        assert any(says in problem for problem in problems(text)), problems(text)

    @pytest.mark.parametrize(
        ("templates", "says"),
        [
            ("paths:\n  a: 'x/{Shot'", "t0.yml:8:6: the template 'a': `{` is not closed (column 2"),
            ("paths:\n  a: 'x/{Shoot}'", "no key 'Shoot' is defined; there are: none"),
            ("paths:\n  a: '@b/x'", "t0.yml:8:6: 'a' refers to @b, which there is not"),
            ("paths:\n  a: '@b/x'\n  b: '@a/x'", "@a refers to @b refers to @a"),
            ("paths:\n  a: 'x@a'", "@a refers to @a"),
            ("paths:\n  a: 'x/{Shot}'\n  b: 'X/{Shot}'", "9:6: the paths 'a' and 'b' are the same"),
            ("paths:\n  a: {definition: x, root_name: y}", "no root 'y'; there are: primary"),
            ("paths:\n  a: {root_name: primary}", "t0.yml:8:6: the template 'a' has no definition"),
            ("paths:\n  a:", "t0.yml:8:3: the template 'a' has no definition"),
            ("paths:\n  a: {definition: x, root: y}", "t0.yml:8:22: a template has no 'root'"),
            ("strings:\n  a: ''", "the string 'a' has no definition"),
            ("strings:\n  a: {definition: x, validate_with: b}", "no template 'b' to validate"),
            ("strings:\n  a: {definition: x, validate_with: a}", "'a' is validated with itself"),
        ],
    )  # fmt: skip
    def test_templates(self, templates: str, says: str) -> None:
        found = problems(HEAD + templates)
        assert any(says in problem for problem in found), found

    def test_every_problem_is_told_at_once(self) -> None:
        found = problems(
            HEAD + "  bad: {type: nope}\npaths:\n  a: '{'\n  b: '{bad}'\n  c: '@zzz'\nstrangers: {}"
        )
        assert len(found) == 4  # what is wrong with b is that its key is wrong

    def test_recursion_by_include(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("include: b.yml")
        (tmp_path / "b.yml").write_text("keys: {}\ninclude: a.yml")
        top = tmp_path / "a.yml"
        with pytest.raises(InvalidCatalog, match=r"b\.yml:2:10: .*a\.yml includes .*b\.yml"):
            load([Source("a", document.read(top), top)], "linux")

    def test_references_that_grow_without_end(self) -> None:
        lines = ["  p0: '{Shot}xxxxxxxxxx'"]
        lines += [f"  p{number}: '@p{number - 1}@p{number - 1}'" for number in range(1, 40)]
        found = problems(HEAD + "strings:\n" + "\n".join(lines))
        assert any("longer than" in problem for problem in found)

    def test_aliases_of_yaml_that_grow_without_end(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
        with pytest.raises(InvalidCatalog, match="more than"):
            document.parse("\n".join(lines), source="t")

    def test_files_that_do_not_end(self) -> None:
        with pytest.raises(InvalidCatalog, match="larger than"):
            document.read(Path("/dev/zero"))

    def test_deep_nesting(self) -> None:
        with pytest.raises(InvalidCatalog):
            document.parse("[" * 3000, source="t")
        with pytest.raises(InvalidCatalog, match="nested"):
            document.parse("[" * 200 + "]" * 200, source="t")

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 60_000 + "]" * 60_000,
            "{a: " * 60_000 + "1" + "}" * 60_000,
            "- " * 60_000 + "1",
            "[" * 60_000,
            'a: "' + "[" * 60_000 + '"\nb: {',
        ],
    )
    def test_what_would_end_the_process(self, text: str) -> None:
        with pytest.raises(InvalidCatalog, match=r"t:\d+:\d+: "):
            document.parse(text, source="t")

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidCatalog, match=r"nope\.yml"):
            document.read(tmp_path / "nope.yml")
        (tmp_path / "latin.yml").write_bytes("a: 1\nb: é".encode("latin-1"))
        with pytest.raises(InvalidCatalog, match=r"latin\.yml:2:1: not UTF-8"):
            document.read(tmp_path / "latin.yml")
