"""Changing a workspace's environment: the old one or the new one, never a mix."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipl.env import python, renewal
from pipl.env.choice import choose
from pipl.env.environment import Environment
from pipl.env.install import UV, Installer, Resolve
from pipl.env.lock import Lock
from pipl.errors.base import DiskFull
from pipl.errors.env import InstallFailed
from pipl.errors.usage import NotWritable, PathExists
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.testing.simple_index import SimpleIndex, make_wheel, simple_index
from pipl.workspace.materialise import materialise
from pipl.workspace.place import Place

COUNT = 15
SYNC = """
import json, sys
from pathlib import Path
from pipl.env import python
from pipl.env.choice import choose
from pipl.env.lock import Lock
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.workspace.materialise import materialise
from pipl.workspace.place import Place
folder, lock, url = Path(sys.argv[1]), Lock.read(Path(sys.argv[2])), sys.argv[3]
environ = json.loads(sys.argv[4])
place = Place(folder, Binding("Show", url, IndexName("root", "PROJ")), environ)
installer, interpreter = choose("uv", environ), python.find()
print(flush=True)
materialise(place, lock, interpreter, installer)
"""


@dataclass(frozen=True)
class Bench:
    """A workspace folder and two locks that it goes to and fro between."""

    place: Place
    installer: Installer
    locks: dict[str, Path]

    def sync(self, version: str) -> None:
        lock = Lock.read(self.locks[version])
        materialise(self.place, lock, python.find(), self.installer)

    def start(self, version: str) -> subprocess.Popen[str]:
        """A sync in a process of its own, just before it begins."""
        values = [self.place.binding.url, json.dumps(dict(self.place.environ))]
        folders = [str(self.place.folder), str(self.locks[version])]
        started = subprocess.Popen(
            [sys.executable, "-c", SYNC, *folders, *values], stdout=subprocess.PIPE, text=True
        )
        assert started.stdout is not None
        started.stdout.readline()
        return started

    def versions(self) -> set[str]:
        """The versions of what is installed, each package being whole, and run by its script."""
        environment = self.place.environment
        code = (
            "import importlib\n"
            f"for n in range({COUNT}):\n"
            "    name = f'packl_{n:02}'\n"
            "    module = importlib.import_module(name)\n"
            "    parts = [importlib.import_module(f'{name}.part{p}').PART for p in range(8)]\n"
            "    assert set(parts) == {module.__version__}, parts\n"
            "    print(module.__version__)\n"
        )
        done = subprocess.run(
            [environment.python, "-B", "-c", code], capture_output=True, text=True, check=True
        )
        said = subprocess.run(
            [environment.scripts / "say-packl-00"], capture_output=True, text=True, check=True
        )
        assert said.stdout.split() == [str(environment.folder), done.stdout.split()[0]]
        return set(done.stdout.split())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleIndex]:
    folder = tmp_path_factory.mktemp("index")
    for number in range(COUNT):
        name = f"packl_{number:02}"
        for version in ("1.0", "2.0"):
            files = {f"{name}/part{n}.py": f"PART = {version!r}\n" for n in range(8)}
            files[f"{name}/said.py"] = (
                "import sys, importlib.metadata\n"
                f"def say(): print(sys.prefix, importlib.metadata.version({name!r}))\n"
            )
            scripts = {"console_scripts": {f"say-packl-{number:02}": f"{name}.said:say"}}
            make_wheel(folder, name, version, files=files, entry_points=scripts)
    with simple_index(folder) as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, index: SimpleIndex) -> Bench:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    (tmp_path / "home").mkdir()
    folder = tmp_path / "ws"
    folder.mkdir()
    binding = Binding("Show", index.origin, IndexName("root", "PROJ"))
    installer = choose(UV, environ)
    locks = {}
    for version in ("1.0", "2.0"):
        wanted = tuple(f"packl-{number:02}=={version}" for number in range(COUNT))
        lock = installer.resolve(Resolve(wanted, tmp_path, index.url, python.find()))
        locks[version] = tmp_path / f"pylock.{version}.toml"
        lock.write(locks[version])
    return Bench(Place(folder, binding, environ), installer, locks)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_at_any_moment(bench: Bench) -> None:
    bench.sync("1.0")
    started = time.monotonic()
    assert bench.start("2.0").wait() == 0
    length_s = time.monotonic() - started  # with what another process leaves of the machine
    assert bench.versions() == {"2.0"}
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    seen = {"2.0"}
    for attempt in range(12):
        version = "1.0" if seen == {"2.0"} else "2.0"
        process = bench.start(version)
        try:
            process.wait(moments.uniform(0, length_s))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        found = bench.versions()
        assert found in ({"1.0"}, {"2.0"}), f"seed {seed}, attempt {attempt}: {found}"
        seen = found
    bench.sync("1.0")
    assert bench.versions() == {"1.0"}
    left = {path.name for path in bench.place.folder.iterdir()}
    assert left == {".VENV", ".sync.lock"}


def test_syncs_at_once_take_turns(bench: Bench) -> None:
    bench.sync("1.0")
    threads = [
        threading.Thread(target=bench.sync, args=(version,)) for version in ("2.0", "1.0", "2.0")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bench.versions() in ({"1.0"}, {"2.0"})


def test_a_failure_leaves_the_old_environment(bench: Bench) -> None:
    bench.sync("1.0")
    text = bench.locks["2.0"].read_text(encoding="utf-8")
    digest = text.rpartition('sha256 = "')[2][:64]
    bench.locks["2.0"].write_text(text.replace(digest, "0" * 64), encoding="utf-8")
    with pytest.raises(InstallFailed):
        bench.sync("2.0")
    assert bench.versions() == {"1.0"}
    assert not list(bench.place.folder.glob(".VENV-*"))


def test_what_did_not_change_is_shared_with_the_cache(bench: Bench) -> None:
    bench.sync("1.0")
    lock = Lock.read(bench.locks["1.0"])
    lock.without({"packl-07"}).write(bench.locks["1.0"])
    bench.sync("1.0")
    packages = bench.place.environment.site_packages
    assert not (packages / "packl_07").exists()
    assert (packages / "packl_06" / "part3.py").stat().st_nlink > 1


def test_nothing_to_do_touches_nothing(bench: Bench) -> None:
    bench.sync("1.0")
    before = bench.place.environment.folder.stat().st_ino
    bench.sync("1.0")
    assert bench.place.environment.folder.stat().st_ino == before


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows are shorter")
def test_a_path_of_300_characters(bench: Bench, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d" * 60] * 5)
    deep.mkdir(parents=True)
    place = Place(deep, bench.place.binding, bench.place.environ)
    far = Bench(place, bench.installer, bench.locks)
    far.sync("1.0")
    far.sync("2.0")
    assert far.versions() == {"2.0"}


def test_a_home_that_cannot_be_written(bench: Bench, tmp_path: Path) -> None:
    """Without a place for its cache, uv still installs; only slower."""
    nowhere = tmp_path / "file"
    nowhere.touch()
    environ = {"PATH": os.environ["PATH"], "HOME": str(nowhere)}
    place = Place(bench.place.folder, bench.place.binding, environ)
    homeless = Bench(place, choose(UV, environ), bench.locks)
    homeless.sync("1.0")
    assert homeless.versions() == {"1.0"}


def test_a_kill_between_two_renames_is_put_in_order(tmp_path: Path) -> None:
    """Where the file system cannot exchange two folders."""
    (tmp_path / ".VENV-old").mkdir()
    (tmp_path / ".VENV-old" / "pyvenv.cfg").touch()
    (tmp_path / ".VENV-next").mkdir()
    renewal.recover(tmp_path / ".VENV")
    assert [path.name for path in tmp_path.iterdir()] == [".VENV"]
    assert Environment(tmp_path / ".VENV").folder.joinpath("pyvenv.cfg").exists()


def test_what_is_no_environment_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / ".VENV").mkdir()
    (tmp_path / ".VENV" / "scene.usd").touch()
    with pytest.raises(PathExists), renewal.aside(tmp_path / ".VENV"):
        pass
    assert (tmp_path / ".VENV" / "scene.usd").exists()


def test_no_room(bench: Bench, tmp_path: Path) -> None:
    """On a small file system the old environment stays, and the message names the disk."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root on Linux")
    small = tmp_path / "small"
    small.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small]
    if subprocess.run(mounting, capture_output=True).returncode != 0:
        pytest.skip("may not mount here")
    try:
        place = Place(small, bench.place.binding, bench.place.environ)
        full = Bench(place, bench.installer, bench.locks)
        full.sync("1.0")
        (small / "ballast").write_bytes(b"\0" * 4096)
        with pytest.raises(DiskFull):
            while True:  # bytes that are left are used up by what is not the workspace's
                with (small / "ballast").open("ab") as file:
                    file.write(b"\0" * 200_000)
                    file.flush()
                full.sync("2.0" if full.versions() == {"1.0"} else "1.0")
        assert full.versions() in ({"1.0"}, {"2.0"})
    except OSError as fault:
        pytest.fail(f"the test filled the disk itself: {fault}")
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable):
        renewal.copy(tmp_path, tmp_path / "file" / "copy")
