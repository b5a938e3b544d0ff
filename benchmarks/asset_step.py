"""One call of our library in a process of its own: what the peers' whole commands are held against.

    python -m benchmarks.asset_step add|push|pull|view HOME SOURCE_OR_DESTINATION [--copy]

`HOME` holds the store, its remote, and what was stored last (`reference.json`). Prints JSON:
the seconds that the library took, without starting Python.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Remote
from pipl_pipe.asset.stores.folder import FolderStore

PRODUCT = "bench"


def store_in(home: Path) -> FolderStore:
    return FolderStore(home / "store", parents=True, stat_cache=home / "stat" / "cache.sqlite")


def remote_of(home: Path) -> Remote:
    from pipl_pipe.asset.bucket import open_bucket  # not on the way of the other steps
    from pipl_pipe.asset.remotes.bucket import BucketRemote

    return BucketRemote(open_bucket(str(home / "remote")), records=home / "records")


def reference_in(home: Path) -> Reference:
    said = json.loads((home / "reference.json").read_text(encoding="utf-8"))
    return Reference("asset", "File", "asset", said["shape"], said["revision"], said["size"])


def add(home: Path, source: Path, *, link: bool) -> None:
    stored = store_in(home).add(source, product=PRODUCT, link=link)
    shape = "folder" if source.is_dir() else "file"
    said = {"revision": stored.revision, "size": stored.size, "shape": shape}
    (home / "reference.json").write_text(json.dumps(said), encoding="utf-8")


def push(home: Path) -> None:
    remote_of(home).push(reference_in(home), store_in(home).objects)


def view(home: Path, destination: Path) -> None:
    store_in(home).view(PRODUCT, reference_in(home), destination)


def pull(home: Path, destination: Path) -> None:
    """Into a store that holds nothing yet, and from there into a view."""
    near = FolderStore(home / "near", parents=True)
    remote_of(home).pull(reference_in(home), near.objects)
    near.view(PRODUCT, reference_in(home), destination)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["add", "push", "pull", "view"])
    parser.add_argument("home", type=Path)
    parser.add_argument("path", type=Path)
    parser.add_argument("--copy", action="store_true")
    given = parser.parse_args()
    given.home.mkdir(parents=True, exist_ok=True)
    steps: dict[str, Callable[[], None]] = {
        "add": lambda: add(given.home, given.path, link=not given.copy),
        "push": lambda: push(given.home),
        "view": lambda: view(given.home, given.path),
        "pull": lambda: pull(given.home, given.path),
    }
    started = time.perf_counter()
    steps[given.step]()
    print(json.dumps({"library_s": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
