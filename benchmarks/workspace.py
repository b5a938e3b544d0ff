"""Making a workspace of many packls, against the plain tools with the same lock."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

from benchmarks.measure import command, paired, report
from pipl.env.choice import choose
from pipl.testing.projects import RunningProject, running_project
from pipl.workspace import area, create, locking
from pipl.workspace import folder as workspace_folder
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

PIPL = Path(sys.executable).with_name("pipl")
RUNS = 7


def upload_packls(bench: RunningProject, count: int) -> None:
    """`count` packls of a few modules each; every tenth depends on the nine before it."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = f"bench_packl_{number:03}"
            requires = (
                tuple(f"bench-packl-{n:03}" for n in range(number - 9, number))
                if number % 10 == 9
                else ()
            )
            path = Path(folder) / wheel_name(name, "1.0.0")
            write_wheel(
                path,
                name=name.replace("_", "-"),
                version="1.0.0",
                files={f"{name}/module_{n}.py": b"VALUE = 1\n" * 50 for n in range(5)}
                | {f"{name}/__init__.py": b""},
                metadata=Metadata(requires=requires),
                entry_points={},
            )
            bench.client.upload(bench.project.index, path)


def measure(bench: RunningProject, count: int) -> None:
    workarea = area.mark(bench.project.workarea, bench.project.binding)
    model = create.create(workarea, f"model{count}", bench.environ)
    names = tuple(f"bench-packl-{number:03}" for number in range(count))
    model = dataclasses.replace(model, requirements=names)
    workspace_folder.save(model)
    locking.lock(model, choose(None, bench.environ))
    ours, floor = workarea.folder / "ours", workarea.folder / "floor"
    uv = find_uv_bin()
    index = bench.project.binding.index_url

    def clean() -> None:
        for folder in (ours, floor):
            shutil.rmtree(folder, ignore_errors=True)
        floor.mkdir()
        shutil.copy(model.lock_path, floor)

    def create_and_sync() -> None:
        command([PIPL, "work", "create", "ours"], cwd=workarea.folder, env=bench.environ)()
        shutil.copy(model.lock_path, ours)
        shutil.copy(model.folder / workspace_folder.MARK, ours)
        command([PIPL, "work", "sync"], cwd=ours, env=bench.environ)()

    def create_like() -> None:
        like = ["--like", model.folder]
        command([PIPL, "work", "create", "ours", *like], cwd=workarea.folder, env=bench.environ)()

    def by_hand() -> None:
        command([uv, "venv", "-q", ".venv", "--python", sys.executable], cwd=floor)()
        sync = [uv, "pip", "sync", "-q", "--preview-features", "pylock", "--no-config"]
        command([*sync, "--python", ".venv", "--index-url", index, "pylock.toml"], cwd=floor)()

    ways = {"work create + sync": create_and_sync, "work create --like": create_like}
    for title, ours_way in ways.items():
        pair = paired(ours_way, by_hand, runs=RUNS, before=clean)
        report(f"{title}, {count} packls", pair, goal="ratio <= 1.5")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top,
        running_project(Path(top) / "Bench", os.environ, mirror=False) as bench,
    ):
        upload_packls(bench, 150)
        for count in (30, 150):
            measure(bench, count)


if __name__ == "__main__":
    main()
