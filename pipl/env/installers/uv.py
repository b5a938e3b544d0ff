"""uv: fast, and its explanations of a conflict are the best there are."""

from __future__ import annotations

import dataclasses
import importlib.util
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipl import process
from pipl.env import reach, requirement, surroundings, unfinished
from pipl.env.edited import edited
from pipl.env.install import IN_PLACE, UV, Resolve
from pipl.env.installers import uv_words
from pipl.env.lock import Lock, LockedPackage, origin_of
from pipl.env.paths import below, normal
from pipl.env.venv import Environment
from pipl.errors import (
    InstallFailed,
    InvalidLock,
    ProgramMissing,
    ResolverFailed,
    ServerDown,
    Unresolvable,
)
from pipl.process import Completed

_ALWAYS = ("--quiet", "--color=never", "--no-progress", "--no-python-downloads")


def is_installed() -> bool:
    """Whether the `uv` package stands beside pipl."""
    return importlib.util.find_spec("uv") is not None


@dataclass(frozen=True)
class UvInstaller:
    """One uv process per call, with a user's cache but none of their settings.

    `nearby` gives, for an index, the URL of another that shows what its project holds and is
    quicker to read (None: there is none); it raises ServerDown where the index does not answer.
    """

    program: Path
    environ: Mapping[str, str]
    nearby: Callable[[str], str | None] | None = None

    name: ClassVar[str] = UV

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> UvInstaller:
        """The uv that pipl was installed with. Raises ProgramMissing."""
        if not is_installed():
            raise ProgramMissing(UV)
        from uv import find_uv_bin

        try:
            return cls(Path(find_uv_bin()), environ)
        except FileNotFoundError as fault:
            raise ProgramMissing(UV) from fault

    def resolve(self, wanted: Resolve) -> Lock:
        """See `Installer.resolve`; the lock names every file of a version, for any platform."""
        nearby = self._nearby(wanted)
        with tempfile.TemporaryDirectory(prefix="pipl-resolve-") as name:
            folder = Path(name)
            asked = requirement.write(
                folder / "requirements.in",
                [
                    *requirement.checked(wanted.requirements),
                    *(requirement.editable(one, wanted.extras) for one in wanted.editables),
                ],
            )
            output = folder / "pylock.toml"
            if wanted.preferred is not None:
                output.write_text(wanted.preferred.render(), encoding="utf-8")
            limits = requirement.write(
                folder / "constraints.txt", requirement.checked(wanted.constraints)
            )
            done = self._run(
                "pip",
                "compile",
                asked,
                f"--output-file={output}",
                "--format=pylock.toml",
                f"--constraints={limits}",
                f"--python={wanted.python.path}",
                "--prerelease=if-necessary-or-explicit",
                "--no-sources",
                "--no-header",
                # the first index that has a name is the only one that counts for it
                *([f"--index={nearby}"] if nearby else []),
                index_url=wanted.read_url,
                cwd=wanted.root,
            )
            if done.status != 0:
                if uv_words.is_about_requirements(done):
                    raise Unresolvable(uv_words.explained(done))
                reach.check_still(wanted.index_url, self.environ, "resolving")
                raise ResolverFailed(uv_words.explained(done))
            return _adopted(output, wanted)

    def _nearby(self, wanted: Resolve) -> str | None:
        """Raises ServerDown, also where there is no index nearby."""
        found = self.nearby(wanted.index_url) if self.nearby and wanted.as_of is None else None
        if found is None:
            reach.check(wanted.index_url, self.environ)
        return found

    def sync(self, environment: Environment, lock: Lock, *, root: Path, index_url: str) -> None:
        """See `Installer.sync`."""
        online = reach.answers(index_url, self.environ)
        released = {one.name for one in lock.packages if one.directory is None}
        # uv takes an edited package for the locked one where their versions agree
        replaced = released & edited(environment).keys()
        with (
            tempfile.TemporaryDirectory(prefix="pipl-sync-") as folder,
            unfinished.change(environment, repairs=True) as torn,
        ):
            path = Path(folder) / "pylock.toml"
            path.write_text(_grounded(lock, root).render(), encoding="utf-8")
            done = self._run(
                "pip",
                "sync",
                path,
                f"--python={environment.python}",
                "--allow-empty-requirements",
                *(["--reinstall"] if torn else ()),
                *(f"--reinstall-package={name}" for name in replaced),
                *(f"--config-settings-package={one}:{IN_PLACE}" for one in sorted(lock.editables)),
                *([] if online else ["--offline"]),
                index_url=index_url,
                cwd=root,
            )
            if done.status != 0:
                if not online:
                    raise ServerDown(origin_of(index_url))
                reach.check_still(index_url, self.environ, "installing")
                raise InstallFailed(uv_words.explained(done))

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
            done = self._run(
                "pip",
                "install",
                f"--requirements={asked}",
                f"--constraints={limits}",
                f"--python={environment.python}",
                "--prerelease=if-necessary-or-explicit",
                "--no-sources",
                index_url=index_url,
                cwd=environment.folder,
            )
            if done.status != 0:
                if uv_words.is_about_requirements(done):
                    raise Unresolvable(uv_words.explained(done))
                reach.check_still(index_url, self.environ, "installing")
                raise InstallFailed(uv_words.explained(done))

    def _run(self, *args: str | Path, index_url: str | None, cwd: Path) -> Completed:
        where = [] if index_url is None else ["--no-config", f"--default-index={index_url}"]
        variables = surroundings.of_index(index_url, self.environ)
        return process.run(
            [self.program, *args, *where, *_ALWAYS], cwd=cwd, env=variables, check=False
        )


def _adopted(output: Path, wanted: Resolve) -> Lock:
    """uv's lock as ours: any patch release of the Python fits, folders relative to the root."""
    try:
        found = Lock.read(output)
    except InvalidLock as fault:  # such as a requirement on a repository
        raise ResolverFailed(fault.reason) from fault
    packages = tuple(
        dataclasses.replace(
            package, directory=below(normal(output.parent / package.directory), wanted.root)
        )
        if package.directory is not None
        else package
        for package in found.packages
    )
    return Lock(
        packages,
        requires_python=f">={wanted.python.minor}",
        index_url=wanted.index_url,
        origin=origin_of(wanted.index_url),
        as_of=wanted.as_of,
    )


def _grounded(lock: Lock, root: Path) -> Lock:
    """The lock with absolute folders, so that it may be read from anywhere."""

    def grounded(package: LockedPackage) -> LockedPackage:
        if package.directory is None:
            return package
        return dataclasses.replace(
            package, directory=(root.absolute() / package.directory).as_posix()
        )

    return dataclasses.replace(lock, packages=tuple(map(grounded, lock.packages)))
