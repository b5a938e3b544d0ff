"""The live picture of CI, on terminals of all sizes and where there is none."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipl.ci.ledger.overview import Overview
from pipl.ci.run import Run
from pipl.cli import ci_live
from pipl.cli.ci_live import View
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")


def run(number: int, state: str, **changes: object) -> Run:
    values = {"started_at": 100.0, "host": "farm-01", "attempt": 1} | changes
    return Run(
        TESTING, f"sh{number:03}", "1.0", "x.whl", "0", "qa", id=number, state=state, **values
    )


def view(*, running: int = 2, ended: int = 3, **changes: object) -> View:
    values = {
        "running": tuple(run(one, "running") for one in range(1, running + 1)),
        "ended": tuple(
            run(100 + one, "failed", ended_at=109.0, reason="boom\nat line 3")
            for one in range(ended)
        ),
        "queued": {"qa": 7, "process": 1},
        "held": 1,
        "waits_since": 60.0,
        "usual_s": {"qa": 40.0},
    }
    return View("Show", Overview(**(values | changes)), 120.0)


def drawn(shown: View, *, width: int = 120, height: int = 30) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False)
    console.print(ci_live.picture(shown, width=width, height=height))
    return out.getvalue().splitlines()


def test_it_shows_what_runs_against_what_is_usual_what_waits_and_what_ended() -> None:
    text = "\n".join(drawn(view()))
    for part in (
        "CI of Show  2 running, 8 queued (1 process, 7 qa), 1 held  the longest waits 60.0 s",
        "20.0 s of ~40.0 s",
        "farm-01",
        "sh001 1.0",
        "failed",
        "9.0 s",
        "boom",
        "q: quit",
    ):
        assert part in text
    assert "at line 3" not in text


@pytest.mark.parametrize(("width", "height"), [(200, 60), (80, 24), (60, 10), (40, 5)])
def test_it_fits_into_the_terminal(width: int, height: int) -> None:
    lines = drawn(view(running=40, ended=60), width=width, height=height)
    assert max(map(len, lines)) <= width
    assert any("… and" in line for line in lines) == (height < 60)
    if height >= 10:
        assert len(lines) <= height


def test_numbers_of_runs_stay_whole_on_a_narrow_terminal() -> None:
    lines = drawn(view(), width=60)
    for start in ("100  qa", "1    qa"):
        assert any(line.startswith(start) for line in lines)
    assert any("20.0 s of ~40.0 s" in line for line in lines)


def test_without_anything_it_says_so() -> None:
    text = "\n".join(
        drawn(view(running=0, ended=0, queued={}, held=0, waits_since=None, usual_s={}))
    )
    assert "nothing runs" in text
    assert "0 running, 0 queued, 0 held" in text


def test_repeated_attempts_and_deliveries_are_told() -> None:
    one = run(1, "running", attempt=3, step="deliver")
    text = "\n".join(drawn(_of(one)))
    assert "(attempt 3)" in text
    assert "delivering" in text


def _of(one: Run) -> View:
    return View("Show", Overview((one,), (), {}, 0, None, {}), 120.0)


def test_texts_of_strangers_do_not_reach_the_terminal_as_commands() -> None:
    one = run(1, "failed", ended_at=101.0, reason="\x1b]0;owned\x07[bold]x[/bold]")
    shown = View("Show", Overview((), (one,), {}, 0, None, {}), 120.0)
    text = "\n".join(drawn(shown))
    assert "\x1b" not in text
    assert "[bold]x[/bold]" in text


def test_snapshots_print_what_has_changed(capsys: pytest.CaptureFixture[str]) -> None:
    views = iter([view(running=1, ended=0), view(running=1, ended=0), view(running=0, ended=1)])

    def next_view(ended: int) -> View:
        try:
            return next(views)
        except StopIteration:
            raise KeyboardInterrupt from None

    ci_live.print_snapshots(next_view, wait=lambda seconds: None)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith("---")] == [
        "Show: 1 running, 8 queued (1 process, 7 qa), 1 held",
        "run 1 running: qa of sh001 1.0 on root/testing",
        "Show: 0 running, 8 queued (1 process, 7 qa), 1 held",
        "run 100 failed: qa of sh100 1.0 on root/testing: boom",
    ]
