"""A base: an environment that nobody works in, and that others are cloned from.

Nothing in it may be written: its files have mode 0444 and its byte code is compiled before. A
manifest says what it holds, so that cloning also finds what has been changed all the same,
through a hardlink or otherwise. What scripts hold of its path is replaced in a clone.
"""

# ruff: noqa: PTH101, PTH102, PTH115, PTH116, PTH123, PTH211  # texts, not Paths: this runs for every file

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl import durable, process
from pipl.env import venv
from pipl.env.environment import Environment
from pipl.env.install import Installer
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl_pipe import caches
from pipl_pipe.asset.disk import files

PROMPT = "a shared prompt"
SCRIPT_BYTES = 1_000_000
_HOLD_PATHS = ("pyvenv.cfg", "bin/", "Scripts/")
_ENV, _MANIFEST, _USED = "env", "manifest.json", "used"
_FORMAT = "pipl-base/1"
_COMPILE_TIMEOUT_S = 600.0
Seen = tuple[int, int, int]
"""Mode, size in bytes, and time of the last change in ns."""


class Damaged(Exception):
    """A base is not what it was when it was made, or is just going away."""


@dataclass(frozen=True)
class Base:
    """A base in `folder`, whether or not it exists yet."""

    folder: Path

    @property
    def size_bytes(self) -> int:
        """Raises Damaged."""
        return sum(size for _, size, _ in self._manifest().files.values())

    @property
    def used_at(self) -> float:
        """When it was cloned last (seconds since the epoch); 0 for one that is going away."""
        try:
            return (self.folder / _USED).stat().st_mtime
        except OSError:
            return 0.0

    def exists(self) -> bool:
        return (self.folder / _MANIFEST).is_file()

    def clone(self, destination: Path) -> Environment:
        """An environment of its own at `destination`, made whole or not at all.

        The path must need no escaping between single quotes. Raises Damaged, OSError.
        """
        manifest = self._manifest()
        aside = destination.with_name(f"{destination.name}.cloning")
        replaced = {
            manifest.made_at.encode(): os.fsencode(destination),
            PROMPT.encode(): destination.parent.name.encode(),
        }
        try:
            os.utime(self.folder / _USED)
            _Cloning(manifest, replaced).tree(str(self.folder / _ENV), str(aside))
            aside.rename(destination)
        except FileNotFoundError as fault:
            raise Damaged(str(fault)) from fault
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return Environment(destination)

    def _manifest(self) -> _Manifest:
        try:
            text = (self.folder / _MANIFEST).read_text(encoding="utf-8")
            return _Manifest.parse(text)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise Damaged(f"{self.folder / _MANIFEST}: {fault}") from fault


@dataclass(frozen=True)
class _Manifest:
    """What a base holds: files by relative path, and how many links there are beside them."""

    made_at: str
    files: Mapping[str, Seen]
    links: int

    @classmethod
    def parse(cls, text: str) -> _Manifest:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        found = {str(name): tuple(map(int, seen)) for name, seen in document["files"].items()}
        return cls(str(document["made_at"]), found, int(document["links"]))  # type: ignore[arg-type]  # three each

    def render(self) -> str:
        return json.dumps({"format": _FORMAT, **vars(self)}) + "\n"


@dataclass(frozen=True)
class Wanted:
    """What an environment is to hold, of which interpreter, from which index.

    `installer` must not link files to a cache: those of a base are its own.
    """

    lock: Lock
    interpreter: Interpreter
    installer: Installer
    index_url: str


