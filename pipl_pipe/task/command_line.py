"""The console scripts of the framework: `task` and `create_task`."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from pathlib import Path
from typing import Optional, Sequence

from pipl_pipe import context
from pipl_pipe.errors import DesignedError, NoContext
from pipl_pipe.packl import Note
from pipl_pipe.task import create, editing
from pipl_pipe.task.command import show_error
from pipl_pipe.task.installed import tasks
from pipl_pipe.task.task import Task


def task(arguments: Optional[Sequence[str]] = None) -> int:
    """`task [NAME [ARGS…]]`: list or run the commands of the workspace's task."""
    parser = argparse.ArgumentParser(
        prog="task", description="List or run the commands of the workspace's task."
    )
    parser.add_argument("--task", default="", metavar="TASK", help="which, if there are several")
    parser.add_argument("name", nargs="?", help="the command; none lists them")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="given to the command")
    given = parser.parse_args(arguments)
    try:
        found = tasks().the(given.task)
        if given.name is None:
            sys.stdout.write(_listing(found))
            return 0
        if given.name == editing.NAME and editing.NAME not in found.commands:
            return editing.main(found, given.args, os.environ)
        return found.get_command(given.name).main(given.args)
    except DesignedError as fault:
        return show_error(fault)


def create_task(arguments: Optional[Sequence[str]] = None) -> int:
    """`create_task PACKL TYPE`: turn a packl of the workspace into a task."""
    parser = argparse.ArgumentParser(
        prog="create_task", description="Turn a packl of the workspace into a task of a type."
    )
    parser.add_argument("packl", help="the packl's name, or its folder")
    parser.add_argument("type", help="a task type that an installed packl declares")
    parser.add_argument("--why", default="", help="a comment for the lines that are added")
    given = parser.parse_args(arguments)
    note = Note(getpass.getuser(), time.strftime("%Y-%m-%d"), given.why or "create_task")
    try:
        folder = packl_folder(given.packl, Path.cwd())
        create.create_task(folder, given.type, note=note)
    except DesignedError as fault:
        return show_error(fault)
    sys.stdout.write(
        f"{folder.name} is a {given.type} task now; `pipl work sync` makes its commands known.\n"
    )
    return 0


def packl_folder(name: str, cwd: Path) -> Path:
    """A packl by its folder as seen from `cwd`, else by its name in the workspace."""
    here = (cwd / name).resolve()
    if here.is_dir():
        return here
    try:
        return context.current().workspace / name
    except NoContext:
        return here


def _listing(task: Task) -> str:
    lines = [f"{task.name} ({task.type_name}):"]
    for one in task.commands.values():
        lines.append(f"  task {one.name:<14} {one.help}  [{one.script}]")
    if editing.NAME not in task.commands:
        lines.append(f"  task {editing.NAME:<14} {editing.HELP}")
    return "\n".join(lines) + "\n"
