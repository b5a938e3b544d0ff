"""Dask farms of real processes on this machine, for tests and benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipl import process

_DASK = Path(sys.executable).with_name("dask")
_START_S = 120.0
_END_S = 20.0
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "NO_PROXY", "no_proxy")


@dataclass(frozen=True)
class Farm:
    """A scheduler on loopback; below `folder` lies all that it and its workers write."""

    folder: Path
    address: str
    environ: Mapping[str, str]

    @contextmanager
    def worker(
        self,
        name: str = "worker",
        *,
        resources: str = "",
        threads: int = 2,
        environ: Mapping[str, str] | None = None,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A worker with a nanny, which leads a process group.

        Its home, its temporary files and its working folder are its own, as on another machine;
        of this process's variables it has next to none. `environ` are more of them.
        """
        own = self.folder / name
        home, temporary, here = own / "home", own / "tmp", own / "cwd"
        for path in (home, temporary, here):
            path.mkdir(parents=True, exist_ok=True)
        variables = {key: self.environ[key] for key in _PASSED_ON if key in self.environ}
        variables |= {"HOME": str(home), "TMPDIR": str(temporary), **(environ or {})}
        args: list[str | Path] = [_DASK, "worker", self.address, "--host", "127.0.0.1"]
        args += ["--nthreads", str(threads), "--no-dashboard", "--memory-limit", "0"]
        args += ["--resources", resources] if resources else []
        with (own / "worker.log").open("ab") as log:
            started = process.start(args, cwd=here, env=variables, log=log)
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill_group(started)


@contextmanager
def running_farm(folder: Path, environ: Mapping[str, str]) -> Iterator[Farm]:
    """A scheduler without workers."""
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "scheduler.json"
    args: list[str | Path] = [_DASK, "scheduler", "--host", "127.0.0.1", "--port", "0"]
    args += ["--no-dashboard", "--scheduler-file", said]
    with (folder / "scheduler.log").open("ab") as log:
        started = process.start(args, cwd=folder, env=environ, log=log)
    try:
        deadline = time.monotonic() + _START_S
        while not (address := _address(said)):
            if started.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "scheduler.log").read_text(encoding="utf-8"))
            time.sleep(0.05)
        yield Farm(folder, address, environ)
    finally:
        process.kill_group(started)


def _address(said: Path) -> str:
    """Where the scheduler listens, once it has said so."""
    try:
        return str(json.loads(said.read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError):
        return ""