def make(folder: Path, wanted: Wanted, environ: Mapping[str, str]) -> None:
    """Make a base in the existing empty `folder`, its manifest last. Raises as installing does."""
    environment = venv.create(
        folder / _ENV, wanted.interpreter, prompt=PROMPT, cache=caches.folder(environ)
    )
    wanted.installer.sync(environment, wanted.lock, root=folder, index_url=wanted.index_url)
    process.run(  # what cannot be compiled is not needed: it says so when it is imported
        [environment.python, "-m", "compileall", "-q", environment.site_packages],
        env=_without_epoch(environment.environ(environ)),
        timeout_s=_COMPILE_TIMEOUT_S,
        check=False,
    )
    found: dict[str, Seen] = {}
    links = 0
    for entry, name in _entries(str(environment.folder)):
        if entry.is_symlink():
            links += 1
        elif not entry.is_dir():
            os.chmod(entry.path, entry.stat().st_mode & 0o555)
            found[name] = _seen(os.stat(entry.path))
    (folder / _USED).touch()
    manifest = _Manifest(str(environment.folder), found, links)
    durable.write_text(folder / _MANIFEST, manifest.render())


def _without_epoch(environ: Mapping[str, str]) -> dict[str, str]:
    """With SOURCE_DATE_EPOCH byte code would be checked by the content of its source."""
    return {key: value for key, value in environ.items() if key != "SOURCE_DATE_EPOCH"}


@dataclass
class _Cloning:
    """Cloning one tree; `replaced` are texts in scripts and in the environment's own file."""

    manifest: _Manifest
    replaced: Mapping[bytes, bytes]
    done: int = 0
    links: int = 0
    reflinks: bool = sys.platform.startswith("linux")
    hardlinks: bool = True

    def tree(self, source: str, destination: str) -> None:
        """Raises Damaged where the tree is not what the manifest says."""
        self._folder(source, destination, "")
        if (self.done, self.links) != (len(self.manifest.files), self.manifest.links):
            raise Damaged(f"{source} lacks files")

    def _folder(self, source: str, destination: str, name: str) -> None:
        os.mkdir(destination)
        with os.scandir(source) as entries:
            for entry in entries:
                inner = f"{name}{entry.name}"
                target = f"{destination}/{entry.name}"
                if entry.is_symlink():
                    self.links += 1
                    os.symlink(os.readlink(entry.path), target)
                elif entry.is_dir():
                    self._folder(entry.path, target, f"{inner}/")
                else:
                    self._file(entry, target, inner)

    def _file(self, entry: os.DirEntry[str], target: str, name: str) -> None:
        status = entry.stat()
        if self.manifest.files.get(name) != _seen(status):
            raise Damaged(f"{entry.path} has been changed")
        self.done += 1
        is_own = self._rewritten(entry.path, target, name, status.st_size)
        is_own = is_own or self._reflinked(entry.path, target)
        if not is_own:
            if self._linked(entry.path, target):
                return
            with open(entry.path, "rb") as content:
                files.copied(content, Path(target))
        os.chmod(target, stat.S_IMODE(status.st_mode) | stat.S_IWUSR)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _rewritten(self, source: str, target: str, name: str, size: int) -> bool:
        """Whether it was a script, or the environment's own file, with the base's path in it."""
        if not name.startswith(_HOLD_PATHS) or size > SCRIPT_BYTES:
            return False
        content = Path(source).read_bytes()
        for old, new in self.replaced.items():
            content = content.replace(old, new)
        Path(target).write_bytes(content)
        return True

    def _reflinked(self, source: str, target: str) -> bool:
        """Blocks are shared until one of both is written, so that a clone may be."""
        if self.reflinks:
            self.reflinks = files.cloned(Path(source), Path(target))
        return self.reflinks

    def _linked(self, source: str, target: str) -> bool:
        """The file's mode keeps a run from writing through the link, unless it is root's."""
        if self.hardlinks:
            try:
                self.hardlinks = files.linked(source, target)
            except files.TooManyLinks:
                return False
        return self.hardlinks


def _entries(folder: str, name: str = "") -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything below, with its path from there."""
    with os.scandir(folder) as entries:
        for entry in entries:
            inner = f"{name}{entry.name}"
            yield entry, inner
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path, f"{inner}/")


def _seen(status: os.stat_result) -> Seen:
    return (status.st_mode, status.st_size, status.st_mtime_ns)
