"""The lock that a published task carries: its workspace's, without what only editing it needs."""

from __future__ import annotations

from pipl.env import requirement
from pipl.env.install import Installer, Resolve
from pipl.env.lock import Lock
from pipl.workspace.folder import Workspace
from pipl.workspace.locking import interpreter_for, read_lock
from pipl_pipe import packl

EDIT = "edit"
"""The extra of a packl that names its editors."""


def carried_lock(workspace: Workspace, installer: Installer) -> Lock | None:
    """What of the workspace's lock is needed without the `edit` extras; None: there is no lock.

    So CI's environments hold no application that only a person starts. Every package keeps the
    version that it is locked to. Raises Unresolvable, ServerDown.
    """
    lock = read_lock(workspace)
    if lock is None or EDIT not in workspace.extras:
        return lock
    if not any(packl.read(path).extras.get(EDIT) for path in workspace.edited):
        return lock
    needed = installer.resolve(
        Resolve(
            requirements=workspace.requirements,
            editables=workspace.edited,
            extras=tuple(extra for extra in workspace.extras if extra != EDIT),
            constraints=tuple(requirement.pins(lock)),
            root=workspace.folder,
            index_url=workspace.binding.index_url,
            python=interpreter_for(workspace),
            prefer=lock,
        )
    )
    names = {package.name for package in needed.packages}
    return lock.without(package.name for package in lock.packages if package.name not in names)
