"""Both notations say the same after a conversion; what one cannot say is named."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipl_pipe.errors import AmbiguousPath, PathError, UndecidedPath
from pipl_pipe.path import document
from pipl_pipe.path.convert.converted import Converted
from pipl_pipe.path.convert.to_partout import to_partout
from pipl_pipe.path.convert.to_toolkit import to_toolkit
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.partout.diskpath import DiskPath
from pipl_pipe.path.notations.partout.notation import configuration_of, partout
from pipl_pipe.path.notations.toolkit_file import load


def toolkit_of(text: str, platform: str = "linux") -> Any:
    return load([Source("made", document.parse(text, source="made"))], platform)


def partout_of(text: str) -> Any:
    return partout([Source("made", document.parse(text, source="made"))], "linux")


def as_toolkit(content: Any, roots: Dict[str, str] = {}) -> Converted:  # noqa: B006  # only read
    by_platform = {name: {"linux": folder} for name, folder in roots.items()}
    source = Source("/c", document.from_plain(content, "/c"), None, by_platform)
    return to_toolkit(configuration_of(source, "linux"), roots)


def as_partout(text: str) -> Converted:
    return to_partout(toolkit_of(text), "templates.yml")


class TestToToolkit:
    def test_names_lengths_options_and_aggregates(self) -> None:
        made = as_toolkit({
            "/mnt": {"{{show}}": {"{{step?}}": {"file": "{{name}}{{side?:1}}_v{{version:3}}.ma"}}},
            "aggregates": {"title": "{{show}}: {{version:4}}"},
        })  # fmt: skip
        catalog = toolkit_of(made.text)
        assert made.left_out == ()
        fields = {"show": "s", "name": "n", "version": "001"}
        assert catalog["file"].apply_fields(fields) == "/mnt/s/n_v001.ma"
        assert catalog["file"].apply_fields({**fields, "step": "rig", "side": "L"}) == (
            "/mnt/s/rig/nL_v001.ma"
        )
        assert catalog["title"].apply_fields({"show": "s", "version": "0001"}) == "s: 0001"

    def test_roots_keep_their_names(self) -> None:
        made = as_toolkit({"{{root:work}}": {"{{a}}": {"x": ""}}}, {"work": "/mnt/d"})
        assert "work:" in made.text and toolkit_of(made.text)["x"].root_path == "/mnt/d"

    @pytest.mark.parametrize(
        ("volume", "path"), [("p:", "P:\\s\\f"), ("//nas/jobs", "\\\\nas\\jobs\\s\\f")]
    )
    def test_drives_and_shares_are_roots_on_windows(self, volume: str, path: str) -> None:
        made = as_toolkit({volume: {"{{show}}": {"x": "f"}}})
        template = toolkit_of(made.text, "win32")["x"]
        assert template.get_fields(path) == {"show": "s"}
        assert template.apply_fields({"show": "s"}, "win32") == path

    @pytest.mark.parametrize(
        ("tree", "reason"),
        [
            ({"{{letter}}:": {"a": {"x": ""}}}, "its volume is a variable"),
            ({"/m": {"{{a:2}}": {"x": "{{a:3}}"}}}, "the variable a has several lengths"),
            ({"/m": {"[a]": {"x": "{{a}}"}}}, "'[a]' has a meaning"),
            ({"/m": {"@name": {"x": "{{a}}"}}}, "'@name' has a meaning"),
        ],
    )
    def test_what_cannot_be_said_is_named(self, tree: Any, reason: str) -> None:
        made = as_toolkit({**tree, "aggregates": {"good": "{{good}}"}})
        (line,) = made.left_out
        assert line.startswith("x: ") and reason in line
        assert f"# Left out: {line}" in made.text
        assert list(toolkit_of(made.text)) == ["good"]


class TestToPartout:
    KEYS = """
roots: {primary: {linux: /mnt}}
keys:
  Shot: {type: str}
  name: {type: str, filter_by: alphanumeric, choices: [a, b]}
  side: {type: str, length: 1}
  version: {type: int, format_spec: "03"}
  take: {type: int}
  frame: {type: sequence, format_spec: "04"}
  time: {type: timestamp}
  initials: {type: str, subset: "([A-Z])[a-z]*"}
