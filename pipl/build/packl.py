"""Building a packl's sdist and wheel with its own build backend (PEP 517), in isolation."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl import process
from pipl.env import surroundings
from pipl.errors import BuildFailed, CommandFailed, CommandTimedOut

TIMEOUT_S = 900.0
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "PIP_INDEX_URL")


@dataclass(frozen=True)
class Built:
    """The two files of a release."""

    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class Builder:
    """What builds need of the world.

    `installer` (`uv` or `pip`) fills the isolated environments, from `index_url` only where
    it is given; `environ` are the variables that the backend runs with.
    """

    installer: str
    environ: Mapping[str, str]
    index_url: str | None = None

    def variables(self) -> dict[str, str]:
        """The environment of the build; the user's own settings where there is no index."""
        if self.index_url is None:
            return dict(self.environ)
        cleaned = surroundings.clean(self.environ)
        return {**cleaned, "UV_NO_CONFIG": "1", **dict.fromkeys(_INDEX_VARIABLES, self.index_url)}


def build(folder: Path, out: Path, builder: Builder) -> Built:
    """Build the sdist and the wheel of the packl at `folder` into the empty folder `out`.

    Raises BuildFailed with the end of what the backend wrote.
    """
    command: list[str | Path] = [
        sys.executable, "-m", "build", "--sdist", "--wheel",
        "--installer", builder.installer, "--outdir", out, folder,
    ]  # fmt: skip
    try:
        process.run(command, env=builder.variables(), timeout_s=TIMEOUT_S)
    except (CommandFailed, CommandTimedOut) as fault:
        raise BuildFailed(str(folder), fault.output) from fault
    wheels, sdists = sorted(out.glob("*.whl")), sorted(out.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        made = ", ".join(path.name for path in sorted(out.iterdir())) or "nothing"
        raise BuildFailed(str(folder), f"the backend made {made}, not one wheel and one sdist")
    return Built(wheels[0], sdists[0])
