"""Copies that are the user's own: to edit, or to take away from the project."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipl import durable
from pipl.asset.selection import Selected
from pipl.errors.usage import DestinationKept, NotWritable, PathExists
from pipl_pipe.asset import view
from pipl_pipe.asset.disk import aside, files
from pipl_pipe.asset.progress import SILENT, Progress
from pipl_pipe.asset.store import AssetStore
from pipl_pipe.asset.view import Laid, Placed
from pipl_pipe.errors import StoreFull
from pipl_pipe.variables import Operation

USE = "use.sh"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def checkout(
    store: AssetStore,
    chosen: Selected,
    destination: Path,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Make a writable copy of an asset at `destination`, whole or not at all.

    Blocks may be shared, files never are: an edit does not reach the store.
    Raises PathExists unless `force`, NotWritable, AssetMissing, AssetDamaged, StoreFull.
    """
    if os.path.lexists(destination) and not force:
        raise PathExists(str(destination))
    parent = destination.parent
    with _writing(destination), contextlib.ExitStack() as made_in:
        with files.storing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            folder = made_in.enter_context(aside.folder(parent, ".checkout-"))
        made = folder / "made"
        try:
            store.view(chosen.product, chosen.reference, made, link=False, progress=progress)
        except StoreFull as fault:
            raise StoreFull(str(parent)) if fault.where == str(folder) else fault from fault
        _make_writable(made)
        if os.path.lexists(destination) and not force:
            raise PathExists(str(destination))
        if destination.is_symlink():
            destination.unlink()
        files.swap_in(made, destination)
    return destination


def expect_outside(destination: Path, kept: Iterable[Path]) -> None:
    """Raises DestinationKept where a copy would lie in one of these folders."""
    path = destination.resolve()
    for folder in kept:
        if path.is_relative_to(folder.resolve()):
            raise DestinationKept(str(destination), f"it lies in {folder}, which pipl keeps")


def expect_without(destination: Path, kept: Iterable[Path]) -> None:
    """Raises DestinationKept where one of these folders would be replaced."""
    path = destination.resolve()
    for folder in kept:
        if folder.resolve().is_relative_to(path):
            raise DestinationKept(str(destination), f"it holds {folder}, which would be deleted")


@contextlib.contextmanager
def _writing(destination: Path) -> Iterator[None]:
    """What the file system refuses. Raises NotWritable."""
    try:
        yield
    except OSError as fault:
        raise NotWritable(str(destination), fault.strerror or str(fault)) from fault


def copy(
    store: AssetStore,
    assets: Iterable[Selected],
    destination: Path,
    operations: Iterable[Operation],
    shown_at: Path,
    *,
    progress: Progress = SILENT,
) -> Laid:
    """Copy assets to a folder that needs no project, laid as the asset view is.

    `operations` are the workspace's changes of variables; those that lead to its asset view at
    `shown_at` lead to the copy once `use.sh` in it is sourced. May be repeated: what is there
    already stays. Raises AssetMissing, AssetDamaged, StoreFull, NotWritable.
    """
    placed = [Placed(one.product, one.reference) for one in assets]
    with _writing(destination):
        with files.storing(destination):
            destination.mkdir(parents=True, exist_ok=True)
            laid = view.lay(destination, placed, store, link=False, progress=progress)
        durable.write_text(destination / USE, _script(operations, str(shown_at)))
    return laid


def _script(operations: Iterable[Operation], shown_at: str) -> str:
    lines = [
        "# Source this in bash or zsh (`. use.sh`): programs then find the assets of this folder.",
        'here="$(cd "$(dirname "${BASH_SOURCE[0]:-${(%):-%x}}")" && pwd)"',
    ]
    for one in operations:
        if shown_at in one.value and _VARIABLE.fullmatch(one.name):
            lines.append(f"export {one.name}={_assigned(one, shown_at)}")
    return "\n".join([*lines, "unset here"]) + "\n"


def _assigned(one: Operation, shown_at: str) -> str:
    """The value that a shell gives a variable; the view's path becomes the script's folder."""
    parts = [shlex.quote(part) if part else "" for part in one.value.split(shown_at)]
    text = '"$here"'.join(parts)
    name, between = one.name, os.pathsep
    if one.action == "prepend":
        return f'{text}"${{{name}:+{between}${name}}}"'
    if one.action == "append":
        return f'"${{{name}:+${name}{between}}}"{text}'
    return text


def _make_writable(path: Path) -> None:
    """Its owner may write; who may read or run what stays."""
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    for folder, folders, names in os.walk(path):
        for name in (*folders, *names):
            inside = Path(folder, name)
            inside.chmod(inside.stat().st_mode | stat.S_IWUSR)
