"""Who depends on one product, among 10,000 packls of a real server.

    ci/bench benchmarks/propagation.py [--packls 10000] [--runs 5]

Half of the packls are tasks that require four products each, the other half are the products
that they make. The server's database is filled without HTTP; what is measured goes through it.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from devpi_server.config import get_pluginmanager, parseoptions
from devpi_server.main import xom_from_config

from pipl import process
from pipl.env.lock import Lock, LockedPackage
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.packl.graph import kept
from pipl.packl.graph.dependents import dependents
from pipl.packl.graph.impact import impact
from pipl.packl.graph.timings import NoTimings
from pipl.testing.servers import PROJECT_INDEX, RunningServer
from pipl.testing.simple_index import make_wheel

HUB = "product-0"
EACH = 4
LOCKED = 30
GOAL_S = 0.5
INDEX: IndexName = PROJECT_INDEX


def packls(count: int) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Name, requirements and .dist-info members; a tenth of the tasks takes the hub."""
    for number in range(count // 2):
        wanted = [(number * 7 + step * 13) % (number + 1) for step in range(1, EACH)]
        products = [f"product-{one}" for one in wanted if one != number]
        if number % 10 == 1:
            products.append(f"{HUB}>=1,<2")
        task = f"task-{number}"
        kind = {"kind": "task", "type": "task", "follow": "auto"}
        yield (
            task,
            ["pipl-pipe>=1", *products],
            {
                "pipl.json": json.dumps(kind),
                "pylock.toml": lock([name.partition(">")[0] for name in products]),
            },
        )
        yield (
            f"product-{number}",
            ["pipl-pipe"],
            {
                "pipl.json": json.dumps({"kind": "product", "type": "product"}),
                "provenance.json": json.dumps({"task": {"name": task}}),
            },
        )


def lock(products: list[str]) -> str:
    origin = "http://127.0.0.1:3141"
    names = [*products, *(f"library-{number}" for number in range(LOCKED))]
    locked = (
        LockedPackage.of_file(
            name=name,
            version="1.0.0",
            url=f"{origin}/root/PROJ/+f/1/{name}-1.0.0-py3-none-any.whl",
            filename=f"{name}-1.0.0-py3-none-any.whl",
            sha256="0" * 64,
        )
        for name in dict.fromkeys(names)
    )
    return Lock(tuple(locked), origin=origin).render()


def wheel_of(
    name: str, requires: list[str], members: dict[str, str], *, version: str = "1.0.0"
) -> bytes:
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for member, text in {"METADATA": "\n".join(lines) + "\n", "RECORD": "", **members}.items():
            archive.writestr(f"{info}/{member}", text)
    return content.getvalue()


def fill(folder: Path, count: int) -> None:
    """Put the packls into the database of a stopped server, 500 in a change."""
    xom = xom_from_config(parseoptions(get_pluginmanager(), ["", "--serverdir", str(folder)]))
    todo = list(packls(count))
    for start in range(0, len(todo), 500):
        with xom.keyfs.write_transaction():
            stage = xom.model.getstage(str(INDEX))
            for name, requires, members in todo[start : start + 500]:
                stage.set_versiondata({"name": name, "version": "1.0.0", "requires_dist": requires})
                filename = f"{name.replace('-', '_')}-1.0.0-py3-none-any.whl"
                stage.store_releasefile(name, "1.0.0", filename, wheel_of(name, requires, members))
    xom.keyfs.finalize_init()


def timed(action: Callable[[], object], runs: int = 1) -> float:
    """The median of the seconds that it takes."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packls", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pipl-bench-") as name:
        folder = Path(name)
        server = RunningServer(folder / "Show")
        server.initialise()
        server.start()
        try:
            server.project_index()
            server.stop()
            fill(folder / "Show" / "system" / "server", options.packls)
            server.start()
            with server.root() as client:
                measure(server, client, folder, options.packls, options.runs)
        finally:
            server.kill()


def measure(
    server: RunningServer, client: DevpiClient, folder: Path, count: int, runs: int
) -> None:
    cache = folder / "cache" / "pipl"

    def ask() -> int:
        return len(dependents(kept.graph(client, INDEX, cache), HUB).dependents)

    def tell(title: str, seconds: float, goal_s: float | None = None) -> None:
        goal = "" if goal_s is None else f"   goal {goal_s} s: {seconds <= goal_s}"
        sys.stdout.write(f"{title:<62} {seconds * 1000:8.0f} ms{goal}\n")

    sys.stdout.write(f"{count} packls\n")
    tell("first look (the server opens every wheel)", timed(ask))
    tell("another machine's first look", timed(lambda: kept.read(client, INDEX, None)))
    tell("a round trip to the server", timed(lambda: client.get_json("/+pipl/", timeout_s=5), runs))
    tell(f"dependents of one product ({ask()} of them)", timed(ask, runs), GOAL_S)

    def changed() -> int:
        number = len(list(folder.glob("more/*.whl")))
        client.upload(INDEX, make_wheel(folder / "more", f"more-{number}", "1", requires=[HUB]))
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
        return number

    took: list[float] = []
    for _ in range(runs):
        changed()
    tell("the same after a packl was uploaded", statistics.median(took), GOAL_S)
    graph = kept.graph(client, INDEX, cache)
    tell(
        "all of its dependents, over others too",
        timed(lambda: dependents(graph, HUB, transitive=True)),
    )
    tell("impact: what follows, in waves", timed(lambda: impact(graph, HUB, NoTimings())))
    mark = 'format = "pipl-project/1"\nname = "Show"\nhost = "127.0.0.1"\n'
    (server.folder / ".pipl").write_text(f"{mark}port = {server.port}\n", encoding="utf-8")
    environ = {**os.environ, "PIPL_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "pipl", "packl", "dependents", HUB, "--json"]
    whole = timed(lambda: process.run(command, cwd=server.folder, env=environ), runs + 1)
    start = timed(
        lambda: process.run([sys.executable, "-m", "pipl", "packl", "--help"], env=environ), runs
    )
    tell("the whole command `pipl packl dependents`", whole, GOAL_S)
    tell("the start of pipl in it", start)
    server.kill()
    server.start()
    tell("first after a restart of the server", timed(ask))


if __name__ == "__main__":
    main()
