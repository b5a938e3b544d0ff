"""Paths on the disk for a template (seed document 001, `paths_from_template` and `abstract…`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipl_pipe.errors import InvalidValue, NamesOnly
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.keys import IntegerKey, SequenceKey, StringKey
from pipl_pipe.path.notations.toolkit import TemplatePath, TemplateString
from pipl_pipe.path.service import Paths

KEYS: Dict[str, Any] = {
    **{name: StringKey(name) for name in ("Sequence", "Shot", "Step", "any")},
    "name": StringKey("name", filter_by=r"\w+"),
    "version": IntegerKey("version", format_spec="03"),
    "SEQ": SequenceKey("SEQ", format_spec="04"),
    "eye": StringKey("eye", choices=["left", "right"], default="%V", abstract=True),
    "not_tmp": StringKey("not_tmp", exclusions=["tmp"]),
}


class Studio:
    """A folder that is the root of templates."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = Paths(lambda: ([Catalog([])], []))

    def files(self, *paths: str) -> None:
        for path in paths:
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()

    def template(self, definition: str) -> TemplatePath:
        return TemplatePath(definition, KEYS, str(self.root))

    def found(self, definition: str, fields: Dict[str, Any], **options: Any) -> List[str]:
        found = self.paths.paths_from_template(self.template(definition), fields, **options)
        return self._below(found)

    def abstract(self, definition: str, fields: Dict[str, Any], **options: Any) -> List[str]:
        template = self.template(definition)
        return self._below(self.paths.abstract_paths_from_template(template, fields, **options))

    def _below(self, found: List[str]) -> List[str]:
        assert len(set(found)) == len(found)
        return sorted(os.path.relpath(path, self.root).replace("\\", "/") for path in found)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


WORK = "sequences/{Sequence}/{Shot}/work/{name}.v{version}.ma"


class TestTheDocumentsExamples:
    def test_paths_from_template(self, studio: Studio) -> None:
        names = [f"{n}.v00{v}.ma" for n in ("background", "mainscene") for v in (1, 2, 3)]
        studio.files(*(f"sequences/AAA/001/work/{name}" for name in names))
        studio.files("sequences/AAA/002/work/background.v001.ma")
        studio.files("sequences/AAA/001/work/background.v1.ma", "sequences/AAA/001/work/notes.txt")
        assert studio.found(WORK, {"Sequence": "AAA", "Shot": "001"}) == [
            "sequences/AAA/001/work/background.v001.ma",
            "sequences/AAA/001/work/background.v002.ma",
            "sequences/AAA/001/work/background.v003.ma",
            "sequences/AAA/001/work/mainscene.v001.ma",
            "sequences/AAA/001/work/mainscene.v002.ma",
            "sequences/AAA/001/work/mainscene.v003.ma",
        ]

    def test_all_versions_of_a_file(self, studio: Studio) -> None:
        studio.files(*(f"sequences/a/b/work/n.v{v:03d}.ma" for v in (1, 2)))
        studio.files("sequences/a/b/work/m.v001.ma")
        fields = {"Sequence": "a", "Shot": "b", "name": "n", "version": 2}
        assert studio.found(WORK, fields) == ["sequences/a/b/work/n.v002.ma"]
        assert studio.found(WORK, fields, skip_keys=["version"]) == [
            "sequences/a/b/work/n.v001.ma",
            "sequences/a/b/work/n.v002.ma",
        ]

    def test_abstract_paths_from_template(self, studio: Studio) -> None:
        definition = "sequences/{Sequence}/{Shot}/images/{eye}/{name}.{SEQ}.exr"
        for number in (1, 2, 3):
            for eye in ("left", "right"):
                for frame in (1, 2):
                    name = f"render_{number}.{frame:04d}.exr"
                    studio.files(f"sequences/AAA/001/images/{eye}/{name}")
        studio.files("sequences/AAA/001/images/middle/render_4.0001.exr")
        assert studio.abstract(definition, {"Sequence": "AAA", "Shot": "001"}) == [
            "sequences/AAA/001/images/%V/render_1.%04d.exr",
            "sequences/AAA/001/images/%V/render_2.%04d.exr",
            "sequences/AAA/001/images/%V/render_3.%04d.exr",
        ]

    def test_an_abstract_path_that_no_file_need_be_there_for(self, studio: Studio) -> None:
        """Here only if asked for: what is reported exists. The document's template ends in
        `.jpg`, and the path that it says is returned in `.exr`, which no reading explains."""
        definition = "sequences/{Sequence}/{Shot}/images/{Shot}.{SEQ}.jpg"
        (studio.root / "sequences/AAA/001/images").mkdir(parents=True)
        fields = {"Sequence": "AAA", "Shot": "001"}
        assert studio.abstract(definition, fields) == []
        found = studio.abstract(definition, fields, existing=False)
        assert found == ["sequences/AAA/001/images/001.%04d.jpg"]
        assert studio.abstract(definition, {**fields, "Shot": "002"}, existing=False) == []


