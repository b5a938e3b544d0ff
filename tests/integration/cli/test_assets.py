"""Assets in a workspace: seen, stored, copied; missing and damaged ones are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject
from pipl_pipe.asset import Reference
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel


@pytest.fixture(scope="module")
def lamp(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The product `lamp-geo` on the project's index, with one asset in the store."""
    folder = tmp_path_factory.mktemp("lamp")
    source = folder / "model.txt"
    source.write_text("a lamp\n" * 1000, encoding="utf-8")
    stored = FolderStore(running.project.assets).add(source, product="lamp_geo")
    reference = Reference("model", "File", "model.txt", "file", stored.revision, stored.size)
    assets = references.render(ProductAssets("lamp_geo", "product", "1.0.0", (reference,)))
    init = 'from pipl_pipe.product import Product\n\nP = Product("lamp_geo")\n'
    wheel = folder / wheel_name("lamp-geo", "1.0.0")
    write_wheel(
        wheel,
        name="lamp-geo",
        version="1.0.0",
        files={
            "lamp_geo/__init__.py": init.encode("utf-8"),
            "lamp_geo/assets.json": assets.encode("utf-8"),
        },
        metadata=Metadata(requires=("pipl-pipe",)),
        entry_points={"pipl_pipe.products": {"lamp_geo": "lamp_geo:P"}},
    )
    running.client.upload(running.project.index, wheel)
    return reference


def objects(running: RunningProject, reference: Reference) -> Path:
    algorithm, _, digest = reference.revision.partition(":")
    return running.project.assets / "objects" / algorithm / digest[:2] / digest[2:]


def test_an_asset_appears_in_the_view_read_only(lamp: Reference, workspace: Shell) -> None:
    workspace.pipl("work", "add", "lamp-geo")
    shown = workspace.cwd / "assets" / "lamp_geo" / "model.txt"
    assert shown.read_text(encoding="utf-8").startswith("a lamp")
    assert shown.stat().st_mode & 0o222 == 0
    (row,) = workspace.json("asset", "list")["assets"]  # type: ignore[misc]
    assert (row["product"], row["name"], row["revision"]) == ("lamp_geo", "model", lamp.revision)
    versioned = Path(workspace.pipl("asset", "path", "lamp_geo", "model").strip())
    assert versioned.read_bytes() == shown.read_bytes()
    assert lamp.revision.partition(":")[2] in str(versioned)


def test_a_copy_works_without_the_project(lamp: Reference, workspace: Shell) -> None:
    workspace.pipl("work", "add", "lamp-geo")
    assert "Copied 1 asset" in workspace.pipl("asset", "copy", "elsewhere")
    copied = workspace.cwd / "elsewhere" / "lamp_geo" / "model.txt"
    assert copied.stat().st_nlink == 1
    assert copied.stat().st_size == lamp.size


def test_storing_by_hand(workspace: Shell) -> None:
    workspace.pipl("work", "add", "pipl-pipe")
    (workspace.cwd / "note.txt").write_text("x", encoding="utf-8")
    assert workspace.pipl("asset", "add", "note.txt").startswith("blake3:")


def test_a_truncated_asset_is_named(
    running: RunningProject, lamp: Reference, workspace: Shell
) -> None:
    stored = objects(running, lamp)
    whole = stored.read_bytes()
    stored.chmod(0o644)
    stored.write_bytes(whole[:100])
    try:
        done = workspace.attempt("work", "add", "lamp-geo")
        assert done.status == 11
        assert lamp.revision in done.stderr
        assert "damaged" in done.stderr
    finally:
        stored.write_bytes(whole)
        stored.chmod(0o444)
    workspace.pipl("work", "sync")


def test_a_missing_asset_is_named(
    running: RunningProject, lamp: Reference, workspace: Shell
) -> None:
    stored = objects(running, lamp)
    aside = stored.with_name("aside")
    stored.rename(aside)
    try:
        done = workspace.attempt("work", "add", "lamp-geo")
        assert done.status == 11
        assert "lamp_geo" in done.stderr
        assert "is not in the store" in done.stderr
    finally:
        aside.rename(stored)
    workspace.pipl("work", "sync")


def test_a_machine_that_sees_only_the_server_gets_assets_over_http(
    running: RunningProject, lamp: Reference, tmp_path: Path
) -> None:
    variables = {**running.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    shell = Shell(tmp_path, variables)
    shell.pipl("work", "create-area", "area", running.project.url)
    shell.in_("area").pipl("work", "create", "remote")
    remote = shell.in_("area").in_("remote")
    remote.pipl("work", "add", "lamp-geo")
    shown = remote.cwd / "assets" / "lamp_geo" / "model.txt"
    assert shown.stat().st_size == lamp.size
    assert shown.stat().st_ino != objects(running, lamp).stat().st_ino


def test_a_broken_packl_is_named_and_the_others_work(
    running: RunningProject, lamp: Reference, workspace: Shell, tmp_path: Path
) -> None:
    wheel = tmp_path / wheel_name("broken-geo", "1.0.0")
    write_wheel(
        wheel,
        name="broken-geo",
        version="1.0.0",
        files={"broken_geo/__init__.py": b"", "broken_geo/assets.json": b"{"},
        metadata=Metadata(requires=("pipl-pipe",)),
        entry_points={"pipl_pipe.products": {"broken_geo": "broken_geo:P"}},
    )
    running.client.upload(running.project.index, wheel)
    done = workspace.attempt("work", "add", "broken-geo", "lamp-geo")
    assert done.status == 0
    assert "warning: " in done.stderr
    assert "broken-geo" in done.stderr or "broken_geo" in done.stderr
    assert (workspace.cwd / "assets" / "lamp_geo" / "model.txt").exists()
