"""`pipl work create-area|create|list|open|delete`: workareas and workspaces as folders."""

from __future__ import annotations

import click

from pipl.cli import changing, render
from pipl.cli.asking import confirm
from pipl.cli.here import Here
from pipl.cli.options import as_of_option, json_option


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
    if as_of is not None and not packls:
        raise click.UsageError("--as-of goes with --add: it says which versions are found")
    changing.create(
        workspace_name,
        workarea_path,
        python=python,
        packls=packls,
        like=like,
        as_of=as_of,
        as_json=as_json,
    )


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
