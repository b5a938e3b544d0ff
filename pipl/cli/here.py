"""The edge: where the command runs, for whom, with which variables."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from pipl.errors import (
    ManyPackls,
    NoPackl,
    NoProject,
    NoWorkspace,
    PasswordNeeded,
    PathMissing,
)

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

ASK = "-"
LEFT_TO_LOGIN = ""
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


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
        from pipl.errors import AccessError, UnexpectedReply
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
        from pipl.errors import NoWorkarea
        from pipl.workspace import area, folder

        try:
            return folder.find(start).binding
        except NoWorkspace:
            pass
        try:
            return area.find(start).binding
        except NoWorkarea:
            return None


def confirm(question: str) -> None:
    """Ask before something is deleted; a no ends the command with status 1."""
    if not click.confirm(question, err=True):
        click.echo("Nothing was deleted.", err=True)
        raise SystemExit(1)


def given_password(argument: str, user: str) -> str | None:
    """A password argument: `-` is asked for without echo, an empty one is left to the login."""
    if argument == LEFT_TO_LOGIN:
        return None
    if argument != ASK:
        return argument
    if sys.stdin.isatty():
        answer = click.prompt(
            f"Password of {user}", hide_input=True, err=True, default="", show_default=False
        )
        return str(answer) or None
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise PasswordNeeded(user)
    return line


def json_option(command: F) -> F:
    """`--json`: print one JSON document with stable keys."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON for machines (docs/reference/json.md)."
    )(command)


def project_argument(command: F) -> F:
    """The optional project path, as the last argument."""
    return click.argument("project_path", default=".", metavar="[PROJECT_PATH]")(command)


def as_of_option(command: F) -> F:
    """`--as-of`: the index as it was at a time, which is given on as the index tells times."""
    return click.option(
        "--as-of",
        "as_of",
        default=None,
        metavar="TIME",
        callback=_time,
        help="Resolve with what was on the index then, such as 2026-03-01T12:00.",
    )(command)


def _time(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    from pipl.index import pages

    return pages.time_of(text, None)


def workspace_option(command: F) -> F:
    """`-w`: another workspace than the current folder's."""
    return click.option(
        "-w",
        "--workspace",
        "workspace_path",
        default=None,
        metavar="PATH",
        help="The workspace, if not the current one.",
    )(command)


def packl_option(command: F) -> F:
    """`-p`: another packl than the current folder's."""
    return click.option(
        "-p",
        "--packl",
        "packl_path",
        default=None,
        metavar="PATH",
        help="The packl, if not the current one.",
    )(command)
