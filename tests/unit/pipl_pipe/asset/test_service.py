from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest

from pipl_pipe.asset import service
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.http import HttpStore
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidConfig


def folder_of(config: Dict[str, Any], here: Context) -> Path:
    found = service.choose(config, here, {"PIPL_CACHE_DIR": "/cache"})
    assert isinstance(found, FolderStore)
    return found.root


def test_the_projects_own_folder_by_default(here: Context) -> None:
    assert here.project_folder is not None
    assert folder_of({}, here) == here.project_folder / "system" / "assets"


def test_a_configured_folder(here: Context) -> None:
    assert folder_of({"path": "/mnt/{name}/assets"}, here) == Path("/mnt/MyProject/assets")
    assert folder_of({"path": "{project}/a"}, here) == Path(f"{here.project_folder}/a")


@pytest.mark.parametrize("config", [{}, {"path": "{project}/system/assets"}])
def test_a_machine_that_does_not_see_the_project_asks_its_server(
    here: Context, tmp_path: Path, config: Dict[str, Any]
) -> None:
    for folder in (None, tmp_path / "not_mounted"):
        unseen = replace(here, project_folder=folder)
        found = service.choose(config, unseen, {"PIPL_CACHE_DIR": "/cache"})
        assert isinstance(found, HttpStore)
        assert (found.url, found.cache.root) == (here.url, Path("/cache/assets"))
        assert folder_of({"path": "/mnt/{name}"}, unseen) == Path("/mnt/MyProject")


def test_a_config_that_cannot_be_used_tells_every_problem(here: Context) -> None:
    with pytest.raises(InvalidConfig) as caught:
        service.choose({"path": 3, "pth": "x"}, here, {})
    assert caught.value.problems == ("path is no text", "pth is unknown")


@pytest.mark.parametrize(
    ("platform", "environ", "ends"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/pipl/assets"),
        ("linux", {}, "/.cache/pipl/assets"),
        ("darwin", {}, "/Library/Caches/pipl/assets"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/pipl/assets"),
    ],
)
def test_where_caches_are(platform: str, environ: Dict[str, str], ends: str) -> None:
    assert service.cache_folder(environ, platform).as_posix().endswith(ends)
