"""The event feed: a page near the end of a long log, and how soon who waits is told.

    ci/bench benchmarks/feed.py [--events 100000] [--rounds 40]

The past is written into the log of the server before it starts: each event is a serial of its
own, which sets a version of a project with its file, as an upload's does.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipl.ci import feed
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import RunningServer, devpi_server

INDEX = IndexName("root", "testing")
VERSIONS_EACH = 20
PAGE = 200


def fill(server_folder: Path, events: int) -> None:
    """Append so many events to the log of a server that does not run."""
    from devpi_server.config import get_pluginmanager, parseoptions
    from devpi_server.main import xom_from_config

    arguments = ["devpi-server", "--serverdir", str(server_folder)]
    xom: Any = xom_from_config(parseoptions(get_pluginmanager(), arguments))  # type: ignore[no-untyped-call]
    key: Any = xom.keyfs.get_key("PROJVERSION")
    before = xom.keyfs.get_current_serial()
    with xom.keyfs.get_connection(write=True) as connection:
        for number in range(events):
            project, version = f"past-{number // VERSIONS_EACH}", f"1.{number % VERSIONS_EACH}"
            digest = hashlib.sha256(f"{number}".encode()).hexdigest()
            path = f"root/testing/+f/{digest[:3]}/{digest[3:16]}/{project}-{version}.tar.gz"
            link = {
                "rel": "releasefile",
                "entrypath": path,
                "hashes": {"sha256": digest},
                "_log": [{"what": "upload", "who": "root", "dst": str(INDEX)}],
            }
            value = {"name": project, "version": version, "+elinks": [link]}
            place = key(user="root", index="testing", project=project, version=version).relpath
            serial = before + 1 + number
            connection.write_changelog_entry(serial, ({place: (key.name, -1, value)}, []))
            connection.db_write_typedkeys([(place, key.name, serial)])
        connection.commit()
    xom.keyfs.notifier.write_event_serial(before + events)  # nothing is left for plug-ins to do


def round_trips_ms(client: DevpiClient, paths: Sequence[str], rounds: int) -> list[float]:
    """The median time of each path's answer, asked for in turn."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    for _ in range(rounds):
        for path in paths:
            started = time.perf_counter()
            client.get_json(path, timeout_s=60)
            times[path].append(1000 * (time.perf_counter() - started))
            time.sleep(0.06)  # within the limit
    return [statistics.median(times[path]) for path in paths]


def wake_ups_ms(server: RunningServer, root: DevpiClient, folder: Path, rounds: int) -> list[float]:
    """From the end of the upload's answer to the end of the waiting reader's, for each upload.

    Negative where the reader is told before the uploader is.
    """
    since = end(root)
    times = []
    with server.root() as reader:
        for number in range(rounds):
            path = make_sdist(folder, "wake-up", f"1.{number}")
            told: list[tuple[float, feed.Page]] = []

            def wait(since: int = since, told: list[tuple[float, feed.Page]] = told) -> None:
                page = feed.read(reader, since, wait_s=30)
                told.append((time.perf_counter(), page))

            thread = threading.Thread(target=wait)
            thread.start()
            time.sleep(0.25)
            root.upload(INDEX, path)
            uploaded = time.perf_counter()
            thread.join()
            moment, page = told[0]
            assert len(page.events) == 1
            times.append(1000 * (moment - uploaded))
            since = page.serial
    return times


def end(client: DevpiClient) -> int:
    """The last serial, without reading all pages."""
    low, high = -1, 1
    while _is_there(client, high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _is_there(client, middle) else (low, middle)
    return low


def _is_there(client: DevpiClient, serial: int) -> bool:
    time.sleep(0.06)
    return feed.read(client, serial, wait_s=0).serial >= serial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(given.fill, given.events)
        return
    with tempfile.TemporaryDirectory() as folder, devpi_server(Path(folder) / "P") as server:
        with server.root() as root:
            root.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
        server.stop()
        began = time.perf_counter()
        command = [sys.executable, __file__, "--events", str(given.events), "--fill"]
        quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
        place = server.folder / "system" / "server"
        subprocess.run([*command, place], check=True, env=quiet, stdout=subprocess.DEVNULL)
        _say(f"{given.events} events made in {time.perf_counter() - began:.0f} s")
        server.start()
        with server.root() as root:
            last = end(root)
            pages = [f"/+pipl/events?since={since}&limit={PAGE}" for since in (10, last - PAGE)]
            for page in pages:
                document: Any = root.get_json(page, timeout_s=60)
                assert len(document["events"]) >= PAGE - 10, "an empty page says nothing"
            paths = ["/+pipl/", *pages, f"/+pipl/events?since={last}"]
            floor, first, late, at_end = round_trips_ms(root, paths, given.rounds)
            _say(f"one round trip (/+pipl/)             {floor:7.1f} ms")
            _say(f"page of {PAGE} at the beginning         {first:7.1f} ms")
            _say(f"page of {PAGE} before serial {last:<8}   {late:7.1f} ms  {late / first:.2f} x")
            _say(f"page at the end, nothing new         {at_end:7.1f} ms")
            times = wake_ups_ms(server, root, Path(folder), given.rounds)
            high = statistics.quantiles(times, n=20)[-1]
            _say(
                f"reader told after the uploader       {statistics.median(times):7.1f} ms"
                f"  (95 %: {high:.1f} ms)"
            )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
