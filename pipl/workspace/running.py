"""The variables that commands in a workspace see, and starting them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from pipl.errors.env import NotInstalled
from pipl.errors.program import CommandFailed, ProgramMissing
from pipl.workspace import place, settled
from pipl.workspace.folder import Workspace
from pipl.workspace.settled import Settled
from pipl_pipe import variables as changes


def environ_in(
    workspace: Workspace, environ: Mapping[str, str], *, said: Settled | None = None
) -> dict[str, str]:
    """The environment variables of a workspace: its PATH, its env sets, who it is.

    `said` is what its packls said, where that was read before. Raises NotInstalled where it was
    never synced, WorkspaceMoved, EnvironmentDamaged.
    """
    environment = workspace.environment
    if not environment.exists():
        raise NotInstalled(str(workspace.folder))
    place.expect_unmoved(environment, workspace.folder)
    variables = environment.environ(environ)
    operations = (said or settled.read(environment)).env
    variables = changes.apply(operations, variables)
    variables["PIPL_WORKSPACE"] = str(workspace.folder)
    variables.pop("PIPL_OVERLAY", None)
    if workspace.overlay is not None:
        from pipl.workspace import overlay  # slow to import, and most workspaces are none

        variables["PIPL_OVERLAY"] = overlay.shown(workspace) or ""
    own = {"PIPL_TASK": place.task_of(environment), changes.NAMES: changes.names(operations)}
    return {name: one for name, one in {**variables, **own}.items() if one or name not in own}


def shell_environ(workspace: Workspace, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a shell that activates the environment itself.

    So `deactivate` there leads back to what the user had. Raises as `environ_in` does.
    """
    own = ("PIPL_WORKSPACE", "PIPL_TASK", "PIPL_OVERLAY")
    inside = environ_in(workspace, environ)
    kept = {name: one for name, one in environ.items() if name not in own}
    return {**kept, **{name: inside[name] for name in own if name in inside}}


def replace_by(args: Sequence[str], workspace: Workspace, environ: Mapping[str, str]) -> int:
    """Become the command, run in the workspace's environment (Windows: run it and wait).

    Returns its status only on Windows. Raises ProgramMissing, CommandFailed, NotInstalled,
    WorkspaceMoved.
    """
    return become(args, environ_in(workspace, environ))


def become(args: Sequence[str], variables: dict[str, str]) -> int:
    """Become a command that has these variables. Raises ProgramMissing, CommandFailed."""
    program = shutil.which(args[0], path=variables.get("PATH", os.defpath))
    if program is None:
        raise ProgramMissing(args[0])
    if sys.platform == "win32":
        from pipl import process  # slow to import, and needed nowhere else

        return process.run_here([program, *args[1:]], env=variables)
    try:
        os.execve(program, list(args), variables)  # noqa: S606  # no shell is wanted
    except OSError as fault:
        raise CommandFailed(args[0], 126, fault.strerror or str(fault)) from fault
