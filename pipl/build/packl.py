"""Building a packl's sdist and wheel with its own build backend (PEP 517), in isolation."""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from build import BuildBackendException, BuildException, ProjectBuilder
from filelock import FileLock

from pipl import process
from pipl.env import python, surroundings, venv
from pipl.env.choice import choose
from pipl.env.environment import Environment
from pipl.env.install import Installer
from pipl.errors.build import BuildFailed
from pipl.errors.env import InstallFailed, Unresolvable
from pipl.errors.program import CommandFailed, CommandTimedOut
from pipl_pipe import caches

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

    `installer` (`uv` or `pip`) fills the isolated environment, from `index_url` only where
    it is given; `environ` are the variables that the backend runs with.
    """

    installer: str
    environ: Mapping[str, str]
    index_url: str | None = None

    def variables(self) -> dict[str, str]:
        """The variables of the backend; the user's own settings where there is no index."""
        variables = surroundings.of_index(self.index_url, self.environ)
        variables.pop("PYTHONDONTWRITEBYTECODE", None)  # each hook would compile setuptools again
        if self.index_url is not None:
            variables |= {"UV_NO_CONFIG": "1", **dict.fromkeys(_INDEX_VARIABLES, self.index_url)}
        return variables


def build(folder: Path, out: Path, builder: Builder) -> Built:
    """Build the sdist of the packl at `folder` into `out`, and the wheel from that sdist.

    So the wheel holds what the sdist has, not what earlier builds have left in the folder.
    Raises BuildFailed with the end of what the backend wrote, ServerDown.
    """
    with tempfile.TemporaryDirectory(prefix="pipl-build-") as name:
        work = Path(name)
        environment = venv.create(
            work / "env", python.running(), cache=caches.folder(builder.environ)
        )
        workshop = _Workshop(
            folder, environment, builder, choose(builder.installer, builder.environ)
        )
        with _alone(folder):
            sdist = workshop.make("sdist", folder, work / "sdist")
        wheel = workshop.make("wheel", workshop.unpacked(sdist, work / "source"), work / "wheel")
        out.mkdir(parents=True, exist_ok=True)
        return Built(
            wheel=Path(shutil.move(wheel, out / wheel.name)),
            sdist=Path(shutil.move(sdist, out / sdist.name)),
        )


def _alone(folder: Path) -> FileLock:
    """Backends write beside the sources (setuptools: egg-info), so two builds take turns.

    The lock lies among the user's temporary files: nothing of it gets into the packl.
    """
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return FileLock(Path(tempfile.gettempdir()) / f"pipl-build-{user}-{name}.lock")


@dataclass(frozen=True)
class _Workshop:
    """An isolated environment in which the packl at `packl` is built."""

    packl: Path
    environment: Environment
    builder: Builder
    installer: Installer
    present: set[str] = field(default_factory=set)

    def make(self, distribution: Literal["sdist", "wheel"], source: Path, out: Path) -> Path:
        """Have the backend of `source` make a distribution, with all that it asks for."""
        try:
            project = ProjectBuilder(source, str(self.environment.python), self._run)
            self._have(project.build_system_requires)
            self._have(project.get_requires_for_build(distribution))
            return Path(project.build(distribution, out))
        except BuildBackendException as fault:
            raise self._failed(_output_of(fault)) from fault
        except BuildException as fault:
            raise self._failed(str(fault)) from fault

    def unpacked(self, sdist: Path, destination: Path) -> Path:
        """The folder in an sdist (PEP 625: just one)."""
        try:
            with tarfile.open(sdist) as archive:
                if hasattr(tarfile, "data_filter"):
                    archive.extractall(destination, filter="data")
                else:  # Python 3.10 before 3.10.12; the packl's own backend made this file
                    archive.extractall(destination)  # noqa: S202
        except (OSError, tarfile.TarError) as fault:
            raise self._failed(f"{sdist.name} cannot be unpacked: {fault}") from fault
        folders = [path for path in destination.iterdir() if path.is_dir()]
        if len(folders) != 1:
            raise self._failed(f"{sdist.name} must hold one folder; it has {len(folders)}")
        return folders[0]

    def _have(self, requirements: set[str]) -> None:
        missing = sorted(requirements - self.present)
        if not missing:
            return
        try:
            self.installer.add_files(self.environment, missing, index_url=self.builder.index_url)
        except (Unresolvable, InstallFailed) as fault:
            raise self._failed(
                f"what it needs for building cannot be installed:\n{fault.explanation}"
            ) from fault
        self.present.update(missing)

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """How pypa/build starts the backend."""
        variables = self.environment.environ(self.builder.variables())
        process.run(
            cmd,
            cwd=None if cwd is None else Path(cwd),
            env={**variables, **(extra_environ or {})},
            timeout_s=TIMEOUT_S,
        )

    def _failed(self, output: str) -> BuildFailed:
        return BuildFailed(str(self.packl), output)


def _output_of(fault: BuildBackendException) -> str:
    cause = fault.exception
    if isinstance(cause, (CommandFailed, CommandTimedOut)):
        return cause.output
    return str(fault)
