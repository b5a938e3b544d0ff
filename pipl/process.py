"""The one door through which pipl runs other programs."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipl.errors.program import CommandFailed, CommandTimedOut, ProgramMissing

OUTPUT_TAIL = 8_000
"""How many characters of a program's output an error keeps."""


_group_is_shared = False


def share_group() -> None:
    """From now on, programs started here stay in this process's own group.

    For a process that leads a group and is ended by killing that group, such as a CI job: so
    its programs end with it, even where it dies first. (Windows has no such groups: there a
    process tree is killed.)
    """
    global _group_is_shared
    _group_is_shared = True


@dataclass(frozen=True)
class Completed:
    """What a program wrote (text, UTF-8) and how it ended."""

    status: int
    stdout: str
    stderr: str


def run(
    args: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout_s: float | None = None,
    log: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
    check: bool = True,
) -> Completed:
    """Run a program to its end, in a process group of its own.

    `env` replaces the whole environment (None: ours). With `log`, output goes there as it
    comes and the result holds none of it; with `errors`, standard error alone does. The group
    is killed when time is up, and on Ctrl-C.

    Raises ProgramMissing, CommandTimedOut and, with `check`, CommandFailed.
    """
    process = start(args, cwd=cwd, env=env, stdin=stdin is not None, log=log, errors=errors)
    completed = finish(process, stdin=stdin, timeout_s=timeout_s)
    if check and completed.status != 0:
        raise CommandFailed(
            shown(args), completed.status, tail(completed.stdout + completed.stderr).strip()
        )
    return completed


def run_here(args: Sequence[str | Path], *, env: Mapping[str, str]) -> int:
    """Run a program as if it were this one, with its streams and on its terminal; its status.

    On Ctrl-C, which the program gets too, it decides what comes of it. Raises ProgramMissing.
    """
    try:
        process = subprocess.Popen([str(arg) for arg in args], env=dict(env))
    except (FileNotFoundError, PermissionError):
        raise ProgramMissing(str(args[0])) from None
    with process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def start(
    args: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bool = False,
    log: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own; the caller ends it.

    Output is piped, or goes to `log` (both streams) or `errors` (standard error alone).
    Standard input is a pipe with `stdin`, else empty. Raises ProgramMissing.
    """
    windows = sys.platform == "win32"
    try:
        return subprocess.Popen(
            [str(arg) for arg in args],
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=log if log is not None else subprocess.PIPE,
            stderr=subprocess.STDOUT if log is not None else errors or subprocess.PIPE,
            start_new_session=not windows and not _group_is_shared,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if windows else 0,
        )
    except (FileNotFoundError, PermissionError):
        if cwd is not None and not cwd.is_dir():
            raise
        raise ProgramMissing(str(args[0])) from None


def finish(
    process: subprocess.Popen[bytes], *, stdin: str | None = None, timeout_s: float | None = None
) -> Completed:
    """Wait for a program that was started here; it is killed when time is up, and on Ctrl-C.

    Raises CommandTimedOut.
    """
    try:
        out, err = process.communicate(
            None if stdin is None else stdin.encode("utf-8"), timeout=timeout_s
        )
    except subprocess.TimeoutExpired as fault:
        kill_group(process)
        args = process.args if isinstance(process.args, list) else [str(process.args)]
        raise CommandTimedOut(
            shown(args), timeout_s or 0.0, tail(_text(fault.stdout) + _text(fault.stderr))
        ) from None
    except BaseException:
        kill_group(process)
        raise
    return Completed(process.returncode, _text(out), _text(err))


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a program started here together with its children, and reap it.

    Where the group is shared, its children are left to whoever kills the group.
    """
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False
        )
    elif _group_is_shared:
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):  # the whole group has ended
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def shown(args: Sequence[str | Path]) -> str:
    """A command as a person would type it."""
    return shlex.join(str(arg) for arg in args)


def tail(text: str, length: int = OUTPUT_TAIL) -> str:
    """The last `length` characters of a text."""
    return text if len(text) <= length else "[…]\n" + text[-length:]


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", errors="replace")
