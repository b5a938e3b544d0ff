"""Product wheels go out only after their assets are where others will read them."""

from __future__ import annotations

from pipl.index.name import IndexName
from pipl.testing.simple_index import make_wheel
from pipl_pipe.asset.places import RemotePlace, open_remote

PROJECT = IndexName("root", "PROJ")


def configured(studio, name: str, entry: str) -> str:
    """Publish a config packl with this `asset_store` entry; its name."""
    wheel = make_wheel(
        studio.folder / "dist",
        name,
        "1.0.0",
        requires=("pipl-pipe",),
        files={f"{name.replace('-', '_')}/__init__.py": f"CONFIG = {entry}\n"},
        entry_points={"pipl_pipe.config": {"asset_store": f"{name.replace('-', '_')}:CONFIG"}},
    )
    studio.client.upload(PROJECT, wheel)
    return name


def test_assets_are_sent_to_remotes_and_read_there_before_the_wheel_goes_out(studio) -> None:
    remote = studio.folder / "remote"
    entry = {
        "remotes": {
            "studio": {"url": str(remote)},
            "mirror": {"url": str(studio.folder / "unused"), "publish": False},
        }
    }
    config = configured(studio, "sending-config", repr(entry))
    studio.task("sending", also=(config,), tests={})
    studio.settle()
    run = studio.only("sending", "process")
    log = studio.log(run)
    assert run.state == "passed", log
    assert f"sent 1 asset(s) to studio ({remote}): " in log
    assert "MB/s" in log
    assert "read them again at studio" in log  # the runner uploads wheels of jobs that passed
    there = open_remote(RemotePlace("studio", str(remote)))
    assert len(list(there.revisions())) == 1
    assert not (studio.folder / "unused").exists()


def test_a_remote_that_cannot_be_written_keeps_the_wheel_back(studio) -> None:
    blocked = studio.folder / "blocked"
    blocked.write_text("a file, no folder")
    config = configured(
        studio, "blocked-config", repr({"remotes": {"studio": {"url": str(blocked / "remote")}}})
    )
    studio.task("blocked", also=(config,), tests={})
    studio.settle()
    run = studio.only("blocked", "process")
    assert run.state != "passed", studio.log(run)
    assert str(blocked) in studio.log(run)
    assert "Traceback" not in studio.log(run)
    assert studio.products("blocked_geo") == []


def test_what_the_store_lost_comes_from_a_remote(studio) -> None:
    remote = studio.folder / "remote"
    config = configured(studio, "fetching-config", repr({"remotes": {"r": {"url": str(remote)}}}))
    studio.task("fetching", also=(config,), tests={})
    studio.settle()
    assert studio.only("fetching", "process").state == "passed"
    for path in (studio.project.assets / "objects").glob("*/*/*"):
        if path.read_bytes() == b"fetching 1.0.0":
            path.unlink()
    studio.task("reader", also=("fetching-geo", config), tests={})
    studio.settle()
    assert studio.only("reader", "process").state == "passed"
