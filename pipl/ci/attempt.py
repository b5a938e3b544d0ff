"""One attempt of a run, in a process of its own, which `pipl.ci.job` watches over.

Its standard input is a pipe. The first line is its order (`pipl.ci.order`); it may be long in
coming, and what a job needs is imported meanwhile. When the pipe ends, whoever watched over it is
gone, and the job ends itself with everything that it has started. What it writes is the log.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import stat
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pipl import extension, machine, process
from pipl.ci import job_folder, job_login
from pipl.ci import order as orders
from pipl.ci.containment import processes
from pipl.ci.folder_lock import alone_in
from pipl.ci.handler import Handler, Job
from pipl.ci.job_folder import JobSpec
from pipl.ci.order import EXIT_OUT_OF_MEMORY, Order
from pipl.ci.run import ENDS, Outcome
from pipl.ci.toxresult import Machine
from pipl.env import choice
from pipl.errors.base import DiskFull
from pipl.errors.ci import JobFailed, JobOutOfMemory
from pipl.index.devpi import DevpiClient
from pipl_pipe.errors import DesignedError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def main() -> int:
    """Wait for an order on standard input, and carry it out. Returns the exit status."""
    process.share_group()
    line = orders.read_line(0)
    if line is None:
        return 0
    order = Order.parse(line)
    threading.Thread(target=_die_with_engine, daemon=True).start()
    if order.memory_bytes is not None:
        processes.limit_memory(order.memory_bytes)
    os.chdir(order.folder)
    return carry_out(order, dict(os.environ))


def carry_out(order: Order, environ: Mapping[str, str]) -> int:
    """Do what the folder orders and leave the verdict there. Returns the exit status."""
    folder = order.folder
    spec = job_folder.read_spec(folder)
    with alone_in(folder):
        clear_scratch(folder)
        _say(f"--- attempt {spec.attempt}: {spec.handler} of {spec.filename} on {spec.index}")
        outcome = _attempt(spec, order, environ)
        _say(f"--- {outcome.state}" + (f": {outcome.reason}" if outcome.reason else ""))
        if outcome.hint:
            _say(f"hint: {outcome.hint}")
        job_login.forget(_scratch(folder, spec))
        if outcome.state == "passed" or outcome.code == DiskFull.code:
            clear_scratch(folder)  # a verdict needs room too
        job_folder.write_outcome(folder, spec.attempt, outcome)
    return EXIT_OUT_OF_MEMORY if outcome.code == JobOutOfMemory.code else 0


def _attempt(spec: JobSpec, order: Order, environ: Mapping[str, str]) -> Outcome:
    folder, scratch = order.folder, _scratch(order.folder, spec)
    try:
        scratch.mkdir()
        acting = job_login.write(scratch, order.login)
        os.environ.update(acting)  # what is asked of servers here is asked by the job's user
        variables = {**environ, **acting}
        handler = cast("Handler", extension.ci_handlers()[spec.handler])
        outcome: object = handler(
            Job(
                spec=spec,
                folder=folder,
                scratch=scratch,
                connect=lambda: DevpiClient(spec.binding.url, order.login),
                installer=choice.choose(spec.installer, variables),
                environ=variables,
                machine=Machine(machine.name(), sys.platform),
                say=_say,
                log=sys.stdout.buffer,
            )
        )
        if isinstance(outcome, Outcome) and outcome.state in ENDS:
            return outcome
        return Outcome.of_error(
            JobFailed(f"the handler gave {outcome!r:.200}, which is no outcome")
        )
    except DesignedError as fault:
        if _is_about_full_disk(fault):
            return Outcome.of_error(DiskFull(str(scratch)))
        return Outcome.of_error(fault)
    except MemoryError:
        traceback.print_exc()
        return Outcome.of_error(JobOutOfMemory((order.memory_bytes or 0) / 10**9))
    except (Exception, SystemExit) as fault:  # noqa: BLE001  handlers are foreign code
        traceback.print_exc()
        if isinstance(fault, OSError) and fault.errno in _FULL:
            return Outcome.of_error(DiskFull(str(fault.filename or scratch)))
        return Outcome.of_error(JobFailed(f"{type(fault).__name__}: {fault}"))


def _scratch(folder: Path, spec: JobSpec) -> Path:
    return folder / f"scratch-{spec.attempt}"


def _is_about_full_disk(fault: DesignedError) -> bool:
    """Whether the programs that failed have said so, such as an installer."""
    return any(os.strerror(number) in str(fault) for number in _FULL)


def clear_scratch(folder: Path) -> None:
    """Remove what attempts needed while they ran."""
    for scratch in folder.glob("scratch-*"):
        try:
            shutil.rmtree(scratch)
        except PermissionError:  # asset views hold read-only folders
            for path in (scratch, *scratch.rglob("*")):
                if path.is_dir() and not path.is_symlink():
                    path.chmod(path.stat().st_mode | stat.S_IRWXU)
            shutil.rmtree(scratch)


def _die_with_engine() -> None:
    with contextlib.suppress(OSError):
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


def prepare(environ: Mapping[str, str]) -> None:
    """Import what a job needs. What cannot be had is said when a job does need it."""
    extension.ci_handlers().working()
    with contextlib.suppress(DesignedError):
        choice.choose(None, environ)


if __name__ == "__main__":
    prepare(os.environ)
    sys.exit(main())
