"""The project's indexes: the default one, its mirror, and the stages that inherit from it."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pipl import process
from pipl.build.pipe import build_pipe_wheel
from pipl.errors.index import IndexNotFound, VersionTaken
from pipl.errors.usage import InUse
from pipl.index.client import IndexClient, IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.progress import SILENT, Progress
from pipl.project import ci_account
from pipl.project.accounts import CI_USER, ROOT_USER
from pipl.project.folder import DEFAULT_INDEX, MIRROR, Project

AUTHENTICATED = ":AUTHENTICATED:"
ANONYMOUS = ":ANONYMOUS:"
INDEX_TYPE = "pipl"


def create_default(
    client: DevpiClient,
    project: Project,
    *,
    mirror_url: str | None,
    progress: Progress = SILENT,
) -> IndexConfig:
    """Make the mirror (None: none) and `root/PROJ`, and upload pipl-pipe to it.

    May be repeated: what exists is left as it is, what is missing is made, also CI's user and
    token.
    """
    progress.phase("making sure of the CI user")
    ci_account.ensure(client, project.secrets, now=time.time())
    bases: tuple[IndexName, ...] = ()
    if mirror_url is not None:
        progress.phase(f"making the mirror {MIRROR}")
        _ensure(client, _config(MIRROR, index_type="mirror", mirror_url=mirror_url, title="mirror"))
        bases = (MIRROR,)
    progress.phase(f"making {DEFAULT_INDEX}")
    config = _ensure(
        client,
        _config(DEFAULT_INDEX, bases=bases, acl_upload=(ROOT_USER, CI_USER), title=project.name),
    )
    progress.phase("uploading pipl-pipe")
    upload_pipe(client, DEFAULT_INDEX)
    return config


def create_stage(
    client: IndexClient, name: IndexName, *, uploaders: tuple[str, ...], title: str | None = None
) -> IndexConfig:
    """Make an index that inherits `root/PROJ` and that `uploaders` may publish to.

    Raises AlreadyExists; IndexNotFound where `create_default` has not been run.
    """
    client.index(DEFAULT_INDEX)
    config = _config(name, bases=(DEFAULT_INDEX,), acl_upload=uploaders, title=title or str(name))
    client.create_index(config)
    return config


def remove(client: IndexClient, name: IndexName, *, project_index: IndexName) -> None:
    """Delete an index with what it holds.

    Raises InUse for the project's own, and where another index inherits from it.
    """
    if name == project_index:
        raise InUse("index", str(name), "it is the project's own")
    for config in client.indexes():
        if name in config.bases:
            raise InUse("index", str(name), f"{config.name} inherits from it")
    client.delete_index(name)


def upload_pipe(client: IndexClient, index: IndexName) -> None:
    """Upload this pipl's own pipl-pipe; a version that is there already stays."""
    with tempfile.TemporaryDirectory(prefix="pipl-") as folder:
        wheel = build_pipe_wheel(Path(folder))
        with suppress(VersionTaken):
            client.upload(index, wheel)


def configured_mirror(environ: Mapping[str, str]) -> str:
    """The index that pip is configured to use here, else devpi's own default."""
    done = process.run(
        [sys.executable, "-m", "pip", "config", "list"], env=environ, check=False, timeout_s=60
    )
    settings = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    for key in (":env:.index-url", "install.index-url", "global.index-url"):
        if key in settings:
            return settings[key].strip("'\"")
    return _default_of_devpi()


def _default_of_devpi() -> str:
    """What devpi mirrors where nobody says otherwise."""
    from devpi_server import main  # slow to import

    return str(main._pypi_ixconfig_default["mirror_url"])


def _config(
    name: IndexName,
    *,
    index_type: str = INDEX_TYPE,
    bases: tuple[IndexName, ...] = (),
    acl_upload: tuple[str, ...] = (),
    mirror_url: str | None = None,
    title: str | None = None,
) -> IndexConfig:
    return IndexConfig(
        name=name,
        type=index_type,
        bases=bases,
        volatile=False,
        acl_upload=acl_upload,
        acl_toxresult_upload=(ROOT_USER, CI_USER),
        mirror_url=mirror_url,
        title=title,
    )


def _ensure(client: IndexClient, config: IndexConfig) -> IndexConfig:
    try:
        return client.index(config.name)
    except IndexNotFound:
        client.create_index(config)
        return config
