"""The demo is an integration test: its steps check themselves, and leave nothing running."""

from __future__ import annotations

import os
from pathlib import Path

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
