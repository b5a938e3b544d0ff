from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner

from pipl.cli import render
from pipl.index.name import IndexName


@dataclass(frozen=True)
class Sample:
    index: IndexName
    folder: Path
    names: tuple[str, ...]
    nothing: None = None


def test_values_become_what_json_knows() -> None:
    sample = Sample(IndexName("root", "PROJ"), Path("/show"), ("a", "b"))
    assert render.plain({"sample": sample}) == {
        "sample": {
            "index": "root/PROJ",
            "folder": "/show",
            "names": ["a", "b"],
            "nothing": None,
        }
    }


def shown(command: click.Command) -> str:
    return CliRunner().invoke(command, []).output


def test_a_table_has_no_colour_where_nobody_looks() -> None:
    @click.command()
    def show() -> None:
        render.table(("name", "size"), [("hero", 12)], empty="nothing")

    assert shown(show).split() == ["name", "size", "hero", "12"]


def test_markup_in_values_is_data() -> None:
    @click.command()
    def show() -> None:
        render.table(("name",), [("[red]x[/red]",)], empty="nothing")

    assert "[red]x[/red]" in shown(show)


def test_an_empty_table_says_so() -> None:
    @click.command()
    def show() -> None:
        render.table(("name",), [], empty="nothing yet")

    assert shown(show) == "nothing yet\n"


def test_sizes_for_people() -> None:
    assert [render.size(n) for n in (12, 1_500, 2_000_000_000)] == ["12 B", "1.5 kB", "2.0 GB"]
