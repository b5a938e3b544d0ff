"""kill -9 at random moments of storing, sending, fetching and collecting, alone and at once.

Whatever is killed: what is visible is whole, and doing it again succeeds.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipl.asset.upkeep import shelves
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.stores.folder import FolderStore
from tests.integration.asset import acting
from tests.integration.asset.acting import Scene

FILES, SIZE_BYTES = 150, 20_000
TIMES = {
    ("add",): 12, ("push",): 8, ("pull",): 8, ("gc",): 8,
    ("add", "gc"): 8, ("add", "add"): 4, ("push", "push"): 3, ("push", "pull"): 3,
    ("pull", "pull"): 3, ("gc", "push"): 3,
}  # fmt: skip
MOMENTS = [
    pytest.param(actions, seed, id=f"{'+'.join(actions)}-{seed}")
    for actions, times in TIMES.items()
    for seed in range(times)
]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene to copy."""
    scene = Scene(tmp_path_factory.mktemp("prepared"))
    for version in range(3):
        folder = scene.source(f"v{version}")
        folder.mkdir()
        for number in range(FILES):
            changed = version * 1000 if number % 5 == version else 0
            content = random.Random(number + changed).randbytes(SIZE_BYTES)
            (folder / f"beauty.{number:04d}.exr").write_bytes(content)
    for name in ("v0", "v1"):
        stored = scene.store.add(scene.source(name), product="hero")
        (scene.folder / f"{name}.json").write_text(json.dumps(vars(stored)), encoding="utf-8")
    for path in (scene.folder / "store" / "recent").iterdir():
        os.utime(path, (0, 0))
    scene.remote.push(scene.reference("v1"), scene.store.objects)
    return scene.folder


@pytest.mark.parametrize(("actions", "seed"), MOMENTS)
def test_a_kill_leaves_what_is_whole(
    prepared: Path, tmp_path: Path, actions: tuple[str, ...], seed: int
) -> None:
    scene = Scene(tmp_path / "scene")
    shutil.copytree(prepared, scene.folder)
    if "push" in actions:
        shutil.rmtree(scene.folder / "remote")
        shutil.rmtree(scene.folder / "records", ignore_errors=True)
    moment = random.Random(f"{actions}{seed}")
    running = [start(action, scene) for action in actions]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    time.sleep(moment.uniform(0.0, 0.15))
    for process in running:
        if process is running[0] or moment.random() < 0.5:
            process.kill()
        _, errors = process.communicate(timeout=60)
        assert process.returncode in (-9, 0) or b"Missing" in errors, errors.decode()
    for store in (scene.store, scene.cache):
        expect_whole(store.objects)
    if scene.remote.has(scene.reference("v1")):
        other = FolderStore(tmp_path / "other")
        scene.remote.pull(scene.reference("v1"), other.objects)
        other.verify(scene.reference("v1"))
    again(scene)


def again(scene: Scene) -> None:
    """Do everything once more, to the end."""
    acting.gc(scene)
    stored = scene.store.add(scene.source("v2"), product="hero")
    (scene.folder / "v2.json").write_text(json.dumps(vars(stored)), encoding="utf-8")
    acting.gc(scene)
    acting.push(scene)
    acting.pull(scene)
    for store, name in ((scene.store, "v1"), (scene.store, "v2"), (scene.cache, "v1")):
        store.verify(scene.reference(name))
        expect_whole(store.objects)
    for store in (scene.store, scene.cache):
        with store.objects.batch():
            pass  # who starts one sweeps what the killed have left
        assert [path.name for path in (store.root / "tmp").glob("batch-*")] == []


def expect_whole(objects: Objects) -> None:
    for digest in objects.digests():
        path = objects.path(digest)
        assert shelves.is_sound(path, digest)
        assert path.stat().st_mode & 0o777 == 0o444
        if shelves.is_manifest(path):
            assert shelves.is_complete(objects, path)


def start(action: str, scene: Scene) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, acting.__file__, action, scene.folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
