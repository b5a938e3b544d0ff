"""`pipl asset`: what the workspace's products hold, and the store."""

from __future__ import annotations

import click

from pipl.cli import render
from pipl.cli.here import Here, json_option, workspace_option
from pipl.cli.lazy import LazyGroup

_HERE = "pipl.cli.asset"
asset = LazyGroup(
    "asset",
    places={
        "list": (f"{_HERE}:list_assets", "List the assets of the workspace's products."),
        "path": (f"{_HERE}:path", "Where an asset is, with its version in the path."),
        "add": (f"{_HERE}:add", "Store a file or folder."),
        "copy": (f"{_HERE}:copy", "Copy all assets to a folder, to work without the project."),
    },
    help="Assets: files and folders too big for a package, referenced by digest.",
    epilog="Example: pipl asset list",
)


@click.command(name="list", epilog="Example: pipl asset list --json")
@workspace_option
@json_option
def list_assets(workspace_path: str | None, as_json: bool) -> None:
    """List the assets of the products that the workspace resolved."""
    answer = _ask(workspace_path, ["assets"])
    if as_json:
        render.print_json(answer)
        return
    rows = answer["assets"]
    assert isinstance(rows, list)
    render.table(
        ("product", "version", "asset", "type", "size", "in the view", "revision"),
        [
            (
                row["product"],
                row["version"],
                row["name"],
                row["type"],
                render.size(row["size"]),
                row["view"],
                row["revision"][:19],
            )
            for row in rows
        ],
        empty="the workspace holds no product with assets",
    )


@click.command(epilog="Example: pipl asset path hero_geo model")
@click.argument("product")
@click.argument("name")
@workspace_option
@json_option
def path(product: str, name: str, workspace_path: str | None, as_json: bool) -> None:
    """Print the versioned path of the asset NAME of PRODUCT in the store."""
    answer = _ask(workspace_path, ["asset-path", product, name])
    if as_json:
        render.print_json(answer)
    else:
        click.echo(answer["path"])


@click.command(epilog="Example: pipl asset add textures/hero --product hero_geo")
@click.argument("path", type=click.Path(exists=True))
@click.option(
    "--product", default="loose", show_default=True, help="Whose asset it is, for people."
)
@workspace_option
@json_option
def add(path: str, product: str, workspace_path: str | None, as_json: bool) -> None:
    """Store the file or folder at PATH and print its revision."""
    answer = _ask(workspace_path, ["asset-add", str(Here.now().cwd / path), product])
    if as_json:
        render.print_json(answer)
    else:
        click.echo(answer["revision"])


@click.command(epilog="Example: pipl asset copy /media/usb/sh010")
@click.argument("destination")
@workspace_option
@json_option
def copy(destination: str, workspace_path: str | None, as_json: bool) -> None:
    """Copy all assets of the workspace to a folder that works with no project."""
    target = Here.now().cwd / destination
    if not destination or (target.exists() and not target.is_dir()):
        raise click.UsageError(f"{destination!r} is not a folder to copy to")
    answer = _ask(workspace_path, ["copy-assets", str(target)])
    if as_json:
        render.print_json(answer)
    else:
        click.echo(f"Copied {answer['copied']} asset(s) to {answer['destination']}")


def _ask(workspace_path: str | None, arguments: list[str]) -> dict[str, object]:
    from pipl.errors import NotInstalled
    from pipl.workspace import place
    from pipl.workspace.materialise import ask_pipe

    here = Here.now()
    workspace = here.workspace(workspace_path)
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    place.expect_unmoved(workspace.environment, workspace.folder)
    return ask_pipe(workspace.environment, arguments, here.environ)
