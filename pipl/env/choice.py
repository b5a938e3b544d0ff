"""Choosing an installer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from pipl.env.install import PIP, UV, Installer, Nearby
from pipl.errors.env import UnknownInstaller


def choose(
    name: str | None,
    environ: Mapping[str, str],
    *,
    nearby: Nearby | None = None,
) -> Installer:
    """The installer of that name; None: uv where it is installed, else pip.

    `environ` are the variables that its processes start from; pip makes no use of `nearby`, as it
    takes no index before another. Raises UnknownInstaller, ProgramMissing.
    """
    # each brings what only it needs
    if name in (None, UV):
        from pipl.env.installers.uv import UvInstaller, is_installed

        if name is not None or is_installed():
            return dataclasses.replace(UvInstaller.find(environ), nearby=nearby)
    if name in (None, PIP):
        from pipl.env.installers.pip import PipInstaller

        return PipInstaller.of_this_python(environ)
    raise UnknownInstaller(str(name), (UV, PIP))
