"""Environments over time: a sync without changes, one small change, and a workspace from nothing.

Against bare uv with the same index, and `rez env` with the same graph as a repository on the local
disk (rez is installed into an environment of its own).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

from benchmarks.measure import Action, command, paired, report
from benchmarks.workspace import PIPL, upload_packls
from pipl.testing.projects import RunningProject, running_project

RUNS = 7


def names(count: int) -> list[str]:
    return [f"bench-packl-{number:03}" for number in range(count)]


def rez_repository(folder: Path, count: int) -> None:
    """The same graph as rez packages with as many files."""
    for number in range(count):
        package = folder / f"bench_packl_{number:03}" / "1.0.0"
        module = package / "python" / f"bench_packl_{number:03}"
        module.mkdir(parents=True)
        requires = [f"bench_packl_{n:03}" for n in range(number - 9, number)] * (number % 10 == 9)
        (package / "package.py").write_text(
            f"name = 'bench_packl_{number:03}'\nversion = '1.0.0'\nrequires = {requires!r}\n"
            "def commands():\n    env.PYTHONPATH.append('{root}/python')\n",
            encoding="utf-8",
        )
        for n in range(5):
            (module / f"module_{n}.py").write_text("VALUE = 1\n" * 50, encoding="utf-8")


def install_rez(folder: Path) -> Path:
    """Raises CalledProcessError where it cannot be had."""
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", folder, "rez", "setuptools<81"], check=True
    )
    return folder / "bin" / "rez"


def fresh(bench: RunningProject, folder: Path, count: int) -> Action:
    """Create, lock and sync by pipl."""

    def act() -> None:
        command([PIPL, "work", "create", folder.name], cwd=folder.parent, env=bench.environ)()
        command([PIPL, "work", "add", *names(count)], cwd=folder, env=bench.environ)()

    return act


def by_uv(bench: RunningProject, folder: Path, count: int) -> Action:
    """Create, lock and sync by uv alone."""
    uv, index = find_uv_bin(), bench.project.binding.index_url
    where = ["-q", "--no-config", "--index-url", index]

    def act() -> None:
        folder.mkdir()
        (folder / "r.in").write_text("\n".join(names(count)), encoding="utf-8")
        command([uv, "venv", "-q", ".venv", "--python", sys.executable], cwd=folder)()
        to_lock = ["--format=pylock.toml", "-o", "pylock.toml"]
        command([uv, "pip", "compile", *where, "r.in", *to_lock], cwd=folder)()
        sync = ["--preview-features", "pylock", "--python", ".venv", "pylock.toml"]
        command([uv, "pip", "sync", *where, *sync], cwd=folder)()

    return act


def measure(bench: RunningProject, top: Path, rez: Path | None, count: int) -> None:
    ours, floor = bench.project.workarea / "ours", bench.project.workarea / "floor"

    def clean() -> None:
        for folder in (ours, floor):
            shutil.rmtree(folder, ignore_errors=True)

    create = fresh(bench, ours, count)
    pair = paired(create, by_uv(bench, floor, count), runs=RUNS, before=clean)
    report(f"create + lock + sync against uv, {count}", pair, goal="ratio <= 1.5")
    words = [word for name in names(count) for word in ("--add", name)]
    at_once = command(
        [PIPL, "work", "create", ours.name, *words], cwd=ours.parent, env=bench.environ
    )
    pair = paired(at_once, by_uv(bench, floor, count), runs=RUNS, before=clean)
    report(f"the same in one command, {count}", pair, goal="ratio <= 1.5")
    if rez is not None:
        repository = top / f"rez{count}"
        rez_repository(repository, count)
        environ = {**os.environ, "REZ_PACKAGES_PATH": str(repository), "REZ_USED_RESOLVE": "0"}
        wanted = [name.replace("-", "_") for name in names(count)]
        asked = command([rez, "env", *wanted, "--", "true"], env=environ)
        for shown, ours_by in (
            ("create + lock + sync", create),
            ("the same in one command", at_once),
        ):
            report(
                f"{shown}, against rez env, {count}",
                paired(ours_by, asked, runs=RUNS, before=clean),
                goal="ratio <= 0.5",
            )
    clean()
    create()
    sync = command([PIPL, "work", "sync"], cwd=ours, env=bench.environ)
    floor_of_any = command([PIPL, "--help"], cwd=ours, env=bench.environ)
    report(
        f"work sync without changes, {count}",
        paired(sync, floor_of_any, runs=RUNS),
        goal="over <= 100 ms",
    )
    lock = (ours / "pylock.toml").read_text(encoding="utf-8")
    mark = (ours / ".workspace").read_text(encoding="utf-8")
    last = names(count)[-2]
    head, _, rest = lock.partition(f'[[packages]]\nname = "{last}"')
    smaller = head + rest.partition("\n\n")[2]
    flip = [smaller, lock]

    def change() -> None:
        flip.reverse()
        (ours / "pylock.toml").write_text(flip[0], encoding="utf-8")
        (ours / ".workspace").write_text(mark.replace(f'"{last}"', '"bench-packl-000"'), "utf-8")

    def change_and_sync() -> None:
        change()  # here, since what comes before is done before the floor too
        sync()

    report(
        f"work sync of one packl, {count}",
        paired(change_and_sync, floor_of_any, runs=RUNS),
        goal="none",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="30,150")
    counts = [int(text) for text in parser.parse_args().counts.split(",")]
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top,
        running_project(Path(top) / "Bench", os.environ, mirror=False) as bench,
    ):
        try:
            rez = install_rez(Path(top) / "rez")
        except subprocess.CalledProcessError:
            print("rez cannot be installed here: no comparison with it")
            rez = None
        upload_packls(bench, max(counts))
        for count in counts:
            measure(bench, Path(top), rez, count)


if __name__ == "__main__":
    main()
