import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
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


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"plain\ttext \xc3\xa9\n", "plain\ttext é\n"),
        (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        (b"\x1b]0;title\x07x", "x"),
        (b"\x1b]52;c;aGVsbG8=\x1b\\x", "x"),
        (b"\x1b[2J\x1b[1;1Hx", "x"),
        (b"\x1b[?1049hx\x1b7\x1bc", "x7c"),
        (b"a\x00b\x08c\x9bd", "abc�d"),
        ("a\x9b31mb".encode(), "a31mb"),
        (b"10 %\r20 %\n", "10 %\r20 %\n"),
    ],
)
def test_on_a_terminal_a_log_colours_and_does_nothing_else(written, shown, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert render.harmless(written).decode("utf-8") == shown


def test_into_a_file_a_log_goes_as_it_is(monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert render.harmless(b"\x1b]0;title\x07\xff") == b"\x1b]0;title\x07\xff"


DRAWN = """
import sys, time
from pipl.cli import render
with render.progress() as progress:
    progress.phase("looking")
    time.sleep(float(sys.argv[1]))
    progress.phase("fetching")
    progress.advance(300, 1000)
    time.sleep(float(sys.argv[1]))
print("rich.console" in sys.modules)
"""


def drawn(seconds: str) -> str:
    """What a terminal gets of a command with two phases that take so long each."""
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-c", DRAWN, seconds],
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while part := terminal.read(65536):
                text += part
        assert process.wait() == 0
    return text.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
def test_progress_is_drawn_of_what_takes_its_time() -> None:
    text = drawn("0.8")
    assert "looking" in text
    assert "fetching" in text
    assert "0.3/1.0 kB" in text
    assert text.splitlines()[-1].endswith("True")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
def test_what_ends_at_once_draws_and_loads_nothing() -> None:
    assert drawn("0.0") == "False\r\n"