class TestPaths:
    def test_folders_are_found_too(self, studio: Studio) -> None:
        studio.files("sequences/a/b/x.ma", "sequences/c/y.ma", "sequences/file")
        assert studio.found("sequences/{Sequence}", {}) == [
            "sequences/a",
            "sequences/c",
            "sequences/file",
        ]
        assert studio.found("sequences/{Sequence}/{Shot}", {}) == [
            "sequences/a/b",
            "sequences/c/y.ma",
        ]

    def test_known_paths_are_looked_up(self, studio: Studio) -> None:
        studio.files("sequences/a/b.ma")
        assert studio.found("sequences/a", {}) == ["sequences/a"]
        assert studio.found("sequences/{Shot}/b.ma", {"Shot": "a"}) == ["sequences/a/b.ma"]
        assert studio.found("sequences/{Shot}/c.ma", {"Shot": "a"}) == []
        assert studio.found("nothing/{Shot}", {}) == []
        assert studio.found("", {}) == ["."]

    def test_optional_keys(self, studio: Studio) -> None:
        studio.files("n.ma", "n-v001.ma", "m-v002.ma")
        definition = "{name}[-v{version}].ma"
        assert studio.found(definition, {}) == ["n.ma"]
        assert studio.found(definition, {"version": 1}) == ["n-v001.ma"]
        both = ["m-v002.ma", "n-v001.ma", "n.ma"]
        assert studio.found(definition, {}, skip_missing_optional_keys=True) == both
        assert studio.found(definition, {"version": 1}, skip_keys=["version"]) == both

    def test_optional_folders(self, studio: Studio) -> None:
        studio.files("s/x.ma", "s/a/x.ma", "s/a/b/x.ma", "s/a/b/c/x.ma")
        definition = "s[/{Shot}][/{Step}]/{name}.ma"
        assert studio.found(definition, {}) == ["s/x.ma"]
        assert studio.found(definition, {"Step": "b"}, skip_keys=["Shot"]) == ["s/a/b/x.ma"]
        assert studio.found(definition, {}, skip_missing_optional_keys=True) == [
            "s/a/b/x.ma",
            "s/a/x.ma",
            "s/x.ma",
        ]

    def test_twelve_optional_folders_are_searched_once_each(self, studio: Studio) -> None:
        studio.files("a/b/c/x.ma")
        keys = {f"k{n}": StringKey(f"k{n}") for n in range(12)}
        definition = "a" + "".join(f"[/{{{name}}}]" for name in keys) + "/x.ma"
        template = TemplatePath(definition, keys, str(studio.root))
        found = studio.paths.paths_from_template(template, {}, skip_missing_optional_keys=True)
        assert [Path(path).name for path in found] == ["x.ma"]

    def test_a_key_in_folder_and_file(self, studio: Studio) -> None:
        studio.files("a/a_x.ma", "a/b_x.ma", "b_c/b_c_x_y.ma", "b_c/b_x.ma", "b_c/b_c.ma")
        definition = "{Shot}/{Shot}_{any}.ma"
        assert studio.found(definition, {}) == ["a/a_x.ma", "b_c/b_c_x_y.ma"]
        assert studio.found(definition, {"Shot": "b_c"}) == ["b_c/b_c_x_y.ma"]
        assert studio.found(definition, {"any": "x"}) == ["a/a_x.ma"]

    def test_names_that_keys_refuse(self, studio: Studio) -> None:
        studio.files("tmp/x", "tmp2/x")
        assert studio.found("{not_tmp}/x", {}) == ["tmp2/x"]

    def test_names_that_fit_in_two_ways_are_found(self, studio: Studio) -> None:
        studio.files("a_b_c")
        assert studio.found("{Shot}_{any}", {}) == ["a_b_c"]
        assert studio.found("{Shot}_{any}", {"any": "c"}) == ["a_b_c"]
        assert studio.found("{Shot}_{any}", {"any": "b"}) == []

    def test_values_are_data(self, studio: Studio) -> None:
        studio.files("[ab]%d*/x.ma", "a/x.ma")
        assert studio.found("{Shot}/{any}.ma", {"Shot": "[ab]%d*"}) == ["[ab]%d*/x.ma"]
        with pytest.raises(InvalidValue):
            studio.found("{Shot}/{any}.ma", {"Shot": "../.."})

    def test_names_that_no_disk_can_have_are_not_there(self, studio: Studio) -> None:
        assert studio.found("{Shot}/{any}.ma", {"Shot": "\ud800"}) == []
        assert studio.found("{Shot}/{any}/x", {"Shot": "\ud800"}) == []

    def test_names_are_not_looked_for(self, studio: Studio) -> None:
        for search in (
            studio.paths.paths_from_template,
            studio.paths.abstract_paths_from_template,
        ):
            with pytest.raises(NamesOnly, match="'label'"):
                search(TemplateString("{any}", KEYS, "label"), {})  # type: ignore[arg-type]

    def test_case_of_listed_names(self, studio: Studio) -> None:
        studio.files("a/n.V001.MA")
        assert studio.found("{Shot}/{name}.v{version}.ma", {}) == ["a/n.V001.MA"]

    def test_patterns_of_frames_stand_for_all(self, studio: Studio) -> None:
        studio.files("a/n.0001.exr", "a/n.0002.exr")
        definition = "{Shot}/{name}.{SEQ}.exr"
        assert len(studio.found(definition, {"SEQ": "%04d"})) == 2
        assert len(studio.found(definition, {"SEQ": "FORMAT: #"})) == 2
        assert studio.found(definition, {"SEQ": 2}) == ["a/n.0002.exr"]

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
    def test_folders_that_cannot_be_read_count_as_empty(self, studio: Studio) -> None:
        studio.files("a/x.ma", "b/x.ma")
        (studio.root / "a").chmod(0)
        assert studio.found("{Shot}/{name}.ma", {}) == ["b/x.ma"]
        (studio.root / "a").chmod(0o755)

    def test_links(self, studio: Studio) -> None:
        studio.files("a/x.ma")
        (studio.root / "b").symlink_to(studio.root / "a")
        (studio.root / "c").symlink_to(studio.root / "nowhere")
        assert studio.found("{Shot}/{name}.ma", {}) == ["a/x.ma", "b/x.ma"]


