"""`pipl work`: workareas and workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.asking import confirm
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import as_of_option, json_option, workspace_option

if TYPE_CHECKING:
    from pipl.workspace.folder import Workspace
    from pipl.workspace.locking import LockChange
    from pipl.workspace.syncing import Synced

_HERE = "pipl.cli.work"
_INSIDE = "pipl.cli.work_inside"
_BUNDLE = "pipl.cli.work_bundle"
_LOCKS = "pipl.cli.work_locks"
_ENV = "pipl.cli.work_env"
_REGISTERED = "pipl.cli.work_registered"
work = LazyGroup(
    "work",
    places={
        "create-area": (f"{_HERE}:create_area", "Create a workarea bound to a project."),
        "create": (f"{_HERE}:create", "Create a workspace."),
        "list": (f"{_HERE}:list_workspaces", "List the workspaces of the workarea."),
        "open": (f"{_HERE}:open_release", "Open a published task version as it was locked."),
        "delete": (f"{_HERE}:delete", "Delete a workspace."),
        "forget": (f"{_REGISTERED}:forget", "Let the project forget a workspace that is gone."),
        "add": (f"{_HERE}:add", "Add packls to the workspace."),
        "lock": (f"{_HERE}:lock", "Resolve, and write the lock."),
        "sync": (f"{_HERE}:sync", "Make the environment and the assets equal to the lock."),
        "update": (f"{_HERE}:update", "Move packls to their newest versions."),
        "diff": (f"{_LOCKS}:diff", "What differs between two locks."),
        "overlay": ("pipl.cli.work_overlay:overlay", "Production plus a change of your own."),
        "history": (f"{_LOCKS}:history", "The locks that the workspace had."),
        "rollback": (f"{_LOCKS}:rollback", "Go back to a lock that the workspace had."),
        "status": (f"{_HERE}:status", "What the workspace runs on and what is outdated."),
        "bundle": (f"{_BUNDLE}:bundle", "Write all that recreates the workspace to a folder."),
        "unbundle": (f"{_BUNDLE}:unbundle", "Make a workspace from a bundle, with no network."),
        "relocate": (f"{_BUNDLE}:relocate", "Make a workspace that was moved work again."),
        "why": ("pipl.cli.work_graph:why", "Why a packl is in the workspace: by which chains."),
        "graph": ("pipl.cli.work_graph:graph", "Draw what requires what."),
        "run": (f"{_INSIDE}:run", "Run a command in the workspace's environment."),
        "shell": (f"{_INSIDE}:shell", "Start a shell in the workspace's environment."),
        "env": (f"{_ENV}:env", "What env sets set, and which packl says so."),
        "prefer": (f"{_ENV}:prefer", "Choose whose env set sets a variable."),
        "py": (f"{_INSIDE}:python", "Start the workspace's Python."),
    },
    help="Workareas and workspaces: a virtualenv, a lock, an asset view, and packls being edited.",
    epilog="Example: pipl work create sh010 && cd sh010 && pipl work add hero-geo",
)


@click.command(epilog="Example: pipl work create-area ~/work http://pipeline:3141")
@click.argument("workarea_path")
@click.argument("project", default=".", metavar="[PROJECT_PATH_OR_URL]")
@json_option
def create_area(workarea_path: str, project: str, as_json: bool) -> None:
    """Create a workarea bound to a project, by its path or by its server's URL."""
    from pipl.project import remote
    from pipl.workspace import area

    here = Here.now()
    by_url = "://" in project
    binding = remote.binding_of(project) if by_url else here.project(project).binding
    made = area.create(here.cwd / workarea_path, binding)
    if as_json:
        render.print_json(made)
    else:
        click.echo(f"Created the workarea {made.folder} of {binding.name} ({binding.url})")


