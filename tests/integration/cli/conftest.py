"""One project, with a mirror, for the tests of commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject, running_project


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProject]:
    """The project, its shell logged in as `anna`."""
    with project_of_anna(tmp_path_factory.mktemp("cli") / "Show") as project:
        yield project


@contextmanager
def project_of_anna(folder: Path) -> Iterator[RunningProject]:
    with running_project(folder, os.environ, mirror=True) as project:
        project.add_user("anna", "s3cret")
        yield project


@pytest.fixture
def workspace(running: RunningProject, request: pytest.FixtureRequest) -> Shell:
    """A shell in a new workspace named for the test."""
    name = request.node.name.partition("[")[0][5:60]
    shell = running.shell.in_("workspaces")
    shell.pipl("work", "create", name)
    return shell.in_(name)
