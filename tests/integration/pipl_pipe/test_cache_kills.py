"""A cache that several processes use and evict from at once, and that are killed meanwhile."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipl_pipe.asset.cache import eviction, in_use
from pipl_pipe.asset.cache.room import Cache
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.testing.asset_store import PRODUCT, reference_to

BOUND = 400_000
COUNT = 12
USER = """
import random, sys, time
from pathlib import Path
from pipl_pipe.asset.places.beyond import Source
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.store import StoreRemote
from pipl_pipe.asset.stores.cache import CacheStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.through import ThroughStore

root, seed, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
chosen = random.Random(seed)
far = FolderStore(root / "far")
near = CacheStore(root / "cache", bound_bytes=400_000)
store = ThroughStore(near, (Source("far", lambda: StoreRemote(far.objects)),))
references = [Reference(*line.split(":", 5)[:4], line.split(":", 5)[5], int(line.split(":", 5)[4]))
              for line in (root / "references").read_text().splitlines()]
print("ready", flush=True)
end, done = time.monotonic() + seconds, 0
while time.monotonic() < end:
    one = chosen.choice(references)
    view = root / f"view-{seed}" / one.name
    store.view("p", one, view)
    assert sorted(p.name for p in view.iterdir()) == sorted(
        ["own", *(f"shared{n}" for n in range(10))]), view
    if not done % 7:
        path = store.path("p", one)
        assert (path / "own").read_bytes().startswith(one.name.encode())
        near._in_use.drop(one.digest)
    store.verify(one)
    done += 1
print("done", done, flush=True)
"""


@pytest.fixture
def references(tmp_path: Path) -> list[Reference]:
    """Folder assets that share some files, twice as much as the cache may hold."""
    far = FolderStore(tmp_path / "far")
    made = []
    for number in range(COUNT):
        folder = tmp_path / "sources" / f"a{number}"
        folder.mkdir(parents=True)
        (folder / "own").write_bytes(f"a{number}".encode().ljust(60_000, b"."))
        for shared in range(10):
            content = f"{shared} {number % 4}".encode().ljust(4_000, b".")
            (folder / f"shared{shared}").write_bytes(content)
        made.append(reference_to(far.add(folder, product=PRODUCT), f"a{number}", "folder"))
    lines = (f"{r.name}:{r.type}:{r.basename}:{r.shape}:{r.size}:{r.revision}" for r in made)
    (tmp_path / "references").write_text("\n".join(lines))
    return made


def start(tmp_path: Path, seed: int, seconds: float) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", USER, str(tmp_path), str(seed), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PIPL_CACHE_DIR": str(tmp_path / "records")},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n", started.communicate()[1]
    return started


def size_of(objects: Objects) -> int:
    return sum(one.size for one in eviction.scan(objects))


def test_processes_that_use_and_evict_at_once_always_see_whole_assets(
    tmp_path: Path, references: list[Reference]
) -> None:
    users = [start(tmp_path, seed, 4.0) for seed in range(3)]
    for user in users:
        out, err = user.communicate(timeout=60)
        assert user.returncode == 0, err
        assert int(out.split()[1]) > 3
    objects = Objects(tmp_path / "cache", "cache")
    assert size_of(objects) <= BOUND + 3 * 110_000
    Cache(objects, BOUND).evict()
    assert size_of(objects) <= BOUND
    assert in_use.revisions(objects.root) == {}


def test_a_killed_process_leaves_a_cache_that_works(
    tmp_path: Path, references: list[Reference]
) -> None:
    """Killed 20 times at random, while fetching, laying, and evicting."""
    chosen = random.Random(3)
    for seed in range(20):
        user = start(tmp_path, seed, 60.0)
        time.sleep(chosen.uniform(0.0, 0.5))
        user.send_signal(signal.SIGKILL)
        user.communicate()
    last = start(tmp_path, 99, 2.0)
    _, err = last.communicate(timeout=60)
    assert last.returncode == 0, err
    objects = Objects(tmp_path / "cache", "cache")
    for one in eviction.scan(objects):
        objects.verify(one.digest, size=one.size, asset="")
    Cache(objects, BOUND).clear()
    assert size_of(objects) == 0
    assert list((tmp_path / "cache" / "versions").rglob("own")) == []
    assert list((tmp_path / "cache" / "tmp").glob("evicted-*")) == []
