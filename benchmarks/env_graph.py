"""How long `work why` and `work graph` take in a workspace of 150 packls, over Python's start."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import command, paired, report
from pipl.env.choice import choose
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.testing.simple_index import make_wheel, simple_index
from pipl.workspace import area, create, folder, locking
from pipl.workspace.place import Place

PIPL = Path(sys.executable).with_name("pipl")
COUNT = 150
RUNS = 15


def name(number: int) -> str:
    return f"bench-packl-{number:03}"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pipl-bench-") as top:
        wheels = Path(top) / "wheels"
        for number in range(COUNT):
            below = [f"{name(n)}>=1,<2" for n in (number + 1, number + 2, number + 7) if n < COUNT]
            make_wheel(wheels, name(number), "1.0", requires=below)
        with simple_index(wheels) as index:
            binding = Binding("Bench", index.origin, IndexName("root", "PROJ"))
            workarea = area.mark(Path(top) / "work", binding)
            workspace = create.create(workarea, "bench", os.environ)
            workspace = dataclasses.replace(workspace, requirements=(name(0),))
            folder.save(workspace)
            place = Place(workspace.folder, binding, os.environ)
            locking.sync(workspace, choose(None, os.environ), place)
        bare = command([sys.executable, "-c", "pass"])
        for arguments in (["why", name(COUNT - 1)], ["graph"], ["graph", "--format", "svg"]):
            ours = command([PIPL, "work", *arguments], cwd=workspace.folder)
            shown = " ".join(["pipl work", *arguments])
            report(shown, paired(ours, bare, runs=RUNS), goal="over <= 500 ms")


if __name__ == "__main__":
    main()
