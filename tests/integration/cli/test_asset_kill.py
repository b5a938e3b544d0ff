"""A collection beside writers, and killed at any moment: the store stays right."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pipl.asset.upkeep import fsck
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.stores.folder import FolderStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9")

COLLECT = """
    import sys, time
    from pathlib import Path
    from pipl.asset import marks
    from pipl.asset.marks import recent
    from pipl.asset.upkeep import collect
    from pipl.asset.marks.digest_set import DigestSet
    from pipl_pipe.asset.digest import Digest
    from pipl_pipe.asset.objects import Objects

    collect.SLICE = 7
    objects = Objects(Path(sys.argv[1]), "store")
    while True:
        live = DigestSet()
        for revision in sys.argv[2:]:
            marks.keep(live, objects, Digest.parse(revision))
        with collect.alone(objects.root):
            # no grace: only what is stored while it sweeps is fresh
            collect.collect(objects, live, collect.Grace(0.0, time.time()))
"""
WRITE = """
    import contextlib, random, sys
    from pathlib import Path
    from pipl_pipe.asset.stores.folder import FolderStore
    from pipl_pipe.errors import AssetMissing

    sources = sorted(Path(sys.argv[2]).iterdir())
    while True:
        with contextlib.suppress(AssetMissing):  # collected twice under it: it would try again
            FolderStore(Path(sys.argv[1])).add(random.choice(sources), product="it")
"""


def run(code: str, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *args], stderr=subprocess.PIPE
    )


def sources(folder: Path) -> list[Path]:
    """Folders of 30 small files, which they share in part."""
    made = []
    for number in range(6):
        source = folder / "sources" / f"s{number}"
        source.mkdir(parents=True)
        for file in range(30):
            text = f"{file}" if file % 2 else f"{number} {file}"
            (source / f"f.{file:04d}.txt").write_text(text, encoding="utf-8")
        made.append(source)
    return made


def test_a_store_is_right_after_kills_of_collections_beside_writers(tmp_path: Path) -> None:
    root = tmp_path / "store"
    made = sources(tmp_path)
    store = FolderStore(root)
    kept = store.add(made[0], product="it").revision
    moments = random.Random(3)
    for _ in range(8):
        collector = run(COLLECT, str(root), kept)
        writers = [run(WRITE, str(root), str(tmp_path / "sources")) for _ in range(2)]
        time.sleep(0.5 + moments.random())
        for process in (collector, *writers):
            assert process.poll() is None, process.communicate()[1].decode()
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        found = fsck.check(store.objects, quick=False, now=time.time())
        wrong = [fault for fault in found.faults if fault.kind in (fsck.DAMAGED, fsck.MISSING)]
        assert wrong == []
        assert store.objects.has(Digest.parse(kept))
    for source in made:
        again = store.add(source, product="it")
        assert store.has(again.revision)
    assert fsck.check(store.objects, quick=False, now=time.time()).bad == {}
