"""`pipl asset add` as a whole command, in the workspace of a project with a running server."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import asset_files as files
from benchmarks.measure import Took, run_timed
from pipl.testing.projects import running_project

PIPL = Path(sys.executable).with_name("pipl")


def measured_commands(folder: Path, scale: float, runs: int) -> Iterator[str]:
    """Lines of a table: files are copied in, then added again unchanged."""
    large, small = folder / "files" / "large.bin", folder / "files" / "small"
    files.make_large(large, scale)
    files.make_many(small, scale)
    yield "| whole command | s | again, s | peak, MB |"
    yield "| --- | --- | --- | --- |"
    for number in range(runs):
        environ = {**os.environ, "HOME": str(folder / f"home{number}")}
        project = folder / f"project{number}"
        with running_project(project, environ, mirror=False) as running:
            areas = running.shell.in_("workspaces")
            areas.pipl("work", "create", "bench")
            workspace = areas.in_("bench")
            for title, source in (("(a)", large), ("(b)", small)):
                args = (str(PIPL), "asset", "add", str(source))
                os.sync()
                env = dict(workspace.environ)
                took = [run_timed(args, workspace.cwd, env) for _ in range(1)]
                again = [run_timed(args, workspace.cwd, env) for _ in range(3)]
                yield _line(f"{title} `pipl asset add`", took, again)
        shutil.rmtree(project)
    shutil.rmtree(large.parent)


def _line(title: str, took: list[Took], again: list[Took]) -> str:
    first, later = (statistics.median(one.seconds for one in each) for each in (took, again))
    peak = max(one.peak_bytes for one in (*took, *again)) / 1e6
    return f"| {title} | {first:.2f} | {later:.3f} | {peak:.0f} |"
