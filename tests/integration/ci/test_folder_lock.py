"""Two jobs of one run on one machine: the newer one has the folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipl.ci.containment import processes
from pipl.ci.folder_lock import alone_in

HOLDS = """
import os, pathlib, signal, sys
from pipl.ci.folder_lock import alone_in
with alone_in(pathlib.Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_stopped_predecessor_is_killed(tmp_path: Path) -> None:
    environ = {**os.environ, processes.MARKER: "an-older-job"}
    older = subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path], env=environ)
    _, status = os.waitpid(older.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    with alone_in(tmp_path, dying_s=0.1):
        assert older.wait() == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_predecessor_that_ends_in_time_is_left_alone(tmp_path: Path) -> None:
    environ = {**os.environ, processes.MARKER: "an-older-job"}
    older = subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path], env=environ)
    os.waitpid(older.pid, os.WUNTRACED)
    older.send_signal(signal.SIGCONT)
    with alone_in(tmp_path, dying_s=30.0):
        assert older.wait() == 0
