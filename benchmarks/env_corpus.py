"""rez's own benchmark as packls on a project's index: `pipl work lock` against `uv pip compile`.

    ci/bench benchmarks/env_corpus.py [--requests 20] [--packages FILE]

1,266 packages in 18,226 versions with some 149,000 requirements; each of the requests (`--requests
188` takes them all) is locked by both, in turn, with uv's cache warm. rez is installed into an
environment of its own, to tell its corpus (`rez_corpus.py`; FILE keeps it for next time). A request
that has no solution is left out where uv finds none; then pipl must find none either.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from devpi_server.config import get_pluginmanager, parseoptions
from devpi_server.main import xom_from_config
from uv import find_uv_bin

from benchmarks.env_sync import install_rez
from benchmarks.propagation import wheel_of
from pipl.project import server
from pipl.testing.projects import RunningProject, running_project

PIPL = Path(sys.executable).with_name("pipl")
GOAL = 1.3
AT_ONCE = 500


def corpus(path: Path | None, folder: Path) -> dict[str, list[list[object]]]:
    if path is None or not path.exists():
        path = path or folder / "corpus.json"
        install_rez(folder / "rez")
        program = Path(__file__).with_name("rez_corpus.py")
        subprocess.run([folder / "rez" / "bin" / "python", program, path], check=True)
    told: dict[str, list[list[object]]] = json.loads(path.read_text(encoding="utf-8"))
    return told


def fill(folder: str, index: str, path: str) -> None:
    """Put the packages into the database of a stopped server."""
    todo = json.loads(Path(path).read_text(encoding="utf-8"))
    xom = xom_from_config(parseoptions(get_pluginmanager(), ["", "--serverdir", folder]))
    for start in range(0, len(todo), AT_ONCE):
        with xom.keyfs.write_transaction():
            stage = xom.model.getstage(index)
            for name, version, requires in todo[start : start + AT_ONCE]:
                data = {"name": name, "version": version, "requires_dist": requires}
                stage.set_versiondata(data)
                filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
                content = wheel_of(name, requires, {}, version=version)
                stage.store_releasefile(name, version, filename, content)
    xom.keyfs.finalize_init()


def filled(bench: RunningProject, packages: list[list[object]], folder: Path) -> None:
    server.stop(bench.project)
    listed = folder / "packages.json"
    listed.write_text(json.dumps(packages), encoding="utf-8")
    program = "import sys; from benchmarks import env_corpus; env_corpus.fill(*sys.argv[1:])"
    place, index = str(bench.project.server), str(bench.project.index)
    command = [sys.executable, "-W", "ignore", "-c", program, place, index, str(listed)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    server.start_background(bench.project, bench.environ)


def seconds(command: Sequence[str | Path], cwd: Path, environ: dict[str, str]) -> float | None:
    """What a command takes; None where it fails, which it may by finding no solution."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode and "nsatisfiable" not in done.stderr + done.stdout:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return None if done.returncode else took


def measure(bench: RunningProject, requests: list[list[str]]) -> None:
    pairs: list[tuple[float, float]] = []
    without = 0
    for number, request in enumerate(requests):
        ours = bench.project.workarea / f"request{number}"
        bench.shell.in_(ours.parent).pipl("work", "create", ours.name)
        mark = ours / ".workspace"
        text = mark.read_text(encoding="utf-8")
        mark.write_text(text.replace("requirements = []", f"requirements = {json.dumps(request)}"))
        theirs = ours.with_name(f"uv{number}")
        theirs.mkdir()
        (theirs / "r.in").write_text("\n".join(request), encoding="utf-8")
        where = ["-q", "--no-config", "--index-url", bench.project.binding.index_url]
        to_lock = ["r.in", "--format=pylock.toml", "-o", "pylock.toml"]
        by_uv = [find_uv_bin(), "pip", "compile", *where, *to_lock]
        taken = []
        for _ in range(2):  # the first time fills uv's cache
            (theirs / "pylock.toml").unlink(missing_ok=True)
            (ours / "pylock.toml").unlink(missing_ok=True)
            floor = seconds(by_uv, theirs, bench.environ)
            taken.append((seconds([PIPL, "work", "lock"], ours, bench.environ), floor))
        took, floor = taken[-1]
        if took is None or floor is None:
            if (took, floor) != (None, None):
                sys.exit(f"they do not agree on {request}")
            without += 1
            continue
        pairs.append((took, floor))
        print(f"  {number}: {took * 1000:.0f} ms, uv {floor * 1000:.0f} ms", flush=True)
    ratio = statistics.median(took / floor for took, floor in pairs)
    whole = sum(took for took, _ in pairs) / sum(floor for _, floor in pairs)
    print(
        f"{len(pairs)} requests ({without} more have no solution): the median of ratios"
        f" {ratio:.2f} x, all together {whole:.2f} x   goal {GOAL} x"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--packages", type=Path)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as name,
        running_project(Path(name) / "Bench", os.environ, mirror=False) as bench,
    ):
        told = corpus(given.packages, Path(name))
        began = time.perf_counter()
        filled(bench, told["packages"], Path(name))
        print(f"{len(told['packages'])} versions put there in {time.perf_counter() - began:.0f} s")
        step = max(1, len(told["requests"]) // given.requests)
        measure(bench, told["requests"][::step][: given.requests])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
