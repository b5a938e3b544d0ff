"""`pipl proj`: create, start, stop, status, pipeline."""

from __future__ import annotations

import dataclasses

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option, project_argument

_HERE = "pipl.cli.proj"
proj = LazyGroup(
    "proj",
    places={
        "create": (f"{_HERE}:create", "Create a project."),
        "start": (f"{_HERE}:start", "Start the project's server."),
        "stop": (f"{_HERE}:stop", "Stop the project's server."),
        "status": (f"{_HERE}:status", "Whether the server runs, and what it serves."),
        "pipeline": (f"{_HERE}:pipeline", "The config packls that CI takes its flow from."),
        "platforms": (f"{_HERE}:platforms", "The platforms that locks are made for."),
        "user": ("pipl.cli.proj_user:user", "Users of the project."),
        "index": ("pipl.cli.proj_index:index", "Indexes of the project."),
    },
    help="The project: its folder, server, users and indexes.",
    epilog="Example: pipl proj create MyProject && cd MyProject && pipl proj start --background",
)


@click.command(epilog="Example: pipl proj create /shows/MyProject --port 3141")
@click.argument("path")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=3141,
    show_default=True,
    help="Where its server will listen.",
)
@json_option
def create(path: str, port: int, as_json: bool) -> None:
    """Create a project at PATH, with a generated root password kept in its secrets."""
    from pipl.project import setup

    here = Here.now()
    with render.progress(quiet=as_json) as progress:
        project = setup.create(here.cwd / path, here.environ, port=port, progress=progress)
    if as_json:
        render.print_json({"project": project, "url": project.url})
        return
    click.echo(f"Created the project {project.folder}")
    click.echo(f"Root's generated password is kept in {project.secrets / 'root'}")
    click.echo("Next: pipl proj start --background, then pipl proj index create-default")


@click.command(epilog="Example: pipl proj start --background --port 0")
@project_argument
@click.option("--background", is_flag=True, help="Return once the server answers.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Listen there from now on (0: any free one)."
)
@json_option
def start(project_path: str, background: bool, port: int | None, as_json: bool) -> None:
    """Start the project's server, in the foreground unless told otherwise."""
    from pipl.project import server

    here = Here.now()
    project = here.project(project_path)
    if not background:
        raise SystemExit(server.run_foreground(project, here.environ, port=port))
    with render.progress(quiet=as_json) as progress:
        project = server.start_background(project, here.environ, port=port, progress=progress)
    if as_json:
        render.print_json(server.status(project))
    else:
        click.echo(f"The server of {project.name} answers at {project.url}")


@click.command(epilog="Example: pipl proj stop")
@project_argument
@json_option
def stop(project_path: str, as_json: bool) -> None:
    """Stop the project's server and wait until it is gone."""
    from pipl.project import server

    project = Here.now().project(project_path)
    server.stop(project)
    if as_json:
        render.print_json({"stopped": project.url})
    else:
        click.echo(f"Stopped the server of {project.name}")


@click.command(epilog="Example: pipl proj status --json")
@project_argument
@json_option
def status(project_path: str, as_json: bool) -> None:
    """Whether the server runs, where it answers and where its log is."""
    from pipl.project import server

    project = Here.now().project(project_path)
    found = server.status(project)
    if as_json:
        render.print_json({"project": project, **dataclasses.asdict(found)})
        return
    state = "answers" if found.answers else "does not answer" if found.pid else "is not running"
    click.echo(f"Project  {project.name} at {project.folder}")
    click.echo(f"Server   {found.url} {state}" + (f" (process {found.pid})" if found.pid else ""))
    click.echo(f"Pipeline {', '.join(project.pipeline) or 'none (pipl proj pipeline NAME)'}")
    click.echo(f"Log      {found.log}")


@click.command(epilog="Example: pipl proj pipeline studio-pipeline")
@click.argument("names", nargs=-1)
@click.option("--project", "project_path", default=".", help="The project's path.")
@json_option
def pipeline(names: tuple[str, ...], project_path: str, as_json: bool) -> None:
    """Show, or with NAMES set, the config packls whose `ci` entry is the project's CI flow."""
    from pipl.project import folder

    project = Here.now().project(project_path)
    if names:
        project = folder.with_pipeline(project, names)
    if as_json:
        render.print_json({"pipeline": project.pipeline})
    else:
        click.echo("\n".join(project.pipeline) or "No pipeline packl is named.")


@click.command(epilog="Example: pipl proj platforms linux windows")
@click.argument("names", nargs=-1, type=click.Choice(("linux", "windows", "macos")))
@click.option("--own", is_flag=True, help="Only the platform of whoever makes a lock.")
@click.option("--project", "project_path", default=".", help="The project's path.")
@json_option
def platforms(names: tuple[str, ...], own: bool, project_path: str, as_json: bool) -> None:
    """Show, or with NAMES set, the platforms that every lock of the project is made for.

    Locks that are there already take them up when they are made again (`pipl work lock`).
    """
    from pipl.project import folder

    project = Here.now().project(project_path)
    if names or own:
        chosen = () if own else tuple(dict.fromkeys(names))
        project = folder.with_platforms(project, chosen)
    if as_json:
        render.print_json({"platforms": project.platforms})
    else:
        click.echo(
            "\n".join(project.platforms) or "Locks are made for the platform they are made on."
        )
