from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.errors import (
    AssetDamaged,
    InvalidProduct,
    InvalidRelease,
    ProcessFailed,
    ScratchNotEmpty,
    WroteOutside,
)
from pipl_pipe.product.make import Release
from pipl_pipe.task import Job, Task
from pipl_pipe.task.process import Places, process, read_release

from ..conftest import Site

RELEASE = Release("hero-model", "1.0.0", "c" * 64, "d" * 64)


class Scripted(Task):
    """A task whose `process()` is a function of the test."""

    def __init__(self, script: Callable[[Job], Any]) -> None:
        super().__init__("hero_model")
        self.script = script

    def process(self, job: Job) -> None:
        self.script(job)


@pytest.fixture
def places(show: Site, tmp_path: Path) -> Places:
    """hero-model 1.0.0 is installed in a workspace with a scratch folder inside."""
    show.install("hero-model", requires=["show-pipe"])
    workspace = tmp_path / "work"
    made = Places(workspace / "scratch", tmp_path / "out", workspace, workspace / "assets")
    for folder in (workspace, made.scratch, made.out, made.view):
        folder.mkdir()
    (made.view / "model.usdc").write_bytes(b"upstream")
    return made


def run(script: Callable[[Job], Any], places: Places, store: Any) -> Any:
    return process(Scripted(script), RELEASE, places, store)


def model(job: Job, content: bytes = b"points") -> Path:
    path = job.scratch / "out.usdc"
    path.write_bytes(content)
    return path


class TestMaking:
    def test_products_are_made_and_assets_stored(self, places: Places, store: MemoryStore) -> None:
        def script(job: Job) -> None:
            (job.scratch / "maps").mkdir()
            (job.scratch / "maps" / "red.exr").write_bytes(b"red")
            geo = job.product("hero_geo", "geometry", requires=["hero-maps"])
            geo.add("model", "UsdCrate", model(job))
            geo.add("maps", "Textures", str(job.scratch / "maps"))
            job.product("hero_notes")

        geo, notes = run(script, places, store)
        assert (geo.package, geo.type, geo.version) == ("hero_geo", "geometry", "1.0.0")
        assert [(one.name, one.basename, one.size) for one in geo.assets] == [
            ("model", "model.usdc", 6), ("maps", "maps", 3),
        ]  # fmt: skip
        assert store.path("hero_geo", geo.assets[0]).read_bytes() == b"points"
        assert sorted(path.name for path in places.out.iterdir()) == [
            "hero_geo-1.0.0-py3-none-any.whl", "hero_notes-1.0.0-py3-none-any.whl",
        ]  # fmt: skip
        assert (notes.type, notes.assets) == ("product", ())

    def test_processing_again_gives_the_same_bytes(
        self, places: Places, tmp_path: Path, store: MemoryStore
    ) -> None:
        def script(job: Job) -> None:
            job.product("hero_geo", "geometry").add("model", "UsdCrate", model(job))

        other = replace(places, scratch=tmp_path / "s2", out=tmp_path / "o2")
        other.scratch.mkdir()
        other.out.mkdir()
        (one,), (again,) = run(script, places, store), run(script, other, store)
        assert one.sha256 == again.sha256

    def test_one_file_can_be_several_assets(self, places: Places, tmp_path: Path) -> None:
        def script(job: Job) -> None:
            source = model(job)
            job.product("hero_geo", "geometry").add("model", "UsdCrate", source)
            job.product("hero_rig").add("model", "UsdCrate", source)

        store = FolderStore(tmp_path / "store")
        geo, rig = run(script, places, store)
        assert geo.assets[0].revision == rig.assets[0].revision
        assert len(list(store.revisions())) == 1

    def test_a_task_without_products(self, places: Places, store: MemoryStore) -> None:
        assert run(lambda job: None, places, store) == ()

    def test_what_the_job_gives(self, places: Places, store: MemoryStore) -> None:
        seen = []

        def script(job: Job) -> None:
            seen.append((job.version, Path.cwd(), tempfile.gettempdir()))
            assert (job.assets / "model.usdc").read_bytes() == b"upstream"
            Path("relative").write_text("x")
            with tempfile.TemporaryDirectory():
                pass

        before = (Path.cwd(), tempfile.gettempdir(), dict(os.environ))
        run(script, places, store)
        version, cwd, temporary = seen[0]
        assert (version, cwd) == ("1.0.0", places.scratch)
        assert places.scratch in Path(temporary).parents
        assert before == (Path.cwd(), tempfile.gettempdir(), dict(os.environ))


