"""Toolkit's templates: each example of seed document 001, and what it leaves open."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Any, Dict

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipl_pipe.errors import (
    AmbiguousPath,
    InvalidTemplate,
    InvalidValue,
    MissingFields,
    NoRoot,
    PathMismatch,
    PathOutside,
)
from pipl_pipe.path.keys import IntegerKey, SequenceKey, StringKey, TimestampKey
from pipl_pipe.path.notations.toolkit import TemplatePath, TemplateString
from pipl_pipe.path.parts import Parts, Slot, Text, slots

from .templates import definitions, fields

KEYS: Dict[str, Any] = {
    **{name: StringKey(name) for name in ("Sequence", "Shot", "Step", "Asset", "name", "output")},
    "sg_asset_type": StringKey("sg_asset_type"),
    "version": IntegerKey("version", format_spec="03"),
    "width": IntegerKey("width"),
    "height": IntegerKey("height"),
    "frame": SequenceKey("frame", format_spec="04"),
    "seq": SequenceKey("seq", format_spec="04"),
    "render_time": TimestampKey("render_time"),
}


def path(
    definition: str, root: str = "/studio_root/sgtk/demo_project_1", **more: Any
) -> TemplatePath:
    return TemplatePath(definition, KEYS, root, **more)


PUBLISH = path(
    "sequences/{Sequence}/{Shot}/{Step}/publish/{name}.v{version}.ma",
    name="maya_shot_publish",
    per_platform_roots={
        "linux": "/studio_root/sgtk/demo_project_1",
        "win32": "z:\\studio_root\\sgtk\\demo_project_1",
        "darwin": "/Volumes/studio_root/sgtk/demo_project_1",
    },
)
GOOD = "/studio_root/sgtk/demo_project_1/sequences/seq_1/shot_2/comp/publish/henry.v003.ma"
BAD = "/studio_root/sgtk/demo_project_1/shot_2/comp/publish/henry.v003.ma"
FIELDS = {"Sequence": "seq_1", "Shot": "shot_2", "Step": "comp", "name": "henry", "version": 3}


class TestTheDocumentsExamples:
    def test_a_path_and_its_fields(self) -> None:
        template = path("shots/{Shot}/{Step}/pub/{name}.v{version}.ma", "/projects/bbb")
        text = "/projects/bbb/shots/001_002/comp/pub/main_scene.v003.ma"
        fields = {"Shot": "001_002", "Step": "comp", "name": "main_scene", "version": 3}
        assert template.get_fields(text) == fields
        assert template.apply_fields(fields) == text

    def test_apply_fields(self) -> None:
        assert PUBLISH.apply_fields(FIELDS) == GOOD
        assert PUBLISH.apply_fields(FIELDS, platform="win32") == (
            r"z:\studio_root\sgtk\demo_project_1"
            r"\sequences\seq_1\shot_2\comp\publish\henry.v003.ma"
        )
        assert PUBLISH.apply_fields(FIELDS, "linux2") == GOOD
        assert PUBLISH.apply_fields(FIELDS, "darwin") == f"/Volumes{GOOD}"
        string = TemplateString("Maya Scene {name}, v{version}", KEYS)
        assert string.apply_fields(FIELDS) == "Maya Scene henry, v003"

    def test_is_optional(self) -> None:
        template = path("{Shot}[_{name}]")
        assert template.is_optional("Shot") is False
        assert template.is_optional("name") is True
        assert template.is_optional("unknown") is False

    def test_missing_keys(self) -> None:
        template = path("assets/{sg_asset_type}/{Asset}/{Step}/work/{name}.v{version}.max")
        # The document's order is that of a dict of Python 2; here it is the definition's.
        expected = ["Step", "sg_asset_type", "Asset", "version", "name"]
        assert sorted(template.missing_keys({})) == sorted(expected)
        assert sorted(template.missing_keys({"name": "foo"})) == sorted(expected[:-1])
        assert template.missing_keys({}) == ["sg_asset_type", "Asset", "Step", "name", "version"]

    def test_validate_and_get_fields(self) -> None:
        assert PUBLISH.validate_and_get_fields(GOOD) == FIELDS
        assert PUBLISH.validate_and_get_fields(BAD) is None

    def test_validate(self) -> None:
        assert PUBLISH.validate(GOOD) is True
        assert PUBLISH.validate(BAD) is False

    def test_get_fields(self) -> None:
        assert PUBLISH.get_fields(GOOD) == FIELDS

    def test_kinds_of_keys(self) -> None:
        template = path(
            "{name}/v{version}/{width}x{height}/{Asset}_{name}_{output}_{render_time}.{frame}.exr"
        )
        shown = {name: repr(key) for name, key in template.keys.items()}
        assert shown["Asset"] == "<StringKey Asset>"
        assert shown["height"] == "<IntegerKey height>"
        assert shown["frame"] == "<SequenceKey frame>"
        assert shown["render_time"] == "<TimestampKey render_time>"
        fields = template.get_fields(
            "/studio_root/sgtk/demo_project_1/n_1/v002/20x10/"
            "hero_x_n_1_beauty_2015-06-24-21-20-30.0012.exr"
        )
        assert fields["Asset"] == "hero_x"
        assert fields["name"] == "n_1"
        assert (fields["version"], fields["width"], fields["frame"]) == (2, 20, 12)

    def test_directives_of_sequences(self) -> None:
        template = path("{Shot}/publish/{name}.{seq}.exr", "/mnt/proj")
        fields = {"Shot": "shot_2", "name": "render", "seq": "FORMAT: %d"}
        assert template.apply_fields(fields) == "/mnt/proj/shot_2/publish/render.%04d.exr"
        fields = {"Shot": "shot_2", "name": "render", "seq": "FORMAT: $F"}
        assert template.apply_fields(fields) == "/mnt/proj/shot_2/publish/render.$F4.exr"

    def test_subsets_in_templates(self) -> None:
        keys = {
            "user_initials": StringKey("user_initials", subset="([A-Z])[a-z]* ([A-Z])[a-z]*"),
            "first_three_characters": StringKey("first_three_characters", subset="(.{3}).*"),
        }
        template = TemplateString("{user_initials}-{first_three_characters}", keys)
        given = {"user_initials": "John Smith", "first_three_characters": "John Smith"}
        assert template.apply_fields(given) == "JS-Joh"
        assert template.apply_fields(template.get_fields("JS-Joh")) == "JS-Joh"


class TestProperties:
    def test_definition_keys_and_root(self) -> None:
        assert PUBLISH.name == "maya_shot_publish"
        assert PUBLISH.definition.startswith("sequences/{Sequence}/")
        assert list(PUBLISH.keys) == list(FIELDS)
        assert PUBLISH.root_path == "/studio_root/sgtk/demo_project_1"
        assert repr(PUBLISH).startswith("<TemplatePath maya_shot_publish: sequences/{Sequence}/")

    def test_parents(self) -> None:
        definitions = []
        above = PUBLISH.parent
        while above is not None:
            definitions.append(above.definition)
            above = above.parent
        assert definitions == [
            "sequences/{Sequence}/{Shot}/{Step}/publish",
            "sequences/{Sequence}/{Shot}/{Step}",
            "sequences/{Sequence}/{Shot}",
            "sequences/{Sequence}",
            "sequences",
            "",
        ]
        assert PUBLISH.parent is not None
        assert PUBLISH.parent.apply_fields(FIELDS) == GOOD.rpartition("/")[0]
        deep = path("shots/{Shot}[/{Step}]").parent
        assert deep is not None and deep.definition == "shots"
        assert TemplateString("{name}", KEYS).parent is None

    def test_the_root_is_a_template_too(self) -> None:
        root = path("")
        assert root.apply_fields({}) == "/studio_root/sgtk/demo_project_1"
        assert root.get_fields("/studio_root/sgtk/demo_project_1/") == {}

    def test_an_alias_names_the_field(self) -> None:
        template = TemplateString("{nuke.version}", {"nuke.version": IntegerKey("version")})
        assert list(template.keys) == ["version"]
        assert template.apply_fields({"version": 3}) == "3"


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            GOOD,
            GOOD.replace("sequences", "Sequences").replace("publish", "PUBLISH"),
            GOOD.replace("/studio_root", "/Studio_Root"),
            GOOD.replace(".ma", ".MA").replace(".v003", ".V003"),
            GOOD.replace("/", "//"),
            GOOD.replace("/", "\\"),
            "Z:" + GOOD.replace("/", "\\"),
            "z:" + GOOD,
            "/Volumes" + GOOD,
            Path(GOOD),
            GOOD.encode(),
            PureWindowsPath("z:" + GOOD),
        ],
    )
    def test_case_and_separators_do_not_count_but_in_values(self, text: Any) -> None:
        assert PUBLISH.get_fields(text) == FIELDS
        assert PUBLISH.validate_and_get_fields(text) == FIELDS

    def test_values_keep_their_case(self) -> None:
        fields = PUBLISH.get_fields(GOOD.replace("henry", "HenRy"))
        assert fields["name"] == "HenRy"

    def test_the_same_key_twice_agrees(self) -> None:
        template = path("{Shot}/{Shot}_{name}.ma", "/r")
        assert template.get_fields("/r/a_b/a_b_c.ma") == {"Shot": "a_b", "name": "c"}
        for text in ("/r/a/b_c.ma", "/r/a/A_c.ma"):
            with pytest.raises(PathMismatch):
                template.get_fields(text)

    def test_skipped_keys(self) -> None:
        text = GOOD.replace("v003", "vNEXT")
        assert PUBLISH.validate(text) is False
        assert PUBLISH.validate(text, skip_keys=["version"]) is True
        found = PUBLISH.get_fields(text, skip_keys=["version"])
        assert found == {name: FIELDS[name] for name in FIELDS if name != "version"}
        with pytest.raises(PathMismatch):
            PUBLISH.get_fields(BAD, skip_keys=["version"])

    def test_required_fields(self) -> None:
        for required in ({}, {"Shot": "shot_2"}, {"version": 3}, {"version": "003"}):
            assert PUBLISH.validate_and_get_fields(GOOD, required) == FIELDS
        for required in ({"Shot": "shot_3"}, {"version": 4}, {"nothing": 1}):
            assert PUBLISH.validate_and_get_fields(GOOD, required) is None
            assert PUBLISH.validate(GOOD, required) is False
        assert PUBLISH.validate(GOOD, {"version": 4}, skip_keys=["version"]) is True

    def test_two_readings(self) -> None:
        template = path("{Shot}[_{name}].ma", "/r")
        assert template.get_fields("/r/a.ma") == {"Shot": "a"}
        with pytest.raises(AmbiguousPath):
            template.get_fields("/r/a_b.ma")
        with pytest.raises(AmbiguousPath):
            template.validate_and_get_fields("/r/a_b.ma")
        assert template.validate("/r/a_b.ma") is True
        assert template.validate_and_get_fields("/r/a_b.ma", {"name": "b"}) == {
            "Shot": "a",
            "name": "b",
        }

    @pytest.mark.parametrize("text", ["/elsewhere/x", "", "relative/x", "/studio_root"])
    def test_outside_any_root(self, text: str) -> None:
        with pytest.raises(PathOutside):
            PUBLISH.get_fields(text)
        assert PUBLISH.validate(text) is False

    @pytest.mark.parametrize(
        "text",
        [
            GOOD.replace("henry", ".."),
            GOOD.replace("seq_1", ".."),
            GOOD.replace("seq_1", "."),
            GOOD.replace("henry", "hen\0ry"),
            GOOD + "\n",
            GOOD.replace("seq_1/", ""),
        ],
    )
    def test_what_no_fields_make(self, text: str) -> None:
        assert PUBLISH.validate(text) is False
        with pytest.raises(PathMismatch):
            PUBLISH.get_fields(text)


class TestWriting:
    @pytest.mark.parametrize(
        "value", ["a/b", "a\\b", "..", ".", "", "a\0b", 3, ["a"], "x" * 256, {"a": 1}]
    )
    def test_values_that_are_refused(self, value: Any) -> None:
        with pytest.raises(InvalidValue) as caught:
            PUBLISH.apply_fields({**FIELDS, "name": value})
        assert caught.value.key == "name"

    @pytest.mark.parametrize("written", [1, 0])
    def test_true_and_false_are_no_numbers_even_after_equal_numbers(self, written: int) -> None:
        text = PUBLISH.apply_fields({**FIELDS, "version": written})
        assert PUBLISH.apply_fields({**FIELDS, "version": written}) == text
        assert PUBLISH.apply_fields({**FIELDS, "version": float(written)}) == text
        with pytest.raises(InvalidValue, match="bool"):
            PUBLISH.apply_fields({**FIELDS, "version": bool(written)})
        assert PUBLISH.validate(text, {"version": bool(written)}) is False

    @pytest.mark.parametrize("value", ["100%", "[a]", "*", "?", "%s", "{x}", "é", "a b", "a..b"])
    def test_values_that_are_data(self, value: str) -> None:
        text = PUBLISH.apply_fields({**FIELDS, "name": value})
        assert PUBLISH.get_fields(text)["name"] == value

    def test_missing_fields(self) -> None:
        with pytest.raises(MissingFields) as caught:
            PUBLISH.apply_fields({"name": "x", "Step": None})
        assert caught.value.keys == ("Sequence", "Shot", "Step", "version")

    def test_defaults_stand_in_for_what_is_needed(self) -> None:
        keys = {"a": StringKey("a", default="x"), "b": StringKey("b", default="y")}
        template = TemplateString("{a}[_{b}]", keys)
        assert template.apply_fields({}) == "x"
        assert template.apply_fields({"a": None, "b": "z"}) == "x_z"
        assert template.missing_keys({}) == ["a"]
        assert template.missing_keys({}, skip_defaults=True) == []

    def test_fixed_text_is_data_too(self) -> None:
        around = """%s 'x' "{t0} 100%\n"""
        template = TemplatePath(around.replace("{t0}", "{name}"), KEYS, "/r/{n1}%")
        assert template.apply_fields({"name": "{m1}"}) == "/r/{n1}%/" + around.replace("t0", "m1")

    def test_sections_with_several_keys_stand_or_not(self) -> None:
        template = TemplateString("{name}[_{width}x{height}]", KEYS)
        assert template.apply_fields({"name": "n", "width": 2, "height": 1}) == "n_2x1"
        assert template.apply_fields({"name": "n", "width": 2}) == "n"

    def test_a_platform_without_root(self) -> None:
        with pytest.raises(NoRoot):
            PUBLISH.apply_fields(FIELDS, "aix")
        with pytest.raises(NoRoot):
            path("{name}", "").apply_fields({"name": "x"})


