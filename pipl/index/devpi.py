"""A devpi server as an index client."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from pipl.errors.access import WrongPassword
from pipl.errors.index import (
    AlreadyExists,
    IndexNotFound,
    IndexRefused,
    ReleaseNotFound,
    UploadRefused,
    UserNotFound,
    VersionTaken,
)
from pipl.errors.server import UnexpectedReply
from pipl.errors.usage import InvalidName
from pipl.index import devpi_json, pages, requirements, transfer
from pipl.index.client import MIRROR_TYPE, IndexConfig, User
from pipl.index.connection import Connection, Reply
from pipl.index.distribution import Distribution, UnreadableDistribution
from pipl.index.login import Login
from pipl.index.name import IndexName, is_valid_part
from pipl.index.release import Release, ReleaseFile, normalised, same_version
from pipl.index.requirements import Requirements
from pipl.progress import SILENT, Progress

UPLOAD_TIMEOUT_S = 600.0
"""How long the server may take to store what it was sent."""
REPLICA_PAUSES_S = (0.1, 0.5)
"""A replica asked for a file that it is itself fetching at the moment fails; it is asked again."""
LISTING_TIMEOUT_S = 300.0
"""How long it may take for a page of requirements, whose wheels it opens the first time."""


class DevpiClient:
    """A devpi server over HTTP, acting as a login or as nobody. See `IndexClient`.

    `clock` tells the time in seconds since the epoch; `fresh` gives the login to use now, asked
    for where the server refuses the one in use. Not for several threads at once.
    """

    def __init__(
        self,
        url: str,
        login: Login | None = None,
        *,
        clock: Callable[[], float] = time.time,
        fresh: Callable[[], Login | None] = lambda: None,
    ) -> None:
        self._connection = Connection(url, login, fresh=fresh)
        self._clock = clock

    def __enter__(self) -> DevpiClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @property
    def url(self) -> str:
        return self._connection.url

    @property
    def connection(self) -> Connection:
        """For what only a devpi server is asked for."""
        return self._connection

    @property
    def user(self) -> str | None:
        return self._connection.login.user if self._connection.login else None

    # users

    def log_in(self, user: str, password: str) -> Login:
        asking = Connection(self.url)
        try:
            reply = asking.send(
                "POST", "/+login", document={"user": user, "password": password}, doing="logging in"
            )
        finally:
            asking.close()
        if reply.status in (401, 403):
            raise WrongPassword(user, self.url)
        match devpi_json.result(reply):
            case {"password": str(token), "expiration": int(lifetime_s)}:
                login = Login(self.url, user, token, self._clock() + lifetime_s)
                self._connection.login = login
                return login
        raise reply.unexpected("no token in it")

    def users(self) -> tuple[User, ...]:
        return devpi_json.users(self._connection.get("/", doing="listing the users"))

    def create_user(self, name: str, *, password: str, email: str | None = None) -> None:
        doing = f"creating the user {name}"
        entry = {"password": password} | ({"email": email} if email else {})
        reply = self._connection.send("PUT", _user_path(name), document=entry, doing=doing)
        if reply.status == 409:
            raise AlreadyExists("user", name)
        if reply.status == 400:
            raise InvalidName(name, reply.reason)
        self._expect_done(reply, doing)

    def modify_user(
        self, name: str, *, password: str | None = None, email: str | None = None
    ) -> None:
        doing = f"changing the user {name}"
        entry = {"password": password, "email": email}
        given = {key: value for key, value in entry.items() if value is not None}
        reply = self._connection.send("PATCH", _user_path(name), document=given, doing=doing)
        if reply.status == 404:
            raise UserNotFound(name, self.url)
        self._expect_done(reply, doing)

    def delete_user(self, name: str) -> None:
        doing = f"deleting the user {name}"
        reply = self._connection.get(_user_path(name), doing=doing)
        if reply.status == 404:
            raise UserNotFound(name, self.url)
        for config in devpi_json.indexes_of(name, devpi_json.result(reply), reply):
            self.delete_index(config.name)
        self._expect_done(self._connection.send("DELETE", _user_path(name), doing=doing), doing)

    # indexes

    def indexes(self) -> tuple[IndexConfig, ...]:
        return devpi_json.indexes(self._connection.get("/", doing="listing the indexes"))

    def index(self, name: IndexName) -> IndexConfig:
        doing = f"reading the index {name}"
        reply = self._connection.get(f"{_index_path(name)}?no_projects=", doing=doing)
        if reply.status == 404:
            raise IndexNotFound(str(name), self.url)
        self._expect_done(reply, doing)
        return devpi_json.index_config(name, devpi_json.result(reply))

    def create_index(self, config: IndexConfig) -> None:
        name, doing = config.name, f"creating the index {config.name}"
        reply = self._connection.send(
            "PUT", _index_path(name), document=devpi_json.settings(config), doing=doing
        )
        if reply.status == 409:
            raise AlreadyExists("index", str(name))
        if reply.status == 404:
            raise UserNotFound(name.user, self.url)
        if reply.status == 400:
            for base in config.bases:
                self.index(base)  # devpi names missing bases in words only
            raise IndexRefused(str(name), reply.reason)
        self._expect_done(reply, doing)

    def modify_index(
        self, name: IndexName, changes: Mapping[str, Sequence[str] | str | bool]
    ) -> None:
        self._change(name, changes, doing=f"changing the index {name}")

    def delete_index(self, name: IndexName) -> None:
        doing = f"deleting the index {name}"
        if not self.index(name).volatile:  # devpi deletes no other
            self._change(name, {"volatile": True}, doing=doing)
        self._expect_done(self._connection.send("DELETE", _index_path(name), doing=doing), doing)

    # releases

    def projects(self, index: IndexName) -> tuple[str, ...]:
        if self.index(index).type == MIRROR_TYPE:
            return ()  # asking would make the server download the mirrored index's list
        reply = self._connection.get(_index_path(index), doing=f"listing {index}")
        match devpi_json.result(reply):
            case {"projects": list(names)}:
                return tuple(sorted(str(name) for name in names))
        raise reply.unexpected("no projects in it")

    def releases(self, index: IndexName, project: str) -> tuple[Release, ...]:
        doing = f"reading {project} on {index}"
        path = f"{_index_path(index)}/{quote(normalised(project))}?ignore_bases="
        reply = self._connection.get(path, doing=doing)
        if reply.status == 404:
            self.index(index)
            return ()
        self._expect_done(reply, doing)
        return devpi_json.releases(reply, index, project, server=self.url)

    def release(self, index: IndexName, project: str, version: str) -> Release:
        for release in self.releases(index, project):
            if same_version(release.version, version):
                return release
        raise ReleaseNotFound(str(index), project, version)

    def requirements(self, index: IndexName, *, known: Requirements | None = None) -> Requirements:
        doing = f"reading what {index} requires"

        def ask(path: str) -> object:
            reply = self._connection.get(path, doing=doing, timeout_s=LISTING_TIMEOUT_S)
            if reply.status == 404:
                self.index(index)
            self._expect_done(reply, doing)
            return reply.json()

        try:
            return requirements.fetch(ask, index, known)
        except ValueError as fault:
            raise UnexpectedReply(self.url + requirements.PAGE, 200, str(fault)) from fault

    def upload(self, index: IndexName, path: Path, *, progress: Progress = SILENT) -> None:
        doing = f"uploading {path.name} to {index}"
        try:
            distribution = Distribution.read(path)
        except UnreadableDistribution as fault:
            raise UploadRefused(str(index), path.name, str(fault)) from fault
        if self._holds(index, distribution):
            return
        reply = self._send_form(index, distribution, progress, doing)
        if reply.status in (401, 403) and self._connection.renew():
            reply = self._send_form(index, distribution, progress, doing)
        if reply.status == 409:
            raise VersionTaken(str(index), distribution.name, distribution.version)
        if reply.status in (400, 404, 413):
            raise UploadRefused(str(index), path.name, reply.reason)
        self._expect_done(reply, doing)

    def download(
        self, file: ReleaseFile, destination: Path, *, progress: Progress = SILENT
    ) -> Path:
        doing = f"downloading {file.filename}"
        for pause_s in (*REPLICA_PAUSES_S, None):
            with self._connection.stream(self._path_of(file), doing=doing) as response:
                if response.status_code in (500, 502) and pause_s is not None:
                    time.sleep(pause_s)
                    continue
                if response.status_code != 200:
                    raise self._missing(file, response.status_code, doing)
                size = response.headers.get("Content-Length", "")
                return transfer.receive(
                    response.iter_content(transfer.CHUNK_BYTES),
                    file,
                    destination,
                    size_bytes=int(size) if size.isdecimal() else None,
                    progress=progress,
                )
        raise AssertionError("unreachable")

    def push(self, release: Release, to: IndexName) -> None:
        missing = self._not_yet_on(release, to)
        if not missing:
            return
        if len(missing) < len(release.files):
            self._copy(missing, to)  # devpi pushes a whole release or nothing
            return
        doing = f"pushing {release.project} {release.version} from {release.index} to {to}"
        reply = self._connection.send(
            "POST",
            _index_path(release.index),
            document={
                "name": release.project,
                "version": release.version,
                "targetindex": str(to),
            },
            doing=doing,
            timeout_s=UPLOAD_TIMEOUT_S,
        )
        if reply.status == 409 and not self._not_yet_on(release, to):
            return  # somebody else pushed it meanwhile
        if reply.status in (400, 404):
            self.index(release.index)
            self.index(to)
            raise ReleaseNotFound(str(release.index), release.project, release.version)
        self._expect_done(reply, doing)

    def yank(self, release: Release, reason: str | None) -> None:
        pages.check_reason(reason)
        doing = f"yanking {release.project} {release.version} on {release.index}"
        reply = self._connection.send(
            "POST",
            f"{pages.YANKED}?index={quote(str(release.index), safe='')}",
            document={"project": release.project, "version": release.version, "reason": reason},
            doing=doing,
        )
        if reply.status == 404:
            self.release(release.index, release.project, release.version)
        self._expect_done(reply, doing, index=release.index)

    def upload_test_result(self, file: ReleaseFile, result: Mapping[str, object]) -> None:
        doing = f"attaching a test result to {file.filename} on {file.index}"
        reply = self._connection.send(
            "POST", self._path_of(file), document=dict(result), doing=doing
        )
        if reply.status == 404:
            raise ReleaseNotFound(str(file.index), file.project, file.version)
        self._expect_done(reply, doing)

    def test_results(self, file: ReleaseFile) -> tuple[Mapping[str, object], ...]:
        doing = f"reading the test results of {file.filename} on {file.index}"
        path = f"{_index_path(file.index)}/{quote(file.project)}?ignore_bases="
        reply = self._connection.get(path, doing=doing)
        if reply.status == 404:
            raise ReleaseNotFound(str(file.index), file.project, file.version)
        self._expect_done(reply, doing)
        held = devpi_json.releases(reply, file.index, file.project, server=self.url)
        if all(file not in release.files for release in held):
            raise ReleaseNotFound(str(file.index), file.project, file.version)
        results = []
        for place in devpi_json.test_results(reply, file, server=self.url):
            found = self._connection.get(place, doing=doing, accept="*/*")
            self._expect_done(found, doing)
            document = found.json()
            if isinstance(document, dict):
                results.append(document)
        return tuple(results)

    def get_json(self, path: str, *, timeout_s: float) -> object:
        doing = f"reading {path}"
        reply = self._connection.get(path, doing=doing, timeout_s=timeout_s)
        self._expect_done(reply, doing)
        return reply.json()

    # what these have in common

    def _send_form(
        self, index: IndexName, distribution: Distribution, progress: Progress, doing: str
    ) -> Reply:
        with distribution.form(progress) as (body, content_type):
            return self._connection.send(
                "POST",
                f"{_index_path(index)}/",
                body=body,
                content_type=content_type,
                doing=doing,
                timeout_s=UPLOAD_TIMEOUT_S,
            )

    def _expect_done(self, reply: Reply, doing: str, *, index: IndexName | None = None) -> None:
        """Raises what was wrong; `index` is one that has to be there for the request."""
        if reply.status in (200, 201):
            return
        if index is not None and reply.status in (401, 403, 404):
            self.index(index)  # devpi refuses to change what is not there
        raise self._connection.refusal(reply, doing)

    def _change(
        self, name: IndexName, changes: Mapping[str, Sequence[str] | str | bool], *, doing: str
    ) -> None:
        actions = [f"{key}={devpi_json.setting(value)}" for key, value in changes.items()]
        reply = self._connection.send("PATCH", _index_path(name), document=actions, doing=doing)
        if reply.status == 400:
            raise IndexRefused(str(name), reply.reason)
        self._expect_done(reply, doing, index=name)

    def _holds(self, index: IndexName, distribution: Distribution) -> bool:
        """Whether the index holds this very file.

        Asked before sending it, because devpi takes over the metadata of an upload even where
        it refuses the file. Raises VersionTaken where another content has the name for good.
        """
        volatile = self._open_to_files(index, distribution.path.name).volatile
        for release in self.releases(index, distribution.name):
            for file in release.files:
                if file.filename != distribution.path.name:
                    continue
                if file.sha256 == distribution.sha256:
                    return True
                if not volatile:
                    raise VersionTaken(str(index), distribution.name, distribution.version)
        return False

    def _not_yet_on(self, release: Release, to: IndexName) -> tuple[ReleaseFile, ...]:
        """The files that `to` does not hold. Raises VersionTaken where it holds another content."""
        volatile = self._open_to_files(to, f"{release.project} {release.version}").volatile
        held = {
            file.filename: file.sha256
            for there in self.releases(to, release.project)
            for file in there.files
        }
        missing = tuple(file for file in release.files if held.get(file.filename) != file.sha256)
        if any(file.filename in held for file in missing) and not volatile:
            raise VersionTaken(str(to), release.project, release.version)
        return missing

    def _open_to_files(self, index: IndexName, what: str) -> IndexConfig:
        """An index that takes files. A mirror does not, nor is the mirrored index asked for it."""
        config = self.index(index)
        if config.type == MIRROR_TYPE:
            raise UploadRefused(str(index), what, "it is a mirror")
        return config

    def _copy(self, files: Sequence[ReleaseFile], to: IndexName) -> None:
        with tempfile.TemporaryDirectory(prefix="pipl-push-") as folder:
            for file in files:
                self.upload(to, self.download(file, Path(folder) / file.filename))

    def _path_of(self, file: ReleaseFile) -> str:
        """Where a file is on this server. Raises UnexpectedReply for another server's."""
        if not file.url.startswith(self.url + "/"):
            raise UnexpectedReply(file.url, 0, f"it is not a file of {self.url}")
        return file.url[len(self.url) :]

    def _missing(self, file: ReleaseFile, status: int, doing: str) -> Exception:
        if status in (404, 410):
            return ReleaseNotFound(str(file.index), file.project, file.version)
        return self._connection.refusal(Reply(file.url, status, b"", "no file there"), doing)


def _user_path(name: str) -> str:
    if not is_valid_part(name):
        raise InvalidName(name, "letters, digits and -.@_ only")
    return f"/{quote(name, safe='@')}"


def _index_path(name: IndexName) -> str:
    return quote(f"/{name}", safe="/@")
