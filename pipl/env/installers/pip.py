"""pip: the reference, where uv is missing or pip is asked for."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from packaging.version import Version

from pipl.env import reach, requirement, unfinished
from pipl.env.environment import Environment
from pipl.env.install import PIP, Everything, Meanwhile, Presumed, Resolve, nothing
from pipl.env.installed import installed
from pipl.env.installers import pip_report, pip_sync, pip_words
from pipl.env.installers.pip_run import Pip, Target
from pipl.env.lock import Lock
from pipl.errors.env import InstallFailed, ResolverFailed, Unresolvable
from pipl.errors.program import ProgramMissing


@dataclass(frozen=True)
class PipInstaller:
    """A pip process or a few per call, with a user's cache but none of their settings."""

    python: Path
    environ: Mapping[str, str]

    name: ClassVar[str] = PIP

    @classmethod
    def of_this_python(cls, environ: Mapping[str, str]) -> PipInstaller:
        """The pip that pipl was installed with. Raises ProgramMissing."""
        if importlib.util.find_spec("pip") is None:
            raise ProgramMissing(PIP)
        return cls(Path(sys.executable), environ)

    def resolve(self, wanted: Resolve) -> Lock:
        """See `Installer.resolve`; the lock names the files that fit this machine, and no other
        platform whatever is wanted.

        pip cannot be asked to keep what may stay: all preferred versions are kept, or none.
        """
        reach.check(wanted.index_url, self.environ)
        kept = requirement.pins(wanted.preferred) if wanted.preferred else []
        if kept:
            try:
                return self._resolve(wanted, kept)
            except Unresolvable:
                pass  # something has to move
        return self._resolve(wanted, [])

    def presumed(self, wanted: Resolve) -> Presumed | None:
        """See `Installer.presumed`; nothing is remembered of pip's answers."""
        return None

    def requirers(self, wanted: Resolve, lock: Lock) -> dict[str, tuple[str, ...]]:
        """See `Installer.requirers`."""
        items = self._report(wanted, requirement.pins(lock))
        return pip_report.requirers(items, wanted.python.version)

    def is_current(
        self, environment: Environment, lock: Lock, *, root: Path, index_url: str
    ) -> bool:
        """See `Installer.is_current`."""
        if unfinished.is_torn(environment):
            return False
        plan = pip_sync.plan(_needed(lock, environment), installed(environment), root, afresh=False)
        return not (plan.replaced or plan.files or plan.folders or plan.removed)

    def sync(
        self,
        environment: Environment,
        lock: Lock,
        *,
        root: Path,
        index_url: str,
        meanwhile: Meanwhile = nothing,
    ) -> None:
        """See `Installer.sync`. What is there already, in the locked version, is not touched.

        pip is at work in many short calls: `meanwhile` is before them.
        """
        meanwhile()
        with unfinished.change(environment, repairs=True) as torn:
            plan = pip_sync.plan(
                _needed(lock, environment), installed(environment), root, afresh=torn
            )
            target = Target(self._pip(index_url), environment, index_url, afresh=torn)
            target.uninstall(plan.replaced)
            target.install_files(plan.files)
            target.install_folders(plan.folders, root)
            target.uninstall(plan.removed)

    def add_files(
        self,
        environment: Environment,
        requirements: Sequence[str],
        *,
        index_url: str | None,
        constraints: Lock | None = None,
    ) -> None:
        """See `Installer.add_files`."""
        reach.check(index_url, self.environ)
        with (
            tempfile.TemporaryDirectory(prefix="pipl-install-") as name,
            unfinished.change(environment, repairs=False),
        ):
            asked = requirement.write(
                Path(name) / "requirements.in", requirement.checked(requirements)
            )
            pinned = requirement.pins(constraints) if constraints else []
            limits = requirement.write(Path(name) / "constraints.txt", pinned)
            done = self._pip(index_url).install(
                environment.python,
                f"--requirement={asked}",
                f"--constraint={limits}",
                cwd=environment.folder,
            )
            if done.status != 0:
                if pip_words.is_about_requirements(done):
                    raise Unresolvable(pip_words.explained(done))
                reach.check_still(index_url, self.environ, "installing")
                raise InstallFailed(pip_words.explained(done))

    def _pip(self, index_url: str | None) -> Pip:
        return Pip(self.python, self.environ, index_url)

    def _resolve(self, wanted: Resolve, kept: Sequence[str]) -> Lock:
        return pip_report.lock(self._report(wanted, kept), wanted)

    def _report(self, wanted: Resolve, kept: Sequence[str]) -> list[Mapping[str, Any]]:
        lines = [
            *requirement.checked(wanted.requirements),
            *(requirement.editable(one, wanted.extras) for one in wanted.editables),
        ]
        if not lines:  # pip refuses to do nothing
            return []
        names = [":all:"] if isinstance(wanted.early, Everything) else sorted(wanted.early)
        early = [f"--all-releases={name}" for name in names]
        with tempfile.TemporaryDirectory(prefix="pipl-resolve-") as name:
            folder = Path(name)
            asked = requirement.write(folder / "requirements.in", lines)
            limits = requirement.write(
                folder / "constraints.txt", [*requirement.checked(wanted.constraints), *kept]
            )
            report = folder / "report.json"
            done = self._pip(wanted.read_url).install(
                wanted.python.path,
                "--dry-run",
                "--ignore-installed",
                f"--report={report}",
                f"--requirement={asked}",
                f"--constraint={limits}",
                *early,
                cwd=wanted.root,
                timeout_s=wanted.timeout_s,
            )
            if done.status != 0:
                if pip_words.is_about_requirements(done):
                    raise Unresolvable(pip_words.explained(done))
                reach.check_still(wanted.index_url, self.environ, "resolving")
                raise ResolverFailed(pip_words.explained(done))
            return pip_report.read(report)


def _needed(lock: Lock, environment: Environment) -> Lock:
    """What of a lock is for this platform and the environment's Python, told by its folders."""
    language = environment.site_packages.parent.name.removeprefix("python")
    return lock.needed_here(Version(language) if language[:1].isdigit() else None)
