"""A sync that is killed is continued by the next."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipl.env import python, venv
from pipl.env.choice import choose
from pipl.env.environment import Environment
from pipl.env.install import PIP, UV, Resolve
from pipl.env.installed import installed
from pipl.env.lock import Lock
from pipl.testing.simple_index import SimpleIndex, make_wheel, simple_index

COUNT = 40
SYNC = """
import json, sys
from pathlib import Path
from pipl.env.choice import choose
from pipl.env.lock import Lock
from pipl.env.environment import Environment
root, name, index_url = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
installer = choose(name, json.loads(sys.argv[4]))
lock = Lock.read(root / "pylock.toml")
print(flush=True)
installer.sync(Environment(root / ".VENV"), lock, root=root, index_url=index_url)
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleIndex]:
    folder = tmp_path_factory.mktemp("index")
    for number in range(COUNT):
        name = f"packl-{number:02}"
        module = name.replace("-", "_")
        files = {f"{module}/part{n}.py": f"PART = {n}\n" for n in range(20)}
        make_wheel(folder, name, "1.0", files=files)
    with simple_index(folder) as server:
        yield server


def tree(environment: Environment) -> set[str]:
    folder = environment.site_packages
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
@pytest.mark.parametrize(
    ("name", "delays_s"),
    [(UV, (0.0, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.2)), (PIP, (0.5, 1.5))],
)
def test_a_killed_sync_is_continued(
    tmp_path: Path, index: SimpleIndex, name: str, delays_s: tuple[float, ...]
) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_CACHE_DIR": str(tmp_path / "cache"),
    }
    installer = choose(name, environ)
    interpreter = python.find()
    wanted = tuple(f"packl-{number:02}" for number in range(COUNT))
    lock = installer.resolve(Resolve(wanted, tmp_path, index.url, interpreter))
    lock.write(tmp_path / "pylock.toml")
    whole = venv.create(tmp_path / "whole", interpreter, cache=tmp_path / "blanks")
    installer.sync(whole, lock, root=tmp_path, index_url=index.url)
    for delay_s in delays_s:
        environment = venv.create(tmp_path / ".VENV", interpreter, cache=tmp_path / "blanks")
        kill_after(delay_s, tmp_path, name, index.url, environ)
        installer.sync(environment, lock, root=tmp_path, index_url=index.url)
        assert installed(environment).keys() == set(wanted)
        assert tree(environment) == tree(whole)
        assert Lock.read(tmp_path / "pylock.toml") == lock


def kill_after(
    delay_s: float, root: Path, name: str, index_url: str, environ: dict[str, str]
) -> None:
    """Start a sync and kill it, together with the installer that it runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC, str(root), name, index_url, json.dumps(environ)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay_s)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    pids = [int(pid) for pid in children.read_text().split()] if children.exists() else []
    process.kill()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it may have ended
            os.killpg(pid, signal.SIGKILL)
    process.communicate()
