"""`python -m pipl_pipe` in processes of their own, as pipl runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

import pipl_pipe
from pipl_pipe import context, variables
from pipl_pipe.asset import places as asset_places
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.digest import of_bytes
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.context import Context

from .conftest import Site, stored

NOISE = """
    import os, sys
    print("imported")
    os.write(1, b"noise")
    from pipl_pipe.task import command
    from show_pipe import Modelling

    class Noisy(Modelling):
        def process(self, job):
            print("processing")
            super().process(job)

    TASK = Noisy("hero_model")
"""


def ask(site: Site, *arguments: object) -> Tuple[int, Dict[str, Any], str]:
    """Exit code, the JSON on stdout, and stderr."""
    paths = [str(site.folder), str(Path(pipl_pipe.__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-m", "pipl_pipe", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture
def workspace(show: Site, here: Context, tmp_path: Path) -> Site:
    """A product in the project's store, and a task that talks."""
    assert here.project_folder is not None
    store: Any = FolderStore(here.project_folder / "system" / "assets", parents=True)
    show.install_product("hero_rig", [stored(store, tmp_path / "in", "rig.usdc", b"bones")])
    show.install(
        "hero-model",
        requires=["show-pipe", "hero-rig"],
        entry_points={"pipl_pipe.tasks": {"hero_model": "hero_model:TASK"}},
        modules={"hero_model/__init__.py": NOISE},
    )
    return show


def test_describe_tells_everything(workspace: Site) -> None:
    status, answer, _ = ask(workspace, "describe")
    assert status == 0
    assert answer["services"] == ["asset_store", "config", "path", "products", "tasks"]
    assert [one["name"] for one in answer["asset_types"]] == [
        "File", "Folder", "Sequence", "Textures", "UsdCrate",
    ]  # fmt: skip
    assert {"name": "modelling", "distribution": "show-pipe", "summary": "Model something."} in (
        answer["task_types"]
    )
    (task,) = answer["tasks"]
    assert (task["name"], task["type"], task["version"]) == ("hero_model", "modelling", "1.0.0")
    assert {"name": "open-model", "script": "OpenModel", "help": "Open the model."} in (
        task["commands"]
    )
    (product,) = answer["products"]
    assert product["assets"][0]["basename"] == "rig.usdc"
    assert answer["broken"] == []


def test_a_broken_packl_is_named_and_the_others_work(workspace: Site, here: Context) -> None:
    groups = ("asset_types", "product_types", "task_types", "products", "tasks", "config")
    groups += ("services", "env_sets")
    workspace.install(
        "bad-packl",
        entry_points={f"pipl_pipe.{group}": {"bad": "bad_packl:BAD"} for group in groups},
        modules={"bad_packl/__init__.py": "raise RuntimeError('half written')\n"},
    )
    status, answer, _ = ask(workspace, "describe")
    assert status == 0
    named = {(one["name"], one["distribution"], one["group"]) for one in answer["broken"]}
    assert named == {
        ("bad", "bad-packl", f"pipl_pipe.{group}") for group in groups if group != "env_sets"
    }
    assert [one["name"] for one in answer["tasks"]] == ["hero_model"]
    status, answer, _ = ask(workspace, "settle", "--lay")
    assert (status, answer["laid"]) == (0, ["hero_rig/rig.usdc"])
    assert {one["distribution"] for one in answer["broken"]} == {"bad-packl"}
    scratch, out, release = places(here)
    status, answer, _ = ask(
        workspace, "process", "--task", "hero_model", "--scratch", scratch, "--out", out,
        "--release", release,
    )  # fmt: skip
    assert (status, len(answer["products"])) == (0, 1)


def places(here: Context) -> Tuple[Path, Path, Path]:
    scratch, out = here.workspace / "scratch", here.workspace.parent / "out"
    scratch.mkdir()
    out.mkdir()
    release = here.workspace.parent / "release.json"
    published = {"name": "hero-model", "version": "1.0.0", "sha256": "c" * 64, "lock": None}
    release.write_text(json.dumps(published))
    return scratch, out, release


def test_process_prints_json_whatever_the_task_prints(workspace: Site, here: Context) -> None:
    scratch, out, release = places(here)
    arguments = ("--scratch", scratch, "--out", out, "--release", release)
    status, answer, error = ask(workspace, "process", *arguments)
    assert status == 0
    (product,) = answer["products"]
    assert (product["name"], product["version"], product["type"]) == (
        "hero_geo", "1.0.0", "geometry",
    )  # fmt: skip
    assert Path(product["wheel"]).is_file()
    for said in ("imported", "noise", "processing"):
        assert said in error


def test_a_designed_error_is_json_too(workspace: Site, here: Context) -> None:
    scratch, out, release = places(here)
    (scratch / "left").write_text("x")
    arguments = ("--scratch", scratch, "--out", out, "--release", release)
    status, answer, _ = ask(workspace, "process", *arguments)
    assert status == 1
    assert answer["error"]["code"] == "task.scratch-not-empty"
    assert answer["error"]["hint"] == "give process() a new folder"
    assert answer["error"]["fields"] == {"path": str(scratch)}


