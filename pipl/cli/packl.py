"""`pipl packl`: create, show, list, add, bump, build, publish, upload, provenance, migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option, packl_option, workspace_option

if TYPE_CHECKING:
    from pipl.packl.version import Part

_HERE = "pipl.cli.packl"
_RELEASE = "pipl.cli.packl_release"
_YANK = "pipl.cli.packl_yank"
_GRAPH = "pipl.cli.packl_graph"
_FOLLOWS = {"auto": "by itself (follow = auto)", "manual": "by hand (pipl work update)"}
_ORIGIN = "pipl.cli.packl_origin"
packl = LazyGroup(
    "packl",
    places={
        "create": (f"{_HERE}:create", "Create a packl in the workspace."),
        "show": (f"{_HERE}:show", "Show the packl's metadata."),
        "list": (f"{_HERE}:list_packls", "List the packls being edited in the workspace."),
        "add": (f"{_HERE}:add", "Add a dependency to the packl and install it."),
        "bump": (f"{_HERE}:bump", "Bump the packl's version."),
        "build": (f"{_RELEASE}:build", "Build the packl's sdist and wheel."),
        "publish": (f"{_RELEASE}:publish", "Publish the packl to a stage."),
        "upload": (f"{_RELEASE}:upload", "Publish with a password, as the prototype did."),
        "yank": (f"{_YANK}:yank", "Let nobody choose a release any more."),
        "dependents": (f"{_GRAPH}:dependents", "Who would take a new version of a packl."),
        "provenance": (f"{_ORIGIN}:provenance", "Show where a product comes from."),
        "migrate": (f"{_HERE}:migrate", "Convert a 2019 packl (__setupl__.py) to pyproject.toml."),
    },
    help="Packls: create, edit, build, publish.",
    epilog="Example: pipl packl create --template task --type modelling hero_model",
)


@click.command(epilog="Example: pipl packl create --template task --type modelling hero_model")
@click.argument("name")
@click.option("--template", default="code", show_default=True, help="What to start from.")
@click.option("--type", "task_type", default="", help="With the task template: the task type.")
@workspace_option
@json_option
def create(
    name: str, template: str, task_type: str, workspace_path: str | None, as_json: bool
) -> None:
    """Create the packl NAME in the workspace from a template, and install it for editing."""
    from pipl.packl import edited

    here = Here.now()
    workspace = here.workspace(workspace_path)
    with render.progress(quiet=as_json) as progress:
        made = edited.create(
            edited.Desk(workspace, here.place(workspace), here.installer),
            name,
            template=template,
            task_type=task_type,
            author=here.author,
            note=here.note(f"created from the template {template}"),
            progress=progress,
        )
    if as_json:
        render.print_json({"packl": made})
    else:
        click.echo(f"Created the packl {made}")


@click.command(epilog="Example: pipl packl show --json")
@packl_option
@json_option
def show(packl_path: str | None, as_json: bool) -> None:
    """Show the packl's name, version, kind, dependencies and entry points."""
    from pipl_pipe import packl as packls

    found = packls.read(Here.now().packl(packl_path))
    if as_json:
        render.print_json({"packl": found})
        return
    click.echo(f"{found.name} {found.version} ({' '.join(filter(None, (found.kind, found.type)))})")
    click.echo(f"  at {found.folder}")
    if found.kind == "task":
        click.echo(f"  follows what it depends on: {_FOLLOWS[found.follow]}")
    if found.products:
        click.echo(f"  makes {', '.join(found.products)}")
    if found.requires_python:
        click.echo(f"  Python {found.requires_python}")
    for dependency in found.dependencies:
        click.echo(f"  requires {dependency}")
    for extra, dependencies in found.extras.items():
        click.echo(f"  [{extra}] {', '.join(dependencies)}")
    for group, points in found.entry_points.items():
        for point, target in points.items():
            click.echo(f"  {group}: {point} = {target}")


@click.command(name="list", epilog="Example: pipl packl list --json")
@workspace_option
@json_option
def list_packls(workspace_path: str | None, as_json: bool) -> None:
    """List the packls being edited in the workspace."""
    from pipl_pipe import packl as packls

    workspace = Here.now().workspace(workspace_path)
    found = [packls.read(folder) for folder in workspace.edited]
    if as_json:
        render.print_json({"workspace": workspace.folder, "packls": found})
        return
    render.table(
        ("packl", "version", "kind", "type"),
        [(one.name, one.version, one.kind, one.type) for one in found],
        empty="no packl is edited here; pipl packl create NAME",
    )


@click.command(epilog="Example: pipl packl add 'hero-geo>=1,<2' 'the shot shows the hero'")
@click.argument("dependency_name")
@click.argument("comments", default="")
@click.option("-e", "--extra", "--as-extra", "extra", help="Add it to this extra, such as edit.")
@packl_option
@json_option
def add(
    dependency_name: str, comments: str, extra: str | None, packl_path: str | None, as_json: bool
) -> None:
    """Add a dependency to the packl, with a comment on why, and install it in the workspace.

    Where it cannot be resolved, the packl stays as it was.
    """
    from pipl.cli.moved import show_change
    from pipl.packl import edited

    here = Here.now()
    folder = here.packl(packl_path)
    workspace = here.workspace(str(folder))
    with render.progress(quiet=as_json) as progress:
        changed = edited.add_dependency(
            edited.Desk(workspace, here.place(workspace), here.installer),
            folder,
            dependency_name,
            extra=extra,
            note=here.note(comments),
            progress=progress,
        )
    show_change(changed, as_json=as_json)


@click.command(epilog="Example: pipl packl bump minor 'taller hero'")
@click.argument("part", type=click.Choice(["major", "minor", "patch"]))
@click.argument("comment", default="")
@packl_option
@json_option
def bump(part: Part, comment: str, packl_path: str | None, as_json: bool) -> None:
    """Bump the packl's version, with a comment on why."""
    from pipl.packl import version

    here = Here.now()
    folder = here.packl(packl_path)
    before, after = version.bump(folder, part, here.note(comment))
    if as_json:
        render.print_json({"packl": folder, "before": before, "after": after})
    else:
        click.echo(f"{folder.name} {before} -> {after}")


@click.command(epilog="Example: pipl packl migrate old_packls/my_pipe")
@click.argument("path", default=".", metavar="[PATH]")
@json_option
def migrate(path: str, as_json: bool) -> None:
    """Write a pyproject.toml from a 2019 packl's __setupl__.py, which is read, never executed."""
    from pipl.packl import migrate as migration

    here = Here.now()
    target, notes = migration.migrate((here.cwd / path).resolve())
    if as_json:
        render.print_json({"pyproject": target, "notes": notes})
        return
    click.echo(f"Wrote {target}")
    for note in notes:
        click.echo(f"  note: {note}")
    click.echo("The __setupl__.py and setup.py are still there; remove them once you are content.")
