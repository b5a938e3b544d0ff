"""Publishing many objects at once: written aside, flushed together, renamed together."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Tuple, Union

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.disk import files, locking
from pipl_pipe.errors import AssetMissing

PREFIX = "batch-"
StrPath = Union[str, Path]
_STARTING = ".starting-"
_ALIVE = ".alive"
_STARTING_S = 3600.0
"""A folder without a lock of its own that is older has lost its process."""


class _Placed(NamedTuple):
    """Where a file is to appear, and where it lies now; paths are texts, which are faster."""

    target: str
    path: str
    linked: bool

    @property
    def folder(self) -> str:
        return os.path.dirname(self.target)


class Batch:
    """Objects being made below `<root>/tmp`, on the store's file system.

    For one thread, but for `new`. Made by `Objects.batch()`, published when that ends well.
    """

    def __init__(self, root: Path, folder: Path, place: Callable[[Digest], str]) -> None:
        """`place` says where an object belongs."""
        self.folder = folder
        self._root = root
        self._place = place
        self._kept: Dict[Digest, Tuple[str, bool]] = {}
        self._seals: Dict[Digest, Tuple[str, bool]] = {}
        self._expected: List[Digest] = []
        self._revisions: List[Digest] = []
        self._numbers = itertools.count()

    @classmethod
    @contextlib.contextmanager
    def started(cls, root: Path, place: Callable[[Digest], str]) -> Iterator[Batch]:
        """A batch whose folder goes when it ends; folders of killed processes go first."""
        import tempfile  # takes 3 ms, which asking about an unchanged tree need not

        sweep(root)
        made = Path(tempfile.mkdtemp(prefix=_STARTING, dir=root / "tmp"))
        try:
            with locking.locked(made / _ALIVE):
                folder = made.with_name(made.name.replace(_STARTING, PREFIX))
                made.rename(folder)
                made = folder
                yield cls(root, folder, place)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def new(self) -> Path:
        """A fresh path; nothing is there yet."""
        return self.folder / str(next(self._numbers))

    def keep(self, digest: Digest, path: StrPath, *, linked: bool = False) -> None:
        """Publish a complete file under a digest that the caller has verified.

        With `linked` the file lies elsewhere on the same file system and stays there, too: it
        is read-only and given up to the store.
        """
        self._kept.setdefault(digest, (str(path), linked))

    def expect(self, digest: Digest) -> None:
        """Count on an object that is there already: publishing fails if it went meanwhile."""
        self._expected.append(digest)

    def seal(self, manifest: Digest, path: StrPath) -> None:
        """Publish a manifest, after everything kept; it is remembered."""
        self._seals.setdefault(manifest, (str(path), False))
        self.remember(manifest)

    def remember(self, revision: Digest) -> None:
        """When publishing, note that the revision was stored now (see `recent` in `objects`)."""
        self._revisions.append(revision)

    def publish(self) -> None:
        """Make what was kept durable, then visible, then what was sealed.

        An object that is there already stays, unless it was cut short. Raises AssetMissing for
        what was expected and is gone.
        """
        kept, sealed = self._placed(self._kept), self._placed(self._seals)
        for folder in {one.folder for one in (*kept, *sealed)}:
            os.makedirs(folder, exist_ok=True)
        files.flush([one.path for one in (*kept, *sealed)], self.folder)
        with locking.locked(self._root / "lock", exclusive=False):
            for digest in self._expected:
                if not os.path.exists(self._place(digest)):
                    raise AssetMissing(str(digest), str(self._root))
            for revision in self._revisions:
                remember(self._root, revision)
            _appear(kept, self.folder)
            _appear(sealed, self.folder)
        for waiting in (self._kept, self._seals, self._expected, self._revisions):
            waiting.clear()

    def _placed(self, made: Dict[Digest, Tuple[str, bool]]) -> List[_Placed]:
        return [_Placed(self._place(digest), *one) for digest, one in made.items()]


def remember(root: Path, revision: Digest) -> None:
    """Note that a revision was stored now: it is not swept for a while."""
    path = root / "recent" / f"{revision.algorithm}-{revision.hex}"
    path.parent.mkdir(exist_ok=True)
    path.touch()


def sweep(root: Path) -> Tuple[str, ...]:
    """Remove what killed processes left in `<root>/tmp`; the names removed."""
    place, removed = root / "tmp", []
    for folder in place.iterdir():
        is_starting = folder.name.startswith(_STARTING)
        if (is_starting and _age_s(folder) > _STARTING_S) or (
            folder.name.startswith(PREFIX) and _is_left(folder)
        ):
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder.name)
    return tuple(removed)


def _is_left(folder: Path) -> bool:
    """Whether the process of a batch is gone.

    A batch has its lock before its name; one without was being removed by who was killed then.
    """
    try:
        with locking.locked(folder / _ALIVE, wait=False, make=False):
            return True
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _age_s(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0


def _appear(placed: Iterable[_Placed], beside: Path) -> None:
    """Give each file its final name; afterwards the names are durable too."""
    changed = set()
    for one in placed:
        if one.linked and files.linked_new(one.path, one.target):
            changed.add(one.folder)
        elif not _whole(one):
            path = one.path
            if one.linked:
                path = str(beside / f"again-{Path(path).name}")
                files.linked_new(one.path, path)
            files.replace(Path(path), Path(one.target))
            changed.add(one.folder)
    files.flush_folders(changed, beside)


def _whole(one: _Placed) -> bool:
    try:
        return os.stat(one.target).st_size == os.stat(one.path).st_size
    except FileNotFoundError:
        return False
