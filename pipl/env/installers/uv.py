"""uv: fast, and its explanations of a conflict are the best there are."""

from __future__ import annotations

import dataclasses
import importlib.util
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipl.env import reach, requirement, unfinished
from pipl.env.edited import edited
from pipl.env.environment import Environment
from pipl.env.install import (
    ALL,
    IN_PLACE,
    UV,
    Everything,
    Meanwhile,
    Nearby,
    NearbyIndex,
    Presumed,
    Resolve,
    nothing,
)
from pipl.env.installers import uv_run, uv_universal, uv_words
from pipl.env.installers.uv_run import UvCall
from pipl.env.known import Known
from pipl.env.lock import Lock, LockedPackage, index_of, origin_of
from pipl.env.paths import below, normal
from pipl.errors.base import DiskFull
from pipl.errors.env import InstallFailed, InvalidLock, ResolverFailed, Unresolvable
from pipl.errors.program import ProgramMissing
from pipl.errors.server import ServerDown
from pipl.process import Completed


def is_installed() -> bool:
    """Whether the `uv` package stands beside pipl."""
    return importlib.util.find_spec("uv") is not None


@dataclass(frozen=True)
class UvInstaller:
    """One uv process per call, with a user's cache but none of their settings.

    What an index `nearby` lacks is looked for on the one that it stands for, before it counts.
    """

    program: Path
    environ: Mapping[str, str]
    nearby: Nearby | None = None

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
        """See `Installer.resolve`; the lock names every file of a version that fits a platform."""
        presumed = self.presumed(wanted)
        if presumed is not None and presumed.holds():
            return presumed.lock
        with tempfile.TemporaryDirectory(prefix="pipl-resolve-") as name:
            output = Path(name) / "pylock.toml"
            told = ("--format=pylock.toml", f"--output-file={output}")
            _, index = self._compile(wanted, Path(name), (), *told, output=output)
            lock = _adopted(output, wanted)
        if index is not None:
            self._known.note(wanted, index, lock)
        return lock

    def presumed(self, wanted: Resolve) -> Presumed | None:
        """See `Installer.presumed`."""
        seen = self._seen(wanted)
        lock = self._known.answer(wanted, seen) if seen else None
        return Presumed(lock, lambda: self._current(wanted) == seen) if lock else None

    @property
    def _known(self) -> Known:
        return Known(self.program, self.environ)

    def requirers(self, wanted: Resolve, lock: Lock) -> dict[str, tuple[str, ...]]:
        """See `Installer.requirers`."""
        here = dataclasses.replace(wanted, platforms=())
        with tempfile.TemporaryDirectory(prefix="pipl-resolve-") as name:
            pins = requirement.pins(lock)
            done, _ = self._compile(here, Path(name), pins, "--annotation-style=line")
            return uv_words.requirers(done.stdout)

    def _compile(
        self,
        wanted: Resolve,
        folder: Path,
        pins: Sequence[str],
        *options: str,
        output: Path | None = None,
    ) -> tuple[Completed, NearbyIndex | None]:
        """What uv says, and of which index nearby it does; `output` is the lock that it writes."""
        asked = requirement.write(
            folder / "requirements.in",
            [
                *requirement.checked(wanted.requirements),
                *(requirement.editable(one, wanted.extras) for one in wanted.editables),
            ],
        )
        limits = requirement.write(
            folder / "constraints.txt", [*requirement.checked(wanted.constraints), *pins]
        )
        universal = bool(wanted.platforms)
        if universal:
            uv_universal.prepare(folder, wanted.platforms, wanted.python)
        early = () if isinstance(wanted.early, Everything) else sorted(wanted.early)
        call = uv_run.call(
            self.program,
            self.environ,
            "pip",
            "compile",
            asked,
            *options,
            f"--constraints={limits}",
            f"--python={wanted.python.path}",
            f"--prerelease={'allow' if wanted.early is ALL else 'if-necessary-or-explicit'}",
            *(f"--prerelease-package={one}=allow" for one in early),
            "--no-sources",
            "--no-header",
            *(["--universal"] if universal else []),
            index_url=wanted.read_url,
            cwd=folder if universal else wanted.root,
            settings=folder if universal else None,
            timeout_s=wanted.timeout_s,
        )
        done, index = self._read(wanted, call, output)
        is_doubtful = done.status != 0 and wanted.timeout_s is None  # else it is only a try
        if index and self.nearby and is_doubtful and uv_words.is_about_the_index(done):
            done, index = call.run(), None
            if done.status == 0:
                self.nearby.forget(wanted.index_url)
        if done.status != 0:
            if uv_words.is_about_requirements(done):
                raise Unresolvable(uv_words.explained(done))
            reach.check_still(wanted.index_url, self.environ, "resolving")
            raise ResolverFailed(uv_words.explained(done))
        return done, index

    def _read(
        self, wanted: Resolve, call: UvCall, output: Path | None
    ) -> tuple[Completed, NearbyIndex | None]:
        """What uv says with the index nearby, and which that was.

        uv begins with that index as it was last seen, while the server is asked whether it still
        is so; it begins anew where not. Raises ServerDown.
        """
        seen = self._seen(wanted)
        if seen is None:
            index = self._current(wanted)
        else:
            _prefer(wanted, output)
            with call.before(seen).started() as begun:
                index = self._current(wanted)
                if index == seen:
                    done = begun()
                    if done.status == 0 or not self._is_to_begin_anew(wanted, seen, done):
                        return done, index
        _prefer(wanted, output)
        return call.before(index).run(), index

    def _is_to_begin_anew(self, wanted: Resolve, seen: NearbyIndex, failed: Completed) -> bool:
        """Whether a failure is of uv's cache, or of pages that were written meanwhile."""
        return uv_words.is_about_its_cache(failed) or self._seen(wanted) != seen

    def _seen(self, wanted: Resolve) -> NearbyIndex | None:
        if self.nearby is None or wanted.as_of is not None:
            return None
        return self.nearby.seen(wanted.index_url)

    def _current(self, wanted: Resolve) -> NearbyIndex | None:
        """Raises ServerDown, also where there is no index nearby."""
        asked = self.nearby is not None and wanted.as_of is None
        found = self.nearby.current(wanted.index_url) if self.nearby and asked else None
        if found is None:
            reach.check(wanted.index_url, self.environ)
        return found

    def is_current(
        self, environment: Environment, lock: Lock, *, root: Path, index_url: str
    ) -> bool:
        """See `Installer.is_current`."""
        if unfinished.is_torn(environment):
            return False
        done = self._sync(environment, lock, "--dry-run", "--offline", root=root, url=index_url)
        return done.status == 0 and uv_words.changes_nothing(done)

    def sync(
        self,
        environment: Environment,
        lock: Lock,
        *,
        root: Path,
        index_url: str,
        meanwhile: Meanwhile = nothing,
    ) -> None:
        """See `Installer.sync`."""
        online = reach.answers(index_url, self.environ)
        with unfinished.change(environment, repairs=True) as torn:
            options = [*(["--reinstall"] if torn else ()), *([] if online else ["--offline"])]
            done = self._sync(
                environment, lock, *options, root=root, url=index_url, meanwhile=meanwhile
            )
            if done.status != 0:
                if not online:
                    raise ServerDown(origin_of(index_url))
                reach.check_still(index_url, self.environ, "installing")
                if uv_words.is_about_room(done):
                    raise DiskFull(str(environment.folder))
                raise InstallFailed(uv_words.explained(done))

    def _sync(
        self,
        environment: Environment,
        lock: Lock,
        *options: str,
        root: Path,
        url: str,
        meanwhile: Meanwhile = nothing,
    ) -> Completed:
        released = {one.name for one in lock.packages if one.directory is None}
        # uv takes an edited package for the locked one where their versions agree
        replaced = released & edited(environment).keys()
        with tempfile.TemporaryDirectory(prefix="pipl-sync-") as folder:
            path = Path(folder) / "pylock.toml"
            path.write_text(_grounded(lock, root).render(), encoding="utf-8")
            call = uv_run.call(
                self.program,
                self.environ,
                "pip",
                "sync",
                path,
                f"--python={environment.python}",
                "--allow-empty-requirements",
                *(f"--reinstall-package={name}" for name in replaced),
                *(f"--config-settings-package={one}:{IN_PLACE}" for one in sorted(lock.editables)),
                *options,
                index_url=url,
                cwd=root,
            )
            return call.run(meanwhile)

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
            done = uv_run.call(
                self.program,
                self.environ,
                "pip",
                "install",
                f"--requirements={asked}",
                f"--constraints={limits}",
                f"--python={environment.python}",
                "--prerelease=if-necessary-or-explicit",
                "--no-sources",
                index_url=index_url,
                cwd=environment.folder,
            ).run()
            if done.status != 0:
                if uv_words.is_about_requirements(done):
                    raise Unresolvable(uv_words.explained(done))
                reach.check_still(index_url, self.environ, "installing")
                raise InstallFailed(uv_words.explained(done))


def _prefer(wanted: Resolve, output: Path | None) -> None:
    """Put where uv writes its lock what it is to keep of an older one."""
    if output is None:
        return
    output.unlink(missing_ok=True)
    if wanted.preferred is not None:
        output.write_text(wanted.preferred.render(), encoding="utf-8")


def _adopted(output: Path, wanted: Resolve) -> Lock:
    """uv's lock as ours: any patch release of the Python fits, folders relative to the root."""
    try:
        found = Lock.read(output)
    except InvalidLock as fault:  # such as a requirement on a repository
        raise ResolverFailed(fault.reason) from fault
    platforms, python, origin = wanted.platforms, wanted.python, origin_of(wanted.index_url)

    def adopted(package: LockedPackage) -> LockedPackage:
        folder = package.directory
        marker = package.marker
        return dataclasses.replace(
            package,
            directory=folder and below(normal(output.parent / folder), wanted.root),
            marker=uv_universal.own_marker(marker, platforms, python) if platforms else marker,
            index=index_of(package.files, origin),
        )

    return Lock(
        tuple(map(adopted, found.packages)),
        requires_python=f"=={python.minor}.*" if platforms else f">={python.minor}",
        index_url=wanted.index_url,
        origin=origin,
        platforms=platforms,
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