@click.command(epilog="Example: pipl work create hero --python 3.11")
@click.argument("workspace_name")
@click.argument("workarea_path", default=".", metavar="[WORKAREA_PATH]")
@click.option("--python", help="An interpreter: a version such as 3.11, or a path.")
@click.option("--add", "packls", metavar="PACKL", multiple=True, help="Add this to it, or more.")
@click.option("--like", metavar="WORKSPACE_PATH", help="Require and lock what that one does.")
@as_of_option
@json_option
def create(
    workspace_name: str,
    workarea_path: str,
    python: str | None,
    packls: tuple[str, ...],
    like: str | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Create a workspace in the workarea: empty, with packls, or with what another one holds."""
    from pipl.workspace import create as creation

    if as_of is not None and not packls:
        raise click.UsageError("--as-of goes with --add: it says which versions are found")
    here = Here.now()
    workarea = here.workarea(workarea_path)
    model = here.workspace(like) if like else None
    with render.progress(quiet=as_json) as progress:

        def fill(made: Workspace) -> Workspace:
            from pipl.workspace import locking

            made = made if model is None else locking.take_over(made, model)
            if packls:
                place = here.place(made)
                added = locking.add(
                    made, packls, here.installer, place, as_of=as_of, progress=progress
                )
                return added.workspace
            locking.sync(made, here.installer, here.place(made), progress=progress)
            return made

        made = creation.create(
            workarea,
            workspace_name,
            here.environ,
            python=python,
            fill=fill if packls or model else None,
            progress=progress,
        )
    if as_json:
        render.print_json({"workspace": made})
    else:
        click.echo(f"Created the workspace {made.folder}")
        click.echo(f"Next: cd {made.folder}, then pipl work add NAME or pipl packl create NAME")


@click.command(name="list", epilog="Example: pipl work list --json")
@click.argument("workarea_path", default=".", metavar="[WORKAREA_PATH]")
@click.option("--registered", is_flag=True, help="Those that the project knows of, wherever.")
@json_option
def list_workspaces(workarea_path: str, registered: bool, as_json: bool) -> None:
    """List the workspaces of the workarea and the packls edited in them."""
    from pipl.workspace import folder

    if registered:
        from pipl.cli.work_registered import show_registered

        show_registered(workarea_path, as_json=as_json)
        return
    workarea = Here.now().workarea(workarea_path)
    found, damaged = folder.in_area(workarea)
    for fault in damaged:
        click.echo(f"warning: {fault}", err=True)
    if as_json:
        rows = [{"workspace": one, "edited": [path.name for path in one.edited]} for one in found]
        render.print_json({"workarea": workarea.folder, "workspaces": rows})
        return
    render.table(
        ("workspace", "requires", "edited", "opened from"),
        [
            (
                one.name,
                ", ".join(one.requirements),
                ", ".join(path.name for path in one.edited),
                one.opened,
            )
            for one in found
        ],
        empty=f"no workspace in {workarea.folder} yet; pipl work create NAME",
    )


@click.command(name="open", epilog="Example: pipl work open sh010-layout==1.0.0")
@click.argument("release", metavar="NAME==VERSION")
@click.argument("workarea_path", default=".", metavar="[WORKAREA_PATH]")
@click.option("--as", "as_name", metavar="NAME", help="The new workspace's name.")
@click.option("--edit", is_flag=True, help="Unpack its source, to go on from there.")
@json_option
def open_release(
    release: str, workarea_path: str, as_name: str | None, edit: bool, as_json: bool
) -> None:
    """Rebuild the environment of a published task from the lock inside its wheel.

    With --edit its source becomes a packl of the workspace, with the next version.
    """
    from pipl.workspace import locking, opened

    here = Here.now()
    name, version = opened.parse_release(release)
    workarea = here.workarea(workarea_path)
    with (
        render.progress(quiet=as_json) as progress,
        here.client(workarea.binding) as client,
    ):
        if edit:
            from pipl.packl import continued

            workspace = continued.continue_release(
                workarea,
                client,
                name,
                version,
                here.installer,
                as_name=as_name,
                note=here.note(f"after {release}"),
                progress=progress,
            )
        else:
            workspace = opened.open_release(
                workarea, client, name, version, as_name=as_name, progress=progress
            )
        locking.sync(workspace, here.installer, here.place(workspace), progress=progress)
    if as_json:
        render.print_json({"workspace": workspace})
    elif edit:
        (source,) = workspace.edited
        click.echo(f"Opened {release} in {workspace.folder}; edit {source}")
    else:
        click.echo(f"Opened {release} in {workspace.folder}, as it was locked")


@click.command(epilog="Example: pipl work delete sh010")
@click.argument("workspace_path")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(workspace_path: str, yes: bool, as_json: bool) -> None:
    """Delete the workspace at WORKSPACE_PATH, with the packls being edited in it."""
    from pipl.errors.usage import NoWorkspace
    from pipl.workspace import folder

    here = Here.now()
    workspace = here.workspace(workspace_path)
    if workspace.folder != (here.cwd / workspace_path).resolve():  # something inside of it
        raise NoWorkspace(workspace_path)
    if not yes:
        edited = ", ".join(path.name for path in workspace.edited) or "none"
        confirm(f"Delete {workspace.folder} (edited packls: {edited})?")
    folder.delete(workspace)
    if as_json:
        render.print_json({"deleted": workspace.folder})
    else:
        click.echo(f"Deleted {workspace.folder}")


@click.command(epilog="Example: pipl work add hero-geo 'studio-pipeline>=1.2'")
@click.argument("requirements", nargs=-1, required=True)
@as_of_option
@workspace_option
@json_option
def add(
    requirements: tuple[str, ...], as_of: str | None, workspace_path: str | None, as_json: bool
) -> None:
    """Add requirements to the workspace, resolve and install."""
    from pipl.workspace import locking

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        place = here.place(workspace)
        changed = locking.add(
            workspace, requirements, here.installer, place, as_of=as_of, progress=progress
        )
    show_change(changed, as_json=as_json)


@click.command(epilog="Example: pipl work lock")
@click.option("--check", is_flag=True, help="Write nothing; fail where the lock is stale.")
@as_of_option
@workspace_option
@json_option
def lock(check: bool, as_of: str | None, workspace_path: str | None, as_json: bool) -> None:
    """Resolve what the workspace requires and write pylock.toml, keeping pins that still fit."""
    from pipl.workspace import locking

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        if check:
            from pipl.workspace import updating

            held = updating.check(workspace, here.installer, as_of=as_of, progress=progress)
            changed = locking.LockChange(workspace, held, ())
        else:
            changed = locking.relock(workspace, here.installer, as_of=as_of, progress=progress)
    show_change(changed, as_json=as_json)


@click.command(epilog="Example: pipl work sync")
@click.option("--frozen", is_flag=True, help="Take the lock as it is; fail where it is stale.")
@workspace_option
@json_option
def sync(frozen: bool, workspace_path: str | None, as_json: bool) -> None:
    """Make the environment and the asset view equal to the lock; make the lock if need be."""
    from pipl.workspace import syncing

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        synced = syncing.sync(
            workspace, here.environ, lambda: here.installer, frozen=frozen, progress=progress
        )
    show_change(synced, as_json=as_json)


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
    show_change(changed, as_json=as_json)


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
        from pipl.cli.work_locks import show_changes

        click.echo(f"Over {found.overlay}, " + ("but for:" if found.differs else "just as it is"))
        show_changes(found.differs)
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


def show_change(changed: LockChange | Synced, *, as_json: bool) -> None:
    """Say what a lock moved, and which of the packls are broken."""
    from pipl.cli.work_locks import show_changes

    if as_json:
        render.print_json(
            {
                "workspace": changed.workspace.folder,
                "packages": changed.packages,
                "changes": changed.changes,
                "broken": changed.broken,
            }
        )
        return
    show_changes(changed.changes)
    click.echo(f"{changed.workspace.name} holds {changed.packages} packages")
    for fault in changed.broken:
        click.echo(f"warning: {fault}", err=True)
