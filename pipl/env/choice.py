"""Choosing an installer."""

from __future__ import annotations

from collections.abc import Mapping

from pipl.env.install import PIP, UV, Installer
from pipl.errors import UnknownInstaller


def choose(name: str | None, environ: Mapping[str, str]) -> Installer:
    """The installer of that name; None: uv where it is installed, else pip.

    `environ` are the variables that its processes start from. Raises UnknownInstaller,
    ProgramMissing.
    """
    # each brings what only it needs
    if name in (None, UV):
        from pipl.env.installers.uv import UvInstaller, is_installed

        if name is not None or is_installed():
            return UvInstaller.find(environ)
    if name in (None, PIP):
        from pipl.env.installers.pip import PipInstaller

        return PipInstaller.of_this_python(environ)
    raise UnknownInstaller(str(name), (UV, PIP))
