"""`pipl ci`: start, status, log, retry."""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here, json_option
from pipl.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from pipl.ci.place import CIPlace
    from pipl.ci.run import Run
    from pipl.ci.runner import Notice

_HERE = "pipl.cli.ci"
ci = LazyGroup(
    "ci",
    places={
        "start": (f"{_HERE}:start", "Start the CI runner."),
        "status": (f"{_HERE}:status", "The runs and their states."),
        "log": (f"{_HERE}:log", "What a run wrote."),
        "retry": (f"{_HERE}:retry", "Run a failed run again."),
        "impact": ("pipl.cli.ci_impact:impact", "What a new version would set off; a dry run."),
    },
    help="The CI runner, which tests, processes and promotes what is published, and its runs.",
    epilog="Example: pipl ci start",
)
_project = click.option("--project", "project_path", default=".", help="The project's path.")


@click.command(epilog="Example: pipl ci start --once")
@_project
@click.option("--once", is_flag=True, help="Do what waits, and what follows from it; then end.")
@click.option(
    "--jobs",
    default=2,
    show_default=True,
    type=click.IntRange(1, 256),
    help="How many jobs run at once.",
)
@json_option
def start(project_path: str, once: bool, jobs: int, as_json: bool) -> None:
    """Run the CI of the project until Ctrl-C: test, process and promote what is published."""
    from pipl.ci import start as starting

    here = Here.now()
    project = here.project(project_path)
    settings = starting.Settings(
        environ=here.environ,
        host=socket.gethostname(),
        clock=time.time,
        installer=here.environ.get("PIPL_INSTALLER"),
        slots=jobs,
    )
    runner = starting.runner_of(project, settings, tell=_json_line if as_json else _line)
    starting.run_as_program(runner, once=once)


@click.command(epilog="Example: pipl ci status --packl hero-model")
@_project
@click.option("--packl", "packl_name", help="Only the runs of this packl.")
@click.option("--all", "everything", is_flag=True, help="All runs, not only the newest 30.")
@json_option
def status(project_path: str, packl_name: str | None, everything: bool, as_json: bool) -> None:
    """The runs, newest first; of failed ones, why, and what to do."""
    from packaging.utils import canonicalize_name

    from pipl.ci.ledger import Ledger

    with Ledger.open(_place(project_path).ledger) as ledger:
        runs = ledger.runs(
            project=canonicalize_name(packl_name) if packl_name else None,
            limit=None if everything else 30,
        )
    if as_json:
        render.print_json({"runs": runs})
        return
    render.table(
        ("run", "handler", "packl", "index", "state", "took", "since"),
        [
            (
                run.id,
                run.handler,
                f"{run.project} {run.version}",
                run.index,
                run.state,
                _took(run),
                render.moment(run.ended_at or run.started_at or run.queued_at),
            )
            for run in runs
        ],
        empty="no run yet; publish something and start the runner with `pipl ci start`",
    )
    for run in runs:
        if run.state == "failed":
            click.echo(f"\nrun {run.id}: {run.reason}")
            click.echo(f"hint: {run.hint}\nlog:  pipl ci log {run.id}")


@click.command(epilog="Example: pipl ci log 12")
@click.argument("run", type=click.IntRange(1, 2**63 - 1))
@_project
def log(run: int, project_path: str) -> None:
    """Print what the run RUN wrote."""
    from pipl.ci.ledger import Ledger

    place = _place(project_path)
    with Ledger.open(place.ledger) as ledger:
        found = ledger.run(run)
    path = place.log(found.id)
    if not path.exists():
        click.echo(f"{found.title} is {found.state} and has written nothing yet", err=True)
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            click.echo(line, nl=False)


@click.command(epilog="Example: pipl ci retry 12")
@click.argument("run", type=click.IntRange(1, 2**63 - 1))
@_project
@json_option
def retry(run: int, project_path: str, as_json: bool) -> None:
    """Queue the failed run RUN again; the runner takes it up."""
    from pipl.ci.ledger import Ledger

    with Ledger.open(_place(project_path).ledger) as ledger:
        queued = ledger.retry(run, now=time.time())
    if as_json:
        render.print_json({"run": queued})
    else:
        click.echo(f"Queued again: {queued.title}")


def _place(project_path: str) -> CIPlace:
    from pipl.ci.place import CIPlace

    return CIPlace(Here.now().project(project_path).ci)


def _took(run: Run) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    return render.seconds(run.ended_at - run.started_at)


def _line(notice: Notice) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {notice.text}")
    sys.stdout.flush()


def _json_line(notice: Notice) -> None:
    import json

    line = {"time": time.time(), "text": notice.text, "run": render.plain(notice.run)}
    click.echo(json.dumps(line))
    sys.stdout.flush()