class TestStrings:
    def test_case_of_fixed_text_does_not_count(self) -> None:
        string = TemplateString("Scene {name}, v{version}", KEYS)
        assert string.get_fields("scene henry, V003") == {"name": "henry", "version": 3}

    def test_validated_with_another(self) -> None:
        other = TemplateString("{name}_{version}", KEYS)
        string = TemplateString("{name}", KEYS, validate_with=other)
        assert string.validate("henry") is False
        assert string.validate("henry_003") is True
        assert string.validate_and_get_fields("henry_003") == {"name": "henry", "version": 3}
        assert string.get_fields("henry") == {"name": "henry"}
        assert string.validate_with is other


@pytest.mark.parametrize(
    ("definition", "column", "says"),
    [
        ("a/{name", 2, "`{` is not closed"),
        ("a/{na{me}", 2, "`{` is not closed"),
        ("a/name}", 6, "`}` closes"),
        ("a/[_{name}", 2, r"`\[` is not closed"),
        ("a/{name}]", 8, "`]` closes"),
        ("a/{}", 2, "names no key"),
        ("a/{nope}", 2, "no key 'nope' is defined"),
        ("a[_b]/{name}", 1, "needs a key"),
        ("/a/{name}", 0, "starts below its root"),
        ("a//{name}", 2, "has no name"),
        ("a/{name}/", 9, "has no name"),
        ("a/../{name}", 2, "is no folder"),
        ("./{name}", 0, "is no folder"),
        ("a\\{name}", 1, "written `/`"),
        ("a/[{name}]/b", 0, "would have no name"),
        ("x[{name}/]/y", 0, "would have no name"),
        ("x[{name}/]", 0, "would have no name"),
        ("[/{name}]/x", 0, "would have no name"),
        (".[{name}]", 0, r"would be `\.`"),
        ("x/.[{name}]/y", 0, r"would be `\.`"),
        (".[.[{version}]{name}]", 0, r"would be `\.`"),
        ("[{name}]..", 0, r"would be `\.\.`"),
        ("x[{name}/.]/y", 0, r"would be `\.`"),
        ("x/[{name}/]..", 0, r"would be `\.\.`"),
        ("a\0b/{name}", 1, "NUL"),
        ("a/" + "b" * 300 + "{name}", 0, "300 bytes of fixed text"),
        ("a/[" + "é" * 200 + "{name}]b", 0, "400 bytes of fixed text"),
        ("[" * 30 + "{name}" + "]" * 30, 20, "nested"),
    ],
)
def test_definitions_that_cannot_be(definition: str, column: int, says: str) -> None:
    with pytest.raises(InvalidTemplate, match=says) as caught:
        path(definition)
    assert caught.value.column == column


