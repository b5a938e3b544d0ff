"""`pipl ci stats, metrics`: how CI does, for people and for Prometheus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.ci_here import ledger_of, project_at, project_option, span
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.ci.ledger.statistics import HandlerStatistics


@click.command(epilog="Example: pipl ci stats --since 24h")
@click.option(
    "--since", default="7d", show_default=True, callback=span, help="What ended since: 12h, 7d, 4w."
)
@project_option
@json_option
def stats(since: float, project_path: str, as_json: bool) -> None:
    """How long runs waited and took, how many failed, how often they were repeated.

    Half of the runs took no longer than p50, 95 of 100 no longer than p95.
    """
    from pipl.ci.ledger import statistics

    with ledger_of(project_at(project_path)) as ledger:
        overall, *each = statistics.statistics(ledger, since=time.time() - since)
    if as_json:
        render.print_json({"since_s": since, "overall": overall, "handlers": each})
        return
    render.table(
        (
            *("handler", "passed", "failed", "held", "cancelled", "failing"),
            *("waited p50", "p95", "took p50", "p95", "repeats"),
        ),
        [_row(one) for one in (*each, overall)] if each else [],
        empty="nothing has ended in that time",
    )


@click.command(epilog="Example: pipl ci metrics --port 9464")
@click.option(
    "--port", default=9464, show_default=True, type=click.IntRange(0, 65535), help="0: any free."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--to-network", is_flag=True, help="Allow an address that others reach: nothing asks who."
)
@project_option
def metrics(port: int, host: str, to_network: bool, project_path: str) -> None:
    """Serve the figures of CI in Prometheus' text format until Ctrl-C."""
    from pipl.ci import metrics as serving

    project = project_at(project_path)
    with ledger_of(project) as ledger:
        server = serving.serve(
            ledger, project.name, host=host, port=port, is_open=to_network, clock=time.time
        )
        with server:
            click.echo(f"Metrics of {project.name} at {server.url} (Ctrl-C ends this)")
            server.wait()


def _row(one: HandlerStatistics) -> tuple[object, ...]:
    failing = "" if one.failure_rate is None else f"{one.failure_rate:.1%}"
    times = (one.waited_p50_s, one.waited_p95_s, one.took_p50_s, one.took_p95_s)
    return (
        one.handler or "all",
        *(one.passed, one.failed, one.held, one.cancelled, failing),
        *("" if value is None else render.seconds(value) for value in times),
        one.repeats,
    )
