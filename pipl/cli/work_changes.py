"""`pipl work add|lock|sync|update|status`: what a workspace holds, and what it could."""

from __future__ import annotations

import click

from pipl.cli import changing, moved, render
from pipl.cli.here import Here
from pipl.cli.options import as_of_option, json_option, workspace_option


@click.command(epilog="Example: pipl work add hero-geo 'studio-pipeline>=1.2'")
@click.argument("requirements", nargs=-1, required=True)
@as_of_option
@workspace_option
@json_option
def add(
    requirements: tuple[str, ...], as_of: str | None, workspace_path: str | None, as_json: bool
) -> None:
    """Add requirements to the workspace, resolve and install."""
    changing.add(workspace_path, requirements, as_of=as_of, as_json=as_json)


@click.command(epilog="Example: pipl work lock")
@click.option("--check", is_flag=True, help="Write nothing; fail where the lock is stale.")
@as_of_option
@workspace_option
@json_option
def lock(check: bool, as_of: str | None, workspace_path: str | None, as_json: bool) -> None:
    """Resolve what the workspace requires and write pylock.toml, keeping pins that still fit."""
    changing.lock(workspace_path, check=check, as_of=as_of, as_json=as_json)


@click.command(epilog="Example: pipl work sync")
@click.option("--frozen", is_flag=True, help="Take the lock as it is; fail where it is stale.")
@workspace_option
@json_option
def sync(frozen: bool, workspace_path: str | None, as_json: bool) -> None:
    """Make the environment and the asset view equal to the lock; make the lock if need be."""
    changing.sync(workspace_path, frozen=frozen, as_json=as_json)


@click.command(epilog="Example: pipl work update hero-geo --to hero-rig==2.0 --dry-run")
@click.argument("names", nargs=-1)
@click.option("--to", multiple=True, metavar="NAME==V", help="Move one to this version.")
@click.option("--pre", "early", is_flag=True, help="Pre-releases count too.")
@click.option("--dry-run", is_flag=True, help="Only say what would move, and why.")
@as_of_option
@workspace_option
@json_option
def update(
    names: tuple[str, ...],
    to: tuple[str, ...],
    early: bool,
    dry_run: bool,
    as_of: str | None,
    workspace_path: str | None,
    as_json: bool,
) -> None:
    """Move the named packls (none: all) to the newest version that is admitted, and sync."""
    from pipl.workspace import updating

    here = Here.now()
    workspace = here.workspace(workspace_path)
    wish = updating.Wish(names, to, early, as_of)
    place = None if dry_run else here.place(workspace)
    with render.progress(quiet=as_json) as progress:
        changed = updating.update(workspace, wish, here.installer, place, progress=progress)
    moved.show_change(changed, as_json=as_json)


@click.command(epilog="Example: pipl work status --json")
@workspace_option
@json_option
def status(workspace_path: str | None, as_json: bool) -> None:
    """What the workspace runs on, and what of it is outdated and why."""
    from contextlib import ExitStack

    from pipl.index import nearby
    from pipl.workspace import status as statuses
    from pipl.workspace.given import ByPages, ByReleases, Given

    here = Here.now()
    workspace = here.workspace(workspace_path)
    binding = workspace.binding
    with ExitStack() as stack:

        def asked() -> Given:
            kept = here.asked(
                binding.url,
                lambda client: nearby.current(client, binding.index, here.cache_folder),
            )
            if kept is not None:
                return ByPages(kept, binding.index_url)
            return ByReleases(stack.enter_context(here.client(binding)), binding.index)

        found = statuses.status(workspace, asked)
    if as_json:
        outdated = [one.name for one in found.outdated]
        render.print_json({"workspace": found, "outdated": outdated})
        return
    click.echo(f"Workspace {found.folder} on {found.index}")
    if found.opened:
        click.echo(f"Opened from {found.opened}")
    if found.overlay:
        click.echo(f"Over {found.overlay}, " + ("but for:" if found.differs else "just as it is"))
        moved.show_changes(found.differs)
    if not found.locked:
        click.echo("No lock yet: pipl work sync")
    render.table(
        ("packl", "locked", "latest", ""),
        [
            (
                one.name,
                one.locked,
                one.latest,
                "edited here" + (", follows by itself" if one.follow == "auto" else "")
                if one.editable
                else f"yanked: {one.yanked or 'no reason given'}"
                if one.yanked is not None
                else f"outdated, {one.held_by}"
                if one.outdated and one.held_by
                else f"outdated: pipl work update {one.name}"
                if one.outdated
                else "not on the index any more"
                if one.latest is None
                else "up to date",
            )
            for one in found.packls
        ],
        empty="no packl of the project in the lock",
    )
