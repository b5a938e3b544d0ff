"""A name that exists in the project never resolves from the mirror: a second devpi."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from pipl.errors.index import IndexRefused
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist
from pipl.testing.servers import MIRROR, RunningServer, devpi_server

PUBLIC = IndexName("root", "public")
PROJ = IndexName("root", "PROJ")


@dataclass(frozen=True)
class Pair:
    """The project's server, and the one that its `root/pypi` mirrors."""

    project: RunningServer
    root: DevpiClient
    outside: RunningServer
    outside_root: DevpiClient

    def stage(self, name: str, **settings: Any) -> IndexName:
        config = IndexConfig(IndexName("root", name), "pipl", acl_upload=("root",))
        self.root.create_index(replace(config, **settings))
        return config.name

    def offered(self, index: IndexName, project: str) -> dict[str, str]:
        """The files that an installer is offered, and their addresses."""
        page = f"{self.project.url}/{index}/+simple/{project}/"
        headers = {"Accept": "application/vnd.pypi.simple.v1+json", "User-Agent": "pip/25.1"}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(page, headers=headers), timeout=30
            ) as reply:
                files = json.load(reply)["files"]
        except urllib.error.HTTPError as fault:
            assert fault.code == 404
            return {}
        return {file["filename"]: urljoin(page, file["url"]) for file in files}

    def resolves(self, index: IndexName, project: str) -> dict[str, str]:
        """The files that an installer is offered, and the indexes that they come from."""
        return {
            filename: urlsplit(url).path.partition("/+")[0].strip("/")
            for filename, url in self.offered(index, project).items()
        }

    def versions(self, index: IndexName, project: str) -> set[str]:
        """What devpi's own clients and pages are offered."""
        request = urllib.request.Request(
            f"{self.project.url}/{index}/{project}", headers={"Accept": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return set(json.load(reply)["result"])
        except urllib.error.HTTPError as fault:
            assert fault.code == 404
            return set()

    def outside_was_asked_for(self, project: str) -> bool:
        return f"/+simple/{project}/" in self.outside.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with devpi_server(folder / "Outside") as outside, outside.root() as outside_root:
        outside_root.create_index(IndexConfig(PUBLIC, "stage", acl_upload=("root",)))
        mirrored = f"{outside.url}/{PUBLIC}/+simple/"
        with devpi_server(folder / "P", mirror_url=mirrored) as project, project.root() as root:
            root.create_index(IndexConfig(PROJ, "pipl", bases=(MIRROR,), acl_upload=("root",)))
            yield Pair(project, root, outside, outside_root)


def outside_has(pair: Pair, folder: Path, name: str, version: str = "99.0") -> None:
    pair.outside_root.upload(PUBLIC, make_sdist(folder, name, version, payload=b"from outside"))


def test_a_public_name_resolves_through_the_project(pair: Pair, tmp_path: Path) -> None:
    outside_has(pair, tmp_path, "public-lib")
    stage = pair.stage("for-public", bases=(PROJ,))
    for index in (PROJ, stage):
        assert pair.resolves(index, "public-lib") == {"public_lib-99.0.tar.gz": "root/pypi"}
        assert pair.versions(index, "public-lib") == {"99.0"}


def test_a_name_on_a_stage_that_is_not_inherited_is_hidden(pair: Pair, tmp_path: Path) -> None:
    outside_has(pair, tmp_path / "outside", "hero-model")
    stage = pair.stage("testing", bases=(PROJ,))
    pair.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
    other = pair.stage("other", bases=(PROJ,))
    for index in (PROJ, other):
        for spelling in ("hero-model", "Hero_Model", "hero.model"):
            assert pair.resolves(index, spelling.lower().replace("_", "-")) == {}
            assert pair.resolves(index, spelling) == {}
        assert pair.versions(index, "hero-model") == set()
    assert pair.resolves(stage, "hero-model") == {"hero_model-1.0.tar.gz": "root/testing"}
    assert pair.versions(stage, "hero-model") == {"1.0"}
    assert not pair.outside_was_asked_for("hero-model")


def test_the_projects_own_release_is_the_only_one(pair: Pair, tmp_path: Path) -> None:
    outside_has(pair, tmp_path / "outside", "sh010-layout")
    pair.root.upload(PROJ, make_sdist(tmp_path, "sh010-layout", "1.0"))
    stage = pair.stage("for-own", bases=(PROJ,))
    for index in (PROJ, stage):
        assert pair.resolves(index, "sh010-layout") == {"sh010_layout-1.0.tar.gz": "root/PROJ"}
        assert pair.versions(index, "sh010-layout") == {"1.0"}
    assert not pair.outside_was_asked_for("sh010-layout")


def test_a_name_stays_reserved_where_a_mirror_had_answered_before(
    pair: Pair, tmp_path: Path
) -> None:
    outside_has(pair, tmp_path / "outside", "cloth-sim")
    assert pair.resolves(PROJ, "cloth-sim") == {"cloth_sim-99.0.tar.gz": "root/pypi"}
    stage = pair.stage("for-cloth")
    pair.root.upload(stage, make_sdist(tmp_path, "cloth-sim", "1.0"))
    assert pair.resolves(PROJ, "cloth-sim") == {}
    assert pair.versions(PROJ, "cloth-sim") == set()


def test_a_whitelist_further_down_opens_nothing(pair: Pair, tmp_path: Path) -> None:
    outside_has(pair, tmp_path / "outside", "rig-tools")
    open_base = pair.stage("open-base", type="stage", bases=(MIRROR,))
    pair.root.modify_index(open_base, {"mirror_whitelist": "*"})
    index = pair.stage("over-open-base", bases=(open_base,))
    pair.root.modify_index(index, {"mirror_whitelist_inheritance": "union"})
    pair.root.upload(open_base, make_sdist(tmp_path, "rig-tools", "1.0"))
    assert pair.resolves(open_base, "rig-tools").keys() == {
        "rig_tools-1.0.tar.gz",
        "rig_tools-99.0.tar.gz",
    }, "an ordinary stage resolves both: what the type is for"
    assert pair.resolves(index, "rig-tools") == {"rig_tools-1.0.tar.gz": "root/open-base"}
    assert pair.versions(index, "rig-tools") == {"1.0"}


def test_a_whitelist_of_its_own_is_refused(pair: Pair) -> None:
    with pytest.raises(IndexRefused, match="mirror_whitelist"):
        pair.root.modify_index(PROJ, {"mirror_whitelist": "*"})
    assert pair.root.index(PROJ).type == "pipl"


def test_files_of_the_mirror_are_no_events(pair: Pair, tmp_path: Path) -> None:
    outside_has(pair, tmp_path, "event-lib")
    (url,) = pair.offered(PROJ, "event-lib").values()
    with urllib.request.urlopen(url, timeout=30) as reply:
        assert reply.read(), "the mirror fetches and keeps it"
    document = pair.root.get_json("/+pipl/events?since=-1&limit=1000", timeout_s=30)
    assert isinstance(document, dict)
    assert all(event["index"] != str(MIRROR) for event in document["events"])
    assert all(event["project"] != "event-lib" for event in document["events"])
