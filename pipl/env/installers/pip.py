"""pip: the reference, where uv is missing or pip is asked for."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipl import process
from pipl.env import reach, requirement, surroundings
from pipl.env.install import PIP, Resolve
from pipl.env.installed import installed
from pipl.env.installers import pip_report, pip_sync, pip_words
from pipl.env.lock import Lock, LockedPackage, origin_of
from pipl.env.venv import Environment
from pipl.errors import InstallFailed, ProgramMissing, ResolverFailed, ServerDown, Unresolvable
from pipl.process import Completed

_ALWAYS = ("--disable-pip-version-check", "--no-input", "--no-color")
_QUIETLY = ("--progress-bar=off", "--root-user-action=ignore")


@dataclass(frozen=True)
class PipInstaller:
    """The pip beside pipl, told by `--python` where to work: environments hold no pip."""

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
        """See `Installer.resolve`; the lock names the files that fit this machine.

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

    def _resolve(self, wanted: Resolve, kept: Sequence[str]) -> Lock:
        with tempfile.TemporaryDirectory(prefix="pipl-resolve-") as name:
            folder = Path(name)
            lines = [
                *requirement.checked(wanted.requirements),
                *(requirement.editable(one, wanted.extras) for one in wanted.editables),
            ]
            if not lines:
                return pip_report.lock([], wanted)
            asked = requirement.write(folder / "requirements.in", lines)
            limits = requirement.write(
                folder / "constraints.txt", [*requirement.checked(wanted.constraints), *kept]
            )
            report = folder / "report.json"
            done = self._pip(
                wanted.python.path,
                "install",
                "--dry-run",
                "--ignore-installed",
                f"--report={report}",
                f"--requirement={asked}",
                f"--constraint={limits}",
                *_QUIETLY,
                *(f"--find-links={links.absolute()}" for links in wanted.find_links),
                index_url=wanted.index_url,
                cwd=wanted.root,
            )
            if done.status != 0:
                if pip_words.is_about_requirements(done):
                    raise Unresolvable(pip_words.explained(done))
                reach.check_still(wanted.index_url, self.environ, "resolving")
                raise ResolverFailed(pip_words.explained(done))
            return pip_report.lock(pip_report.read(report), wanted)

    def sync(self, environment: Environment, lock: Lock, *, root: Path, index_url: str) -> None:
        """See `Installer.sync`. What is there already, in the locked version, is not touched."""
        with unfinished.change(environment, repairs=True) as torn:
            present = installed(environment)
            plan = pip_sync.plan(lock, {} if torn else present, root)
            again = ["--force-reinstall"] if torn else []
            if plan.replaced:
                self._uninstall(environment, plan.replaced, index_url)
            if plan.files:
                self._install_files(environment, plan.files, again, index_url)
            if plan.folders:
                self._install_folders(environment, plan.folders, [*again, root], index_url)
            removed = present.keys() - {package.name for package in lock.packages}
            if removed:
                self._uninstall(environment, sorted(removed), index_url)

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
        with tempfile.TemporaryDirectory(prefix="pipl-install-") as name:
            asked = requirement.write(
                Path(name) / "requirements.in", requirement.checked(requirements)
            )
            pinned = requirement.pins(constraints) if constraints else []
            limits = requirement.write(Path(name) / "constraints.txt", pinned)
            done = self._pip(
                environment.python,
                "install",
                f"--requirement={asked}",
                f"--constraint={limits}",
                *_QUIETLY,
                index_url=index_url,
                cwd=environment.folder,
            )
        if done.status != 0:
            if pip_words.is_about_requirements(done):
                raise Unresolvable(pip_words.explained(done))
            reach.check_still(index_url, self.environ, "installing")
            raise InstallFailed(pip_words.explained(done))

    def _install_files(
        self, environment: Environment, packages: Sequence[LockedPackage], index_url: str
    ) -> None:
        with tempfile.TemporaryDirectory(prefix="pipl-sync-") as name:
            page = Path(name) / "files.html"
            page.write_text(pip_sync.page(packages), encoding="utf-8")
            asked = requirement.write(
                Path(name) / "requirements.txt", map(pip_sync.requirement_line, packages)
            )
            builds = any(map(pip_sync.may_be_built, packages))
            self._install(
                environment,
                "--no-deps",
                "--require-hashes",
                f"--requirement={asked}",
                f"--find-links={page}",
                *([] if builds else ["--no-index"]),
                index_url=index_url,
            )

    def _install_folders(
        self,
        environment: Environment,
        packages: Sequence[LockedPackage],
        root: Path,
        index_url: str,
    ) -> None:
        arguments = []
        for package in packages:
            folder = str(root.absolute() / (package.directory or ""))
            arguments += ["--editable", folder] if package.editable else [folder]
        self._install(environment, "--no-deps", *arguments, index_url=index_url)

    def _install(self, environment: Environment, *args: str, index_url: str) -> None:
        online = reach.answers(index_url, self.environ)
        done = self._pip(
            environment.python,
            "install",
            *args,
            *_QUIETLY,
            *([] if online else ["--retries=0"]),
            index_url=index_url,
            cwd=environment.folder,
        )
        if done.status != 0:
            if not online:
                raise ServerDown(origin_of(index_url))
            reach.check_still(index_url, self.environ, "installing")
            raise InstallFailed(pip_words.explained(done))

    def _uninstall(self, environment: Environment, names: Sequence[str], index_url: str) -> None:
        done = self._pip(
            environment.python,
            "uninstall",
            "--yes",
            "--root-user-action=ignore",
            *names,
            index_url=index_url,
            cwd=environment.folder,
        )
        if done.status != 0:
            raise InstallFailed(pip_words.explained(done))

    def _pip(self, target: Path, *args: str, index_url: str | None, cwd: Path) -> Completed:
        """Run pip for the Python `target`, in isolated mode: nothing in `cwd` is imported."""
        command: list[str | Path] = [
            self.python,
            "-I",
            "-m",
            "pip",
            f"--python={target}",
            *args,
            *_ALWAYS,
        ]
        variables = surroundings.of_index(index_url, self.environ)
        if index_url is not None:
            variables["PIP_INDEX_URL"] = index_url
        return process.run(command, cwd=cwd, env=variables, check=False)