def test_settle_lays_the_view_and_tells_the_variables(workspace: Site, here: Context) -> None:
    workspace.install(
        "usd",
        entry_points={"pipl_pipe.env_sets": {"usd": "usd:ENV_SET"}},
        modules={
            "usd/__init__.py": """
                from pipl_pipe.envset import EnvSet, prepend
                ENV_SET = EnvSet(prepend("PXR_AR_DEFAULT_SEARCH_PATH", "{assets}"))
            """
        },
    )
    status, answer, _ = ask(workspace, "settle", "--lay")
    assert (status, answer["laid"]) == (0, ["hero_rig/rig.usdc"])
    assert (here.assets / "hero_rig" / "rig.usdc").read_bytes() == b"bones"
    after = variables.apply([variables.Operation(**one) for one in answer["env"]], {})
    assert after == {"PXR_AR_DEFAULT_SEARCH_PATH": str(here.assets), "PIPL_TASK": "hero_model"}
    assert ask(workspace, "env")[1]["env"] == answer["env"]


REMOTES = """
    CONFIG = {"cache_gb": 2, "remotes": {"studio": {"url": "/mnt/{name}", "jobs": 3}}}
"""
OWN_STORE = """
    from pathlib import Path
    from pipl_pipe import context
    from pipl_pipe.asset.stores.folder import FolderStore

    def store(config=None):
        return FolderStore(context.current().project_folder / "system" / "assets")
"""


def test_settle_tells_products_and_places_and_leaves_laying_to_pipl(
    workspace: Site, here: Context
) -> None:
    workspace.install(
        "show-config",
        requires=["pipl-pipe"],
        entry_points={"pipl_pipe.config": {"asset_store": "show_config:CONFIG"}},
        modules={"show_config.py": REMOTES},
    )
    status, answer, _ = ask(workspace, "settle")
    assert (status, "laid" in answer, here.assets.exists()) == (0, False, False)
    told = asset_places.from_json(answer["places"])
    assert told.store == here.project_folder / "system" / "assets"  # type: ignore[operator]
    assert (told.cache_bytes, told.remotes[0].url, told.remotes[0].jobs) == (
        2 * 10**9, "/mnt/MyProject", 3,
    )  # fmt: skip
    (product,) = answer["products"]
    assert product["package"] == "hero_rig"
    content = references.parse(json.dumps(product["content"]), product="hero_rig")
    assert [one.basename for one in content.assets] == ["rig.usdc"]


def test_a_store_of_a_packls_own_lays_the_view_in_its_environment(
    workspace: Site, here: Context
) -> None:
    workspace.install(
        "own-store",
        requires=["pipl-pipe"],
        entry_points={"pipl_pipe.services": {"asset_store": "own_store:store"}},
        modules={"own_store.py": OWN_STORE},
    )
    answer = ask(workspace, "settle")[1]
    assert (answer["places"], answer["store"]) == (None, "own-store")
    assert answer["laid"] == ["hero_rig/rig.usdc"]


def test_a_config_of_assets_that_cannot_be_used_is_told_beside_the_rest(workspace: Site) -> None:
    workspace.install(
        "show-config",
        requires=["pipl-pipe"],
        entry_points={"pipl_pipe.config": {"asset_store": "show_config:CONFIG"}},
        modules={"show_config.py": "CONFIG = {'cache': 3}\n"},
    )
    status, answer, _ = ask(workspace, "settle")
    assert (status, answer["places"], answer["store"]) == (0, None, "")
    assert "cache is no text" in answer["broken"][-1]["message"]
    assert "cache is no text" in answer["problem"]
    assert len(answer["products"]) == 1


def test_assets_their_paths_adding_and_copying(
    workspace: Site, here: Context, tmp_path: Path
) -> None:
    (row,) = ask(workspace, "assets")[1]["assets"]
    assert (row["product"], row["name"], row["view"]) == ("hero_rig", "rig", "hero_rig/rig.usdc")
    path = Path(ask(workspace, "asset-path", "hero-rig", "rig")[1]["path"])
    assert path.read_bytes() == b"bones"
    (tmp_path / "new.usdc").write_bytes(b"new")
    added = ask(workspace, "asset-add", tmp_path / "new.usdc", "loose")[1]
    assert (added["size"], added["revision"]) == (3, str(of_bytes(b"new")))
    (tmp_path / "given.usdc").write_bytes(b"given")
    ask(workspace, "asset-add", tmp_path / "given.usdc", "loose", "--link")
    assert (tmp_path / "given.usdc").stat().st_nlink == 2
    copied = ask(workspace, "copy-assets", tmp_path / "usb")[1]
    assert copied["copied"] == 1
    assert (tmp_path / "usb" / "hero_rig" / "rig.usdc").read_bytes() == b"bones"
    assert not (tmp_path / "usb" / "hero_rig" / "rig.usdc").samefile(path)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("asset-path", "hero_rig", "nothing"), "product.unknown-asset"),
        (("asset-path", "nothing", "rig"), "pipe.unknown-extension"),
        (("asset-add", "/nothing", "loose"), "asset.refused"),
        (("create-task", "/nothing", "modelling"), "packl.not-a-packl"),
    ],
)
def test_what_is_not_there(workspace: Site, arguments: Tuple[str, ...], code: str) -> None:
    status, answer, _ = ask(workspace, *arguments)
    assert (status, answer["error"]["code"]) == (1, code)


def test_outside_a_workspace(show: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (context.VARIABLE, "VIRTUAL_ENV"):
        monkeypatch.delenv(variable, raising=False)
    status, answer, _ = ask(show, "env")
    assert (status, answer["error"]["code"]) == (1, "pipe.no-context")
