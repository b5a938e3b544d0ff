"""`python -m pipl_pipe COMMAND`: what depends on the packls installed here, as JSON on stdout.

pipl runs this in a workspace's environment. A designed error is printed as
`{"error": {"code", "message", "hint", "fields"}}` and gives exit code 1. Packls' own output
goes to stderr, so that stdout holds one JSON document and nothing else.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Callable, Dict, Optional, Sequence

from pipl_pipe import describe
from pipl_pipe.errors import DesignedError

if TYPE_CHECKING:
    from pipl_pipe.path.library import Library

Answer = Dict[str, Any]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command; its exit code."""
    given = vars(_parser().parse_args(arguments))
    command: Callable[..., Answer] = given.pop("command")
    with _private_stdout() as out:
        try:
            answer, status = command(**given), 0
        except DesignedError as fault:
            answer, status = {"error": _error(fault)}, 1
        out.write(json.dumps(answer, indent=1, sort_keys=True, default=str) + "\n")
    return status


def _process(task: str, scratch: Path, out: Path, release: Path) -> Answer:
    """Process a published task; wheels go to `out`."""
    from pipl_pipe import context, registry
    from pipl_pipe.task import process
    from pipl_pipe.task.process import Places

    here = context.current()
    places = Places(scratch.resolve(), out.resolve(), here.workspace, here.assets)
    found = registry.get("tasks").the(task)
    published = process.read_release(release)
    made = process.process(found, published, places, registry.get("asset_store"))
    return {
        "task": {"name": found.name, "version": found.version},
        "products": [describe.made(one) for one in made],
    }


def _create_task(packl: str, type: str, why: str) -> Answer:
    from pipl_pipe.packl import Note
    from pipl_pipe.task import create
    from pipl_pipe.task.command_line import packl_folder

    folder = packl_folder(packl, Path.cwd())
    note = Note(getpass.getuser(), time.strftime("%Y-%m-%d"), why or "create_task")
    create.create_task(folder, type, note=note)
    return {"packl": str(folder), "type": type}


def _path_parse(path: str, template: Optional[str]) -> Answer:
    from pipl_pipe.path import answers

    return answers.parse(_templates(), path, template)


def _path_format(template: str, fields: Sequence[str]) -> Answer:
    from pipl_pipe.path import answers

    return answers.made(_templates(), template, _values(fields))


def _path_find(template: str, fields: Sequence[str]) -> Answer:
    from pipl_pipe.path import answers

    return answers.found(_templates(), template, _values(fields))


def _path_check() -> Answer:
    from pipl_pipe.path import answers

    return answers.checked(_templates())


def _templates() -> Library:
    """The templates of the installed packls."""
    from pipl_pipe import registry
    from pipl_pipe.path.library import Library

    paths = registry.get("path")
    return Library(paths.templates, paths.broken)


def _values(fields: Sequence[str]) -> Dict[str, str]:
    return {name: value for name, _, value in (field.partition("=") for field in fields)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipl_pipe", description="What the packls installed here provide, as JSON."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., Answer], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(command=command)
        return added

    add("describe", describe.everything, "everything that is registered, and what is broken")
    add("env", describe.env, "the changes of environment variables, in order")
    settled = add("settle", describe.settle, "what pipl lays the asset view from, and variables")
    settled.add_argument("--lay", action="store_true", help="lay the asset view here")
    add("assets", describe.assets, "the assets of the installed products")
    path = add("asset-path", describe.asset_path, "the versioned path of an asset")
    path.add_argument("product")
    path.add_argument("name")
    stored = add("asset-add", describe.asset_add, "store a file or folder")
    stored.add_argument("path", type=Path)
    stored.add_argument("product")
    stored.add_argument("--link", action="store_true", help="the path is given up to the store")
    copied = add("copy-assets", describe.copy_assets, "copy all assets to a folder")
    copied.add_argument("destination", type=Path)
    verified = add("verify-wheels", describe.verify_wheels, "check assets of product wheels")
    verified.add_argument("wheels", type=Path, nargs="+")
    parsed = add("path-parse", _path_parse, "what a path means by the templates")
    parsed.add_argument("path")
    parsed.add_argument("--template")
    for name, command, help in (
        ("path-format", _path_format, "the path that a template makes of fields"),
        ("path-find", _path_find, "the paths on the disks that fit a template"),
    ):
        asked = add(name, command, help)
        asked.add_argument("template")
        asked.add_argument("fields", nargs="*", metavar="KEY=VALUE")
    add("path-check", _path_check, "what may go wrong with the templates")
    created = add("create-task", _create_task, "turn a packl into a task of a type")
    created.add_argument("packl")
    created.add_argument("type")
    created.add_argument("--why", default="")
    process = add("process", _process, "process a published task")
    process.add_argument("--task", default="", help="which, if several are installed")
    process.add_argument("--scratch", type=Path, required=True, help="an empty folder")
    process.add_argument("--out", type=Path, required=True, help="where wheels are written")
    process.add_argument("--release", type=Path, required=True, help="JSON: the published task")
    return parser


def _private_stdout() -> IO[str]:
    """The process's stdout for us alone: for all others it is stderr from now on."""
    sys.stdout.flush()
    private = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(private, "w", encoding="utf-8")


def _error(fault: DesignedError) -> Answer:
    return {
        "code": fault.code,
        "message": str(fault),
        "hint": fault.advice,
        "fields": fault.fields,
    }


if __name__ == "__main__":
    sys.exit(main())
