"""The handler `follow`: a task published again because its products have moved."""

from __future__ import annotations

import json
import os
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipl.build import wheel
from pipl.ci import outbox
from pipl.ci.handler import Job
from pipl.ci.handlers import follow
from pipl.ci.job_folder import JobSpec
from pipl.ci.run import Outcome
from pipl.ci.toxresult import Machine
from pipl.env import choice
from pipl.env.lock import Lock
from pipl.errors.build import InvalidWheel
from pipl.errors.ci import InvalidFlow
from pipl.index.client import IndexConfig
from pipl.index.name import IndexName
from pipl.index.release import Release
from pipl.testing.simple_index import make_wheel

from .conftest import PROJECT

ENTRY = IndexName("root", "followups")
"""Where follow-ups enter here: nobody watches it, so they stay as they are."""


@pytest.fixture(autouse=True)
def _entry(studio) -> None:
    if ENTRY not in [config.name for config in studio.client.indexes()]:
        config = IndexConfig(ENTRY, "pipl", bases=(PROJECT,), acl_upload=("root", "ci"))
        studio.client.create_index(config)


@pytest.fixture
def geo(studio, request) -> str:
    """A product of its own for each test: its name without `_geo`."""
    return f"base{abs(hash(request.node.name)) % 10**8}"


def land(studio, name: str, version: str) -> None:
    """A new version of the product NAME_geo, as if it had come out of CI."""
    path = make_wheel(studio.folder / "dist", f"{name}_geo", version)
    kind = {"format": "pipl-packl/1", "kind": "product", "type": "product"}
    wheel.add(path, {"pipl.json": json.dumps(kind)})
    studio.client.upload(PROJECT, path)


def taker(studio, name: str, specifier: str = "", geo: str = "") -> Release:
    """A task that takes GEO_geo, on the project's index."""
    return studio.task(name, also=(f"{geo}-geo{specifier}",), index=PROJECT)


def job_of(studio, release: Release, folder: Path, **changes) -> Job:
    """A job as an engine starts it; the same folder is the same run."""
    folder.mkdir(exist_ok=True)
    scratch = folder / f"scratch-{len(list(folder.glob('scratch-*')))}"
    scratch.mkdir()
    spec = JobSpec(
        run_id=1,
        attempt=1,
        handler="follow",
        index=PROJECT,
        project=release.project,
        version=release.version,
        filename=release.wheel.filename,
        sha256=release.wheel.sha256,
        binding=studio.project.binding,
        user="ci",
        products=ENTRY,
    )
    return Job(
        spec=replace(spec, **changes),
        folder=folder,
        scratch=scratch,
        connect=lambda: studio.client,
        installer=choice.choose(None, os.environ),
        environ=dict(os.environ),
        machine=Machine("here", sys.platform),
        say=lambda line: None,
        log=(folder / "log.txt").open("ab"),
    )


def follow_up(studio, release: Release, folder: Path) -> Outcome:
    """Follow, and upload what was made as the runner does."""
    job = job_of(studio, release, folder)
    outcome = follow.handle(job)
    for path in sorted(outbox.held(job.outbox) or (), key=lambda one: one.suffix == ".whl"):
        studio.client.upload(ENTRY, path)
    return outcome


def lock_of(studio, release: Release, folder: Path) -> Lock:
    path = studio.client.download(release.wheel, folder / release.wheel.filename)
    return Lock.parse(wheel.read_dist_info(path, "pylock.toml"))


