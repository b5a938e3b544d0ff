"""The shells that there are, by name."""

from __future__ import annotations

from collections.abc import Mapping

from pipl.env.shells.as_json import Json
from pipl.env.shells.cmd import Cmd
from pipl.env.shells.fish import Fish
from pipl.env.shells.posix import Bash, Sh, Zsh
from pipl.env.shells.powershell import PowerShell
from pipl.env.shells.shell import Shell
from pipl.env.shells.tcsh import Tcsh

_ALL: list[Shell] = [Bash(), Sh(), Zsh(), Fish(), Tcsh(), PowerShell(), Cmd(), Json()]
SHELLS: Mapping[str, Shell] = {one.name: one for one in _ALL}
