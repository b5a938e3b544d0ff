"""The edge: where the command runs, for whom, with which variables. Without click."""

from __future__ import annotations

import contextlib
import getpass
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipl.errors.usage import ManyPackls, NoPackl, NoProject, NoWorkspace, PathMissing

if TYPE_CHECKING:
    from pipl.build.packl import Builder
    from pipl.env.install import Installer
    from pipl.index.devpi import DevpiClient
    from pipl.index.light import LightClient
    from pipl.index.login import LoginStore
    from pipl.packl.create import Author
    from pipl.project.binding import Binding
    from pipl.project.folder import Project
    from pipl.workspace.area import Workarea
    from pipl.workspace.folder import Workspace
    from pipl.workspace.place import Place
    from pipl_pipe.packl import Note

T = TypeVar("T")


@dataclass(frozen=True)
class Here:
    """The world as the command line meets it; library code gets its values from here."""

    cwd: Path
    environ: dict[str, str]

    @classmethod
    def now(cls) -> Here:
        try:
            return cls(Path.cwd(), dict(os.environ))
        except FileNotFoundError:
            raise PathMissing("the current folder, which was deleted") from None

    def project(self, path: str | None) -> Project:
        """The project at `path`, else the one around the current folder or workspace."""
        from pipl.project import folder

        start = self._start(path)
        try:
            return folder.find(start)
        except NoProject:
            binding = self._bound(start)
            if binding is None or binding.folder is None:
                raise
            return folder.load(binding.folder)

    def binding(self, path: str | None = None) -> Binding:
        """The project as seen from `path` or here, its folder visible or not."""
        bound = self._bound(self._start(path))
        return bound if bound is not None else self.project(path).binding

    def workarea(self, path: str | None) -> Workarea:
        from pipl.workspace import area

        return area.find(self._start(path))

    def workspace(self, path: str | None) -> Workspace:
        from pipl.workspace import folder

        return folder.find(self._start(path))

    def packl(self, path: str | None) -> Path:
        """The folder of the packl at `path` or around the current folder.

        In a workspace that edits a single packl, that one.
        """
        start = self._start(path)
        for folder in (start, *start.parents):
            if (folder / "pyproject.toml").is_file():
                return folder
            if (folder / ".workspace").is_file():
                edited = self.workspace(str(folder)).edited
                if len(edited) == 1:
                    return edited[0]
                if edited:
                    raise ManyPackls(str(folder), tuple(one.name for one in edited))
        if path is not None and start.is_dir():
            return start  # named on purpose: reading it says what is wrong with it
        raise NoPackl(str(start))

    def place(self, workspace: Workspace) -> Place:
        from pipl.workspace.place import Place

        return Place(workspace.folder, workspace.binding, self.environ, prefer=workspace.prefer)

    @cached_property
    def installer(self) -> Installer:
        from pipl.cli.kept_pages import KeptPages
        from pipl.env.choice import choose

        return choose(self.environ.get("PIPL_INSTALLER"), self.environ, nearby=KeptPages(self))

    def asked(self, url: str, question: Callable[[LightClient | DevpiClient], T]) -> T:
        """What a question to a server gives, as the login there.

        It is asked quickly where that will do; the whole client knows more of what is refused.
        """
        from pipl.errors.access import AccessError
        from pipl.errors.server import UnexpectedReply
        from pipl.index import light

        login = self.logins.get(url)
        if light.is_enough(url, self.environ):
            with contextlib.suppress(AccessError, UnexpectedReply):
                return question(light.LightClient(url, login))
        from pipl.index.devpi import DevpiClient

        with DevpiClient(url, login) as client:
            return question(client)

    def builder(self, index_url: str | None) -> Builder:
        """What builds packls, from the project's index where there is one."""
        from pipl.build.packl import Builder

        return Builder(self.installer.name, self.environ, index_url)

    @cached_property
    def logins(self) -> LoginStore:
        from pipl.index.login import LoginStore

        return LoginStore(self.config_folder)

    @property
    def config_folder(self) -> Path:
        """Where logins are kept; the variable PIPL_CONFIG_DIR overrides it."""
        from pipl_pipe import login

        return login.folder(self.environ)

    @property
    def cache_folder(self) -> Path:
        """Where this machine caches; the variable PIPL_CACHE_DIR overrides it."""
        from pipl_pipe import caches

        return caches.folder(self.environ)

    def client(self, binding: Binding, *, user: str | None = None, doing: str = "") -> DevpiClient:
        """A client acting as the login (see `accounts.connect`)."""
        from pipl.project import accounts

        return accounts.connect(binding, self.logins, user=user, doing=doing)

    def client_with(self, binding: Binding, password: str, *, user: str = "root") -> DevpiClient:
        """A client for a password argument: given, asked for with -, or left to the login."""
        from pipl.cli.asking import given_password
        from pipl.project import accounts
        from pipl.project.accounts import Credentials

        given = given_password(password, user)
        if given is None:
            return self.client(binding, user=user)
        return accounts.connect_as(binding, Credentials(user, given))

    @property
    def author(self) -> Author:
        from pipl.packl.create import Author

        return Author(self.environ.get("PIPL_AUTHOR") or getpass.getuser())

    def note(self, why: str) -> Note:
        from pipl_pipe.packl import Note

        return Note(who=self.author.name, when=time.strftime("%Y-%m-%d"), why=why)

    def existing(self, path: str) -> Path:
        """A path as seen from here. Raises PathMissing."""
        return self._start(path)

    def _start(self, path: str | None) -> Path:
        if path in (None, "", "."):
            return self.cwd
        start = self.cwd / str(path)
        if not start.exists():  # else a misspelt path would mean what is around it
            raise PathMissing(str(start))
        return start.resolve() if ".." in start.parts else start

    def _bound(self, start: Path) -> Binding | None:
        from pipl.errors.usage import NoWorkarea
        from pipl.workspace import area, folder

        try:
            return folder.find(start).binding
        except NoWorkspace:
            pass
        try:
            return area.find(start).binding
        except NoWorkarea:
            return None
