"""One attempt of a run, in a process of its own: `python -m pipl.ci.job`.

Its standard input is a pipe from its engine. The first line is the run's folder; it may be
long in coming, and what a job needs is imported meanwhile. When the pipe ends, the engine is
gone, and the job ends itself with everything that it has started.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import stat
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from filelock import FileLock

from pipl import extension, process
from pipl.ci import job_folder
from pipl.ci.access import Access
from pipl.ci.handler import Handler, Job
from pipl.ci.job_folder import JobSpec
from pipl.ci.run import Outcome
from pipl.ci.toxresult import Machine
from pipl.env import choice
from pipl.errors import JobFailed
from pipl_pipe.errors import DesignedError


def main(folder: Path, environ: Mapping[str, str]) -> int:
    """Do what the folder orders and leave the verdict there. Returns the exit status."""
    spec = job_folder.read_spec(folder)
    with FileLock(folder / "job.lock"):  # a dying predecessor may still hold it
        _clear_scratch(folder)
        _say(f"--- attempt {spec.attempt}: {spec.handler} of {spec.filename} on {spec.index}")
        outcome = _attempt(spec, folder, environ)
        _say(f"--- {outcome.state}" + (f": {outcome.reason}" if outcome.reason else ""))
        if outcome.hint:
            _say(f"hint: {outcome.hint}")
        job_folder.write_outcome(folder, spec.attempt, outcome)
        if outcome.state == "passed":
            _clear_scratch(folder)
    return 0


def _attempt(spec: JobSpec, folder: Path, environ: Mapping[str, str]) -> Outcome:
    scratch = folder / f"scratch-{spec.attempt}"
    scratch.mkdir()
    try:
        handler = cast("Handler", extension.ci_handlers()[spec.handler])
        installer = choice.choose(spec.installer, environ)
        return handler(
            Job(
                spec=spec,
                folder=folder,
                scratch=scratch,
                connect=Access(spec.binding, spec.user, spec.secrets, time.time).connect,
                installer=installer,
                environ=environ,
                machine=Machine(platform.node(), sys.platform),
                say=_say,
            )
        )
    except DesignedError as fault:
        return Outcome.of_error(fault)
    except (Exception, SystemExit) as fault:  # noqa: BLE001  handlers are foreign code
        traceback.print_exc()
        return Outcome.of_error(JobFailed(f"{type(fault).__name__}: {fault}"))


def _clear_scratch(folder: Path) -> None:
    for scratch in folder.glob("scratch-*"):
        try:
            shutil.rmtree(scratch)
        except PermissionError:  # asset views hold read-only folders
            for path in (scratch, *scratch.rglob("*")):
                if path.is_dir() and not path.is_symlink():
                    path.chmod(path.stat().st_mode | stat.S_IRWXU)
            shutil.rmtree(scratch)


def _die_with_engine() -> None:
    while os.read(0, 1):
        pass
    end_group()


def end_group() -> None:
    """Kill this process with everything that it has started."""
    if sys.platform == "win32":
        process.run(["taskkill", "/F", "/T", "/PID", str(os.getpid())], check=False)
    elif os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _prepare(environ: Mapping[str, str]) -> None:
    """Import what a job needs. What cannot be had is said when a job does need it."""
    extension.ci_handlers().working()
    with contextlib.suppress(DesignedError):
        choice.choose(None, environ)


def _await_folder() -> Path | None:
    """The run's folder, None where the engine has ended without giving one."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return None
        line += byte
    return Path(line.decode("utf-8").removesuffix("\n"))


def _log_to(folder: Path) -> None:
    """From now on, all that this process and its programs write goes to the run's log."""
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


if __name__ == "__main__":
    process.share_group()
    _prepare(os.environ)
    given = _await_folder()
    if given is not None:
        threading.Thread(target=_die_with_engine, daemon=True).start()
        _log_to(given)
        os.chdir(given)
        sys.exit(main(given, dict(os.environ)))
