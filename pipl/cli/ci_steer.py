"""`pipl ci retry, cancel, hold, release`: what people do to runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.ci_here import EXIT_FAULTS, ledger_of, normal, project_at, project_option, run_type
from pipl.cli.here import Here
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipl.ci.ledger.database import Ledger
    from pipl.ci.run import Run, State

_runs = click.argument("runs", nargs=-1, type=run_type, metavar="[RUN]...")
_packl = click.option("--packl", "packl_name", metavar="NAME", help="Those of this packl.")


@click.command(epilog="Example: pipl ci retry 12 13")
@_runs
@click.option("--failed", is_flag=True, help="All that have failed.")
@_packl
@project_option
@json_option
def retry(
    runs: tuple[int, ...], failed: bool, packl_name: str | None, project_path: str, as_json: bool
) -> int:
    """Queue runs again that have failed, were held or cancelled; a runner takes them up."""
    from pipl.ci.ledger import steering

    with ledger_of(project_at(project_path)) as ledger:
        chosen = _chosen(ledger, runs, ("failed",), packl_name, everything=failed)
        return _do(
            chosen,
            lambda run: steering.retry(ledger, run, now=time.time()),
            "Queued again",
            as_json=as_json,
        )


@click.command(epilog="Example: pipl ci cancel 12")
@_runs
@_packl
@project_option
@json_option
def cancel(runs: tuple[int, ...], packl_name: str | None, project_path: str, as_json: bool) -> int:
    """End runs that are queued, held or running; what runs is stopped."""
    from pipl.ci.ledger import steering

    with ledger_of(project_at(project_path)) as ledger:
        chosen = _chosen(ledger, runs, ("queued", "running", "held"), packl_name)
        reason = f"cancelled by {Here.now().author.name}"
        return _do(
            chosen,
            lambda run: steering.cancel(ledger, run, now=time.time(), reason=reason),
            "Cancelled",
            as_json=as_json,
        )


@click.command(epilog="Example: pipl ci hold --packl hero-model")
@_runs
@_packl
@project_option
@json_option
def hold(runs: tuple[int, ...], packl_name: str | None, project_path: str, as_json: bool) -> int:
    """Keep queued runs from starting until `pipl ci release`."""
    from pipl.ci.ledger import steering

    with ledger_of(project_at(project_path)) as ledger:
        chosen = _chosen(ledger, runs, ("queued",), packl_name)
        reason = f"held by {Here.now().author.name}"
        return _do(
            chosen,
            lambda run: steering.hold(ledger, run, now=time.time(), reason=reason),
            "Held",
            as_json=as_json,
        )


@click.command(epilog="Example: pipl ci release 12")
@_runs
@_packl
@project_option
@json_option
def release(runs: tuple[int, ...], packl_name: str | None, project_path: str, as_json: bool) -> int:
    """Queue held runs again."""
    from pipl.ci.ledger import steering

    with ledger_of(project_at(project_path)) as ledger:
        chosen = _chosen(ledger, runs, ("held",), packl_name)
        return _do(
            chosen,
            lambda run: steering.release(ledger, run, now=time.time()),
            "Released",
            as_json=as_json,
        )


def _chosen(
    ledger: Ledger,
    runs: tuple[int, ...],
    states: Sequence[State],
    packl_name: str | None,
    *,
    everything: bool = False,
) -> tuple[int, ...]:
    """The runs that were named, and those that an option means: oldest first, each once."""
    from pipl.ci.ledger import overview

    if not runs and packl_name is None and not everything:
        raise click.UsageError("name a RUN, or say which with an option; see `pipl ci status`")
    named = dict.fromkeys(runs)
    if packl_name is not None or everything:
        wanted = overview.Filter(states, normal(packl_name))
        found = overview.runs_of(ledger, wanted)
        named |= dict.fromkeys(run.id for run in reversed(found))
    return tuple(named)


def _do(chosen: tuple[int, ...], act: Callable[[int], Run], done: str, *, as_json: bool) -> int:
    """Do it to each run; those to which it cannot be done are told, and the status is 8 then."""
    from pipl.errors.ci import RunNotFound, WrongRunState

    changed: list[Run] = []
    faults: list[RunNotFound | WrongRunState] = []
    for run in chosen:
        try:
            changed.append(act(run))
        except (RunNotFound, WrongRunState) as fault:
            faults.append(fault)
    if as_json:
        errors = [{"code": one.code, "message": str(one), "hint": one.advice} for one in faults]
        render.print_json({"runs": changed, "errors": errors})
    else:
        for one in changed:
            click.echo(f"{done}: run {one.id}, {one.title}")
        for refused in faults:
            click.echo(f"error: {refused}\nhint: {refused.advice}", err=True)
        if not chosen:
            click.echo("There is none to which this could be done.")
    return EXIT_FAULTS if faults else 0
