"""Running pip: the one beside pipl, told where to work and where to take packages from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipl import process
from pipl.env import reach, requirement, surroundings
from pipl.env.environment import Environment
from pipl.env.install import IN_PLACE
from pipl.env.installers import pip_sync, pip_words
from pipl.env.lock import LockedPackage, origin_of
from pipl.errors.env import InstallFailed
from pipl.errors.server import ServerDown
from pipl.process import Completed

_ALWAYS = ("--disable-pip-version-check", "--no-input", "--no-color")
_QUIETLY = ("--progress-bar=off", "--root-user-action=ignore")


@dataclass(frozen=True)
class Pip:
    """pip as the Python `python` has it, with packages from `index_url` (None: the user's own)."""

    python: Path
    environ: Mapping[str, str]
    index_url: str | None

    def run(
        self,
        target: Path,
        command: str,
        *args: str | Path,
        cwd: Path,
        timeout_s: float | None = None,
    ) -> Completed:
        """A pip command for the Python `target`, which needs no pip of its own.

        It runs in isolated mode, so nothing in `cwd` is imported.
        """
        variables = surroundings.of_index(self.index_url, self.environ)
        if self.index_url is not None:
            variables["PIP_INDEX_URL"] = self.index_url
        call: list[str | Path] = [self.python, "-I", "-m", "pip", f"--python={target}", command]
        return process.run(
            [*call, *args, *_ALWAYS], cwd=cwd, env=variables, check=False, timeout_s=timeout_s
        )

    def install(
        self, target: Path, *args: str | Path, cwd: Path, timeout_s: float | None = None
    ) -> Completed:
        """`pip install`, without its progress."""
        return self.run(target, "install", *args, *_QUIETLY, cwd=cwd, timeout_s=timeout_s)


@dataclass(frozen=True)
class Target:
    """An environment that pip makes equal to a lock, `afresh` what is there already."""

    pip: Pip
    environment: Environment
    index_url: str
    afresh: bool

    def install_files(self, packages: Sequence[LockedPackage]) -> None:
        """Install just the locked files, each checked. Raises InstallFailed, ServerDown."""
        if not packages:
            return
        with tempfile.TemporaryDirectory(prefix="pipl-sync-") as name:
            page = Path(name) / "files.html"
            page.write_text(pip_sync.page(packages), encoding="utf-8")
            lines = map(pip_sync.requirement_line, packages)
            asked = requirement.write(Path(name) / "requirements.txt", lines)
            builds = any(map(pip_sync.may_be_built, packages))
            self._install(
                "--require-hashes",
                f"--requirement={asked}",
                f"--find-links={page}",
                *([] if builds else ["--no-index"]),
            )

    def install_folders(self, packages: Sequence[LockedPackage], root: Path) -> None:
        """Install packls where they are edited. Raises InstallFailed, ServerDown."""
        arguments: list[str | Path] = []
        for package in packages:
            folder = root.absolute() / (package.directory or "")
            arguments += ["--editable", folder] if package.editable else [folder]
        if arguments:
            self._install(f"--config-settings={IN_PLACE}", *arguments)

    def uninstall(self, names: Iterable[str]) -> None:
        """Remove packages. Raises InstallFailed."""
        listed = sorted(names)
        if not listed:
            return
        arguments = ("--yes", "--root-user-action=ignore", *listed)
        done = self.pip.run(
            self.environment.python, "uninstall", *arguments, cwd=self.environment.folder
        )
        if done.status != 0:
            raise InstallFailed(pip_words.explained(done))

    def _install(self, *args: str | Path) -> None:
        online = reach.answers(self.index_url, self.pip.environ)
        done = self.pip.install(
            self.environment.python,
            "--no-deps",
            *args,
            *(["--force-reinstall"] if self.afresh else []),
            *([] if online else ["--retries=0"]),
            cwd=self.environment.folder,
        )
        if done.status != 0:
            if not online:
                raise ServerDown(origin_of(self.index_url))
            reach.check_still(self.index_url, self.pip.environ, "installing")
            raise InstallFailed(pip_words.explained(done))
