"""The asset store against DVC, git-lfs and the least that could be done, on the same files.

    ci/bench benchmarks/assets.py [--scale 0.1] [--runs 3] [--folder DIR] [--peers DIR]

Files: (a) one of 2 GB, (b) 20,000 of 50 kB, (c) (b) with 1 % changed. Times are of whole
commands, files in the page cache, everything written out before each step. Ours are the calls
of the library, each in a process of its own; `pipl asset add` is measured beside them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import asset_files as files
from benchmarks.asset_commands import measured_commands
from benchmarks.asset_tools import (
    DATA,
    Command,
    Dvc,
    GitLfs,
    Ours,
    Tool,
    install_dvc,
    version,
)
from benchmarks.measure import Took, module, run_timed


@dataclass(frozen=True)
class Row:
    """A line of the table, and its goals: how many times faster than a peer at least, and how
    many times the floor at most."""

    title: str
    dvc: float = 0
    lfs: float = 0
    floor: float = 0
    floor_name: str = ""


ROWS = {
    "a add": Row("(a) add", 6, 25, 1.5, "BLAKE3, mapped, all cores"),
    "a quarter": Row("(a) a quarter of its size, for the memory"),
    "b add": Row("(b) add", 5, 10, 2.5, "read + hash + link"),
    "b copy": Row("(b) add by copy, flushed", 2.5, 0, 1.2, "cp -r + sync"),
    "b push": Row("(b) push to a folder remote", 4),
    "b view": Row("(b) view", 5, 0, 2.5, "cp -rl"),
    "b pull": Row("(b) cold pull", 4, 10),
    "b again": Row("(b) again, unchanged", 15, 0, 3, "git-lfs"),
    "c": Row("(c) add + push", 10, 2),
}
Times = dict[tuple[str, str], list[Took]]


class Bench:
    """The files, made once; a tool works on copies of them, in a folder gone afterwards."""

    def __init__(self, folder: Path, scale: float) -> None:
        self.folder, self.scale = folder, scale
        self.times: Times = {}

    def make_files(self, which: str) -> Path:
        source = self.folder / which / DATA
        if which != "many":
            files.make_large(source, self.scale)
        else:
            files.make_many(source, self.scale)
        os.sync()
        return source

    @contextmanager
    def started(self, tool: Callable[[Path], Tool], source: Path, *, copy: bool) -> Iterator[Tool]:
        with self.scratch() as folder:
            made = tool(folder)
            made.work.mkdir()
            made.start(copy=copy)
            files.copy(source, made.work / DATA)
            yield made

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="tool-", dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
            os.sync()

    def step(self, row: str, name: str, commands: list[Command], *, flushed: str = "") -> None:
        """Time the commands of a step as one; `flushed` is what is written out within the time."""
        os.sync()
        took = [run_timed(one.args, one.cwd, one.env, answers=one.answers) for one in commands]
        if flushed:
            took.append(run_timed(("sync", "-f", flushed), Path("/"), dict(os.environ)))
        self.times.setdefault((row, name), []).append(Took.together(took))
        print(f"{row}: {name} {self.times[row, name][-1].seconds:.2f} s", file=sys.stderr)

    def floor(self, row: str, name: str, source: Path) -> None:
        with self.scratch() as folder:
            args = module("benchmarks.asset_files", name, source, folder / "floor")
            command = Command(args, folder, dict(os.environ), answers=True)
            self.step(row, "floor", [command])


def large(bench: Bench, tools: list[Callable[[Path], Tool]], runs: int) -> None:
    source = bench.make_files("large")
    for _ in range(runs):
        for tool in tools:
            with bench.started(tool, source, copy=False) as one:
                bench.step("a add", one.name, one.add())
        bench.floor("a add", "hash", source)
    shutil.rmtree(source.parent)
    quarter = Bench(bench.folder, bench.scale / 4)
    source = quarter.make_files("quarter")
    with quarter.started(Ours, source, copy=False) as one:
        quarter.step("a quarter", one.name, one.add())
    shutil.rmtree(source.parent)
    bench.times.update(quarter.times)


def many(bench: Bench, tools: list[Callable[[Path], Tool]], runs: int) -> None:
    source = bench.make_files("many")
    for _ in range(runs):
        for tool in tools:
            with bench.started(tool, source, copy=False) as one:
                one_after_another(bench, one)
        for tool in tools:
            with bench.started(tool, source, copy=True) as one:
                flushed = "" if isinstance(one, Ours) else str(one.work)
                bench.step("b copy", one.name, one.add(), flushed=flushed)
        bench.floor("b add", "read-hash-link", source)
        bench.floor("b copy", "copy", source)
        bench.floor("b view", "link", source)
    shutil.rmtree(source.parent)


def one_after_another(bench: Bench, one: Tool) -> None:
    """What a user does with one folder, in this order."""
    bench.step("b add", one.name, one.add())
    bench.step("b push", one.name, one.push())
    bench.step("b again", one.name, one.add())
    bench.step("b view", one.name, one.view())
    bench.step("b pull", one.name, one.pull())
    files.change(one.work / DATA)
    bench.step("c", one.name, [*one.add(), *one.push()])


def seconds_of(times: Times, row: str, name: str) -> float | None:
    found = times.get((row, name))
    return statistics.median(took.seconds for took in found) if found else None


def table(times: Times) -> Iterator[str]:
    """Markdown: seconds, ratios, whether each goal is met, and our peak of memory.

    Peers are held against our whole command; the floors, which start no Python, against what
    the library took of it.
    """
    yield "| | ours, s | library, s | DVC | git-lfs | floor | goals | peak, MB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for key, row in ROWS.items():
        if (key, "ours") in times:
            yield _line(row, key, times)


def _line(row: Row, key: str, times: Times) -> str:
    took = times[key, "ours"]
    ours = statistics.median(one.seconds for one in took)
    library = statistics.median(one.library_s for one in took)
    cells, goals = [f"{ours:.2f}", f"{library:.2f}"], []
    for name, least in (("DVC", row.dvc), ("git-lfs", row.lfs)):
        peer = seconds_of(times, key, name)
        missing = "" if key == "a quarter" else "not installed"
        cells.append(missing if peer is None else f"{peer:.2f}: {peer / ours:.1f} x")
        if least and peer is not None:
            goals.append(_goal(peer / ours >= least, f">= {least:g} x {name}"))
    is_peer = row.floor_name == "git-lfs"
    if is_peer:
        floor = seconds_of(times, key, "git-lfs")
    else:
        floor = statistics.median([one.library_s for one in times.get((key, "floor"), [Took(0)])])
    ratio = (ours if is_peer else library) / floor if floor else 0.0
    cells.append(f"{floor:.2f}: {ratio:.2f} x" if floor else "")
    if floor:
        goals.append(_goal(ratio <= row.floor, f"<= {row.floor:g} x {row.floor_name}"))
    peak = max(one.peak_bytes for one in took) / 1e6
    return "| " + " | ".join([row.title, *cells, ", ".join(goals), f"{peak:.0f}"]) + " |"


def _goal(is_met: bool, text: str) -> str:
    return text if is_met else f"**misses {text}**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the files")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; its disk is measured")
    parser.add_argument("--peers", type=Path, help="where DVC is, or is installed, for next time")
    parser.add_argument("--only", choices=["large", "many", "commands"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-assets-", dir=given.folder) as top:
        folder = Path(top)
        program, no_dvc = install_dvc((given.peers or folder / "peers").absolute() / "dvc")
        no_lfs = "" if shutil.which("git-lfs") else "not installed"
        tools: list[Callable[[Path], Tool]] = [Ours]
        tools += [] if no_dvc else [lambda where: Dvc(where, program)]
        tools += [] if no_lfs else [GitLfs]
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, scale {given.scale:g}")
        print(f"DVC: {no_dvc or version(program, '--version')}")
        print(f"git-lfs: {no_lfs or version('git', 'lfs', 'version')}\n")
        bench = Bench(folder, given.scale)
        if given.only in (None, "large"):
            large(bench, tools, given.runs)
        if given.only in (None, "many"):
            many(bench, tools, given.runs)
        print("\n".join(table(bench.times)), flush=True)
        if given.only in (None, "commands"):
            print()
            print("\n".join(measured_commands(folder, given.scale, given.runs)))


if __name__ == "__main__":
    main()