class TestFailing:
    def test_one_that_raises_says_what_and_leaves_its_traceback(
        self, places: Places, store: MemoryStore, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def script(job: Job) -> None:
            job.product("hero_geo", "geometry").add("model", "UsdCrate", model(job))
            raise ValueError("the mesh is open")

        with pytest.raises(ProcessFailed, match="hero_model failed: ValueError: the mesh is open"):
            run(script, places, store)
        assert "in script" in capsys.readouterr().err
        assert list(places.out.iterdir()) == []
        assert list(store.revisions()) == []

    def test_one_that_exits_has_failed(self, places: Places, store: MemoryStore) -> None:
        with pytest.raises(ProcessFailed, match="SystemExit: 0"):
            run(lambda job: sys.exit(0), places, store)

    def test_one_that_writes_outside_has_failed_though_it_says_nothing(
        self, places: Places, store: MemoryStore
    ) -> None:
        def script(job: Job) -> None:
            job.product("hero_geo", "geometry").add("model", "UsdCrate", model(job))
            with contextlib.suppress(Exception):
                (places.workspace / "sneaky").write_text("x")

        with pytest.raises(WroteOutside, match="sneaky"):
            run(script, places, store)
        assert not (places.workspace / "sneaky").exists()
        assert list(places.out.iterdir()) == []

    def test_what_other_programs_write_in_the_workspace_is_found(
        self, places: Places, store: MemoryStore
    ) -> None:
        def script(job: Job) -> None:
            code = f"open({str(places.view / 'model.usdc')!r}, 'w').write('corrupted')"
            subprocess.run([sys.executable, "-c", code], check=True)

        with pytest.raises(WroteOutside, match=r"model\.usdc"):
            run(script, places, store)

    def test_writing_outside_wins_over_the_error_it_led_to(
        self, places: Places, store: MemoryStore
    ) -> None:
        with pytest.raises(WroteOutside):
            run(lambda job: (places.out / "x").write_text("x"), places, store)

    @pytest.mark.parametrize(
        ("script", "problem"),
        [
            (lambda job: job.product("hero_geo", "gone"), "product type 'gone'"),
            (lambda job: job.product("hero-geo"), "cannot be imported"),
            (lambda job: job.product("hero_model"), "the task itself"),
            (lambda job: [job.product("hero_geo"), job.product("hero_geo")], "twice"),
            (lambda job: [job.product("hero_geo"), job.product("Hero_Geo")], "taken by hero_geo"),
            (lambda job: job.product("p").add("m", "Gone", job.scratch), "'Gone'"),
            (lambda job: job.product("p").add("m", "UsdCrate", job.scratch), "is not a file"),
            (lambda job: job.product("p").add("m", "UsdCrate", "/nothing"), "does not exist"),
            (lambda job: job.product("p").add("a/b", "UsdCrate", model(job)), "letters"),
            (lambda job: job.product("p", requires=["?"]), "not a requirement"),
        ],
    )
    def test_what_is_wrong_with_a_product_is_told(
        self, places: Places, store: MemoryStore, script: Callable[[Job], Any], problem: str
    ) -> None:
        with pytest.raises(InvalidProduct, match=problem):
            run(script, places, store)
        assert list(places.out.iterdir()) == []

    def test_no_wheel_is_made_of_what_the_store_does_not_give_back(
        self, places: Places, tmp_path: Path
    ) -> None:
        class Rotten(MemoryStore):
            def add(self, *args: Any, **kwargs: Any) -> Any:
                stored = super().add(*args, **kwargs)
                self.content = dict.fromkeys(self.content, b"rotten")
                return stored

        def script(job: Job) -> None:
            job.product("hero_geo", "geometry").add("model", "UsdCrate", model(job))

        with pytest.raises(AssetDamaged):
            run(script, places, Rotten(tmp_path / "given"))
        assert list(places.out.iterdir()) == []

    def test_leftovers_in_scratch_are_refused(self, places: Places, store: MemoryStore) -> None:
        (places.scratch / "old").write_bytes(b"x")
        with pytest.raises(ScratchNotEmpty):
            run(lambda job: None, places, store)

    def test_another_version_than_the_published_is_refused(
        self, places: Places, store: MemoryStore
    ) -> None:
        with pytest.raises(ProcessFailed, match=r"2\.0 was published, but 1\.0\.0 is installed"):
            process(Scripted(print), replace(RELEASE, version="2.0"), places, store)
        same = replace(RELEASE, version="1.0")
        assert process(Scripted(lambda job: 0), same, places, store) == ()


class TestRelease:
    def test_it_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "release.json"
        file.write_text('{"name": "hero-model", "version": "1.0.0", "sha256": "c", "lock": null}')
        assert read_release(file) == Release("hero-model", "1.0.0", "c", None)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1, "version": "", "sha256": ""}'])
    def test_what_is_none_is_named(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "release.json"
        file.write_text(text)
        with pytest.raises(InvalidRelease, match=r"release\.json"):
            read_release(file)
