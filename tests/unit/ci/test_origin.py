"""Showing and verifying where a product comes from: index in memory, store in a folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipl.ci import origin, statement
from pipl.ci.hashing import sha256_of
from pipl.ci.statement import Making
from pipl.env.lock import Lock
from pipl.env.locked import LockedPackage
from pipl.errors.ci import NoProvenance
from pipl.errors.index import ReleaseNotFound
from pipl.index.name import IndexName
from pipl.packl.publish import LOCK_MEMBER
from pipl.progress import SILENT
from pipl.testing.simple_index import make_wheel
from pipl_pipe.asset import reference
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places, RemotePlace, open_remote, transfer_of
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.product import provenance
from pipl_pipe.product.provenance import Item, Provenance, TaskRelease, Tool
from pipl_pipe.product.wheel import rewrite

PROJECT = IndexName("root", "PROJ")
MAKING = Making(100.5, 103.0, "farm7", "linux", "3.11.9", "0.5", "process", "Show/12/1")


@dataclass
class Road:
    """A task that read the teapot's model and made the hero's, all of it published."""

    studio: object
    folder: Path

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder / "store")

    @property
    def places(self) -> Places:
        return Places("Show", self.folder, self.folder / "store", self.folder / "cache")

    @property
    def client(self):
        return self.studio.client()

    def asset(self, product: str, text: str) -> Reference:
        path = self.folder / f"{product}.txt"
        path.write_text(text)
        stored = self.store.add(path, product=product)
        return Reference("model", "File", "model.txt", "file", stored.revision, stored.size)

    def product(self, name: str, asset: Reference, says: Provenance | None) -> Path:
        content = reference.render(ProductAssets(name, "product", "1.0", (asset,)))
        path = make_wheel(self.folder / "dist", name, "1.0", files={f"{name}/assets.json": content})
        if says is not None:
            digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
            rewrite(
                path,
                {provenance.NAME: provenance.render(replace(says, content=digest)).encode()},
            )
        return path

    def check(self, places: Places | None = None) -> origin.Checked:
        places = places or self.places
        near = Objects(self.folder / "store", "store")
        with origin.found(self.client, PROJECT, "hero-geo", "1.0") as found:
            return origin.verify(found, self.client, PROJECT, near, places, SILENT)

    def object(self, one: Reference) -> Path:
        return Objects(self.folder / "store", "store").path(one.digest)

    def publish(self) -> None:
        self.teapot = self.asset("teapot", "a teapot")
        teapot = self.product("teapot", self.teapot, None)
        self.client.upload(PROJECT, teapot)
        locked = LockedPackage.of_file(
            name="teapot", version="1.0", url="http://x/t.whl", filename=teapot.name,
            sha256=sha256_of(teapot),
        )  # fmt: skip
        lock = Lock((locked,))
        self.task = make_wheel(self.folder / "dist", "hero_model", "1.0")
        rewrite(self.task, {LOCK_MEMBER: lock.render().encode()})
        self.client.upload(PROJECT, self.task)
        self.hero = self.asset("hero_geo", "a hero")
        self.says = Provenance(
            product="hero-geo",
            version="1.0",
            task=TaskRelease(
                "hero-model", "1.0", sha256_of(self.task), lock.digest, self.task.name
            ),
            assets=(Item("hero_geo/model", self.hero.revision),),
            inputs=(Item("teapot/model", self.teapot.revision),),
            tools=(
                Tool("teapot", "1.0", f"sha256:{sha256_of(teapot)}"),
                Tool("usd-core", "24.11", "sha256:" + "d" * 64),
            ),
            versions={"pipl-pipe": "0.5"},
        )
        self.deliver(self.product("hero_geo", self.hero, self.says))

    def deliver(self, path: Path) -> None:
        self.client.upload(PROJECT, path)
        file = self.client.release(PROJECT, "hero-geo", "1.0").wheel
        document = statement.completed(statement.of_wheel(path), file.filename, file.sha256, MAKING)
        self.client.upload_test_result(file, statement.to_tox(document, file, MAKING))

    def forget(self, name: str) -> None:
        files = self.studio.server.files
        for file in [one for one in files if one.project == name]:
            del files[file]


@pytest.fixture
def road(studio, tmp_path: Path) -> Road:
    made = Road(studio, tmp_path)
    made.publish()
    return made


def wrong(checked: origin.Checked) -> dict[str, str]:
    return {one.what: one.found for one in checked.mismatches}


def test_it_says_when_and_where(road: Road) -> None:
    with origin.found(road.client, PROJECT, "Hero_Geo", "1.0.0") as found:
        assert found.making == MAKING
        assert found.provenance.task == road.says.task
        assert found.statement["subject"][0]["name"] == "hero_geo-1.0-py3-none-any.whl"
        metadata = found.statement["predicate"]["runDetails"]["metadata"]
        assert metadata["startedOn"] == "1970-01-01T00:01:40.500Z"
        assert metadata["pipl_host"] == "farm7"


def test_a_stage_finds_what_its_base_holds(road: Road) -> None:
    with origin.found(road.client, IndexName("root", "testing"), "hero-geo", "1.0") as found:
        assert found.file.index == PROJECT


def test_everything_holds(road: Road) -> None:
    checked = road.check()
    assert checked.mismatches == []
    assert checked.unknown == ["tool usd-core 24.11"]
    assert checked.held == [
        "hero_geo-1.0-py3-none-any.whl",
        "statement kept beside the wheel",
        "hero_geo/assets.json",
        "asset hero_geo/model",
        "task hero-model 1.0",
        "lock of task hero-model 1.0",
        "tool teapot 1.0",
        "input teapot/model",
        "content of hero_geo 1.0/model",
        "content of teapot 1.0/model",
    ]


def test_a_tampered_wheel(road: Road) -> None:
    """Somebody has put another asset into it, and a provenance that still fits the task."""
    road.forget("hero-geo")
    other = road.asset("hero_geo", "a villain")
    path = road.product("hero_geo", other, None)
    says = replace(road.says, content="sha256:" + "0" * 64)
    rewrite(path, {provenance.NAME: provenance.render(says).encode()})
    road.deliver(path)
    found = wrong(road.check())
    assert set(found) == {"hero_geo/assets.json", "asset hero_geo/model"}
    assert found["asset hero_geo/model"] == other.revision


def test_a_wheel_whose_provenance_was_changed_later(road: Road) -> None:
    file = road.client.release(PROJECT, "hero-geo", "1.0").wheel
    path = road.product("hero_geo", road.hero, replace(road.says, inputs=()))
    document = statement.completed(statement.of_wheel(path), file.filename, file.sha256, MAKING)
    road.studio.server.test_results[file] = [statement.to_tox(document, file, MAKING)]
    assert set(wrong(road.check())) == {"statement kept beside the wheel"}


def test_a_task_release_that_is_gone(road: Road) -> None:
    road.forget("hero-model")
    assert wrong(road.check()) == {"task hero-model 1.0": "no index holds it"}


def test_another_file_of_the_task(road: Road) -> None:
    road.forget("hero-model")
    other = make_wheel(road.folder / "other", "hero_model", "1.0")
    road.client.upload(PROJECT, other)
    assert wrong(road.check()) == {"task hero-model 1.0": f"sha256:{sha256_of(other)}"}


def test_a_lock_that_is_another(road: Road) -> None:
    road.forget("hero-geo")
    task = replace(road.says.task, lock="e" * 64)
    road.deliver(road.product("hero_geo", road.hero, replace(road.says, task=task)))
    assert list(wrong(road.check())) == ["lock of task hero-model 1.0"]


def test_an_input_whose_product_is_gone(road: Road) -> None:
    road.forget("teapot")
    assert wrong(road.check()) == {"input teapot": "no index holds it"}


@pytest.mark.parametrize("which", ["hero", "teapot"])
def test_a_missing_asset(road: Road, which: str) -> None:
    one = getattr(road, which)
    road.object(one).chmod(0o644)
    road.object(one).unlink()
    ((what, found),) = wrong(road.check()).items()
    assert what.startswith("content of ")
    assert found == "it is not there"


def test_a_damaged_asset(road: Road) -> None:
    path = road.object(road.hero)
    path.chmod(0o644)
    path.write_text("A hero")
    path.chmod(0o444)
    ((what, found),) = wrong(road.check()).items()
    assert what == "content of hero_geo 1.0/model"
    assert road.hero.revision in found


def test_an_asset_that_is_at_a_remote_only(road: Road) -> None:
    place = RemotePlace("studio", (road.folder / "bucket").as_uri())
    remote = open_remote(place)
    remote.push(road.hero, Objects(road.folder / "store", "store"), transfer_of(place))
    remote.close()
    road.object(road.hero).chmod(0o644)
    road.object(road.hero).unlink()
    places = replace(road.places, remotes=(place,))
    assert road.check(places).mismatches == []
    files = [path for path in (road.folder / "bucket").rglob("*") if path.is_file()]
    (packed,) = (path for path in files if b"a hero" in path.read_bytes())
    packed.chmod(0o644)
    packed.write_bytes(packed.read_bytes().replace(b"a hero", b"a zero"))
    assert list(wrong(road.check(places))) == ["content of hero_geo 1.0/model"]


def test_what_is_no_product_has_none(road: Road) -> None:
    with (
        pytest.raises(NoProvenance),
        origin.found(road.client, PROJECT, "hero-model", "1.0"),
    ):
        pass
    with pytest.raises(ReleaseNotFound), origin.found(road.client, PROJECT, "hero-geo", "7"):
        pass


def test_an_older_wheel_is_shown_and_verified(road: Road) -> None:
    road.forget("hero-geo")
    path = road.product("hero_geo", road.hero, None)
    old = {
        "format": "pipl-provenance/1",
        "task": {"name": "hero-model", "version": "1.0", "sha256": sha256_of(road.task)},
        "lock": road.says.task.lock,
        "assets": [{"name": "model", "revision": road.hero.revision, "size": 6}],
    }
    rewrite(path, {provenance.NAME: json.dumps(old).encode()})
    road.client.upload(PROJECT, path)
    checked = road.check()
    assert checked.mismatches == []
    assert "lock of task hero-model 1.0" in checked.held
    assert "content of hero_geo 1.0/model" in checked.held


def test_what_says_nothing_of_the_making_is_none() -> None:
    assert statement.making_of({"predicate": {}}) is None
    assert statement.making_of({}) is None


def test_statements_are_attached_once_and_to_their_wheel_only(road: Road, tmp_path: Path) -> None:
    road.forget("hero-geo")
    path = road.product("hero_geo", road.hero, road.says)
    road.client.upload(PROJECT, path)
    file = road.client.release(PROJECT, "hero-geo", "1.0").wheel
    road.studio.server.test_results[file] = []
    statement.keep(tmp_path, [path], MAKING)
    kept = (tmp_path / "kept" / statement.RECORD).read_bytes()
    for _ in range(2):
        statement.attach(road.client, [file], kept)
    (document,) = road.client.test_results(file)
    assert statement.making_of(document[statement.KEY]) == MAKING
    other = kept.replace(file.sha256.encode(), b"0" * 64)
    road.studio.server.test_results[file] = []
    statement.attach(road.client, [file], other)
    statement.attach(road.client, [file], None)
    assert road.client.test_results(file) == ()
