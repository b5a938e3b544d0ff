"""Whole projects with a running server, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.project import accounts, indexes, server, setup
from pipl.project.accounts import Credentials
from pipl.project.folder import Project
from pipl.testing.commands import Shell

STAGE = IndexName("root", "testing")
PROCESSING = IndexName("root", "processing")


@dataclass(frozen=True)
class RunningProject:
    """A project, a client acting as its root, and a shell in its folder."""

    project: Project
    client: DevpiClient
    shell: Shell

    @property
    def environ(self) -> Mapping[str, str]:
        return self.shell.environ

    def add_user(self, name: str, password: str) -> None:
        """Add a user and log the shell in as them."""
        self.client.create_user(name, password=password)
        self.shell.pipl("login", name, stdin=f"{password}\n")


@contextmanager
def running_project(
    folder: Path, environ: Mapping[str, str], *, mirror: bool
) -> Iterator[RunningProject]:
    """A new project at `folder` with its default index and the stages testing and processing.

    With `mirror`, under it stands the package index that pip uses here. The server is stopped
    at the end; the folder stays.
    """
    shell = Shell.at(folder, environ, folder.with_name(f"{folder.name}-logins"))
    project = setup.create(folder, shell.environ)
    project = server.start_background(project, shell.environ, port=0)
    try:
        password = accounts.project_secret(project.binding, accounts.ROOT_USER)
        assert password is not None
        root = Credentials(accounts.ROOT_USER, password)
        with accounts.connect_as(project.binding, root) as client:
            url = indexes.configured_mirror(shell.environ) if mirror else None
            indexes.create_default(client, project, mirror_url=url)
            indexes.create_stage(client, STAGE, uploaders=(indexes.AUTHENTICATED,))
            indexes.create_stage(client, PROCESSING, uploaders=(accounts.CI_USER,))
            yield RunningProject(project, client, shell)
    finally:
        if server.status(project).pid is not None:
            server.stop(project)
