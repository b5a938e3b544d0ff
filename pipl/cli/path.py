"""`pipl path`: paths from fields, fields from paths, and what may go wrong with templates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipl.cli import render
from pipl.cli.here import Here
from pipl.cli.lazy import LazyGroup
from pipl.cli.options import F, json_option, workspace_option

if TYPE_CHECKING:
    from pipl_pipe.path.library import Library

_HERE = "pipl.cli.path"
_FILE = click.Path(exists=True, dir_okay=False)
Answer = dict[str, Any]
path = LazyGroup(
    "path",
    places={
        "parse": (f"{_HERE}:parse", "What a path means: its template and fields."),
        "format": (f"{_HERE}:format_path", "The path that a template makes of fields."),
        "find": (f"{_HERE}:find", "The paths on the disks that fit a template."),
        "check": (f"{_HERE}:check", "What may go wrong with a file of templates."),
        "convert": (f"{_HERE}:convert", "Write a file of templates in the other notation."),
    },
    help=(
        "Paths and names by templates: those of the workspace's packls, or of a file "
        "(templates.yml, path_partout.conf)."
    ),
    epilog="Example: pipl path check templates.yml",
)


def templates_option(command: F) -> F:
    """`-t`: a file of templates in place of the workspace's."""
    return click.option(
        "-t",
        "--templates",
        "file",
        default=None,
        metavar="FILE",
        type=_FILE,
        help="A file of templates, in place of the workspace's.",
    )(command)


@click.command(epilog="Example: pipl path parse /mnt/show/sh010/comp/main.v003.nk")
@click.argument("given", metavar="PATH")
@click.option("--template", default=None, metavar="NAME", help="Read it by this template only.")
@templates_option
@workspace_option
@json_option
def parse(
    given: str, template: str | None, file: str | None, workspace_path: str | None, as_json: bool
) -> None:
    """Say which templates can have made PATH, and the fields that it holds."""
    if file is None:
        named = [] if template is None else ["--template", template]
        answer = _ask(workspace_path, ["path-parse", *named, "--", given])
    else:
        from pipl_pipe.path import answers

        answer = answers.parse(_library(file), given, template)
    _show(answer, as_json, _readings)


@click.command(name="format", epilog="Example: pipl path format comp_work Shot=sh010 version=3")
@click.argument("template")
@click.argument("fields", nargs=-1, metavar="[KEY=VALUE]...")
@templates_option
@workspace_option
@json_option
def format_path(
    template: str,
    fields: tuple[str, ...],
    file: str | None,
    workspace_path: str | None,
    as_json: bool,
) -> None:
    """Print the path that TEMPLATE makes of these fields."""
    values = _values(fields)
    if file is None:
        answer = _ask(workspace_path, ["path-format", "--", template, *fields])
    else:
        from pipl_pipe.path import answers

        answer = answers.made(_library(file), template, values)
    _show(answer, as_json, lambda made: [made["path"]])


@click.command(epilog="Example: pipl path find comp_work Shot=sh010")
@click.argument("template")
@click.argument("fields", nargs=-1, metavar="[KEY=VALUE]...")
@templates_option
@workspace_option
@json_option
def find(
    template: str,
    fields: tuple[str, ...],
    file: str | None,
    workspace_path: str | None,
    as_json: bool,
) -> None:
    """Print the paths on this machine's disks that fit TEMPLATE and have these fields."""
    values = _values(fields)
    if file is None:
        answer = _ask(workspace_path, ["path-find", "--", template, *fields])
    else:
        from pipl_pipe.path import answers

        answer = answers.found(_library(file), template, values)
    _show(answer, as_json, lambda found: found["paths"])


@click.command(epilog="Example: pipl path check config/templates.yml")
@click.argument("file", type=_FILE, required=False, default=None)
@workspace_option
@json_option
def check(file: str | None, workspace_path: str | None, as_json: bool) -> None:
    """Show each template of FILE, or of the workspace, with an example and its conflicts.

    Ends with status 1 where a template meets another one, can be read in two ways, or takes no
    path of its own, and where a catalog of the workspace cannot be used. What is only possible
    is marked by a question mark and does not count.
    """
    if file is None:
        answer = _ask(workspace_path, ["path-check"])
    else:
        from pipl_pipe.path import answers

        answer = answers.checked(_library(file))
    _show(answer, as_json, _findings)
    if answer["flawed"]:
        raise SystemExit(1)


