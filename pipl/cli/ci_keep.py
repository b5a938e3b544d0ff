"""`pipl ci prune, fsck`: keeping the ledger small, and sound."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.ci_here import EXIT_FAULTS, ledger_of, project_at, project_option, span
from pipl.cli.here import Here
from pipl.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(epilog="Example: pipl ci prune --keep 30d --dry-run")
@click.option(
    "--keep", default="90d", show_default=True, callback=span, help="Younger than this stays."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@project_option
@json_option
def prune(keep: float, dry_run: bool, project_path: str, as_json: bool) -> None:
    """Forget logs, records and folders of runs that ended long ago.

    That they ran, and how they ended, is kept: so nothing runs twice. What is queued, running
    or held is left alone.
    """
    from pipl.ci import folders
    from pipl.ci.ledger import pruning
    from pipl.ci.place import CIPlace

    project = project_at(project_path)
    place = CIPlace(project.ci)

    def forgotten(ids: Sequence[int]) -> None:
        folders.remove(place, ids)

    with ledger_of(project) as ledger:
        pruned = pruning.prune(
            ledger, before=time.time() - keep, dry_run=dry_run, forgotten=forgotten
        )
    if as_json:
        render.print_json({"dry_run": dry_run, "pruned": pruned})
        return
    would = "Would forget" if dry_run else "Forgot"
    click.echo(
        f"{would} the logs and records of {len(pruned.runs)} run(s), "
        f"{render.size(pruned.size_bytes)}; {pruned.notices} notice(s), {pruned.runners} runner(s)"
    )


@click.command(epilog="Example: pipl ci fsck --repair")
@click.option("--repair", is_flag=True, help="Mend what can be.")
@click.option("--offline", is_flag=True, help="Do not compare with the server.")
@project_option
@json_option
def fsck(repair: bool, offline: bool, project_path: str, as_json: bool) -> int:
    """Whether the ledger is sound: in itself, with the run folders, and with the indexes.

    Everything that is wrong is listed; with a fault that is not mended the status is 8.
    """
    from pipl.ci import fsck as checking
    from pipl.ci import where

    here = Here.now()
    project = here.project(project_path)
    with (
        render.progress(quiet=as_json or render.is_piped()) as progress,
        ledger_of(project) as ledger,
    ):
        now = time.time()
        faults = checking.in_itself(ledger, where.place(project, here.environ), now=now)
        if not offline:
            with here.client(project.binding) as client:
                faults += checking.with_indexes(ledger, client, now=now, progress=progress)
        mended = checking.repair(faults) if repair else ()
    if as_json:
        listed = [
            {"code": one.code, "text": one.text, "run": one.run, "repaired": one in mended}
            for one in faults
        ]
        render.print_json({"faults": listed})
    else:
        for one in faults:
            click.echo(f"{'mended' if one in mended else one.code}: {one.text}")
        click.echo(f"{len(faults)} fault(s), {len(mended)} mended")
        if len(mended) < len(faults) and not repair:
            click.echo("Mend what can be with: pipl ci fsck --repair")
    return EXIT_FAULTS if len(mended) < len(faults) else 0
