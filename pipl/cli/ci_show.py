"""`pipl ci show`: all that is kept of one run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.ci_here import ledger_of, project_at, project_option, run_type
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from pipl.ci.run import Run

PUBLISHED = "published"


@click.command(epilog="Example: pipl ci show 12 --record lock")
@click.argument("run", type=run_type)
@project_option
@click.option("--record", metavar="NAME", help="Print what is kept of it under this name.")
@json_option
def show(run: int, project_path: str, record: str | None, as_json: bool) -> None:
    """Show the run RUN: its times, its host, what it published, and what else is kept of it.

    Kept are the `lock` of the environment it ran in, the `statement` of where its products come
    from, and what it `published`.
    """
    from pipl.ci.ledger import queries, records

    with ledger_of(project_at(project_path)) as ledger:
        found = queries.run(ledger, run)
        names = records.names(ledger, run)
        if record is not None:
            content = records.record(ledger, run, record)
            if content is None:
                there_are = ", ".join(names) or "none"
                raise click.BadParameter(f"nothing is kept as {record!r}; there are: {there_are}")
            click.echo(content.decode("utf-8", errors="replace"), nl=False)
            return
        content = records.record(ledger, run, PUBLISHED)
    published = json.loads(content) if content else []
    if as_json:
        render.print_json({"run": found, "published": published, "records": names})
    else:
        _show(found, published, names)


def _show(run: Run, published: list[dict[str, str]], names: tuple[str, ...]) -> None:
    facts = {
        "state": run.state + (f": {run.reason}" if run.reason else ""),
        "hint": run.hint,
        "file": f"{run.filename} sha256:{run.sha256[:16]}…",
        "uploaded by": run.user or "nobody who logged in",
        "flow": run.flow,
        "attempt": run.attempt,
        "queued": render.moment(run.queued_at),
        "started": render.moment(run.started_at),
        "ended": render.moment(run.ended_at),
        "host": run.host,
        "published": ", ".join(f"{one['file']} on {one['index']}" for one in published),
        "kept": ", ".join(names),
        "log": f"pipl ci log {run.id}",
    }
    click.echo(f"run {run.id}: {run.title}")
    for name, value in facts.items():
        if value:
            click.echo(f"  {name + ':':12} {value}")
