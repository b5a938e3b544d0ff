"""What the CI commands share: the project's ledger, and which runs are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli.here import Here
from pipl.cli.options import F

if TYPE_CHECKING:
    from pipl.ci.ledger.database import Ledger
    from pipl.project.folder import Project

STATES = ("queued", "running", "passed", "failed", "held", "cancelled")
EXIT_FAULTS = 8
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

project_option = click.option(
    "--project", "project_path", default=".", metavar="PATH", help="The project's path."
)
run_type = click.IntRange(1, 2**63 - 1)


def project_at(project_path: str) -> Project:
    return Here.now().project(project_path)


def ledger_of(project: Project) -> Ledger:
    """The project's ledger, open. Raises UnknownLedger, LedgerAway, InvalidLedgerUrl."""
    from pipl.ci import where

    project.ci.mkdir(parents=True, exist_ok=True)
    return where.open_ledger(project, Here.now().environ)


def filter_options(command: F) -> F:
    """Which runs are looked at, by what they are."""
    options = (
        click.option("--packl", "packl_name", metavar="NAME", help="Only runs of this packl."),
        click.option(
            "--state",
            "states",
            multiple=True,
            type=click.Choice(STATES),
            help="Only in this state.",
        ),
        click.option("--handler", metavar="NAME", help="Only runs of this handler."),
        click.option("--index", "index_name", metavar="USER/NAME", help="Only on this index."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def normal(packl_name: str | None) -> str | None:
    """A packl's name as the ledger writes it."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(packl_name) if packl_name else None


def span(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Of an option such as `90d`, `12h`, `30m` or `45s`: seconds."""
    number, unit = value.strip()[:-1], value.strip()[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdigit():
        raise click.BadParameter(f"{value!r} is no time; write it as 7d, 12h, 30m or 45s")
    seconds = int(number) * _UNITS[unit]
    if not 0 < seconds <= 36525 * _UNITS["d"]:
        raise click.BadParameter(f"{value!r} is no time from 1 second to 100 years")
    return seconds
