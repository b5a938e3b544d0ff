from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from pipl_pipe.asset import places
from pipl_pipe.asset.places import Places, RemotePlace
from pipl_pipe.asset.places import config as place_config
from pipl_pipe.context import Context
from pipl_pipe.errors import InvalidConfig

FULL = {
    "path": "/mnt/assets/{name}",
    "cache": "/var/cache/pipl/assets",
    "cache_gb": 0.5,
    "view": ["symlink", "copy"],
    "algorithm": "sha256",
    "remotes": {
        "studio": {
            "url": "s3://bucket/{name}",
            "endpoint": "http://store:9000",
            "region": "eu-1",
            "publish": False,
            "jobs": 4,
            "limit_mb_s": 50,
        },
        "cdn": {"url": "https://cdn.example.com/assets"},
        "nas": {"url": "/mnt/nas", "read": False},
    },
}


def parsed(config: Dict[str, Any], here: Context) -> Places:
    return place_config.parse(config, here, {"PIPL_CACHE_DIR": "/cache"})


def problems(config: Dict[str, Any], here: Context) -> Tuple[str, ...]:
    with pytest.raises(InvalidConfig) as caught:
        parsed(config, here)
    assert caught.value.name == "asset_store"
    return caught.value.problems


def test_without_config_it_is_the_projects_own_folder(here: Context) -> None:
    found = parsed({}, here)
    assert here.project_folder is not None
    assert found.store == here.project_folder / "system" / "assets"
    assert (found.cache, found.cache_first, found.cache_bytes) == (
        Path("/cache/assets"), False, None,
    )  # fmt: skip
    assert (found.server, found.remotes) == (here.url, ())


def test_everything_that_can_be_configured(here: Context) -> None:
    found = parsed(FULL, here)
    assert found.store == Path("/mnt/assets/MyProject")
    assert (found.cache, found.cache_first) == (Path("/var/cache/pipl/assets"), True)
    assert found.cache_bytes == 500_000_000
    assert (found.view, found.algorithm) == (("symlink", "copy"), "sha256")
    studio, cdn, nas = found.remotes
    assert studio == RemotePlace(
        "studio", "s3://bucket/MyProject", "http://store:9000", "eu-1", publish=False, jobs=4,
        limit_mb_s=50,
    )  # fmt: skip
    assert (cdn.publish, cdn.read) == (False, True)
    assert (nas.publish, nas.read) == (True, False)


@pytest.mark.parametrize("config", [{}, FULL])
def test_json_tells_the_same_places(here: Context, config: Dict[str, Any]) -> None:
    found = parsed(config, here)
    assert places.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    "damaged", [None, 3, {}, {"format": "pipl-places/9"}, {"format": places.FORMAT}, [1]]
)
def test_json_that_is_something_else_is_refused(damaged: object) -> None:
    with pytest.raises(InvalidConfig):
        places.from_json(damaged)


def test_json_with_more_than_it_should_have_is_refused(here: Context) -> None:
    with pytest.raises(InvalidConfig):
        places.from_json({**parsed({}, here).to_json(), "colour": "red"})


def test_a_machine_that_does_not_see_the_project_has_no_store(
    here: Context, tmp_path: Path
) -> None:
    for folder in (None, tmp_path / "not_mounted"):
        unseen = replace(here, project_folder=folder)
        for config in ({}, {"path": "{project}/a"}):
            assert parsed(config, unseen).store is None
        shared = parsed({"path": "/mnt/{name}"}, unseen)
        assert (shared.store, shared.required) == (Path("/mnt/MyProject"), False)
    assert parsed({"path": "/mnt/{name}"}, here).required


def test_every_problem_is_told_at_once(here: Context) -> None:
    assert problems(
        {
            "path": "assets",
            "pth": "x",
            "cache": 3,
            "cache_gb": True,
            "view": ["reflink", "magic"],
            "algorithm": "md5",
            "remotes": {
                "a b": {"url": "/x"},
                "cache": {"url": "/x"},
                "none": {},
                "text": "s3://x",
                "studio": {"url": "bucket", "endpoint": 3, "publish": 1, "jobs": 0, "x": 1},
                "slow": {"url": "/x", "limit_mb_s": 0, "jobs": True},
            },
        },
        here,
    ) == (
        "pth is unknown",
        "cache is no text",
        "cache_gb is no number",
        "remotes: 'a b' is not the name of a remote",
        "remotes: 'cache' is not the name of a remote",
        "remotes.none.url is missing",
        "remotes.text is no table",
        "remotes.studio.endpoint is no text",
        "remotes.studio.publish is no true or false",
        "remotes.studio.x is unknown",
        "remotes.studio.url is neither a URL nor an absolute path",
        "remotes.studio.jobs is not between 1 and 64",
        "remotes.slow.jobs is no number",
        "remotes.slow.limit_mb_s is not a speed",
        "path is not an absolute path",
        "view has 'magic'; there are reflink, hardlink, symlink, copy",
        "algorithm is none of blake3, sha256",
    )


@pytest.mark.parametrize("key", ["url", "endpoint"])
@pytest.mark.parametrize(
    "address", ["s3://key:hunter2@bucket/x", "sftp://me:hunter2@host/x", "s3://b/x?key=hunter2"]
)
def test_a_secret_is_a_problem_and_is_not_shown(here: Context, key: str, address: str) -> None:
    (problem,) = problems({"remotes": {"r": {"url": "/x", key: address}}}, here)
    assert problem.startswith(f"remotes.r.{key} has a query") or "holds a password" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize("view", [[], ["copy", "copy"], "copy", [3], [["copy"]]])
def test_what_is_no_order_of_ways(here: Context, view: object) -> None:
    assert problems({"view": view}, here)


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf"), 10**30])
def test_what_is_no_size_of_a_cache(here: Context, size: float) -> None:
    assert problems({"cache_gb": size}, here) == ("cache_gb is not a size",)
