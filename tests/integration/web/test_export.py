"""What is yanked, and since when files are there, outlives an export and goes to replicas."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from pipl import process
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.servers import RunningServer, devpi_server, replica_of
from pipl.testing.simple_index import make_wheel

INDEX = IndexName("root", "PROJ")
TIMEOUT_S = 120


def filled(server: RunningServer, folder: Path) -> None:
    """An index with two versions, of which the newer one is yanked."""
    with server.root() as root:
        root.create_index(IndexConfig(INDEX, "pipl", acl_upload=("root",)))
        for version in ("1.0", "2.0"):
            root.upload(INDEX, make_wheel(folder, "hero-geo", version))
        root.yank(root.release(INDEX, "hero-geo", "2.0"), "flipped normals")


def told(client: DevpiClient) -> dict[str, tuple[str | None, str | None]]:
    """Of each version, why it is yanked and when its file came."""
    page: Any = client.get_json(f"/+pipl/pages?index={INDEX}", timeout_s=30)
    (project,) = page["pages"]
    return {file["version"]: (file["yanked"], file["uploaded"]) for file in project["files"]}


def test_an_export_carries_yanks_and_times(tmp_path: Path) -> None:
    with devpi_server(tmp_path / "P") as old:
        filled(old, tmp_path / "wheels")
        with old.client() as client:
            before = told(client)
        assert before["2.0"][0] == "flipped normals"
        old.stop()
        command("export", old, tmp_path / "dump")
        new = RunningServer(tmp_path / "N")
        (new.folder / "system" / "server").mkdir(parents=True)
        new.secret_file.parent.mkdir(mode=0o700)
        new.secret_file.write_bytes(old.secret_file.read_bytes())
        new.secret_file.chmod(0o600)
        command("import", new, tmp_path / "dump", "--no-events")
        try:
            new.start()
            with new.client() as client:
                assert told(client) == before
        finally:
            new.kill()


def command(name: str, server: RunningServer, dump: Path, *options: str) -> None:
    """`devpi-export` or `devpi-import`, of the devpi beside us."""
    process.run(
        [
            Path(sys.executable).with_name(f"devpi-{name}"),
            *("--serverdir", server.folder / "system" / "server"),
            *options,
            dump,
        ],
        env=os.environ,
        timeout_s=TIMEOUT_S,
    )


def test_a_replica_tells_them_too(tmp_path: Path) -> None:
    with devpi_server(tmp_path / "P") as primary, replica_of(primary, tmp_path / "R") as replica:
        filled(primary, tmp_path / "wheels")
        with primary.root() as root, replica.client() as there:
            expected = told(root)
            deadline = time.monotonic() + TIMEOUT_S
            while (page := simple(there)).count("sha256") < 2 or "flipped" not in page:
                assert time.monotonic() < deadline, page
                time.sleep(0.1)
            assert told(there) == expected  # which it asks of its primary
            root.yank(root.release(INDEX, "hero-geo", "2.0"), None)
            while "flipped" in simple(there):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert told(there)["2.0"][0] is None


def simple(client: DevpiClient) -> str:
    """The simple page as the server itself has it; empty before it has one."""
    reply = client.connection.get(f"/{INDEX}/+simple/hero-geo/", doing="reading a page")
    return reply.content.decode() if reply.status == 200 else ""
