"""How long a person waits for pipl itself."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import command, paired, report
from pipl.testing.projects import running_project
from pipl.workspace import area, create

PIPL = Path(sys.executable).with_name("pipl")


def main() -> None:
    click = command([sys.executable, "-c", "import click"])
    report("pipl --help", paired(command([PIPL, "--help"]), click, runs=20), goal="ratio <= 2.5")
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top,
        running_project(Path(top) / "Bench", os.environ, mirror=False) as bench,
    ):
        workarea = area.mark(bench.project.workarea, bench.project.binding)
        workspace = create.create(workarea, "bench", bench.environ)
        true = shutil.which("true") or "true"
        (workspace.environment.scripts / "true").symlink_to(true)
        pair = paired(
            command([PIPL, "work", "run", "true"], cwd=workspace.folder, env=bench.environ),
            command([workspace.environment.scripts / "true"], cwd=workspace.folder),
            runs=20,
        )
    report("pipl work run true", pair, goal="over <= 150 ms")


if __name__ == "__main__":
    main()
