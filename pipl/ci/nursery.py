"""A process that has imported what jobs need, and forks a job's own process whenever asked.

Importing takes longer than many a job. The supervisor (`pipl.ci.job`) keeps one nursery for all
of its jobs; it talks to it by a pair of sockets, over which the pipes of each job go. The standard
library only is imported in the supervisor.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass

from pipl.ci.containment import processes

PIPE_BYTES = 1 << 20
_PID = struct.Struct("=q")
_STATUS = struct.Struct("=i")
_ASKED = b"job"
_LOOK_S = 0.005


@dataclass(frozen=True)
class Child:
    """The process of one job, the pipe for its order, and the one that it writes to."""

    pid: int
    order: int
    output: int

    def close(self) -> None:
        """Let go of the pipes; who reads the order's finds its end."""
        for descriptor in (self.order, self.output):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Nursery:
    """The supervisor's side. Its process ends when this one ends."""

    is_lasting = True

    def __init__(self, pid: int, link: socket.socket) -> None:
        self.pid = pid
        self._link = link

    @classmethod
    def start(cls) -> Nursery:
        """Fork it. This process must have no threads yet, and little in memory."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid:
            theirs.close()
            return cls(pid, ours)
        ours.close()
        _serve(theirs)
        os._exit(0)

    def child(self) -> Child:
        """The process of the next job, which waits for its order. Raises OSError."""
        order, to_child = os.pipe()
        from_child, output = os.pipe()
        if sys.platform.startswith("linux"):
            import fcntl

            with contextlib.suppress(OSError):  # the system allows no more
                fcntl.fcntl(from_child, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        try:
            socket.send_fds(self._link, [_ASKED], [order, output])
            answer = self._read(_PID.size)
        finally:
            os.close(order)
            os.close(output)
        child = Child(_PID.unpack(answer)[0] if answer else 0, to_child, from_child)
        if not answer:
            child.close()
            raise BrokenPipeError("the nursery has ended")
        return child

    def status(self) -> int | None:
        """Wait for the job's end: minus a signal, or an exit status; None: the nursery is gone."""
        answer = self._read(_STATUS.size)
        return None if answer is None else int(_STATUS.unpack(answer)[0])

    def wait_until_alone(self) -> None:
        """Wait until nothing that a job has started is left below this process."""
        while True:
            self.reap()
            if not self.others():
                return
            time.sleep(_LOOK_S)

    def reap(self) -> None:
        """Let go of what has ended and was left to this process."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def others(self) -> set[int]:
        """The processes below this one, but for the nursery itself."""
        return processes.descendants(os.getpid()) - {self.pid}

    def end(self) -> None:
        """Have it gone, with whatever it was doing."""
        self._link.close()
        processes.kill([self.pid])
        with contextlib.suppress(ChildProcessError):  # it had ended before
            os.waitpid(self.pid, 0)

    def _read(self, count: int) -> bytes | None:
        with contextlib.suppress(OSError):
            answer = self._link.recv(count, socket.MSG_WAITALL)
            return answer if len(answer) == count else None
        return None


class Single:
    """In place of a nursery where there is no fork (Windows): the process of one job."""

    pid = 0
    is_lasting = False

    def __init__(self) -> None:
        self._started = subprocess.Popen(
            [sys.executable, "-m", "pipl.ci.attempt"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def child(self) -> Child:
        assert self._started.stdin is not None
        assert self._started.stdout is not None
        return Child(self._started.pid, self._started.stdin.fileno(), self._started.stdout.fileno())

    def status(self) -> int | None:
        return self._started.wait()

    def wait_until_alone(self) -> None:
        """Nothing is left to us here."""

    def reap(self) -> None:
        """Nor does it need this."""

    def others(self) -> set[int]:
        return processes.descendants(os.getpid())

    def end(self) -> None:
        """It has ended."""


def _serve(link: socket.socket) -> None:
    """Import, and then fork whenever asked, until the supervisor is gone.

    In the process of a job, raises SystemExit with its status.
    """
    _leave_streams()
    from pipl.ci import attempt  # what is large is loaded here, not in the supervisor

    attempt.prepare(os.environ)
    gc.freeze()  # so that a collection in a job copies no memory of this process
    while True:
        try:
            asked, descriptors, _, _ = socket.recv_fds(link, len(_ASKED), 2)
            pid = os.fork() if asked else -1
        except OSError:
            return
        if pid == 0:
            link.close()
            _become_job(*descriptors)
            raise SystemExit(attempt.main())
        if pid < 0:
            return
        for descriptor in descriptors:
            os.close(descriptor)
        with contextlib.suppress(OSError):  # whoever of us is first; it may even have ended
            os.setpgid(pid, pid)
        try:
            link.sendall(_PID.pack(pid))
            _, status = os.waitpid(pid, 0)
            link.sendall(_STATUS.pack(os.waitstatus_to_exitcode(status)))
        except OSError:  # the supervisor has gone
            return


def _leave_streams() -> None:
    """The supervisor's input and output end with it, not with this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    os.close(nothing)


def _become_job(order: int, output: int) -> None:
    """Lead a group, and have the pipes of the job as standard streams."""
    os.setpgid(0, 0)
    os.dup2(order, 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(order)
    os.close(output)
