"""Provenance from a real publish to the command: on a real server, in real environments."""

from __future__ import annotations

import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from packaging.version import Version

from pipl import process
from pipl.ci import statement
from pipl.ci.ledger import records
from pipl.ci.ledger.database import Ledger
from pipl.env import discovery, python
from pipl.env.interpreter import Interpreter
from pipl.index.name import IndexName
from pipl_pipe import context
from pipl_pipe.context import Context
from pipl_pipe.product import provenance
from pipl_pipe.product.wheel import rewrite

PROJECT = IndexName("root", "PROJ")
VARIED = """
        folder = job.scratch / "maps"
        folder.mkdir()
        for name in ("b", "a", "c"):
            (folder / f"{name}.txt").write_text(name * 100)
        (job.scratch / "model.txt").write_text(f"{self.name} {job.version}")
        product = job.product("PRODUCT", "product")
        product.add("maps", "Folder", folder)
        product.add("model", "File", job.scratch / "model.txt")
        job.product("PRODUCT_notes", "product")
"""


def command(studio, *args: str, status: int = 0) -> str:
    """What the command writes; it ends with `status`."""
    done = studio.running.shell.attempt("packl", "provenance", *args)
    assert done.status == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@contextmanager
def volatile(studio) -> Iterator[None]:
    """Within, somebody with too many rights may replace and delete."""
    studio.client.modify_index(PROJECT, {"volatile": True})
    try:
        yield
    finally:
        studio.client.modify_index(PROJECT, {"volatile": False})


def delete(studio, path: str) -> None:
    studio.client._connection.send("DELETE", f"/root/PROJ/{path}", doing="making room")


@pytest.fixture(scope="module")
def vase(shared):
    """A product with an input, an asset of its own and its whole provenance."""
    shared.task("clay")
    shared.settle()
    shared.task("vase", also=("clay-geo",))
    shared.settle()
    assert shared.only("vase", "process").state == "passed", shared.notices
    return shared


def test_it_is_shown_for_people_and_machines(vase) -> None:
    shown = command(vase, "vase-geo==1.0.0")
    release = vase.client.release(PROJECT, "vase", "1.0.0")
    run = vase.only("vase", "process")
    assert f"task     vase 1.0.0  sha256:{release.wheel.sha256}" in shown
    assert "input    clay_geo/model  " in shown
    assert "asset    vase_geo/model  " in shown
    assert "tool     pytest " in shown
    assert f"run Show/{run.id}/1" in shown
    document = json.loads(command(vase, "vase-geo==1.0.0", "--json"))["statement"]
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    metadata = document["predicate"]["runDetails"]["metadata"]
    assert metadata["startedOn"] < metadata["finishedOn"]
    (product,) = vase.client.releases(PROJECT, "vase-geo")
    with Ledger.open(vase.place.ledger) as ledger:
        kept = json.loads(records.record(ledger, run.id, "statement"))
        lock = records.record(ledger, run.id, "lock").decode()
    assert kept == {product.wheel.filename: document}
    assert 'name = "vase"' in lock
    assert 'name = "clay-geo"' in lock


def test_everything_is_verified(vase) -> None:
    assert "0 mismatch(es)" in command(vase, "vase-geo==1.0.0", "--verify")
    verified = json.loads(command(vase, "vase-geo==1.0.0", "--verify", "--json"))["verified"]
    assert verified["mismatches"] == []
    assert "content of clay_geo 1.0.0/model" in verified["held"]
    assert "lock of task vase 1.0.0" in verified["held"]
    assert any(one.startswith("tool pytest") for one in verified["held"])


def test_devpis_page_of_the_release_still_renders(vase) -> None:
    url = f"{vase.client.url}/root/PROJ/vase-geo/1.0.0"
    page = requests.get(url, headers={"Accept": "text/html"}, timeout=30)
    assert page.status_code == 200
    assert "vase_geo-1.0.0-py3-none-any.whl" in page.text
    assert "passed" in page.text.lower()
    (product,) = vase.client.releases(PROJECT, "vase-geo")
    listed = url + "/+toxresults/" + product.wheel.filename
    found = requests.get(listed, headers={"Accept": "text/html"}, timeout=30)
    assert found.status_code == 200
    pages = []
    for one in sorted(set(re.findall(r'href="([^"]*toxresult-[^"]*)"', found.text))):
        shown = requests.get(urljoin(listed, one), headers={"Accept": "text/html"}, timeout=30)
        assert shown.status_code == 200
        pages.append(shown.text)
    assert any("made by the task vase 1.0.0" in text for text in pages)


def test_a_tampered_wheel_is_found(studio, tmp_path: Path) -> None:
    studio.task("jug")
    studio.settle()
    (product,) = studio.client.releases(PROJECT, "jug-geo")
    path = studio.client.download(product.wheel, tmp_path / product.wheel.filename)
    says = statement.of_wheel(path)
    changed = provenance.render(says).replace(says.task.sha256, "0" * 64)
    rewrite(path, {provenance.NAME: changed.encode()})
    with volatile(studio):
        studio.client.upload(PROJECT, path)
    said = command(studio, "jug-geo==1.0.0", "--verify", status=12)
    assert f"task jug 1.0.0: sha256:{says.task.sha256}, but the provenance says" in said


