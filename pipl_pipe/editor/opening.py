"""Opening a file: the editor, its command line and its environment variables, as one value."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Sequence, Tuple

from pipl_pipe import context as contexts
from pipl_pipe import envset, variables
from pipl_pipe.context import Context
from pipl_pipe.distributions import Extension
from pipl_pipe.editor import choice
from pipl_pipe.editor.choice import Chosen
from pipl_pipe.editor.editor import Editor, editors
from pipl_pipe.errors import (
    EditorUnavailable,
    EnvSetMissing,
    NotOnThisMachine,
    PipeError,
)
from pipl_pipe.extension import Loaded, extensions

_FRAME = re.compile(r".*\d+\.[^.]+")


@dataclass(frozen=True)
class Opening:
    """What `task edit` runs: `variables` are all of the application's environment."""

    editor: Chosen
    file: Path
    command: Tuple[str, ...]
    variables: Mapping[str, str]

    def changed(self, environ: Mapping[str, str]) -> Dict[str, str]:
        """The variables that differ from those of this process."""
        return {name: value for name, value in self.variables.items() if environ.get(name) != value}


def plan(
    file: Path,
    here: Context,
    environ: Mapping[str, str],
    *,
    editor: str = "",
    arguments: Sequence[str] = (),
    config: Mapping[str, Any],
) -> Opening:
    """How a file is opened, by the editor named or else the one that is chosen for it.

    A frame sequence is opened by its first frame. `arguments` go to the application, after its
    own. Raises NoEditor, SeveralEditors, EditorUnavailable, EnvSetMissing, UnknownExtension,
    BrokenExtension, and what is wrong with an env set that the editor needs.
    """
    found: Loaded[Editor] = editors()
    given, faults = application_variables(here, environ)
    shown = _first_frame(file)
    chosen = (
        choice.named(found, editor) if editor else choice.choose(found, shown.name, given, config)
    )
    _expect_env_sets(chosen, faults)
    choice.expect_startable(chosen, given)
    values = {"assets": str(here.assets), "workspace": str(here.workspace)}
    words = chosen.editor.command_line(shown, given, values)
    return Opening(chosen, shown, (*words, *arguments), given)


def application_variables(
    here: Context, environ: Mapping[str, str]
) -> Tuple[Dict[str, str], Tuple[PipeError, ...]]:
    """The variables of a workspace's application, and what is wrong with its env sets.

    Those of the environment come first, and PIPL_CONTEXT, by which an application's own
    interpreter finds the workspace. Where they are set already, they stay as they are.
    """
    operations, faults = envset.operations(here)
    given = dict(environ)
    scripts = str(Path(sys.executable).parent)
    path = given.get("PATH", os.defpath)
    if scripts not in path.split(os.pathsep):
        given["PATH"] = f"{scripts}{os.pathsep}{path}"
    given["VIRTUAL_ENV"] = sys.prefix
    given["PIPL_WORKSPACE"] = str(here.workspace)
    given[contexts.VARIABLE] = str(contexts.find(environ, sys.prefix))
    return variables.apply(operations, given), faults


def run(opening: Opening) -> int:
    """Start the application, wait for it, and return its status. Raises EditorUnavailable."""
    try:
        done = subprocess.run(  # the words are the editor's, no shell reads them
            opening.command, env=dict(opening.variables), check=False
        )
    except OSError as fault:
        chosen = opening.editor
        raise EditorUnavailable(chosen.name, chosen.distribution, str(fault)) from fault
    return done.returncode


def _expect_env_sets(chosen: Chosen, faults: Sequence[PipeError]) -> None:
    """Raises EnvSetMissing, or what is wrong with one that the editor needs."""
    declared = extensions(envset.GROUP)
    for name in chosen.editor.env_sets:
        if name not in declared:
            raise EnvSetMissing(chosen.name, name)
        for fault in faults:
            if _is_about(fault, declared[name]):
                raise fault


def _is_about(fault: PipeError, env_set: Extension) -> bool:
    if isinstance(fault, NotOnThisMachine):  # it names the application, in the packl's version
        return fault.version == metadata.version(env_set.distribution)
    return fault.fields.get("distribution") == env_set.distribution


def _first_frame(file: Path) -> Path:
    """The first frame of a folder of numbered frames; any other path as it is."""
    if not file.is_dir():
        return file
    return min(_frames(file), key=lambda one: one.name, default=file)


def _frames(folder: Path) -> Iterator[Path]:
    for one in folder.iterdir():
        if one.is_file() and _FRAME.fullmatch(one.name):
            yield one