class TestAbstract:
    def test_values_given_stand(self, studio: Studio) -> None:
        studio.files("a/left/n.0001.exr", "a/right/n.0001.exr", "a/right/n.0002.exr")
        definition = "{Shot}/{eye}/{name}.{SEQ}.exr"
        assert studio.abstract(definition, {"SEQ": 2}) == ["a/%V/n.0002.exr"]
        assert studio.abstract(definition, {"eye": "left"}) == ["a/left/n.%04d.exr"]
        assert studio.abstract(definition, {"SEQ": "FORMAT: #"}) == ["a/%V/n.####.exr"]
        assert studio.abstract(definition, {"SEQ": "$F4", "eye": "%V"}) == ["a/%V/n.$F4.exr"]

    def test_a_sequence_with_other_padding_is_none(self, studio: Studio) -> None:
        studio.files("n.001.exr", "m.00001.exr", "o.10000.exr")
        assert studio.abstract("{name}.{SEQ}.exr", {}) == ["o.%04d.exr"]

    def test_names_read_in_two_ways_are_reported_both_ways(self, studio: Studio) -> None:
        studio.files("a.0001.0002.exr")
        found = studio.abstract("{any}.{SEQ}[.{version}].exr", {"version": None})
        assert found == ["a.0001.%04d.exr"]

    def test_optional_sequences(self, studio: Studio) -> None:
        studio.files("n.0001.exr", "n.exr")
        assert studio.abstract("{name}[.{SEQ}].exr", {}) == ["n.exr"]
        assert studio.abstract("{name}[.{SEQ}].exr", {"SEQ": "%04d"}) == ["n.%04d.exr"]

    def test_without_abstract_keys_it_is_the_same(self, studio: Studio) -> None:
        studio.files("a/x.ma", "b/x.ma")
        assert studio.abstract("{Shot}/{name}.ma", {}) == ["a/x.ma", "b/x.ma"]


DEFINITIONS = [
    "{Shot}/{any}",
    "{Shot}/{Shot}_{any}",
    "{Shot}[_{version}]/{any}",
    "{Shot}/{any}[.{version}]",
    "a/{Shot}[/{any}]/b",
    "{Shot}_{any}/{any}",
]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(DEFINITIONS),
    st.sets(st.lists(st.sampled_from(["a", "b", "a_b", "a.001", "b_a_b"]), min_size=1, max_size=3)
            .map("/".join), max_size=8),
    st.dictionaries(st.sampled_from(["Shot", "any"]), st.sampled_from(["a", "b", "a_b"])),
)  # fmt: skip
def test_all_that_fits_is_found_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, definition: str, files: Any, fields: Dict[str, Any]
) -> None:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    for path in sorted(files, key=len, reverse=True):
        if not (studio.root / path).exists():
            studio.files(path)
    template = studio.template(definition)
    expected = sorted(
        str(path.relative_to(studio.root))
        for path in studio.root.rglob("*")
        if template.validate(path, {name: fields[name] for name in fields if name in template.keys})
    )
    found = studio.found(definition, fields, skip_missing_optional_keys=True)
    assert found == expected
