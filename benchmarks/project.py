"""A project with a running server, for benchmarks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipl.project import accounts, indexes, server, setup
from pipl.project.folder import Project
from pipl.index.devpi import DevpiClient


@dataclass(frozen=True)
class Bench:
    """The project, a client acting as root, and the environment variables of commands."""

    project: Project
    client: DevpiClient
    environ: Mapping[str, str]


@contextmanager
def bench_project(*, mirror: bool = False) -> Iterator[Bench]:
    """A new project with its default index, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top:
        environ = {**os.environ, "PIPL_CONFIG_DIR": str(Path(top) / "logins")}
        project = setup.create(Path(top) / "Bench", environ)
        project = server.start_background(project, environ, port=0)
        try:
            secret = accounts.project_secret(project.binding, "root")
            assert secret is not None
            root = accounts.Credentials("root", secret)
            with accounts.connect_as(project.binding, root) as client:
                url = indexes.configured_mirror(environ) if mirror else None
                indexes.create_default(client, project, mirror_url=url)
                yield Bench(project, client, environ)
        finally:
            server.stop(project)
