"""The graph of a workspace as it is locked now."""

from __future__ import annotations

from collections.abc import Mapping

from pipl.env import declared
from pipl.env.declared import Declared
from pipl.env.lock import Lock
from pipl.env.locked import LockedPackage
from pipl.errors.env import NotLocked
from pipl.workspace.folder import Workspace
from pipl.workspace.graph import reading
from pipl.workspace.graph.graph import LockGraph


def graph(workspace: Workspace) -> LockGraph:
    """Raises NotLocked, InvalidLock, InvalidPackl, NotAPackl."""
    if not workspace.lock_path.exists():
        raise NotLocked(str(workspace.folder))
    lock = Lock.read(workspace.lock_path).rebased(workspace.binding.url)

    def ask(packages: tuple[LockedPackage, ...]) -> Mapping[str, Declared]:
        return _from_index(workspace.binding.index_url, packages)

    return reading.graph(workspace, lock, ask)


def _from_index(index_url: str, packages: tuple[LockedPackage, ...]) -> Mapping[str, Declared]:
    """What the wheels of packages that are not installed declare, as far as that can be had."""
    from concurrent.futures import ThreadPoolExecutor

    from pipl.index.offered import AT_ONCE, Offers  # slow to import, and seldom needed

    urls = {
        package.name: next((file.url for file in package.files if file.kind == "wheel"), None)
        for package in packages
    }
    with Offers(index_url) as offers, ThreadPoolExecutor(AT_ONCE) as pool:
        texts = zip(urls, pool.map(offers.metadata_of_wheel, urls.values()), strict=True)
        read = {name: declared.parse(text) for name, text in texts if text}
    return {name: found for name, found in read.items() if found is not None}