def test_only_the_products_move_and_only_as_far_as_admitted(studio, geo, tmp_path) -> None:
    land(studio, geo, "1.0.0")
    release = taker(studio, f"{geo}_rig", ">=1,<2", geo=geo)
    land(studio, geo, "1.1.0")
    land(studio, geo, "2.0.0")
    outcome = follow_up(studio, release, tmp_path / "run")
    names = f"{geo}_rig-1.0.0.post1-py3-none-any.whl, {geo}_rig-1.0.0.post1.tar.gz"
    assert outcome == Outcome.passed(f"made {names}")
    post = studio.client.release(ENTRY, release.project, "1.0.0.post1")
    path = studio.client.download(post.wheel, tmp_path / post.wheel.filename)

    before, after = lock_of(studio, release, tmp_path), lock_of(studio, post, tmp_path)
    moved = {name for name in after.versions if after.versions[name] != before.versions.get(name)}
    assert moved == {f"{geo}-geo"}
    assert str(after.versions[f"{geo}-geo"]) == "1.1.0"  # 2.0.0 is not admitted
    assert after.versions.keys() == before.versions.keys()  # pytest, which it does not require
    note = json.loads(wheel.read_dist_info(path, "follows.json"))
    assert note["release"] == {
        "name": release.project,
        "version": "1.0.0",
        "sha256": release.wheel.sha256,
    }
    assert note["products"] == {f"{geo}-geo": {"before": "1.0.0", "after": "1.1.0"}}
    described = wheel.describe(path)
    assert described.version == "1.0.0.post1"
    assert f"{geo}-geo>=1,<2" in described.requires

    studio.client.push(post, PROJECT)
    rig = studio.client.requirements(PROJECT).packls[release.project]
    assert (rig.version, rig.facts.locked[f"{geo}-geo"]) == ("1.0.0.post1", "1.1.0")
    again = studio.client.release(PROJECT, rig.name, rig.version)
    assert follow_up(studio, again, tmp_path / "2").reason.startswith("nothing to follow")
    stale = follow_up(studio, release, tmp_path / "3")
    assert stale.reason == "not followed: 1.0.0.post1 is newer"


def test_a_second_follow_up_is_the_next_post_release(studio, geo, tmp_path) -> None:
    land(studio, geo, "1.0.0")
    release = taker(studio, f"{geo}_rig", geo=geo)
    for number in (1, 2):
        land(studio, geo, f"1.{number}.0")
        follow_up(studio, release, tmp_path / f"run{number}")
        passed = studio.client.release(ENTRY, release.project, f"1.0.0.post{number}")
        studio.client.push(passed, PROJECT)
        release = studio.client.release(PROJECT, release.project, passed.version)
        assert str(lock_of(studio, release, tmp_path).versions[f"{geo}-geo"]) == f"1.{number}.0"


def test_a_follow_up_that_did_not_pass_is_stepped_over(studio, geo, tmp_path) -> None:
    land(studio, geo, "1.0.0")
    release = taker(studio, f"{geo}_rig", geo=geo)
    land(studio, geo, "1.1.0")
    follow_up(studio, release, tmp_path / "run1")  # and stays on the stage
    land(studio, geo, "1.2.0")
    follow_up(studio, release, tmp_path / "run2")
    second = studio.client.release(ENTRY, release.project, "1.0.0.post2")
    assert str(lock_of(studio, second, tmp_path).versions[f"{geo}-geo"]) == "1.2.0"


