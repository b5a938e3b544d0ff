"""`task edit`: which file of a task, or asset that it uses, a word means; and opening it."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Iterator, List, Mapping, Sequence, Tuple

from pipl_pipe import registry
from pipl_pipe.editor import choice, opening
from pipl_pipe.editor.editor import editors
from pipl_pipe.editor.opening import Opening
from pipl_pipe.errors import InvalidConfig, NothingToEdit, SeveralFiles, UnknownFile
from pipl_pipe.product import installed
from pipl_pipe.task.task import Task

NAME = "edit"
HELP = "Open a file of the task, or an asset that it uses, in its application."
CONFIG = "editors"
MAX_FILES = 10_000
_SKIPPED = ("__pycache__",)


def main(task: Task, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """`task edit [ASSET] [--editor NAME] [--dry-run] [--json] [-- ARGS…]`; its exit status."""
    words = list(arguments)
    cut = words.index("--") if "--" in words else len(words)
    given = _parser().parse_args(words[:cut])
    planned = plan(task, given.asset, environ, editor=given.editor, arguments=words[cut + 1 :])
    status = None if given.dry_run else opening.run(planned)
    if given.json:
        sys.stdout.write(json.dumps(_report(planned, environ, status), indent=1) + "\n")
    elif given.dry_run:
        sys.stdout.write(_shown(planned, environ))
    return status or 0


def plan(
    task: Task,
    asset: str,
    environ: Mapping[str, str],
    *,
    editor: str = "",
    arguments: Sequence[str] = (),
) -> Opening:
    """How a file of the task is opened. Raises what `file_of` and `opening.plan` do."""
    found = file_of(task, asset)
    config = registry.get("config").get(CONFIG) or {}
    if not isinstance(config, dict):
        raise InvalidConfig(CONFIG, ("it is no table of file extension to editor",))
    return opening.plan(
        found, task.workspace, environ, editor=editor, arguments=arguments, config=config
    )


def file_of(task: Task, asset: str = "") -> Path:
    """The file that is meant: without a name the task's `scene`, else its only file.

    A name is a path from the current folder or the task's, a file of the task by its name with
    or without extension, or an asset of a product here: its name, basename, or either after
    `PRODUCT/`. Raises NothingToEdit, SeveralFiles, UnknownFile.
    """
    if asset:
        return _named(task, asset)
    if task.scene:
        return task.folder / task.scene
    files = list(_files(task.folder))
    for general in (False, True):
        wanted = [one for one in files if choice.takes(editors(), one.name, general=general)]
        if len(wanted) == 1:
            return wanted[0]
        if wanted:
            raise SeveralFiles(task.name, _relative(wanted, task.folder))
    raise NothingToEdit(task.name, str(task.folder))


def _named(task: Task, asset: str) -> Path:
    for path in (Path(asset).absolute(), task.folder / asset):
        if path.exists():
            return path
    files = [one for one in _files(task.folder) if asset in (one.name, one.stem)]
    if not files:
        files = [path for path, names in _assets(task) if asset in names]
    if len(files) == 1:
        return files[0]
    if files:
        raise SeveralFiles(asset, tuple(map(str, files)))
    known = (
        *_relative(list(_files(task.folder)), task.folder),
        *(names[0] for _, names in _assets(task)),
    )
    raise UnknownFile(task.name, asset, known[:50])


def _assets(task: Task) -> Iterator[Tuple[Path, Tuple[str, ...]]]:
    """Where the asset view shows each asset, and what it may be called."""
    for package, content in sorted(installed.product_assets()[0].items()):
        for one in content.assets:
            names = (f"{package}/{one.name}", f"{package}/{one.basename}", one.name, one.basename)
            yield task.asset_view / package / one.basename, names


def _files(folder: Path) -> Iterator[Path]:
    """The files below a task's folder but for code and what is hidden, at most MAX_FILES."""
    count = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one[0] != "." and one not in _SKIPPED)
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                return
            if name[0] != "." and not name.endswith((".py", ".pyc")):
                yield Path(parent, name)


def _relative(files: Sequence[Path], folder: Path) -> Tuple[str, ...]:
    return tuple(one.relative_to(folder).as_posix() for one in files)


def _report(planned: Opening, environ: Mapping[str, str], status: "int | None") -> object:
    return {
        "editor": planned.editor.name,
        "distribution": planned.editor.distribution,
        "file": str(planned.file),
        "command": list(planned.command),
        "env": planned.changed(environ),
        "status": status,
    }


def _shown(planned: Opening, environ: Mapping[str, str]) -> str:
    lines: List[str] = [f"{planned.editor.name} of {planned.editor.distribution} would open it:"]
    lines.append(f"  {shlex.join(planned.command)}")
    lines += [f"  {name}={value}" for name, value in sorted(planned.changed(environ).items())]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="task edit",
        description=HELP,
        epilog="Example: task edit layout.ma --dry-run. What follows -- goes to the application.",
    )
    parser.add_argument("asset", nargs="?", default="", help="a path, a file's or asset's name")
    parser.add_argument("--editor", default="", metavar="NAME", help="which, whatever it opens")
    parser.add_argument("--dry-run", action="store_true", help="say what would be run")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    return parser
