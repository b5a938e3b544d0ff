"""`pipl ci status, log`: looking at runs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, cast

import click

from pipl.cli import render
from pipl.cli.ci_here import filter_options, ledger_of, normal, project_at, project_option, run_type
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipl.ci.ledger.database import Ledger
    from pipl.ci.ledger.logs import LogPart
    from pipl.ci.ledger.overview import Filter
    from pipl.ci.run import Run, State

NEWEST = 30
LOOK_S = 0.5
"""How often a log that is followed is looked at."""


@click.command(epilog="Example: pipl ci status --packl hero-model --state failed")
@project_option
@filter_options
@click.option("--all", "everything", is_flag=True, help=f"All runs, not only the newest {NEWEST}.")
@click.option("--live", is_flag=True, help="Follow what happens, until q or Ctrl-C.")
@json_option
def status(
    project_path: str,
    packl_name: str | None,
    states: tuple[str, ...],
    handler: str | None,
    index_name: str | None,
    everything: bool,
    live: bool,
    as_json: bool,
) -> None:
    """The runs, newest first; of failed and held ones, why, and what to do."""
    from pipl.ci.ledger import overview

    wanted = overview.Filter(
        cast("tuple[State, ...]", states), normal(packl_name), handler, index_name
    )
    project = project_at(project_path)
    with ledger_of(project) as ledger:
        if live and not as_json:
            _follow(ledger, wanted, title=project.name)
            return
        runs = overview.runs_of(ledger, wanted, limit=None if everything else NEWEST)
        if as_json:
            render.print_json({"runs": runs})
        else:
            show_runs(runs, usual_s=overview.usual(ledger), now=time.time())


@click.command(epilog="Example: pipl ci log 12 --follow")
@click.argument("run", type=run_type)
@project_option
@click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended.")
@click.option("--attempt", type=click.IntRange(1), help="Only what this attempt wrote.")
def log(run: int, project_path: str, follow: bool, attempt: int | None) -> None:
    """Print what the run RUN wrote, all its attempts one after the other."""
    from pipl.ci.ledger import queries

    with ledger_of(project_at(project_path)) as ledger:
        found = queries.run(ledger, run)
        printer = _Printer()
        if follow:
            _print_until_end(ledger, found, printer, attempt)
        else:
            printer.print_new(ledger, run, attempt)
        if printer.last is None:
            click.echo(f"{found.title} is {found.state} and nothing of it is logged", err=True)


def show_runs(runs: Sequence[Run], *, usual_s: dict[str, float], now: float) -> None:
    """A table, and below it what to do about those that need somebody."""
    render.table(
        ("run", "handler", "packl", "index", "state", "took", "since"),
        [
            (
                run.id,
                run.handler,
                f"{run.project} {run.version}",
                run.index,
                run.state + (f" (attempt {run.attempt})" if run.attempt > 1 else ""),
                took(run, usual_s=usual_s, now=now),
                render.moment(run.ended_at or run.started_at or run.queued_at),
            )
            for run in runs
        ],
        empty="no run fits; publish something and start the runner with `pipl ci start`",
    )
    for run in runs:
        if run.state in ("failed", "held") and run.reason:
            click.echo(f"\nrun {run.id}: {run.reason}")
            hint = run.hint or f"let it go on with `pipl ci release {run.id}`"
            click.echo(f"hint: {hint}\nlog:  pipl ci log {run.id}")


def took(run: Run, *, usual_s: dict[str, float], now: float) -> str:
    """How long a run took; of one that runs, how long so far, and how long is usual."""
    if run.started_at is None or run.state in ("queued", "held"):
        return ""
    if run.state == "running":
        usual = usual_s.get(run.handler)
        of = f" of ~{render.seconds(usual)}" if usual is not None else ""
        return f"{render.seconds(max(now - run.started_at, 0.0))}{of}"
    if run.ended_at is None:
        return ""
    return render.seconds(max(run.ended_at - run.started_at, 0.0))


def _follow(ledger: Ledger, wanted: Filter, *, title: str) -> None:
    from pipl.ci.ledger import overview
    from pipl.cli import ci_live

    def view(ended: int) -> ci_live.View:
        now = time.time()
        return ci_live.View(title, overview.look(ledger, wanted, now=now, ended=ended), now)

    if sys.stdout.isatty():
        ci_live.show(view)
    else:
        ci_live.print_snapshots(view)


class _Printer:
    """Prints the parts of a log, once each; on a terminal, nothing that would take it over."""

    def __init__(self) -> None:
        self.last: LogPart | None = None
        self._rest = b""

    def print_new(self, ledger: Ledger, run_id: int, attempt: int | None) -> None:
        from pipl.ci.ledger import logs

        for part in logs.read(ledger, run_id, after=self.last, attempt=attempt):
            if self.last is not None and self.last.attempt != part.attempt:
                self.flush()
                click.echo(f"--- attempt {part.attempt}")
            self.last = part
            self._print(part.content)
        self.flush()

    def _print(self, content: bytes) -> None:
        """Whole lines, so that no character is cut."""
        whole, newline, rest = (self._rest + content).rpartition(b"\n")
        self._rest = rest
        if newline:
            click.echo(render.harmless(whole + newline), nl=False)

    def flush(self) -> None:
        if self._rest:
            click.echo(render.harmless(self._rest))
            self._rest = b""
        sys.stdout.flush()


def _print_until_end(ledger: Ledger, found: Run, printer: _Printer, attempt: int | None) -> None:
    from pipl.ci.ledger import queries
    from pipl.ci.run import PENDING

    said = ""
    while True:
        run = queries.run(ledger, found.id)  # before its log: what it wrote last is there then
        printer.print_new(ledger, found.id, attempt)
        over = attempt is not None and run.attempt > attempt
        if over or run.state not in PENDING:
            because = f": {run.reason.splitlines()[0]}" if run.reason else ""
            click.echo(f"--- {run.title}: {run.state}{because}", err=True)
            return
        if run.state == "queued" and said != run.state:
            click.echo(f"--- {run.title} waits", err=True)
        said = run.state
        time.sleep(LOOK_S)
