"""Workspaces that travel: bundled, unbundled without a network, moved; and their editors."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipl.errors.env import InvalidBundle
from pipl.testing.commands import Shell
from pipl.testing.projects import RunningProject
from pipl.testing.simple_index import make_wheel
from pipl.workspace.bundle import manifest as manifests
from pipl_pipe.asset import reference as references
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there."""
EDITOR = """
from pipl_pipe.editor import Editor

EDITOR = Editor(opens=("ma",), command=("{python}", "-c", "import sys; print(sys.argv)"))
"""


@pytest.fixture(scope="module")
def published(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A product with an asset, `desk-geo`, and an editor's packl, `desk-maya`."""
    folder = tmp_path_factory.mktemp("desk")
    source = folder / "model.ma"
    source.write_text("//Maya ASCII\n", encoding="utf-8")
    stored = FolderStore(running.project.assets).add(source, product="desk_geo")
    reference = Reference("model", "File", "model.ma", "file", stored.revision, stored.size)
    assets = references.render(ProductAssets("desk_geo", "product", "1.0.0", (reference,)))
    upload(
        running,
        folder,
        "desk-geo",
        {
            "desk_geo/__init__.py": "from pipl_pipe.product import Product\n"
            'P = Product("desk_geo")\n',
            "desk_geo/assets.json": assets,
        },
        {"pipl_pipe.products": {"desk_geo": "desk_geo:P"}},
    )
    points = {"pipl_pipe.editors": {"desk": "desk_maya:EDITOR"}}
    upload(running, folder, "desk-maya", {"desk_maya/__init__.py": EDITOR}, points)
    return reference


def upload(
    running: RunningProject,
    folder: Path,
    name: str,
    files: Mapping[str, str],
    entry_points: Mapping[str, Mapping[str, str]],
) -> None:
    wheel = folder / wheel_name(name, "1.0.0")
    write_wheel(
        wheel,
        name=name,
        version="1.0.0",
        files={path: text.encode("utf-8") for path, text in files.items()},
        metadata=Metadata(requires=("pipl-pipe",)),
        entry_points=entry_points,
    )
    running.client.upload(running.project.index, wheel)


@pytest.fixture(scope="module")
def studio(running: RunningProject, published: Reference) -> Shell:
    """A workspace with an edited task, a product, and an editor of the task's `edit` extra."""
    shell = running.shell.in_("workspaces")
    shell.pipl("work", "create", "desk")
    shell = shell.in_("desk")
    shell.pipl("work", "add", "desk-geo")
    shell.pipl("packl", "create", "--template", "task", "desk_layout")
    shell.pipl("packl", "add", "desk-maya", "opens the scene", "-e", "edit", "-p", "desk_layout")
    (shell.cwd / "desk_layout" / "desk_layout" / "layout.ma").write_text("//Maya\n")
    return shell


@pytest.fixture(scope="module")
def bundle(studio: Shell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("usb") / "desk"
    made = studio.json("work", "bundle", str(folder))["bundle"]
    assert isinstance(made, dict)
    assert (made["assets"], made["sources"]) == (1, ["desk_layout"])
    return folder


@pytest.fixture
def home(tmp_path: Path, running: RunningProject) -> Shell:
    """A freelancer's machine: empty caches, no project, no server."""
    folder = tmp_path / "home"
    folder.mkdir()
    moved = {"UV_CACHE_DIR": tmp_path / "uv", "PIPL_CACHE_DIR": tmp_path / "cache"}
    environ = {**running.environ, **{name: str(path) for name, path in moved.items()}}
    return Shell(folder, environ)


def copied(bundle: Path, tmp_path: Path, *, url: str = NOWHERE) -> Path:
    """A bundle whose project's server is not reached."""
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    manifest = json.loads((copy / manifests.NAME).read_text())
    manifest["url"] = url
    (copy / manifests.NAME).write_text(json.dumps(manifest))
    return copy


def test_an_editor_is_in_the_workspace_and_not_in_what_ci_gets(studio: Shell) -> None:
    planned = json.loads(studio.pipl("work", "run", "task", "edit", "--dry-run", "--json"))
    assert (planned["editor"], planned["distribution"]) == ("desk", "desk-maya")
    assert planned["file"].endswith("desk_layout/layout.ma")
    assert "layout.ma" in studio.pipl("work", "run", "task", "edit")
    built = studio.json("packl", "build", "-p", "desk_layout")
    with zipfile.ZipFile(str(built["wheel"])) as wheel:
        (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/pylock.toml"))
        lock = wheel.read(name).decode()
    assert 'name = "pipl-pipe"' in lock
    assert 'name = "desk-geo"' in lock
    assert "desk-maya" not in lock


def test_a_bundle_recreates_the_workspace_without_a_network(
    bundle: Path, home: Shell, tmp_path: Path
) -> None:
    source = copied(bundle, tmp_path)
    home.pipl("work", "unbundle", str(source), "travel", "--new-area")
    shutil.rmtree(source)
    there = home.in_("travel")
    shown = there.cwd / "assets" / "desk_geo" / "model.ma"
    assert shown.read_text() == "//Maya ASCII\n"
    assert "desk_layout" in there.pipl("work", "run", "task", "info")
    assert "layout.ma" in there.pipl("work", "run", "task", "edit")
    lock = (there.cwd / "pylock.toml").read_text()
    assert f"{NOWHERE}/" in lock
    context = json.loads((there.cwd / ".VENV" / "pipl.json").read_text())
    assert (context["project"]["url"], context["index"]) == (NOWHERE, "root/PROJ")
    there.pipl("work", "sync")  # nothing is missing, so nobody is asked


def test_pip_makes_and_reads_bundles_too(studio: Shell, home: Shell, tmp_path: Path) -> None:
    by_pip = Shell(studio.cwd, {**studio.environ, "PIPL_INSTALLER": "pip"})
    made = by_pip.json("work", "bundle", str(tmp_path / "usb"))["bundle"]
    assert isinstance(made, dict)
    assert (made["assets"], made["sources"]) == (1, ["desk_layout"])
    source = copied(tmp_path / "usb", tmp_path)
    there = Shell(home.cwd, {**home.environ, "PIPL_INSTALLER": "pip", "PIP_NO_CACHE_DIR": "1"})
    there.pipl("work", "unbundle", str(source), "travel", "--new-area")
    there = there.in_("travel")
    assert "desk_layout" in there.pipl("work", "run", "task", "info")
    assert (there.cwd / "assets" / "desk_geo" / "model.ma").read_text() == "//Maya ASCII\n"


def test_a_bundle_holds_files_for_this_platform_or_for_all(
    running: RunningProject, tmp_path: Path
) -> None:
    platforms = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "win_amd64")
    for platform in platforms:
        wheel = make_wheel(tmp_path / platform, "desk-native", "1.0")
        native = wheel.rename(wheel.with_name(f"desk_native-1.0-py3-none-{platform}.whl"))
        running.client.upload(running.project.index, native)
    shell = running.shell.in_("workspaces")
    shell.pipl("work", "create", "native", "--add", "desk-native")
    shell = shell.in_("native")
    done = shell.attempt("work", "bundle", str(tmp_path / "early"), "--all-platforms")
    assert (done.status, "pipl proj platforms" in done.stderr) == (6, True)
    shell.pipl("proj", "platforms", "linux", "windows")
    shell.pipl("work", "lock")
    shell.pipl("proj", "platforms", "--own")
    for name, options in (("here", ()), ("everywhere", ("--all-platforms",))):
        shell.pipl("work", "bundle", str(tmp_path / name), *options)
    here, everywhere = (
        {one.name.rpartition("-")[2] for one in (tmp_path / name / "wheels").glob("desk_native*")}
        for name in ("here", "everywhere")
    )
    assert everywhere == {f"{platform}.whl" for platform in platforms}
    assert len(here) == 1
    assert here < everywhere
    assert (shell.cwd / "pylock.toml").read_text() == (tmp_path / "here/pylock.toml").read_text()


def test_a_workarea_is_needed_or_asked_for(bundle: Path, home: Shell) -> None:
    done = home.attempt("work", "unbundle", str(bundle))
    assert done.status == 2
    assert "--new-area" in done.stderr
    assert list(home.cwd.iterdir()) == []


def test_a_bundle_of_another_project_is_refused(
    bundle: Path, running: RunningProject, tmp_path: Path
) -> None:
    source = copied(bundle, tmp_path)
    manifest = json.loads((source / manifests.NAME).read_text())
    manifest["project"] = "Other"
    (source / manifests.NAME).write_text(json.dumps(manifest))
    done = running.shell.in_("workspaces").attempt("work", "unbundle", str(source), "other")
    assert (done.status, "bundled in the project Other" in done.stderr) == (6, True)


def test_what_was_changed_on_the_way_is_refused(bundle: Path, home: Shell, tmp_path: Path) -> None:
    source = copied(bundle, tmp_path)
    changed = []
    for part in ("assets", "pylock.toml", "sources", "wheels"):
        path = source / part
        if path.is_dir():
            path = max((one for one in path.rglob("*") if one.is_file()), key=os.path.getsize)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b"#")
        changed.append(f"{path.relative_to(source).as_posix()} is not what was bundled")
    done = home.attempt("work", "unbundle", str(source), "changed", "--new-area")
    assert done.status == 6
    assert [one for one in changed if one not in done.stderr] == []
    assert not (home.cwd / "changed").exists()


def test_what_is_more_less_or_a_link_is_refused(bundle: Path, tmp_path: Path) -> None:
    source = copied(bundle, tmp_path)
    manifest = manifests.read(source)
    (source / "wheels" / "more-1-py3-none-any.whl").write_bytes(b"")
    (source / "pylock.toml").unlink()
    with pytest.raises(InvalidBundle) as caught:
        manifests.verify(source, manifest)
    assert caught.value.problems == (
        "pylock.toml is missing",
        "wheels/more-1-py3-none-any.whl is not listed",
    )
    (source / "sources" / "link").symlink_to("/etc")
    with pytest.raises(InvalidBundle, match="sources/link is neither a file nor a folder"):
        manifests.verify(source, manifest)


def test_bundling_writes_over_nothing(studio: Shell, bundle: Path) -> None:
    done = studio.attempt("work", "bundle", str(bundle))
    assert (done.status, "already" in done.stderr or "exists" in done.stderr) == (2, True)


def test_a_moved_workspace_is_led_to_where_it_is(
    running: RunningProject, published: Reference
) -> None:
    shell = running.shell.in_("workspaces")
    shell.pipl("work", "create", "before")
    before = shell.in_("before")
    before.pipl("work", "add", "desk-geo")
    before.pipl("packl", "create", "--template", "task", "desk_move")
    after = shell.in_("after-the move")
    before.cwd.rename(after.cwd)
    assert "relocate" in after.attempt("work", "run", "task").stderr
    view = after.cwd / "assets" / "desk_geo" / "model.ma"
    seen = view.stat().st_ino
    moved = after.json("work", "relocate")["relocated"]
    assert isinstance(moved, dict)
    assert (moved["was"], moved["folder"]) == (str(before.cwd), str(after.cwd))
    assert "desk_move" in after.pipl("work", "run", "task", "info")
    assert view.stat().st_ino == seen
    scripts = after.cwd / ".VENV" / "bin"
    stale = [
        path.name
        for path in scripts.iterdir()
        if path.is_file()
        and not path.is_symlink()
        and str(before.cwd).encode() in path.read_bytes()
    ]
    assert stale == []
    assert after.json("work", "relocate")["relocated"] == {
        "folder": str(after.cwd), "was": None, "files": 0,
    }  # fmt: skip
    noted = shell.json("work", "list", "--registered")
    assert str(after.cwd) in json.dumps(noted)
    assert str(before.cwd) not in json.dumps(noted)
    after.pipl("work", "sync")
