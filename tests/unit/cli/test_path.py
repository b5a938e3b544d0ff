"""`pipl path` on files of templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipl.cli.root import cli
from pipl.errors.usage import NoWorkspace
from pipl_pipe.errors import (
    AmbiguousPath,
    InvalidCatalog,
    InvalidValue,
    MissingFields,
    NoTemplate,
    PathMismatch,
)

TEMPLATES = """
roots:
  primary: {{linux: "{root}", darwin: "{root}"}}
keys:
  Shot: {{type: str, filter_by: alphanumeric}}
  name: {{type: str, filter_by: alphanumeric}}
  version: {{type: int, format_spec: "03"}}
paths:
  work: "shots/{{Shot}}/{{name}}.v{{version}}.ma"
  publish: "shots/{{Shot}}/pub/{{name}}.v{{version}}.ma"
"""
TREE = """
"{root}":
  "shots":
    "{{{{Shot}}}}":
      work: "{{{{name}}}}.v{{{{version:3}}}}.ma"
      "pub":
        publish: "{{{{name}}}}.v{{{{version:3}}}}.ma"
"""


@pytest.fixture(params=["templates.yml", "path_partout.conf"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    text = TEMPLATES if request.param == "templates.yml" else TREE
    path = tmp_path / str(request.param)
    path.write_text(text.format(root=tmp_path), encoding="utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, ["path", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").output)


def test_parse(file: str, tmp_path: Path) -> None:
    path = str(tmp_path / "shots/sh010/main.v003.ma")
    (reading,) = answer("parse", path, "-t", file)["readings"]
    assert reading["template"] == "work"
    assert (reading["fields"]["Shot"], int(reading["fields"]["version"])) == ("sh010", 3)
    shown = run("parse", path, "-t", file).output.splitlines()
    assert shown[:2] == ["work", "  Shot = sh010"]
    assert answer("parse", path, "-t", file, "--template", "work")["readings"] == [reading]


def test_parse_says_where_a_template_stops_fitting(file: str, tmp_path: Path) -> None:
    path = str(tmp_path / "shots/sh010/main.v003.mb")
    with pytest.raises(NoTemplate):
        run("parse", path, "-t", file)
    with pytest.raises(PathMismatch) as caught:
        run("parse", path, "-t", file, "--template", "work")
    assert caught.value.column >= len(path) - 1


def test_parse_with_a_template_that_is_ambiguous_gives_what_the_others_read(
    file: str, tmp_path: Path
) -> None:
    written = Path(file).read_text(encoding="utf-8")
    if file.endswith(".yml"):
        written = written.replace("keys:", "keys:\n  any: {type: str}\n  more: {type: str}")
        written += '  loose: "shots/sh010/{any}.{more}"\n'
    else:
        written += '    "sh010":\n      loose: "{{any}}.{{more}}"\n'
    Path(file).write_text(written, encoding="utf-8")
    path = str(tmp_path / "shots/sh010/main.v003.ma")
    found = answer("parse", path, "-t", file)
    assert [one["template"] for one in found["readings"]] == ["work"]
    (doubt,) = found["ambiguous"]
    assert doubt["template"] == "loose"
    assert {doubt["first"]["more"], doubt["second"]["more"]} == {"ma", "v003.ma"}
    shown = run("parse", path, "-t", file).output.splitlines()
    assert shown[0] == "work"
    assert shown[-2] == "loose"
    assert shown[-1].startswith("  ! can be read in two ways: any = ")
    with pytest.raises(AmbiguousPath):
        run("parse", str(tmp_path / "shots/sh010/a.b.c"), "-t", file)
    with pytest.raises(AmbiguousPath):
        run("parse", path, "-t", file, "--template", "loose")


def test_format(file: str, tmp_path: Path) -> None:
    made = run("format", "work", "Shot=sh010", "name=main", "version=3", "-t", file).output
    assert made == f"{tmp_path}/shots/sh010/main.v003.ma\n"
    with pytest.raises(MissingFields, match="name"):
        run("format", "work", "Shot=sh010", "version=3", "-t", file)
    with pytest.raises(InvalidValue, match="Shto"):
        run("format", "work", "Shto=sh010", "-t", file)
    assert run("format", "work", "Shot", "-t", file).exit_code == 2


def test_find(file: str, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    for name in ("sh010/main.v003.ma", "sh010/main.v004.ma", "sh020/main.v003.ma", "sh010/x.txt"):
        (shots / name).parent.mkdir(parents=True, exist_ok=True)
        (shots / name).touch()
    found = answer("find", "work", "Shot=sh010", "-t", file)["paths"]
    assert found == [f"{shots}/sh010/main.v003.ma", f"{shots}/sh010/main.v004.ma"]
    assert run("find", "work", "version=3", "-t", file).output.splitlines() == [
        f"{shots}/sh010/main.v003.ma", f"{shots}/sh020/main.v003.ma",
    ]  # fmt: skip
    assert answer("find", "publish", "-t", file)["paths"] == []


def test_check(file: str, tmp_path: Path) -> None:
    made = run("check", file)
    assert made.exit_code == 0
    assert f"  example: {tmp_path}/shots/Shot/name.v" in made.output
    found = answer("check", file)
    assert [one["name"] for one in found["templates"]] == ["work", "publish"]


def test_check_shows_conflicts_and_ends_with_status_1(tmp_path: Path) -> None:
    file = tmp_path / "templates.yml"
    more = '  any: "shots/{{anything}}/{{name}}.{{rest}}"\n'
    keys = "  anything: {{type: str}}\n  rest: {{type: str}}\npaths:"
    file.write_text((TEMPLATES.replace("paths:", keys) + more).format(root=tmp_path))
    made = run("check", str(file))
    assert made.exit_code == 1
    assert "  ! meets any: " in made.output
    work = answer("check", str(file))["templates"][0]
    assert (work["reachable"], work["overlaps"][0]["template"]) == (False, "any")


def test_check_of_a_bad_file_names_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "templates.yml"
    file.write_text("keys: [\n")
    with pytest.raises(InvalidCatalog, match=r"templates.yml:2:1"):
        run("check", str(file))


def test_convert_there_and_back(file: str, tmp_path: Path) -> None:
    other = "path_partout.conf" if file.endswith(".yml") else "templates.yml"
    target = tmp_path / "converted" / other
    target.parent.mkdir()
    assert run("convert", file, "--to", str(target)).exit_code == 0
    path = str(tmp_path / "shots/sh010/main.v003.ma")
    (reading,) = answer("parse", path, "-t", str(target), "--template", "work")["readings"]
    assert reading["fields"]["Shot"] == "sh010"
    again = tmp_path / "again" / Path(file).name
    again.parent.mkdir()
    assert run("convert", str(target), "--to", str(again)).exit_code == 0
    made = run("format", "work", "Shot=sh010", "name=main", "version=003", "-t", str(again)).output
    assert made == f"{path}\n"
    assert run("convert", file).output.startswith("# Converted from")


@pytest.mark.parametrize(
    "arguments", [("parse", "/x"), ("format", "work"), ("find", "work"), ("check",)]
)
def test_without_a_workspace_a_file_can_be_given(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoWorkspace) as caught:
        run(*arguments)
    assert (caught.value.exit_code, caught.value.path) == (2, str(tmp_path))
    assert "`-t FILE`" in caught.value.advice