@click.command(epilog="Example: pipl path convert path_partout.conf --to templates.yml")
@click.argument("file", type=_FILE)
@click.option(
    "--to", "target", default=None, metavar="FILE", help="Where to write it, if not to the screen."
)
@json_option
def convert(file: str, target: str | None, as_json: bool) -> None:
    """Write a path_partout.conf as a templates.yml, or a templates.yml as a path_partout.conf.

    What the other notation cannot express is left out, and said.
    """
    from pipl_pipe.path import answers

    here = Here.now()
    answer = answers.converted(here.cwd / file, sys.platform, _roots(here))
    if target is not None:
        _write_new(here.cwd / target, answer["text"])
    shown = answer["text"].splitlines() if target is None else [f"Wrote {target}"]
    _show(answer, as_json, lambda _: shown)
    if not as_json:
        for line in answer["left_out"]:
            click.echo(f"left out: {line}", err=True)
        for line in answer["changed"]:
            click.echo(f"changed: {line}", err=True)


def _values(fields: tuple[str, ...]) -> dict[str, str]:
    wrong = [field for field in fields if not field.partition("=")[1] or field[0] == "="]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r} is not KEY=VALUE")
    return {name: value for name, _, value in (field.partition("=") for field in fields)}


def _library(file: str) -> Library:
    from pipl_pipe.path.library import open_file

    here = Here.now()
    return open_file(here.cwd / file, sys.platform, _roots(here))


def _roots(here: Here) -> dict[str, str]:
    from pipl_pipe.path.notations.partout.current import roots_of

    return roots_of(here.environ)


def _write_new(target: Path, text: str) -> None:
    from pipl import durable
    from pipl.errors.usage import PathExists

    if target.exists():
        raise PathExists(str(target))
    durable.write_text(target, text)


def _show(answer: Answer, as_json: bool, lines: Callable[[Answer], list[str]]) -> None:
    if as_json:
        render.print_json(answer)
    else:
        for line in lines(answer):
            click.echo(line)


def _readings(answer: Answer) -> list[str]:
    lines = []
    for reading in answer["readings"]:
        lines.append(reading["template"])
        lines += [f"  {name} = {value}" for name, value in reading["fields"].items()]
    for one in answer.get("ambiguous", ()):  # an older framework in the workspace says none
        ways = [", ".join(f"{k} = {v}" for k, v in one[way].items()) for way in ("first", "second")]
        lines += [one["template"], f"  ! can be read in two ways: {ways[0]}; or {ways[1]}"]
    return lines


def _findings(answer: Answer) -> list[str]:
    lines = []
    for one in answer["templates"]:
        lines += [one["name"], f"  {one['definition']}"]
        lines.append(f"  example: {one['example'] or 'none found: a key may take no value'}")
        if one["ambiguous"]:
            lines.append(f"  ! can be read in two ways: {one['ambiguous']}")
        if one["perhaps_ambiguous"]:
            lines.append(f"  ? may be read in two ways: {one['perhaps_ambiguous']}")
        for other in one["overlaps"]:
            how = "! meets" if other["certain"] else "? may meet"
            lines.append(f"  {how} {other['template']}: {other['path'] or 'too much to try'}")
        if one["example"] and not one["reachable"]:
            lines.append("  ! every path tried fits another template too")
    lines += [f"! {problem}" for problem in answer.get("broken", ())]
    count = len(answer["templates"])
    return [*lines, f"{count} templates, {answer['flawed']} to look at"]


def _ask(workspace_path: str | None, arguments: list[str]) -> Answer:
    from pipl.errors.env import NotInstalled
    from pipl.errors.usage import NoTemplates, NoWorkspace
    from pipl.workspace import place
    from pipl.workspace.materialise import ask_pipe

    here = Here.now()
    try:
        workspace = here.workspace(workspace_path)
    except NoWorkspace as fault:
        raise NoTemplates(fault.path) from fault
    if not workspace.environment.exists():
        raise NotInstalled(str(workspace.folder))
    place.expect_unmoved(workspace.environment, workspace.folder)
    return ask_pipe(workspace.environment, arguments, here.environ)
