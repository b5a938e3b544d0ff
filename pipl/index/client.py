"""What a server of package indexes can be asked for, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.index.release import Release, ReleaseFile
from pipl.index.requirements import Requirements
from pipl.progress import SILENT, Progress

MIRROR_TYPE = "mirror"
ANONYMOUS = ":ANONYMOUS:"
AUTHENTICATED = ":AUTHENTICATED:"
"""Who may upload to an index besides named users: anybody, or everybody who is logged in."""


@dataclass(frozen=True)
class User:
    """A user of the server."""

    name: str
    email: str | None = None


@dataclass(frozen=True)
class IndexConfig:
    """How an index is set up.

    `bases` are inherited from, nearest first. A non-volatile index refuses other content for
    a file that it holds. The `acl_` fields name who may upload releases, and test results.
    """

    name: IndexName
    type: str
    bases: tuple[IndexName, ...] = ()
    volatile: bool = False
    acl_upload: tuple[str, ...] = ()
    acl_toxresult_upload: tuple[str, ...] = ()
    mirror_url: str | None = None
    title: str | None = None


class IndexClient(Protocol):
    """A server's users, indexes and releases, seen as one user.

    Any method may raise ServerDown (nobody answers), ServerStopped (it went away on the way),
    ServerSlow, UnexpectedReply; those that change something LoginNeeded, LoginExpired and
    NotAllowed; those that name an index IndexNotFound.
    """

    @property
    def url(self) -> str:
        """The server's root, without a slash at the end."""

    @property
    def user(self) -> str | None:
        """Who the client acts as, None for nobody."""

    def log_in(self, user: str, password: str) -> Login:
        """Act as `user` from now on. Raises WrongPassword; the client is then as before."""

    def users(self) -> tuple[User, ...]:
        """Every user, by name."""

    def create_user(self, name: str, *, password: str, email: str | None = None) -> None:
        """Raises AlreadyExists, InvalidName."""

    def modify_user(
        self, name: str, *, password: str | None = None, email: str | None = None
    ) -> None:
        """Change what is given. Raises UserNotFound."""

    def delete_user(self, name: str) -> None:
        """Delete a user together with the indexes they own. Raises UserNotFound."""

    def indexes(self) -> tuple[IndexConfig, ...]:
        """Every index, by name."""

    def index(self, name: IndexName) -> IndexConfig:
        """How an index is set up."""

    def create_index(self, config: IndexConfig) -> None:
        """Raises AlreadyExists, UserNotFound, IndexNotFound (a base), IndexRefused."""

    def modify_index(
        self, name: IndexName, changes: Mapping[str, Sequence[str] | str | bool]
    ) -> None:
        """Change keys of an index as devpi names them. Raises IndexRefused."""

    def delete_index(self, name: IndexName) -> None:
        """Delete an index and every release it holds, volatile or not."""

    def projects(self, index: IndexName) -> tuple[str, ...]:
        """Projects held by the index itself, sorted; none for a mirror."""

    def releases(self, index: IndexName, project: str) -> tuple[Release, ...]:
        """Releases held by the index itself, newest first; empty where it has none."""

    def release(self, index: IndexName, project: str, version: str) -> Release:
        """One release held by the index itself. Raises ReleaseNotFound."""

    def requirements(self, index: IndexName, *, known: Requirements | None = None) -> Requirements:
        """What everything that an index gives requires: its own and inherited, not of mirrors.

        Of `known`, an earlier answer, only what has changed since is asked for; it may be of
        another server, index or user. Indexes that the user may not read are passed over;
        raises NotAllowed or LoginNeeded where `index` itself is one.
        """

    def upload(self, index: IndexName, path: Path, *, progress: Progress = SILENT) -> None:
        """Add a wheel or sdist. The very file being there already is a success.

        Raises VersionTaken where another content has that file name, UploadRefused.
        """

    def download(
        self, file: ReleaseFile, destination: Path, *, progress: Progress = SILENT
    ) -> Path:
        """Write a file's verified content to `destination`, whole or not at all.

        Raises DamagedDownload, ReleaseNotFound, DiskFull.
        """

    def push(self, release: Release, to: IndexName) -> None:
        """Put the very same files, with their test results, on another index.

        What is there already with the same content stays. Raises VersionTaken where other
        content is there, ReleaseNotFound.
        """

    def yank(self, release: Release, reason: str | None) -> None:
        """Let nobody choose a release of an index any more; what is locked to it stays good.

        None undoes it, an empty text is no reason given. For who may upload there. Raises
        ReleaseNotFound, InvalidReason.
        """

    def upload_test_result(self, file: ReleaseFile, result: Mapping[str, object]) -> None:
        """Attach a test result (tox's JSON form) to a file. Raises ReleaseNotFound."""

    def test_results(self, file: ReleaseFile) -> tuple[Mapping[str, object], ...]:
        """The test results that are attached to a file, oldest first.

        What is no JSON table is left out. Raises ReleaseNotFound.
        """

    def get_json(self, path: str, *, timeout_s: float) -> object:
        """The JSON document at a path of the server, such as `/+pipl/events?since=0`."""