class TestStartedAgain:
    """Cut short anywhere, another attempt ends with the same release and no other."""

    @pytest.fixture
    def release(self, studio, geo) -> Release:
        land(studio, geo, "1.0.0")
        release = taker(studio, f"{geo}_rig", geo=geo)
        land(studio, geo, "1.1.0")
        return release

    def posts(self, studio, release: Release) -> list[tuple[str, list[str]]]:
        found = studio.client.releases(ENTRY, release.project)
        return [
            (one.version, sorted(file.sha256 for file in one.files))
            for one in found
            if "post" in one.version
        ]

    def test_the_same_inputs_give_the_same_bytes(self, studio, release, tmp_path) -> None:
        follow_up(studio, release, tmp_path / "run1")
        posts = self.posts(studio, release)
        for folder in ("run1", "run2"):  # with what its outbox holds, and without
            assert follow_up(studio, release, tmp_path / folder).state == "passed"
            assert self.posts(studio, release) == posts
        assert [version for version, _ in posts] == ["1.0.0.post1"]

    def test_after_the_sdist_alone_was_uploaded(self, studio, release, tmp_path) -> None:
        made = tmp_path / "made"
        follow_up(studio, release, made)
        whole = self.posts(studio, release)
        (sdist,) = made.glob("outbox/*.tar.gz")
        studio.client.modify_index(ENTRY, {"volatile": True})
        path = f"/{ENTRY}/{release.project}/1.0.0.post1"
        studio.client._connection.send("DELETE", path, doing="starting over")
        studio.client.modify_index(ENTRY, {"volatile": False})
        studio.client.upload(ENTRY, sdist)
        assert follow_up(studio, release, tmp_path / "again").state == "passed"
        assert self.posts(studio, release) == whole


def test_the_sdist_has_the_version_too(studio, geo, tmp_path) -> None:
    land(studio, geo, "1.0.0")
    release = taker(studio, f"{geo}_rig", geo=geo)
    land(studio, geo, "1.1.0")
    follow_up(studio, release, tmp_path / "run")
    post = studio.client.release(ENTRY, release.project, "1.0.0.post1")
    path = studio.client.download(post.sdist, tmp_path / post.sdist.filename)
    with tarfile.open(path) as archive:
        texts = {one.name: archive.extractfile(one).read().decode() for one in archive}
    top = f"{geo}_rig-1.0.0.post1"
    assert "\nVersion: 1.0.0.post1\n" in texts[f"{top}/PKG-INFO"]
    assert 'version = "1.0.0.post1"' in texts[f"{top}/pyproject.toml"]
    assert "test_it" in texts[f"{top}/tests/test_it.py"]


def test_a_follow_up_opens_as_it_was_locked(studio, geo, tmp_path) -> None:
    land(studio, geo, "1.0.0")
    release = taker(studio, f"{geo}_rig", geo=geo)
    land(studio, geo, "1.1.0")
    follow_up(studio, release, tmp_path / "run")
    studio.client.push(studio.client.release(ENTRY, release.project, "1.0.0.post1"), PROJECT)
    shell = studio.running.shell
    area = str(tmp_path / "area")
    shell.pipl("work", "create-area", area, str(studio.project.folder))
    shell.pipl("work", "open", f"{release.project}==1.0.0.post1", area, "--as", "opened")
    opened = shell.in_(tmp_path / "area" / "opened")
    listed = opened.json("work", "status")["workspace"]
    assert listed["opened"] == f"{release.project}==1.0.0.post1"
    locked = {one["name"]: one["locked"] for one in listed["packls"]}
    assert (locked[f"{geo}-geo"], locked[release.project]) == ("1.1.0", "1.0.0.post1")
    code = f"import {geo}_geo, {geo}_rig; print({geo}_geo.__version__)"
    assert opened.pipl("work", "run", "python", "-c", code).strip() == "1.1.0"


def test_what_cannot_be_followed(studio, geo, tmp_path) -> None:
    path = make_wheel(tmp_path, f"{geo}-code", "1.0")
    studio.client.upload(PROJECT, path)
    release = studio.client.release(PROJECT, f"{geo}-code", "1.0")
    with pytest.raises(InvalidWheel, match="carries no lock"):
        follow_up(studio, release, tmp_path / "run1")
    with pytest.raises(InvalidFlow, match="needs `products`"):
        follow.handle(job_of(studio, release, tmp_path / "run2", products=None))
    early = make_wheel(tmp_path, f"{geo}-early", "1.0rc1")
    studio.client.upload(PROJECT, early)
    release = studio.client.release(PROJECT, f"{geo}-early", "1.0rc1")
    outcome = follow_up(studio, release, tmp_path / "run3")
    assert outcome.reason == "not followed: a pre-release is not"
