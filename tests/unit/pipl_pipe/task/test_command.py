from __future__ import annotations

from pathlib import Path
from typing import Any, List, Literal, Optional

import pytest

from pipl_pipe.errors import NotInstalled, UnknownCommand
from pipl_pipe.task import Task, command


class Shot(Task):
    """A shot."""

    def __init__(self) -> None:
        super().__init__("sh010_layout")
        self.calls: List[Any] = []

    @command
    def build(
        self,
        frame: int = 1001,
        ratio: Optional[float] = None,
        *,
        quality: Literal["lo", "hi"] = "lo",
    ) -> None:
        """Build the scene.

        At length.
        """
        self.calls.append((frame, ratio, quality))

    @command(script="OpenScene", help="Open it.")
    def open_scene(self, path: Path, *layers: str, read_only: bool = False) -> str:
        self.calls.append((path, layers, read_only))
        return f"opened {path}"

    @command
    def check(self, *, name: str) -> int:
        self.calls.append(name)
        return 3

    @command
    def fails(self) -> None:
        raise NotInstalled("maya")

    def not_a_command(self) -> None:
        pass


@pytest.fixture
def shot() -> Shot:
    return Shot()


def test_commands_are_known_by_name(shot: Shot) -> None:
    assert list(shot.commands) == ["build", "check", "fails", "info", "open-scene"]
    assert shot.commands["build"].help == "Build the scene."
    assert shot.commands["build"].script == "sh010-layout-build"
    assert shot.commands["open-scene"].script == "OpenScene"
    assert shot.get_command("open_scene") == shot.open_scene
    with pytest.raises(UnknownCommand, match="it has: build; check"):
        shot.get_command("render")


def test_called_from_python_it_is_the_method(shot: Shot) -> None:
    shot.build()
    shot.build(5, quality="hi")
    assert shot.open_scene(Path("x")) == "opened x"
    assert shot.calls == [(1001, None, "lo"), (5, None, "hi"), (Path("x"), (), False)]


def test_a_command_line_is_read_by_the_signature(
    shot: Shot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shot.build.main(["--frame", "7", "--ratio", "1.5", "--quality", "hi"]) == 0
    assert shot.open_scene.main(["a.usda", "one", "two", "--read-only"]) == 0
    assert shot.check.main(["--name", "x"]) == 3
    assert shot.calls == [(7, 1.5, "hi"), (Path("a.usda"), ("one", "two"), True), "x"]
    assert capsys.readouterr().out == "opened a.usda\n"


def test_a_console_script_reads_its_own_command_line(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["/env/bin/sh010-layout-build", "--frame", "9"])
    assert shot.build.main() == 0
    assert shot.calls == [(9, None, "lo")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("build", ["--frame", "x"]),
        ("build", ["--quality", "medium"]),
        ("check", []),
        ("open-scene", []),
        ("build", ["stray"]),
    ],
)
def test_a_wrong_command_line_is_refused(shot: Shot, name: str, words: List[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        shot.commands[name].main(words)
    assert caught.value.code == 2
    assert shot.calls == []


def test_help_tells_what_there_is(shot: Shot, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        shot.build.main(["--help"])
    shown = capsys.readouterr().out
    assert "task build" in shown
    assert "Build the scene." in shown
    assert "default: 1001" in shown


def test_a_designed_error_is_one_line_and_a_hint(
    shot: Shot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shot.fails.main([]) == 1
    assert capsys.readouterr().err.startswith("error: maya is not installed here\nhint: ")


def test_a_subclass_keeps_and_overrides_commands() -> None:
    class Better(Shot):
        @command
        def build(self, frame: int = 1) -> None:
            super().build(frame * 10)

    better = Better()
    better.build(2)
    assert better.calls == [(20, None, "lo")]
    assert "open-scene" in better.commands
