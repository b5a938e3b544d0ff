"""Private copies are writable and never the store's own files."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from pipl.asset import checkout
from pipl.asset.selection import Selected
from pipl.errors.usage import DestinationKept, NotWritable, PathExists
from pipl_pipe.asset.reference import Reference
from pipl_pipe.errors import AssetMissing
from pipl_pipe.variables import Operation

from .conftest import Studio


def chosen(reference: Reference) -> Selected:
    return Selected("hero_geo", "1.0.0", reference)


def test_a_folder_keeps_its_programs_and_may_be_written(studio: Studio, tmp_path: Path) -> None:
    source = studio.files(a_txt="a", run_sh="b")
    (source / "run.sh").chmod(0o755)
    (source / "sub").mkdir()
    (source / "sub" / "c.txt").write_text("c", encoding="utf-8")
    asset = studio.add(source)
    made = checkout.checkout(studio.store, chosen(asset), tmp_path / "out" / "mine")
    modes = {
        path.relative_to(made).as_posix(): stat.S_IMODE(path.stat().st_mode) & 0o700
        for path in made.rglob("*")
    }
    assert modes == {"a.txt": 0o600, "run.sh": 0o700, "sub": 0o700, "sub/c.txt": 0o600}
    (made / "a.txt").write_text("edited", encoding="utf-8")
    studio.store.verify(asset)
    assert [path.name for path in made.parent.iterdir()] == ["mine"]


def test_what_is_there_stays_unless_forced(studio: Studio, tmp_path: Path) -> None:
    asset = studio.add(studio.files(a_txt="a") / "a.txt")
    target = tmp_path / "mine.txt"
    target.write_text("precious", encoding="utf-8")
    with pytest.raises(PathExists):
        checkout.checkout(studio.store, chosen(asset), target)
    assert target.read_text(encoding="utf-8") == "precious"
    checkout.checkout(studio.store, chosen(asset), target, force=True)
    assert target.read_text(encoding="utf-8") == "a"


def test_a_link_is_replaced_and_not_followed(studio: Studio, tmp_path: Path) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").touch()
    (tmp_path / "mine").symlink_to(tmp_path / "elsewhere")
    checkout.checkout(studio.store, chosen(asset), tmp_path / "mine", force=True)
    assert (tmp_path / "elsewhere" / "precious").exists()
    assert not (tmp_path / "mine").is_symlink()


def test_a_lost_asset_leaves_nothing_behind(studio: Studio, tmp_path: Path) -> None:
    asset = studio.add(studio.files(a_txt="a") / "a.txt")
    studio.path(asset.revision).unlink()
    (tmp_path / "out").mkdir()
    with pytest.raises(AssetMissing):
        checkout.checkout(studio.store, chosen(asset), tmp_path / "out" / "mine")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_copys_script_leads_to_where_the_copy_is_now(studio: Studio, tmp_path: Path) -> None:
    asset = studio.add(studio.files(a_txt="a") / "a.txt")
    view = tmp_path / "work" / "assets"
    operations = [
        Operation("PXR_AR_DEFAULT_SEARCH_PATH", "prepend", str(view)),
        Operation("TEXTURES", "set", f"{view}/maps and more"),
        Operation("LATER", "append", str(view)),
        Operation("SHOW", "set", "demo"),
    ]
    target = tmp_path / "a copy"
    checkout.copy(studio.store, [chosen(asset)], target, operations, view)
    moved = target.rename(tmp_path / "an other place")
    names = ["PXR_AR_DEFAULT_SEARCH_PATH", "TEXTURES", "LATER", "SHOW"]
    shown = "; ".join(f'echo "${name}"' for name in names)
    done = subprocess.run(
        ["bash", "-c", f". '{moved}/use.sh'; {shown}"],
        env={"PATH": os.defpath, "LATER": "/x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:4] == [str(moved), f"{moved}/maps and more", f"/x:{moved}", ""]
    assert done.stderr == ""


def test_what_a_killed_checkout_left_goes_with_the_next(studio: Studio, tmp_path: Path) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    left = tmp_path / "out" / ".checkout-dead"
    left.mkdir(parents=True)
    (left / ".alive").touch()
    (left / "made").touch()
    checkout.checkout(studio.store, chosen(asset), tmp_path / "out" / "mine")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_destination_below_a_file_is_refused(studio: Studio, tmp_path: Path) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable, match="file"):
        checkout.checkout(studio.store, chosen(asset), tmp_path / "file" / "mine")
    with pytest.raises(NotWritable, match="file"):
        checkout.copy(studio.store, [chosen(asset)], tmp_path / "file" / "mine", [], tmp_path)


def test_what_holds_a_workspace_is_never_replaced(tmp_path: Path) -> None:
    workspace = tmp_path / "work" / "sh010"
    workspace.mkdir(parents=True)
    (tmp_path / "link").symlink_to(workspace.parent)
    for path in (workspace, tmp_path, workspace / "assets" / "..", tmp_path / "link"):
        with pytest.raises(DestinationKept):
            checkout.expect_without(path, [workspace])
    checkout.expect_without(workspace / "mine", [workspace])


def test_copies_do_not_lie_in_views(tmp_path: Path) -> None:
    for path in (tmp_path / "assets", tmp_path / "assets" / "hero_geo" / "rig"):
        with pytest.raises(DestinationKept):
            checkout.expect_outside(path, [tmp_path / "assets"])
    checkout.expect_outside(tmp_path / "assets-of-mine", [tmp_path / "assets"])
