"""Resolving again: `work lock` on an index that has not changed, and with one more packl on it.

Against uv with the same wheels in a folder, and against uv on the server's own pages.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

from benchmarks.measure import command, paired, report
from benchmarks.workspace import upload_packls
from pipl.cli.here import Here
from pipl.index import nearby
from pipl.testing.projects import RunningProject, running_project
from pipl.testing.simple_index import make_wheel
from pipl.workspace import area, create, locking
from pipl.workspace import folder as workspace_folder

PIPL = Path(sys.executable).with_name("pipl")
RUNS = 9


def measure(bench: RunningProject, wheels: Path, count: int) -> None:
    workarea = area.mark(bench.project.workarea, bench.project.binding)
    made = create.create(workarea, f"resolve{count}", bench.environ)
    names = tuple(f"bench-packl-{number:03}" for number in range(count))
    made = dataclasses.replace(made, requirements=names)
    workspace_folder.save(made)
    asked = made.folder / "asked.in"
    asked.write_text("\n".join(names), encoding="utf-8")
    url = bench.project.binding.index_url
    cache = Path(bench.environ["PIPL_CACHE_DIR"])
    kept = nearby.current(bench.client, bench.project.index, cache)
    assert kept is not None
    uv = [find_uv_bin(), "pip", "compile", "-q", asked, "-o", made.folder / "pylock.out.toml"]
    uv += ["--format=pylock.toml", "--no-config", "--python", sys.executable]
    ways = {
        "folder of wheels": command([*uv, "--no-index", "--find-links", wheels]),
        "devpi's pages": command([*uv, "--default-index", url]),
        "kept pages": command([*uv, "--default-index", url, "--index", kept.folder.as_uri()]),
    }
    for way in ways.values():
        way()  # uv's cache is warm from here on
    floor = ways["folder of wheels"]
    report(
        f"resolving {count}: uv with devpi's pages over a folder",
        paired(ways["devpi's pages"], floor, runs=RUNS),
        goal="none: what was",
    )
    report(
        f"resolving {count}: uv with the kept pages over a folder",
        paired(ways["kept pages"], floor, runs=RUNS),
        goal="1.3",
    )

    # in this process, as `work lock` does it: the question to the server and uv
    installer = Here(made.folder, bench.environ).installer

    def lock() -> None:
        locking.lock(made, installer)

    def change() -> None:
        """Lock one packl less, so that the next lock resolves."""
        kept = locking.lock(dataclasses.replace(made, requirements=names[:-1]), installer)
        assert kept.packages < count

    report(
        f"re-lock of {count} unchanged, with the question to the server, over a folder",
        paired(lock, floor, runs=RUNS),
        goal="1.3",
    )
    report(
        f"lock of {count} of which one is new, over a folder",
        paired(lock, floor, runs=RUNS, before=change),
        goal="1.3",
    )
    report(
        f"`pipl work lock` of {count} over the same uv on a folder",
        paired(command([PIPL, "work", "lock"], cwd=made.folder, env=bench.environ), floor, runs=5),
        goal="none: with the start of pipl",
    )


def one_more(bench: RunningProject) -> None:
    """What the question costs after an upload: one page."""
    cache = Path(bench.environ["PIPL_CACHE_DIR"])
    number = 0

    def upload() -> None:
        nonlocal number
        number += 1
        with tempfile.TemporaryDirectory() as folder:
            wheel = make_wheel(Path(folder), f"one-more-{number}", "1.0")
            bench.client.upload(bench.project.index, wheel)

    def ask() -> None:
        nearby.current(bench.client, bench.project.index, cache)

    report(
        "asking after one more packl, over asking again",
        paired(ask, ask, runs=RUNS, before=upload),
        goal="none: milliseconds",
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = {**os.environ, "PIPL_CACHE_DIR": str(folder / "cache")}
        environ["UV_CACHE_DIR"] = str(folder / "uv")
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as people run it
        os.environ["UV_CACHE_DIR"] = environ["UV_CACHE_DIR"]
        with running_project(folder / "Bench", environ, mirror=False) as bench:
            upload_packls(bench, 150)
            wheels = folder / "wheels"
            wheels.mkdir()
            for project in bench.client.projects(bench.project.index):
                for release in bench.client.releases(bench.project.index, project):
                    for file in release.files:
                        bench.client.download(file, wheels / file.filename)
            for count in (30, 150):
                measure(bench, wheels, count)
            one_more(bench)


if __name__ == "__main__":
    main()
