"""`pipl ci` and its command `start`."""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.ci_here import project_option
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.ci.runner.parts import Notice

_HERE = "pipl.cli.ci"
_LOOK = "pipl.cli.ci_look"
_STEER = "pipl.cli.ci_steer"
_STATS = "pipl.cli.ci_stats"
_KEEP = "pipl.cli.ci_keep"
ci = LazyGroup(
    "ci",
    places={
        "start": (f"{_HERE}:start", "Start the CI runner."),
        "status": (f"{_LOOK}:status", "The runs and their states, also live."),
        "show": ("pipl.cli.ci_show:show", "All that is kept of a run."),
        "log": (f"{_LOOK}:log", "What a run wrote, or is writing."),
        "retry": (f"{_STEER}:retry", "Run failed runs again."),
        "cancel": (f"{_STEER}:cancel", "End runs, stopping what runs."),
        "hold": (f"{_STEER}:hold", "Keep queued runs from starting."),
        "release": (f"{_STEER}:release", "Let held runs go on."),
        "flow": ("pipl.cli.ci_flow:flow", "The flow: show, check, draw."),
        "notify": ("pipl.cli.ci_notify:notify", "Notifiers: test them, keep their secrets."),
        "stats": (f"{_STATS}:stats", "Waiting times, durations, failures."),
        "metrics": (f"{_STATS}:metrics", "Serve figures to Prometheus."),
        "prune": (f"{_KEEP}:prune", "Forget logs of runs that ended long ago."),
        "fsck": (f"{_KEEP}:fsck", "Whether the ledger is sound."),
        "token": ("pipl.cli.ci_token:token", "The token by which CI acts."),
        "impact": ("pipl.cli.ci_impact:impact", "What a new version would set off; a dry run."),
    },
    help="The CI runner, which tests, processes and promotes what is published, and its runs.",
    epilog="Example: pipl ci start",
)


def _pairs(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Each NAME=VALUE of the command line."""
    pairs = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{one!r} is not like NAME=VALUE", context, parameter)
        pairs[name] = text
    return pairs


def _amounts(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, float]:
    """Each NAME=AMOUNT of the command line, an amount being above 0."""
    amounts = {}
    for name, text in _pairs(context, parameter, given).items():
        try:
            amounts[name] = float(text)
        except ValueError:
            amounts[name] = 0.0
        if not 0 < amounts[name] < float("inf"):
            raise click.BadParameter(f"{text!r} is not an amount", context, parameter)
    return amounts


@click.command(epilog="Example: pipl ci start --engine dask --option scheduler=tls://farm:8786")
@project_option
@click.option("--once", is_flag=True, help="Do what waits, and what follows from it; then end.")
@click.option(
    "--jobs",
    default=2,
    show_default=True,
    type=click.IntRange(1, 4096),
    help="How many jobs run at once.",
)
@click.option("--engine", default="local", show_default=True, help="Where jobs run: local, dask, …")
@click.option(
    "--option",
    "options",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="An option of the engine; repeatable.",
)
@click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="NAME=AMOUNT",
    callback=_amounts,
    help="How much there is of a resource, such as maya=2; repeatable.",
)
@json_option
def start(
    project_path: str,
    once: bool,
    jobs: int,
    engine: str,
    options: dict[str, str],
    resources: dict[str, float],
    as_json: bool,
) -> None:
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
        engine=engine,
        options=options,
        resources=resources,
    )
    runner = starting.runner_of(project, settings, tell=_json_line if as_json else _line)
    starting.run_as_program(runner, once=once)


def _line(notice: Notice) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {notice.text}")
    sys.stdout.flush()


def _json_line(notice: Notice) -> None:
    import json

    line = {"time": time.time(), "text": notice.text, "run": render.plain(notice.run)}
    click.echo(json.dumps(line))
    sys.stdout.flush()
