"""Two machines store the same asset at the same time in the project's store."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from pipl.asset.upkeep import fsck
from pipl_pipe.asset.stores.folder import FolderStore

ROUNDS = 6
MACHINE = """
    import sys
    from pathlib import Path
    from pipl_pipe.asset.places.beyond import Source
    from pipl_pipe.asset.reference import Reference
    from pipl_pipe.asset.remotes.store import StoreRemote
    from pipl_pipe.asset.stores.cache import CacheStore
    from pipl_pipe.asset.stores.folder import FolderStore
    from pipl_pipe.asset.stores.through import ThroughStore

    shared, own, source = map(Path, sys.argv[1:])
    project = FolderStore(shared, stat_cache=own / "stat.sqlite")
    cache = CacheStore(own / "cache")
    source_of = Source("store", lambda: StoreRemote(project.objects))
    store = ThroughStore(cache, (source_of,), adds=project)
    for line in sys.stdin:
        stored = store.add(source / line.strip(), product="hero")
        reference = Reference("maps", "Folder", "maps", "folder", stored.revision, stored.size)
        path = store.path("hero", reference)
        store.verify(reference)
        print(stored.revision, len(list(path.iterdir())), flush=True)
"""


def test_they_agree_and_nothing_is_damaged(tmp_path: Path) -> None:
    for machine in ("one", "two"):
        for number in range(ROUNDS):
            folder = tmp_path / machine / f"round{number}"
            folder.mkdir(parents=True)
            for file in range(60):
                content = random.Random(number * 100 + file).randbytes(9000)
                (folder / f"map.{file:04d}.exr").write_bytes(content)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(MACHINE), tmp_path / "shared",
             tmp_path / f"{machine}-own", tmp_path / machine],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for machine in ("one", "two")
    ]  # fmt: skip
    try:
        for number in range(ROUNDS):
            for each in running:
                assert each.stdin is not None
                each.stdin.write(f"round{number}\n")
                each.stdin.flush()
            said = [each.stdout.readline().split() for each in running if each.stdout]
            assert said[0] == said[1]
            assert said[0][1] == "60"
    finally:
        for each in running:
            each.communicate(timeout=60)
    store = FolderStore(tmp_path / "shared")
    assert fsck.check(store.objects, quick=False, now=time.time()).faults == []
    assert len(list(store.revisions())) == ROUNDS * 61
