"""The store's upkeep by commands, over a real project with a remote."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipl.index.name import IndexName
from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject
from pipl_pipe.asset import Reference
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

from .conftest import project_of_anna

STAGE = IndexName("root", "testing")


@dataclass
class Shot:
    """Two versions of the product `shot-fx`, and a workspace that shows the second."""

    running: RunningProject
    workspace: Shell
    first: Reference
    second: Reference
    remote: Path

    @property
    def objects(self) -> Objects:
        return FolderStore(self.running.project.assets).objects

    def json(self, *args: str) -> dict[str, Any]:
        return self.workspace.json("asset", *args)

    def files(self, reference: Reference) -> list[Path]:
        listed = self.objects.manifest(reference, asset="it").entries
        return [self.objects.path(entry.digest) for entry in listed]


def upload(
    running: RunningProject,
    folder: Path,
    name: str,
    version: str,
    files: dict[str, bytes],
    entry_points: dict[str, dict[str, str]],
) -> None:
    wheel = folder / wheel_name(name, version)
    write_wheel(
        wheel,
        name=name,
        version=version,
        files=files,
        metadata=Metadata(requires=("pipl-pipe",)),
        entry_points=entry_points,
    )
    running.client.upload(running.project.index, wheel)


def frames(folder: Path, content: dict[int, str]) -> Path:
    source = folder / "fx"
    source.mkdir(parents=True)
    for number, text in content.items():
        (source / f"fx.{number:04d}.exr").write_text(text * 100, encoding="utf-8")
    return source


def publish(
    running: RunningProject, folder: Path, version: str, content: dict[int, str]
) -> Reference:
    stored = FolderStore(running.project.assets).add(frames(folder, content), product="shot_fx")
    facts: references.Facts = {
        "channels": ("R", "G"),
        "external_references": (),
        "first_frame": 1001,
    }
    reference = Reference("fx", "Sequence", "fx", "sequence", stored.revision, stored.size, facts)
    assets = references.render(ProductAssets("shot_fx", "product", version, (reference,)))
    upload(
        running,
        folder,
        "shot-fx",
        version,
        {"shot_fx/__init__.py": b"", "shot_fx/assets.json": assets.encode("utf-8")},
        {"pipl_pipe.products": {"shot_fx": "shot_fx:P"}},
    )
    return reference


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProject]:
    """A project of its own: what other tests do with their workspaces can keep `gc` from it."""
    with project_of_anna(tmp_path_factory.mktemp("upkeep") / "Show") as project:
        yield project


@pytest.fixture(scope="module")
def shot(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> Shot:
    folder = tmp_path_factory.mktemp("shot")
    remote = folder / "remote"
    remote.mkdir()
    config = f'ASSET_STORE = {{"remotes": {{"studio": {{"url": {str(remote)!r}}}}}}}\n'
    upload(
        running,
        folder,
        "shot-config",
        "1.0.0",
        {"shot_config.py": config.encode("utf-8")},
        {"pipl_pipe.config": {"asset_store": "shot_config:ASSET_STORE"}},
    )
    first = publish(running, folder / "1", "1.0.0", {1001: "a", 1002: "b", 1003: "c"})
    second = publish(running, folder / "2", "1.1.0", {1001: "a", 1002: "B", 1004: "d"})
    shell = running.shell.in_("workspaces")
    shell.pipl("work", "create", "shot")
    workspace = shell.in_("shot")
    workspace.pipl("work", "add", "shot-fx", "shot-config")
    return Shot(running, workspace, first, second, remote)


def test_info_says_what_it_is_where_it_is_and_who_references_it(shot: Shot) -> None:
    said = shot.json("info", "shot_fx", "fx")
    assert said["asset"]["revision"] == shot.second.revision
    assert [(one["path"], one["frames"]) for one in said["groups"]] == [
        ("fx.####.exr", "1001-1002,1004")
    ]
    assert {one["kind"]: one["has"] for one in said["where"]}["store"] is True
    assert said["releases"] == ["shot-fx 1.1.0 on root/PROJ"]
    shown = shot.workspace.pipl("asset", "info", "shot_fx").splitlines()
    assert any("1001-1002,1004" in line for line in shown)
    assert [line.split() for line in shown if line.startswith("fact ")] == [
        ["fact", "channels", "R,", "G"],
        ["fact", "external", "references", "none"],
        ["fact", "first", "frame", "1001"],
    ]


def test_the_project_lists_every_release(shot: Shot) -> None:
    rows = shot.json("list", "--all")["assets"]
    mine = [row for row in rows if row["product"] == "shot_fx"]
    assert sorted(row["version"] for row in mine) == ["1.0.0", "1.1.0"]
    outside = shot.running.shell.json("asset", "list")["assets"]
    assert [row["revision"] for row in outside] == [row["revision"] for row in rows]


def test_diff_of_versions_tells_frames(shot: Shot, tmp_path: Path) -> None:
    said = shot.json("diff", "shot_fx==1.0.0/fx", "shot_fx==1.1.0")
    assert [one["path"] for one in said["added"]] == ["fx.1004.exr"]
    assert [one["path"] for one in said["removed"]] == ["fx.1003.exr"]
    assert [one["path"] for one in said["changed"]] == ["fx.1002.exr"]
    assert said["same"] == 1
    mine = frames(tmp_path, {1001: "a", 1002: "b", 1003: "x"})
    on_disk = shot.json("diff", shot.first.revision, str(mine))
    assert [one["path"] for one in on_disk["changed"]] == ["fx.1003.exr"]


def test_a_checkout_is_writable_and_apart_from_the_store(shot: Shot, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    shot.workspace.pipl("asset", "checkout", "shot_fx", "fx", str(target))
    frame = target / "fx.1001.exr"
    frame.write_text("edited", encoding="utf-8")
    (target / "new.txt").touch()
    shot.workspace.pipl("asset", "verify", "shot_fx")
    assert shot.workspace.attempt("asset", "checkout", "shot_fx", "fx", str(target)).status == 2
    shot.workspace.pipl("asset", "checkout", "shot_fx", "fx", str(target), "--force")
    assert not (target / "new.txt").exists()
    shot.workspace.pipl("asset", "checkout", "shot_fx==1.0.0", "fx", str(tmp_path / "old"))
    assert (tmp_path / "old" / "fx.1003.exr").exists()


def test_a_copy_points_programs_to_itself(shot: Shot, tmp_path: Path) -> None:
    shot.workspace.pipl("asset", "copy", str(tmp_path / "usb"))
    assert (tmp_path / "usb" / "shot_fx" / "fx" / "fx.1004.exr").stat().st_nlink == 1
    done = subprocess.run(
        ["bash", "-c", f". {tmp_path / 'usb' / 'use.sh'} && echo fine"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_push_and_pull_and_what_remotes_say(shot: Shot) -> None:
    (remote,) = shot.json("remotes")["remotes"]
    assert (remote["name"], remote["answers"]) == ("studio", True)
    (moved,) = shot.json("push", "--all", "--jobs", "2")["moved"]
    assert moved["assets"] >= 2
    (again,) = shot.json("push", "--all")["moved"]
    assert again["assets"] == 0
    lost = shot.files(shot.second)[0]
    lost.unlink()
    assert shot.json("verify", "shot_fx")["faults"]
    shot.workspace.pipl("asset", "pull", "shot_fx")
    assert lost.exists()
    assert shot.json("verify", "shot_fx", "--remote", "studio")["faults"] == []


def test_fsck_mends_a_flipped_bit_from_the_remote(shot: Shot) -> None:
    shot.workspace.pipl("asset", "push", "--all")
    bad = shot.files(shot.second)[0]
    whole = bad.read_bytes()
    bad.chmod(0o644)
    bad.write_bytes(b"X" + whole[1:])
    bad.chmod(0o444)
    done = shot.workspace.attempt("asset", "fsck")
    assert done.status == 12
    assert "shot-fx 1.1.0" in done.stdout
    assert shot.workspace.attempt("asset", "verify").status == 12
    said = shot.json("fsck", "--repair")
    assert (len(said["mended"]), said["unmended"]) == (1, [])
    assert bad.read_bytes() == whole
    assert shot.workspace.attempt("asset", "fsck").status == 0


def test_gc_takes_what_nothing_references_and_undo_brings_it_back(shot: Shot) -> None:
    (shot.workspace.cwd / "loose.txt").write_text("nobody's", encoding="utf-8")
    revision = shot.workspace.pipl("asset", "add", "loose.txt").strip()
    held = shot.json("gc")
    assert held["moved"] == 0
    old = time.time() - 30 * 86_400
    noted = shot.running.project.assets / "recent" / revision.replace(":", "-")
    os.utime(noted, (old, old))
    assert shot.json("gc", "--dry-run")["moved"] == 1
    shot.workspace.pipl("asset", "pin", revision, "--reason", "a test")
    assert shot.json("gc", "--dry-run")["moved"] == 0
    (pin,) = shot.json("pins")["pins"]
    assert (pin["text"], pin["reason"]) == (revision, "a test")
    shot.workspace.pipl("asset", "unpin", revision)
    assert shot.json("gc")["moved"] == 1
    assert shot.workspace.attempt("asset", "pin", revision).status == 11
    shot.workspace.pipl("asset", "gc", "--undo")
    shot.workspace.pipl("asset", "pin", revision)
    shot.workspace.pipl("asset", "unpin", revision)
    assert shot.workspace.attempt("asset", "unpin", revision).status == 12


def test_gc_is_refused_while_a_workspace_is_gone_until_it_is_forgotten(
    shot: Shot, tmp_path: Path
) -> None:
    shot.running.shell.pipl("work", "create-area", str(tmp_path / "area"))
    area = shot.running.shell.in_(tmp_path / "area")
    area.pipl("work", "create", "gone")
    (tmp_path / "area").rename(tmp_path / "moved")
    done = shot.workspace.attempt("asset", "gc")
    assert done.status == 12
    assert str(tmp_path / "area" / "gone") in done.stderr
    assert "pipl work forget" in done.stderr
    registered = shot.workspace.json("work", "list", "--registered")["registered"]
    states = {one["folder"]: one["state"] for one in registered}
    assert states[str(tmp_path / "area" / "gone")] == "gone"
    assert states[str(shot.workspace.cwd)] == "there"
    shot.running.shell.pipl("work", "forget", str(tmp_path / "area" / "gone"))
    assert shot.workspace.attempt("asset", "gc").status == 0


def test_du_counts_shared_bytes_once(shot: Shot) -> None:
    said = shot.json("du")
    (mine,) = [one for one in said["products"] if one["product"] == "shot-fx"]
    sizes = {path: path.stat().st_size for one in (shot.first, shot.second) for path in
             (*shot.files(one), shot.objects.path(one.digest))}  # fmt: skip
    assert (mine["versions"], mine["referenced"]) == (2, sum(sizes.values()))
    assert mine["unique"] == mine["referenced"]
    assert "store" in shot.workspace.pipl("asset", "du")


def test_the_cache_is_shown_and_cleared(shot: Shot) -> None:
    assert shot.json("cache")["size_bytes"] >= 0
    assert "Freed" in shot.workspace.pipl("asset", "cache", "--clear")


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (("info", "nobody"), 2),
        (("info", "shot_fx", "nothing"), 11),
        (("info", "shot_config"), 2),
        (("diff", "shot_fx==9/fx", "shot_fx==1.0.0/fx"), 2),
        (("diff", "./nowhere", "."), 2),
        (("pin", "sha256:12"), 2),
        (("pin", "blake3:" + "0" * 64), 11),
        (("push", "--remote", "nobody"), 12),
        (("gc", "--grace", "soon"), 2),
        (("push", "--jobs", "0"), 2),
    ],
)
def test_bad_input_is_answered_with_a_hint(shot: Shot, args: tuple[str, ...], status: int) -> None:
    done = shot.workspace.attempt("asset", *args)
    assert (done.status, "Traceback" in done.stderr) == (status, False), done.stderr


def test_outside_of_everything_it_is_said(tmp_path: Path, shot: Shot) -> None:
    done = Shell(tmp_path, shot.workspace.environ).attempt("asset", "list")
    assert done.status == 2
    assert "no project" in done.stderr
