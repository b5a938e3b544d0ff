"""Provenance from a real publish to the command: on a real server, in real environments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from pipl import process
from pipl.ci import job_folder, statement
from pipl.env import discovery, venv
from pipl.errors import NoInterpreter
from pipl.index.name import IndexName
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
    words = ["packl", "provenance", *args, "--project", str(studio.project.folder)]
    done = process.run(
        [*studio.running.shell.command, *words] if hasattr(studio.running.shell, "command")
        else [shutil.which("pipl") or "pipl", *words],
        cwd=studio.project.folder, env=studio.running.environ, check=False,
    )  # fmt: skip
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
    outcome = job_folder.read_outcome(vase.place.run_folder(run.id), run.attempt)
    assert outcome is not None
    (published,) = outcome.published
    assert published.statement == document
    (product,) = vase.client.releases(PROJECT, "vase-geo")
    assert (published.filename, published.sha256) == (
        product.wheel.filename, product.wheel.sha256,
    )  # fmt: skip


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
    assert "made by the task vase 1.0.0" in found.text


def test_the_lock_of_a_run_is_kept_in_its_folder(vase) -> None:
    run = vase.only("vase", "process")
    text = (vase.place.run_folder(run.id) / "pylock.toml").read_text()
    assert 'name = "vase"' in text
    assert 'name = "clay-geo"' in text


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
    stored.write_bytes(stored.read_bytes().replace(b"made by the task pot", b"made by the task pit"))
    done = process.run(
        [shutil.which("pipl") or "pipl", "packl", "provenance", "pot-geo==1.0.0", "--verify"],
        cwd=studio.project.folder, env=studio.running.environ, check=False,
    )  # fmt: skip
    assert done.status != 0
    assert "pot_geo-1.0.0-py3-none-any.whl" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_asset_and_task_are_found(studio) -> None:
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
    with volatile(studio):
        delete(studio, "cup/1.0.0")
    for stage in ("testing", "processing"):
        studio.client._connection.send("DELETE", f"/root/{stage}/cup/1.0.0", doing="making room")
    said = command(studio, "cup-geo==1.0.0", "--verify", status=12)
    assert "task cup 1.0.0: no index holds it" in said
    assert "2 mismatch(es)" in said
    assert product.wheel is not None


@pytest.mark.parametrize(
    ("text", "status"), [("cup", 2), ("no-such==1.0", 5), ("vase==1.0.0", 8), ("vase-geo>=1", 2)]
)
def test_what_has_no_provenance_is_said(vase, text: str, status: int) -> None:
    command(vase, text, status=status)


def test_two_interpreters_in_two_places_make_the_same_bytes(studio, tmp_path: Path) -> None:
    """The task is processed by CI, and again by another Python, in another folder."""
    try:
        other = discovery.named("3.9", None, os.environ)  # type: ignore[arg-type]
    except (NoInterpreter, AttributeError):
        pytest.skip("no other interpreter here")
    studio.task("bowl", body=VARIED)
    studio.settle()
    made = [studio.client.releases(PROJECT, name) for name in ("bowl-geo", "bowl-geo-notes")]
    assert other and made and venv and subprocess
