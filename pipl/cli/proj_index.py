"""`pipl proj index`: create-default, create-sub, set, delete, list-indexes, list."""

from __future__ import annotations

import click

from pipl.cli import render
from pipl.cli.asking import confirm
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import json_option, project_argument

_HERE = "pipl.cli.proj_index"
index = LazyGroup(
    "index",
    places={
        "create-default": (f"{_HERE}:create_default", "Create the default index and its mirror."),
        "create-sub": (f"{_HERE}:create_sub", "Create a stage inheriting from the default index."),
        "set": (f"{_HERE}:set_index", "Change an index."),
        "delete": (f"{_HERE}:delete", "Delete an index and what it holds."),
        "list-indexes": (f"{_HERE}:list_indexes", "List the indexes."),
        "list": (f"{_HERE}:list_packls", "List the packls on an index, with their versions."),
    },
    help=(
        "Indexes of the project.\n\nA password may be `-` (asked without echo) or empty "
        '("": left to the login, or to the password that `proj create` generated).'
    ),
    epilog="Example: pipl proj index create-sub - testing",
)


@click.command(
    epilog='Example: pipl proj index create-default "" --mirror https://index.example/simple/'
)
@click.argument("root_password", default="", metavar="[ROOT_PASSWORD]")
@project_argument
@click.option(
    "--mirror", "mirror_url", help="Mirror this index; without it, the one pip uses here."
)
@click.option("--no-mirror", is_flag=True, help="Make no mirror: only the project's own packls.")
@json_option
def create_default(
    root_password: str, project_path: str, mirror_url: str | None, no_mirror: bool, as_json: bool
) -> None:
    """Create the index root/PROJ, its mirror root/pypi and the CI user; upload pipl-pipe."""
    from pipl.project import indexes

    here = Here.now()
    project = here.project(project_path)
    mirror = None if no_mirror else mirror_url or indexes.configured_mirror(here.environ)
    with (
        render.progress(quiet=as_json) as progress,
        here.client_with(project.binding, root_password) as client,
    ):
        config = indexes.create_default(client, project, mirror_url=mirror, progress=progress)
    if as_json:
        render.print_json({"index": config})
    else:
        click.echo(f"Created the default index {config.name}, with pipl-pipe on it")


@click.command(epilog="Example: pipl proj index create-sub - testing --upload bob --upload ci")
@click.argument("root_password")
@click.argument("index_name")
@project_argument
@click.option(
    "--upload",
    "uploaders",
    multiple=True,
    metavar="USER",
    help="Who may upload; may be repeated. Without it, every user who is logged in.",
)
@click.option("--public", is_flag=True, help="Let anybody upload, without a login.")
@json_option
def create_sub(
    root_password: str,
    index_name: str,
    project_path: str,
    uploaders: tuple[str, ...],
    public: bool,
    as_json: bool,
) -> None:
    """Create the stage INDEX_NAME, inheriting from root/PROJ (a plain NAME means root/NAME)."""
    from pipl.index.name import IndexName
    from pipl.project import indexes

    if public and uploaders:
        raise click.UsageError("--public and --upload exclude each other")
    here = Here.now()
    name = IndexName.parse(index_name if "/" in index_name else f"root/{index_name}")
    allowed = (indexes.ANONYMOUS,) if public else uploaders or (indexes.AUTHENTICATED,)
    with here.client_with(here.binding(project_path), root_password) as client:
        config = indexes.create_stage(client, name, uploaders=allowed)
    if as_json:
        render.print_json({"index": config})
    else:
        click.echo(f"Created the stage {name}; upload: {', '.join(config.acl_upload)}")


@click.command(name="set", epilog="Example: pipl proj index set - root/PROJ acl_upload=root,ci,bob")
@click.argument("root_password")
@click.argument("index_name")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE...")
@click.option("--project", "project_path", default=".", help="The project's path.")
@json_option
def set_index(
    root_password: str, index_name: str, changes: tuple[str, ...], project_path: str, as_json: bool
) -> None:
    """Change keys of an index as devpi knows them; lists are written a,b,c."""
    from pipl.index.name import IndexName

    pairs = [change.partition("=") for change in changes]
    for key, separator, _ in pairs:
        if not key or not separator:
            raise click.UsageError(f"{key!r} is not KEY=VALUE")
    here = Here.now()
    name = IndexName.parse(index_name)
    with here.client_with(here.binding(project_path), root_password) as client:
        client.modify_index(name, {key: value for key, _, value in pairs})
        config = client.index(name)
    if as_json:
        render.print_json({"index": config})
    else:
        click.echo(f"Changed the index {name}")


@click.command(epilog="Example: pipl proj index delete - root/testing")
@click.argument("root_password")
@click.argument("index_name")
@project_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(
    root_password: str, index_name: str, project_path: str, yes: bool, as_json: bool
) -> None:
    """Delete the index INDEX_NAME and every release it holds."""
    from pipl.index.name import IndexName
    from pipl.project import indexes

    name = IndexName.parse(index_name)
    if not yes:
        confirm(f"Delete {name} and every release it holds?")
    here = Here.now()
    binding = here.binding(project_path)
    with here.client_with(binding, root_password) as client:
        indexes.remove(client, name, project_index=binding.index)
    if as_json:
        render.print_json({"deleted": name})
    else:
        click.echo(f"Deleted the index {name}")


@click.command(epilog="Example: pipl proj index list-indexes")
@project_argument
@json_option
def list_indexes(project_path: str, as_json: bool) -> None:
    """List the indexes, what they inherit from and who may upload."""
    here = Here.now()
    binding = here.binding(project_path)
    with here.client(binding) as client:
        configs = client.indexes()
    if as_json:
        render.print_json({"project": binding.name, "indexes": configs})
        return
    click.echo(f"Found {len(configs)} Index(es) in project {binding.folder or binding.name}:")
    render.table(
        ("index", "type", "inherits", "upload"),
        [
            (
                one.name,
                one.type,
                ", ".join(map(str, one.bases)),
                ", ".join(one.acl_upload),
            )
            for one in configs
        ],
        empty="none yet; see `pipl proj index create-default --help`",
    )


@click.command(name="list", epilog="Example: pipl proj index list -i root/testing --json")
@project_argument
@click.option("-i", "--index_name", "--index", default=None, help="Another index than root/PROJ.")
@json_option
def list_packls(project_path: str, index_name: str | None, as_json: bool) -> None:
    """List the packls that an index itself holds, newest version first."""
    from pipl.index.name import IndexName

    here = Here.now()
    binding = here.binding(project_path)
    name = IndexName.parse(index_name) if index_name else binding.index
    with here.client(binding) as client:
        found = {
            project: [release.version for release in client.releases(name, project)]
            for project in client.projects(name)
        }
    if as_json:
        render.print_json({"index": name, "packls": found})
        return
    render.table(
        ("packl", "versions"),
        [(project, ", ".join(versions)) for project, versions in found.items()],
        empty=f"{name} holds no packl yet",
    )