TEXT = st.text(st.sampled_from("abAB01_.é%[]* "), min_size=1, max_size=6).filter(
    lambda text: text not in (".", "..")
)


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT, TEXT, st.integers(0, 5000), st.booleans())
def test_paths_and_fields_are_the_same_in_both_directions(
    shot: str, step: str, name: str, version: int, with_name: bool
) -> None:
    template = path("shots/{Shot}/{Step}/[{name}/]{Shot}.v{version}.ma", "/r")
    fields = {"Shot": shot, "Step": step, "version": version}
    fields = {**fields, "name": name} if with_name else fields
    text = template.apply_fields(fields)
    assert template.get_fields(text) == fields
    assert template.apply_fields(template.get_fields(text)) == text


def written(parts: Parts) -> str:
    """The definition of parts."""
    return "".join(
        part.text
        if isinstance(part, Text)
        else f"{{{part.key.name}}}"
        if isinstance(part, Slot)
        else f"[{written(part.parts)}]"
        for part in parts
    )


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_definition_reads_what_it_writes(data: st.DataObject) -> None:
    parts = data.draw(definitions())
    keys = {key.name: key for key, _ in slots(parts)}
    try:
        template = TemplatePath(written(parts), keys, "/root of 100%")
    except InvalidTemplate:
        assume(False)
        return
    given_fields = data.draw(fields(parts))
    text = template.apply_fields(given_fields)
    used = {name: given_fields[name] for name in template.keys if name in given_fields}
    assert template.validate(text)
    try:
        found = template.get_fields(text)
    except AmbiguousPath as fault:
        assert fault.first != fault.second
        return
    assert found.items() <= used.items()
    assert template.apply_fields(found) == text