def test_a_file_that_was_changed_on_the_server_is_found(studio) -> None:
    studio.task("pot")
    studio.settle()
    server = studio.project.folder / "system" / "server"
    (stored,) = server.rglob("pot_geo-1.0.0-py3-none-any.whl")
    stored.chmod(0o644)
    stored.write_bytes(
        stored.read_bytes().replace(b"made by the task pot", b"made by the task pit")
    )
    done = studio.running.shell.attempt("packl", "provenance", "pot-geo==1.0.0", "--verify")
    assert done.status != 0
    assert "pot_geo-1.0.0-py3-none-any.whl" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_asset_is_found(studio) -> None:
    studio.task("cup")
    studio.settle()
    (product,) = studio.client.releases(PROJECT, "cup-geo")
    (asset,) = json.loads(command(studio, "cup-geo==1.0.0", "--json"))["statement"]["subject"][2:]
    ((algorithm, digest),) = asset["digest"].items()
    stored = studio.project.assets / "objects" / algorithm / digest[:2] / digest[2:]
    stored.chmod(0o644)
    stored.unlink()
    said = command(studio, "cup-geo==1.0.0", "--verify", status=12)
    assert "content of cup_geo 1.0.0/model: it is not there" in said
    assert "1 mismatch(es)" in said
    assert product.wheel is not None


@pytest.mark.parametrize(
    ("text", "status"), [("cup", 2), ("no-such==1.0", 5), ("vase==1.0.0", 8), ("vase-geo>=1", 2)]
)
def test_what_has_no_provenance_is_said(vase, text: str, status: int) -> None:
    command(vase, text, status=status)


def test_two_interpreters_in_two_places_make_the_same_bytes(studio, tmp_path: Path) -> None:
    """Without packages that are built for one Python; each has a store of its own, too."""
    release = studio.task("bowl", body=VARIED, product="bowl_geo")
    pythons = [python.running(), _another_python()]
    made = []
    for number, interpreter in enumerate(pythons):
        place = tmp_path / f"place {number}" / ("deeper" * number)
        place.mkdir(parents=True)
        made.append(_process(studio, release, interpreter, place))
    assert sorted(made[0]) == [
        "bowl_geo-1.0.0-py3-none-any.whl",
        "bowl_geo_notes-1.0.0-py3-none-any.whl",
    ]
    assert made[0] == made[1]


def _another_python() -> Interpreter:
    for minor in (13, 12, 10, 14):  # which may have the packages of the running one
        found = discovery.look_up(f"3.{minor}", os.environ)
        if found is not None and found.version.minor != sys.version_info.minor:
            return found
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for path in root.glob("versions/3.*/bin/python"):  # which discovery does not look into
        version = Version(path.parent.parent.name)
        if version.minor >= 10 and version.minor != sys.version_info.minor:
            return Interpreter(path, version)
    pytest.skip("no other Python here")


def _process(studio, release, interpreter: Interpreter, place: Path) -> dict[str, bytes]:
    """Process a release as CI does, in an environment that is unpacked; the wheels by name."""
    packages, workspace = place / "packages", place / "workspace"
    files = [release.wheel]
    for name in ("pipl-pipe", "packaging", "tomlkit", "typing-extensions", "fileseq"):
        files.append(studio.client.releases(PROJECT, name)[0].wheel)
    for file in files:
        with zipfile.ZipFile(studio.client.download(file, place / file.filename)) as archive:
            archive.extractall(packages)
    for folder in ("scratch", "out", "workspace", "project", "home"):
        (place / folder).mkdir()
    binding = studio.project.binding
    written = context.render(
        Context(
            workspace, binding.name, binding.url, place / "project", "root/PROJ",
            workspace / "assets",
        )
    )  # fmt: skip
    (place / "pipl.json").write_text(written)
    told = {"name": "bowl", "version": "1.0.0", "sha256": release.wheel.sha256, "lock": None}
    (place / "release.json").write_text(json.dumps(told))
    done = process.run(
        [
            interpreter.path, "-m", "pipl_pipe", "process", "--release", place / "release.json",
            "--scratch", place / "scratch", "--out", place / "out",
        ],
        cwd=place / "scratch",
        env={
            "PATH": os.environ["PATH"], "HOME": str(place / "home"),
            "PYTHONPATH": str(packages), context.VARIABLE: str(place / "pipl.json"),
            "PYTHONHASHSEED": str(len(place.name)),
        },
        check=False,
    )  # fmt: skip
    assert done.status == 0, done.stdout + done.stderr
    return {path.name: path.read_bytes() for path in (place / "out").iterdir()}
