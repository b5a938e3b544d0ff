"""A server of indexes in memory, with the behaviour of the real one; for unit tests."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pipl.errors.access import LoginExpired, LoginNeeded, NotAllowed, WrongPassword
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
from pipl.index import pages, transfer, wheel_facts
from pipl.index.client import ANONYMOUS, AUTHENTICATED, MIRROR_TYPE, IndexConfig, User
from pipl.index.distribution import Distribution, UnreadableDistribution
from pipl.index.login import Login
from pipl.index.name import IndexName, is_valid_part
from pipl.index.release import (
    Release,
    ReleaseFile,
    latest,
    newest_first,
    normalised,
    same_version,
)
from pipl.index.requirements import IndexedPackl, Requirements, order
from pipl.progress import SILENT, Progress

ROOT = "root"
_LISTS = ("bases", "acl_upload", "acl_toxresult_upload")


@dataclass
class MemoryServer:
    """What the clients of one server share. Time stands still at `now` until it is set."""

    url: str = "http://memory"
    project: str = "Memory"
    now: float = 0.0
    login_lifetime_s: float = 36_000.0
    passwords: dict[str, str] = field(default_factory=lambda: {ROOT: ROOT})
    emails: dict[str, str] = field(default_factory=dict)
    configs: dict[IndexName, IndexConfig] = field(default_factory=dict)
    files: dict[ReleaseFile, bytes] = field(default_factory=dict)
    yanked: dict[tuple[IndexName, str, str], str] = field(default_factory=dict)
    test_results: dict[ReleaseFile, list[Mapping[str, object]]] = field(default_factory=dict)
    events: list[dict[str, object]] = field(default_factory=list)
    serial: int = 0


class MemoryIndex:
    """A client of a `MemoryServer`. See `IndexClient`."""

    def __init__(self, server: MemoryServer | None = None, login: Login | None = None) -> None:
        self.server = server or MemoryServer()
        self._login = login

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def user(self) -> str | None:
        return self._login.user if self._login else None

    # users

    def log_in(self, user: str, password: str) -> Login:
        if self.server.passwords.get(user) != password:
            raise WrongPassword(user, self.url)
        expires_at = self.server.now + self.server.login_lifetime_s
        self._login = Login(self.url, user, f"token of {user}", expires_at)
        return self._login

    def users(self) -> tuple[User, ...]:
        emails = self.server.emails
        return tuple(User(name, emails.get(name)) for name in sorted(self.server.passwords))

    def create_user(self, name: str, *, password: str, email: str | None = None) -> None:
        if not is_valid_part(name):
            raise InvalidName(name, "letters, digits and -.@_ only")
        if name in self.server.passwords:
            raise AlreadyExists("user", name)
        self.server.passwords[name] = password
        self._set_email(name, email)

    def modify_user(
        self, name: str, *, password: str | None = None, email: str | None = None
    ) -> None:
        self._expect_user(name)
        self._expect({ROOT, name}, f"changing the user {name}")
        if password is not None:
            self.server.passwords[name] = password
        self._set_email(name, email)

    def _set_email(self, name: str, email: str | None) -> None:
        if email:
            self.server.emails[name] = email

    def delete_user(self, name: str) -> None:
        self._expect_user(name)
        self._expect({ROOT, name}, f"deleting the user {name}")
        for index in [index for index in self.server.configs if index.user == name]:
            self.delete_index(index)
        del self.server.passwords[name]

    # indexes

    def indexes(self) -> tuple[IndexConfig, ...]:
        return tuple(config for _, config in sorted(self.server.configs.items()))

    def index(self, name: IndexName) -> IndexConfig:
        if name not in self.server.configs:
            raise IndexNotFound(str(name), self.url)
        return self.server.configs[name]

    def create_index(self, config: IndexConfig) -> None:
        self._expect_user(config.name.user)
        if config.name in self.server.configs:
            raise AlreadyExists("index", str(config.name))
        self._expect({ROOT, config.name.user}, f"creating the index {config.name}")
        for base in config.bases:
            self.index(base)
        self.server.configs[config.name] = config

    def modify_index(
        self, name: IndexName, changes: Mapping[str, Sequence[str] | str | bool]
    ) -> None:
        config = self.index(name)
        self._expect({ROOT, name.user}, f"changing the index {name}")
        known = {"volatile", "title", *_LISTS}
        if changes.keys() - known:
            unknown = ", ".join(sorted(changes.keys() - known))
            raise IndexRefused(str(name), f"unexpected keyword arguments: {unknown}")
        values: dict[str, object] = {}
        for key, value in changes.items():
            if key in _LISTS:
                items = value.split(",") if isinstance(value, str) else [*_sequence(value)]
                values[key] = tuple(IndexName.parse(i) if key == "bases" else i for i in items)
            else:
                values[key] = str(value).lower() in ("true", "yes") if key == "volatile" else value
        self.server.configs[name] = replace(config, **values)  # type: ignore[arg-type]  # keys are checked above

    def delete_index(self, name: IndexName) -> None:
        self.index(name)
        self._expect({ROOT, name.user}, f"deleting the index {name}")
        for file in [file for file in self.server.files if file.index == name]:
            del self.server.files[file]
        del self.server.configs[name]

    # releases

    def projects(self, index: IndexName) -> tuple[str, ...]:
        if self.index(index).type == MIRROR_TYPE:
            return ()
        return tuple(sorted({file.project for file in self.server.files if file.index == index}))

    def releases(self, index: IndexName, project: str) -> tuple[Release, ...]:
        self.index(index)
        name, yanked = normalised(project), self.server.yanked
        by_version: dict[str, list[ReleaseFile]] = {}
        for file in self.server.files:
            if file.index == index and file.project == name:
                by_version.setdefault(file.version, []).append(file)
        return newest_first(
            Release(index, name, version, tuple(files), yanked.get((index, name, version)))
            for version, files in by_version.items()
        )

    def release(self, index: IndexName, project: str, version: str) -> Release:
        for release in self.releases(index, project):
            if same_version(release.version, version):
                return release
        raise ReleaseNotFound(str(index), project, version)

    def requirements(self, index: IndexName, *, known: Requirements | None = None) -> Requirements:
        sources = self._sources(index)
        mirrors = [str(one.name) for one in self.indexes() if one.type == MIRROR_TYPE]
        packls: dict[str, IndexedPackl] = {}
        for source in sources:
            for project in self.projects(source):
                releases = self.releases(source, project)
                newest = latest(one for one in releases if one.wheel) or latest(releases)
                if newest is None:
                    continue
                found = self._indexed(newest, mirrors)
                held = packls.get(project)
                if held is None or order(held.version) < order(found.version):
                    packls[project] = found
        names = tuple(map(str, sources))
        return Requirements(self.url, str(index), self.server.serial, names, packls)

    def yank(self, release: Release, reason: str | None) -> None:
        pages.check_reason(reason)
        self.release(release.index, release.project, release.version)
        doing = f"yanking {release.project} {release.version} on {release.index}"
        self._expect(set(self.index(release.index).acl_upload), doing)
        key = (release.index, release.project, release.version)
        self.server.serial += 1
        if reason is None:
            self.server.yanked.pop(key, None)
        else:
            self.server.yanked[key] = reason

    def _sources(self, index: IndexName) -> list[IndexName]:
        """An index and what it inherits from, nearest first, without mirrors."""
        found, todo = list[IndexName](), [index]
        while todo:
            config = self.index(todo.pop(0))
            if config.name not in found and config.type != MIRROR_TYPE:
                found.append(config.name)
                todo += config.bases
        return found

    def _indexed(self, release: Release, mirrors: Sequence[str]) -> IndexedPackl:
        file = release.wheel or release.files[0]
        content = self.server.files[file]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file.filename
            path.write_bytes(content)
            fields = Distribution.read(path).fields
        return IndexedPackl(
            name=release.project,
            version=release.version,
            index=str(release.index),
            sha256=file.sha256 if file.is_wheel else "",
            requires=tuple(text for key, text in fields if key == "requires_dist"),
            requires_python=dict(fields).get("requires_python"),
            facts=wheel_facts.read(io.BytesIO(content), mirrors=mirrors)
            if file.is_wheel
            else wheel_facts.WheelFacts(),
        )

    def upload(self, index: IndexName, path: Path, *, progress: Progress = SILENT) -> None:
        try:
            distribution = Distribution.read(path)
        except UnreadableDistribution as fault:
            raise UploadRefused(str(index), path.name, str(fault)) from fault
        content = path.read_bytes()
        file = ReleaseFile(
            index=index,
            project=normalised(distribution.name),
            version=distribution.version,
            filename=path.name,
            url=f"{self.url}/{index}/+f/{distribution.sha256}/{path.name}",
            sha256=distribution.sha256,
        )
        self._add([(file, content)], index, f"uploading {path.name} to {index}")
        progress.advance(len(content), len(content))

    def download(
        self, file: ReleaseFile, destination: Path, *, progress: Progress = SILENT
    ) -> Path:
        if file not in self.server.files:
            raise ReleaseNotFound(str(file.index), file.project, file.version)
        content = self.server.files[file]
        return transfer.receive(
            [content], file, destination, size_bytes=len(content), progress=progress
        )

    def push(self, release: Release, to: IndexName) -> None:
        self.index(to)
        held = self.release(release.index, release.project, release.version)
        files = [
            (replace(file, index=to, url=file.url.replace(f"/{file.index}/", f"/{to}/")), file)
            for file in held.files
        ]
        self._add(
            [(there, self.server.files[here]) for there, here in files],
            to,
            f"pushing {release.project} {release.version} from {release.index} to {to}",
        )
        for there, here in files:
            self.server.test_results[there] = list(self.server.test_results.get(here, []))

    def upload_test_result(self, file: ReleaseFile, result: Mapping[str, object]) -> None:
        if file not in self.server.files:
            raise ReleaseNotFound(str(file.index), file.project, file.version)
        allowed = set(self.index(file.index).acl_toxresult_upload)
        self._expect(allowed, f"attaching a test result to {file.filename} on {file.index}")
        self.server.test_results.setdefault(file, []).append(dict(result))

    def test_results(self, file: ReleaseFile) -> tuple[Mapping[str, object], ...]:
        if file not in self.server.files:
            raise ReleaseNotFound(str(file.index), file.project, file.version)
        return tuple(self.server.test_results.get(file, ()))

    def get_json(self, path: str, *, timeout_s: float) -> object:
        """Knows `/+pipl/` and `/+pipl/events`, which never waits."""
        parts = urlsplit(path)
        if parts.path == "/+pipl/":
            return {"pipl": "memory", "project": self.server.project, "features": ["events"]}
        if parts.path == "/+pipl/events":
            asked = parse_qs(parts.query)
            since = int(asked.get("since", ["-1"])[0])
            mark = asked.get("mark", [""])[0]
            if since > self.server.serial or (mark and mark != self._mark(since)):
                raise UnexpectedReply(self.url + path, 409, "the log is another one")
            events = [event for event in self.server.events if _serial(event) > since]
            serial = self.server.serial
            return {"serial": serial, "events": events, "mark": self._mark(serial)}
        raise UnexpectedReply(self.url + path, 404, "not found")

    # what these have in common

    def _mark(self, serial: int) -> str:
        """Which change a serial is."""
        files = [
            f"{event['index']}/{event['filename']}"
            for event in self.server.events
            if _serial(event) == serial
        ]
        return hashlib.sha256("\n".join(files).encode("utf-8")).hexdigest()[:15] if files else ""

    def _add(
        self, files: Sequence[tuple[ReleaseFile, bytes]], index: IndexName, doing: str
    ) -> None:
        """Put files on an index, all or none, as one change of the server."""
        config = self.index(index)
        held = {file.filename: file for file in self.server.files if file.index == index}
        digests = {filename: file.sha256 for filename, file in held.items()}
        new = [(file, c) for file, c in files if digests.get(file.filename) != file.sha256]
        if not new:
            return
        replaced = [held[file.filename] for file, _ in new if file.filename in held]
        if replaced and not config.volatile:
            raise VersionTaken(str(index), replaced[0].project, replaced[0].version)
        if config.type == MIRROR_TYPE:
            raise UploadRefused(str(index), new[0][0].filename, "it is a mirror")
        self._expect(set(config.acl_upload), doing)
        for file in replaced:
            del self.server.files[file]
        self.server.serial += 1
        for file, content in new:
            self.server.files[file] = content
            self.server.events.append(
                {
                    "serial": self.server.serial,
                    "index": str(index),
                    "project": file.project,
                    "version": file.version,
                    "filename": file.filename,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "user": self.user,
                }
            )

    def _expect_user(self, name: str) -> None:
        if name not in self.server.passwords:
            raise UserNotFound(name, self.url)

    def _expect(self, allowed: set[str], doing: str) -> None:
        """Raises LoginNeeded, LoginExpired, NotAllowed unless the client is one of `allowed`."""
        if ANONYMOUS in allowed:
            return
        if self._login is None:
            raise LoginNeeded(self.url, doing)
        if self._login.expires_at <= self.server.now:
            raise LoginExpired(self._login.user, self.url)
        if not allowed & {self._login.user, AUTHENTICATED}:
            raise NotAllowed(self._login.user, doing)


def _sequence(value: Sequence[str] | str | bool) -> Sequence[str]:
    return [] if isinstance(value, bool) else value


def _serial(event: Mapping[str, object]) -> int:
    serial = event["serial"]
    assert isinstance(serial, int)
    return serial
