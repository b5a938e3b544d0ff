"""What an installer does for pipl, and choosing one.

Same lock, same result: `tests/conformance/installers` runs over every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeAlias

from pipl.env.environment import Environment
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock, origin_of

UV: Final = "uv"
PIP: Final = "pip"
IN_PLACE: Final = "editable_mode=compat"
"""Makes setuptools put an edited packl on the path. Its import hook comes after the path, where
the packl's own folder, in the current one, would be taken for a namespace package."""

AS_OF: Final = "/+pipl/as-of"
"""Below this page of the project's server, and a time, are its indexes as they were then."""


class Everything(Enum):
    """Stands for the names of all packages there are."""

    ALL = "all"


ALL: Final = Everything.ALL
Upgrade: TypeAlias = frozenset[str] | Everything
"""Normalised names of packages that may move although they are locked."""


@dataclass(frozen=True)
class Resolve:
    """What a lock is wanted for.

    `requirements` and `constraints` are PEP 508 texts; constraints only limit versions of what
    is required anyway. `editables` are folders, installed in place with those of `extras` that
    they have. Of the versions in `prefer`, all stay that may, but for those of `upgrade`. Only
    the index at `index_url` (PEP 503) counts, as it was at `as_of` (such as
    2026-03-01T12:00:00Z; None: now). Pre-releases are chosen of `prereleases`, of packages that
    are locked in one, of those that have no other, and where one is asked for. After `timeout_s`
    seconds it is given up.

    `platforms`, as `pipl.env.platforms` names them, are all that the lock is wanted for;
    none: this one.
    """

    requirements: tuple[str, ...]
    root: Path
    index_url: str
    python: Interpreter
    editables: tuple[Path, ...] = ()
    extras: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    prefer: Lock | None = None
    upgrade: Upgrade = frozenset()
    prereleases: Upgrade = frozenset()
    platforms: tuple[str, ...] = ()
    as_of: str | None = None
    timeout_s: float | None = None

    @property
    def read_url(self) -> str:
        """The simple index to read, which shows what was there at the time."""
        if self.as_of is None:
            return self.index_url
        origin = origin_of(self.index_url)
        return f"{origin}{AS_OF}/{self.as_of}{self.index_url.removeprefix(origin)}"

    @property
    def early(self) -> Upgrade:
        """Names of packages of which pre-releases may be chosen without need."""
        if isinstance(self.prereleases, Everything) or self.preferred is None:
            return self.prereleases
        locked = self.preferred.versions.items()
        return self.prereleases | {name for name, version in locked if version.is_prerelease}

    @property
    def preferred(self) -> Lock | None:
        """What of the old lock stays where it may."""
        if self.prefer is None or self.upgrade is ALL:
            return None
        return self.prefer.without(self.upgrade)


Meanwhile: TypeAlias = Callable[[], None]


def nothing() -> None:
    """What there is to do meanwhile."""


class NearbyIndex(NamedTuple):
    """The URL of an index that shows what others hold.

    While it has the same `state`, it shows the same; `shown` are the simple indexes whose every
    file it tells, and where it is `whole` there are no others.
    """

    url: str
    state: str
    shown: frozenset[str]
    whole: bool = False


class Presumed(NamedTuple):
    """What a resolver has said of an index that it may still be; `holds` asks the server.

    `holds` raises ServerDown.
    """

    lock: Lock
    holds: Callable[[], bool]


class Nearby(Protocol):
    """Knows indexes that show what others hold, and are quicker to read."""

    def seen(self, index_url: str) -> NearbyIndex | None:
        """Such an index as it was when last asked for, perhaps long ago; None: never."""
        ...

    def current(self, index_url: str) -> NearbyIndex | None:
        """Such an index as it is now; None: there is none. Raises ServerDown."""
        ...

    def forget(self, index_url: str) -> None:
        """What that one showed was not so: it is to be made anew."""
        ...


class Installer(Protocol):
    """Resolves and installs. All of its methods run in processes of their own.

    Each raises ServerDown where the index does not answer, and takes nothing from other
    indexes, whatever the user's settings say.
    """

    @property
    def name(self) -> str: ...

    def resolve(self, wanted: Resolve) -> Lock:
        """The lock for what is wanted; nothing is installed.

        Raises Unresolvable with the resolver's own explanation, ResolverFailed where it
        could not finish (a packl that cannot be read or built, an index in trouble),
        CommandTimedOut and InvalidRequirement.
        """
        ...

    def presumed(self, wanted: Resolve) -> Presumed | None:
        """What `resolve` gives if nothing has changed, None: it is not known; nobody is asked."""
        ...

    def requirers(self, wanted: Resolve, lock: Lock) -> dict[str, tuple[str, ...]]:
        """Who requires each package of a lock that `resolve` has just made of `wanted`.

        By normalised name; one that `wanted` itself asks for has an empty name among them.
        Raises what `resolve` does.
        """
        ...

    def is_current(
        self, environment: Environment, lock: Lock, *, root: Path, index_url: str
    ) -> bool:
        """Whether `sync` would surely find nothing to do; the server is not asked."""
        ...

    def sync(
        self,
        environment: Environment,
        lock: Lock,
        *,
        root: Path,
        index_url: str,
        meanwhile: Meanwhile = nothing,
    ) -> None:
        """Make the environment equal to the lock, every file checked against its sha256.

        `meanwhile` is called while it is at work; what that raises ends the work.

        Packages that are not in the lock are removed; folders in it are relative to `root`.
        The server is needed only for files that are not in the installer's cache.
        Raises InstallFailed; the same call continues where an earlier one stopped.
        """
        ...

    def add_files(
        self,
        environment: Environment,
        requirements: Sequence[str],
        *,
        index_url: str | None,
        constraints: Lock | None = None,
    ) -> None:
        """Install requirements (PEP 508) beside what is there, without moving what is locked.

        `index_url` None: from where the installer takes packages by itself.
        Raises Unresolvable, InstallFailed, InvalidRequirement.
        """
        ...
