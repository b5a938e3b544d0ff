"""The variables that commands in a workspace see, and starting them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from pipl import process
from pipl.errors import CommandFailed, ProgramMissing
from pipl.workspace import place, settled
from pipl.workspace.folder import Workspace
from pipl_pipe import variables as changes


def environ_in(workspace: Workspace, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of a workspace: its PATH, its env sets, who it is.

    Raises NotInstalled where it was never synced, WorkspaceMoved.
    """
    environment = workspace.environment
    place.expect_made(workspace)
    variables = environment.environ(environ)
    variables = changes.apply(settled.read(environment).env, variables)
    variables["PIPL_WORKSPACE"] = str(workspace.folder)
    variables.pop("PIPL_OVERLAY", None)
    if workspace.overlay is not None:
        from pipl.workspace import overlay  # slow to import, and most workspaces are none

        variables["PIPL_OVERLAY"] = overlay.shown(workspace) or ""
    return variables


def replace_by(args: Sequence[str], variables: Mapping[str, str]) -> int:
    """Become the command, run with these variables (Windows: run it and wait).

    Returns its status only on Windows. Raises ProgramMissing, CommandFailed.
    """
    program = shutil.which(args[0], path=variables["PATH"])
    if program is None:
        raise ProgramMissing(args[0])
    if sys.platform == "win32":
        return process.run([program, *args[1:]], env=variables, check=False).status
    try:
        os.execve(program, list(args), variables)  # noqa: S606  # no shell is wanted
    except OSError as fault:
        raise CommandFailed(args[0], 126, fault.strerror or str(fault)) from fault