paths:
"""

    @pytest.mark.parametrize(
        ("definition", "component"),
        [
            ("{Shot}", "{{Shot}}"),
            ("x_{side}_v{version}", "x_{{side:1}}_v{{version:3}}"),
            ("{take}.{frame}", "{{take}}.{{frame:4}}"),
            ("a[{side}]", "a{{side?:1}}"),
        ],
    )
    def test_definitions(self, definition: str, component: str) -> None:
        made = as_partout(self.KEYS + f'  x: "{definition}"\n')
        assert made.left_out == ()
        assert partout_of(made.text)["x"].definition == f"/mnt/{component}"

    def test_optional_folders(self) -> None:
        made = as_partout(self.KEYS + '  x: "{Shot}[/{side}]/f"\n')
        assert partout_of(made.text)["x"].definition == "/mnt/{{Shot}}/{{side?:1}}/f"

    def test_folders_are_shared_and_may_be_labels(self) -> None:
        paths = '  folder: "{Shot}/pub"\n  file: "{Shot}/pub/v{version}"\n  pub: "{Shot}/pub/x"\n'
        made = as_partout(self.KEYS + paths)
        catalog = partout_of(made.text)
        assert made.left_out == ()
        assert catalog["folder"].apply_fields({"Shot": "s"}) == "/mnt/s/pub"
        assert catalog["pub"].apply_fields({"Shot": "s"}) == "/mnt/s/pub/x"

    def test_what_is_widened_is_said(self) -> None:
        made = as_partout(self.KEYS + '  x: "{name}_{version}_{time}"\n')
        assert set(made.changed) == {
            "name: the filter 'alphanumeric' does not hold",
            "name: its choices do not hold",
            "version: a number is any text of its length",
            "time: a time is any text",
        }

    @pytest.mark.parametrize(
        ("definition", "reason"),
        [
            ("x[_{side}]", "an optional section"),
            ("x[{side}{take}]", "an optional section"),
            ("{initials}", "takes a part of its values"),
        ],
    )
    def test_what_cannot_be_said_is_named(self, definition: str, reason: str) -> None:
        made = as_partout(self.KEYS + f'  x: "{definition}"\n  good: "{{Shot}}"\n')
        (line,) = made.left_out
        assert line.startswith("x: ") and reason in line
        assert list(partout_of(made.text)) == ["good"]

    def test_strings_are_aggregates(self) -> None:
        made = as_partout(self.KEYS.replace("paths:", "strings:") + '  x: "{Shot} v{version}"\n')
        assert 'x: "{{Shot}} v{{version:3}}"' in made.text


VARIABLES = ["show", "shot", "step"]
LITERAL = st.text(st.sampled_from("abX_-. e%é#"), min_size=1, max_size=3)
LENGTHS = st.fixed_dictionaries(
    {name: st.one_of(st.none(), st.integers(1, 3)) for name in VARIABLES}
)


@st.composite
def trees(draw: st.DrawFn) -> Tuple[Any, Dict[str, Any]]:
    lengths = draw(LENGTHS)
    variable = st.tuples(st.sampled_from(VARIABLES), st.booleans())
    component = st.lists(st.one_of(LITERAL, variable), min_size=1, max_size=4)
    path = draw(st.lists(component, min_size=1, max_size=4))

    def text(parts: List[Any]) -> str:
        written = ""
        for part in parts:
            if isinstance(part, str):
                written += part
            else:
                length = lengths[part[0]]
                written += "{{" + part[0] + "?" * part[1] + (f":{length}" if length else "") + "}}"
        return written

    tree: Any = {"label": text(path[-1])}
    for component_ in reversed(path[:-1]):
        tree = {text(component_): tree}
    values = {
        name: draw(
            st.one_of(
                st.none(),
                st.text(
                    st.sampled_from("abX_-.é"),
                    min_size=lengths[name] or 1,
                    max_size=lengths[name] or 5,
                ),
            )
        )
        for name in VARIABLES
    }
    return {"/mnt": tree}, values


@given(trees())
def test_both_notations_make_and_read_the_same(made: Tuple[Any, Dict[str, Any]]) -> None:
    tree, values = made
    try:
        source = Source("/c", document.from_plain(tree, "/c"))
        label = partout([source], "linux")["label"]
        converted = to_toolkit(configuration_of(source, "linux"), {})
    except PathError:
        assume(False)
    if converted.left_out:
        return
    template = toolkit_of(converted.text)["label"]
    given_values = {name: value for name, value in values.items() if value is not None}
    results: List[Any] = []
    for one in (label, template):
        try:
            results.append(DiskPath.parse(one.apply_fields(given_values)))
        except PathError as fault:
            results.append(fault.code)
    assert results[0] == results[1]
    if isinstance(results[0], str):
        return
    readings: List[Any] = []
    for one in (label, template):
        try:
            readings.append(one.get_fields(str(results[0])))
        except (AmbiguousPath, UndecidedPath) as fault:
            readings.append(fault.code)
    assert readings[0] == readings[1]


@given(trees())
def test_there_and_back_is_the_same(made: Tuple[Any, Dict[str, Any]]) -> None:
    tree, _ = made
    try:
        source = Source("/c", document.from_plain(tree, "/c"))
        label = partout([source], "linux")["label"]
        converted = to_toolkit(configuration_of(source, "linux"), {})
    except PathError:
        assume(False)
    if converted.left_out:
        return
    back = to_partout(toolkit_of(converted.text), "x")
    if back.left_out:
        return
    again = partout_of(back.text)["label"]
    assert again.compiled.prefixes == label.compiled.prefixes
    needed = set(label.missing_keys({}))
    assert set(again.missing_keys({})) == needed
