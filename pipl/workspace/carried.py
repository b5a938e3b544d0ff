"""The lock that a published task carries: its workspace's, without what only editing it needs."""

from __future__ import annotations

import dataclasses

from pipl.env.install import Installer
from pipl.env.lock import Lock
from pipl.workspace.folder import Workspace
from pipl.workspace.locking import read_lock, wanted
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
    extras = tuple(extra for extra in workspace.extras if extra != EDIT)
    asked = wanted(dataclasses.replace(workspace, extras=extras), prefer=lock)
    needed = installer.resolve(asked)
    names = {package.name for package in needed.packages}
    return lock.without(package.name for package in lock.packages if package.name not in names)
