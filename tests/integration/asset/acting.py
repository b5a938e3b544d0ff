"""One action on stores and remotes, as a process that a test may kill: see test_kills.py.

python acting.py ACTION FOLDER     with FOLDER as `Scene` lays it out
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pipl.asset import marks
from pipl.asset.marks.digest_set import DigestSet
from pipl.asset.upkeep import collect
from pipl_pipe.asset.buckets.folder import FolderBucket
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.asset.stores.folder import FolderStore


@dataclass(frozen=True)
class Scene:
    """Sources `v0`, `v1` and `v2` share most of their files.

    In the store lie v0, which nothing keeps and which was stored long ago, and v1, which is
    marked; v2 is being added.
    """

    folder: Path

    def source(self, name: str) -> Path:
        return self.folder / name

    @property
    def store(self) -> FolderStore:
        """The project's."""
        return FolderStore(
            self.folder / "store", parents=True, stat_cache=self.folder / "stat.sqlite"
        )

    @property
    def cache(self) -> FolderStore:
        """Another machine's."""
        return FolderStore(self.folder / "cache", parents=True)

    @property
    def remote(self) -> BucketRemote:
        return BucketRemote(FolderBucket(self.folder / "remote"), records=self.folder / "records")

    def reference(self, name: str) -> Reference:
        stored = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return Reference(name, "Folder", name, "folder", stored["revision"], stored["size"])


def add(scene: Scene) -> None:
    scene.store.add(scene.source("v2"), product="hero")


def push(scene: Scene) -> None:
    scene.remote.push(scene.reference("v1"), scene.store.objects)


def pull(scene: Scene) -> None:
    scene.remote.pull(scene.reference("v1"), scene.cache.objects)


def gc(scene: Scene) -> None:
    """Sweep what neither v1's marks nor the last minute keep."""
    objects = scene.store.objects
    live = DigestSet()
    marks.keep(live, objects, scene.reference("v1").digest)
    with collect.alone(objects.root):
        collect.collect(objects, live, collect.Grace(60.0, time.time()))


ACTIONS = {"add": add, "push": push, "pull": pull, "gc": gc}


if __name__ == "__main__":
    action, folder = sys.argv[1:]
    act, scene = ACTIONS[action], Scene(Path(folder))
    print("ready", flush=True)
    act(scene)
    print("done", flush=True)
