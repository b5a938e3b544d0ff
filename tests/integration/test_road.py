"""The demo is an integration test: its steps check themselves, and leave nothing running."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from pipl import process
from pipl.demo import road
from pipl.project import folder as project_folder
from pipl.project import server


def test_the_whole_road(tmp_path: Path) -> None:
    lines: list[str] = []
    outcome = road.walk(tmp_path / "Demo", os.environ, lines.append)
    assert outcome.first == outcome.reopened != outcome.updated
    assert server.status(project_folder.find(tmp_path / "Demo")).pid is None
    shown = "\n".join(lines)
    assert "hero-geo" in shown
    assert "outdated: pipl work update hero-geo" in shown


def test_ctrl_c_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipl", "demo", str(tmp_path / "Demo")]
    demo = process.start(command)
    try:
        wait_for(tmp_path / "Demo" / "system" / "ci" / "ledger.sqlite3")
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=60) == 130
    finally:
        process.kill_group(demo)
    assert list(tmp_path.iterdir()) == []
    left = process.run(["ps", "-eo", "args"]).stdout.splitlines()
    assert [line for line in left if str(tmp_path) in line] == []


def wait_for(path: Path, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.1)
