"""Assets travel to the remotes that lack them, and come from the first that has them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipl.asset import moving, remotes, whereabouts
from pipl.asset.selection import Selected
from pipl.asset.upkeep import verifying
from pipl.errors.asset import NoRemote, NoStore, UnknownRemote
from pipl.progress import SILENT
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import Places, RemotePlace
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remotes.server import ServerRemote
from pipl_pipe.errors import AssetMissing, StoreUnreachable

from .conftest import Studio


def remote(folder: Path, name: str, **settings: bool) -> RemotePlace:
    (folder / name).mkdir(exist_ok=True)
    return RemotePlace(name, str(folder / name), **settings)  # type: ignore[arg-type]


def places(studio: Studio, *remotes: RemotePlace) -> Places:
    cache = studio.folder / "cache"
    return Places("Show", studio.folder, studio.project.assets, cache, remotes=remotes)


def chosen(reference: Reference) -> list[Selected]:
    return [Selected("hero_geo", "1.0.0", reference)]


def test_what_is_there_already_does_not_travel(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="aaaa", b_txt="bb"))
    there = remote(studio.folder, "studio")
    (first,) = moving.push(chosen(asset), studio.objects, [there], SILENT)
    (again,) = moving.push(chosen(asset), studio.objects, [there], SILENT)
    assert (first.assets, first.skipped) == (1, 0)
    assert (again.assets, again.skipped) == (0, 1)


def test_a_remote_that_is_away_keeps_nothing_from_the_others(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="aaaa", b_txt="bb"))
    lost = studio.add(studio.files(c_txt="c") / "c.txt", "lost")
    studio.path(lost.revision).unlink()
    away = RemotePlace("away", str(studio.folder / "not" / "there"))
    there = remote(studio.folder, "studio")
    assets = [*chosen(lost), *chosen(asset)]
    not_sent, sent = moving.push(assets, studio.objects, [away, there], SILENT)
    assert [type(fault) for fault in not_sent.faults] == [StoreUnreachable]
    assert (sent.assets, [type(fault) for fault in sent.faults]) == (1, [AssetMissing])


def test_pull_asks_one_remote_after_the_other(studio: Studio) -> None:
    one = studio.add(studio.files(a_txt="aaaa", b_txt="bb"))
    other = studio.add(studio.files(c_txt="c") / "c.txt", "other")
    empty, first, second = (remote(studio.folder, name) for name in ("none", "first", "second"))
    moving.push(chosen(one), studio.objects, [first], SILENT)
    moving.push(chosen(other), studio.objects, [second], SILENT)
    away = RemotePlace("away", str(studio.folder / "not" / "there"))
    near = Objects(studio.folder / "near", "near")
    both = [*chosen(one), *chosen(other)]
    moved = moving.pull(both, near, [empty, away, first, second], SILENT)
    assert {each.remote: each.assets for each in moved if each.assets} == {
        "first": 1,
        "second": 1,
    }
    assert moving.is_whole(near, one)
    assert moving.is_whole(near, other)


def test_what_nobody_has_is_said(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a") / "a.txt")
    near = Objects(studio.folder / "near", "near")
    with pytest.raises(AssetMissing):
        moving.pull(chosen(asset), near, [remote(studio.folder, "none")], SILENT)


def test_which_remotes_are_meant(studio: Studio) -> None:
    closed = remote(studio.folder, "closed", publish=False)
    here = places(studio, closed)
    assert remotes.meant(here, None, doing=remotes.PULLING) == (closed,)
    assert remotes.meant(here, "closed", doing=remotes.PUSHING) == (closed,)
    with pytest.raises(NoRemote):
        remotes.meant(here, None, doing=remotes.PUSHING)
    with pytest.raises(UnknownRemote):
        remotes.meant(here, "other", doing=remotes.PULLING)


def test_where_the_store_is_not_seen_the_server_stands_for_it(studio: Studio) -> None:
    mine = remote(studio.folder, "studio")
    here = dataclasses.replace(places(studio, mine), server="http://127.0.0.1:9")
    assert remotes.all_of(here) == (mine,)
    away = dataclasses.replace(here, store=None)
    server, other = remotes.meant(away, None, doing=remotes.PULLING)
    assert (server.url, other) == ("http://127.0.0.1:9", mine)
    with remotes.opened(remotes.Speed(jobs=3).of(server)) as opened:
        assert isinstance(opened, ServerRemote)


def test_the_command_line_overrides_the_configuration() -> None:
    place = RemotePlace("studio", "/x", jobs=3, limit_mb_s=5.0)
    assert remotes.Speed().of(place) == place
    faster = remotes.Speed(9, 1.5).of(place)
    assert (faster.jobs, faster.limit_mb_s) == (9, 1.5)


def test_verifying_lists_every_fault_with_what_needs_it(studio: Studio) -> None:
    one = studio.add(studio.files(a_txt="aaaa", b_txt="bb"))
    other = studio.add(studio.files(b_txt="bb", c_txt="cccc"), "other")
    shared = (studio.parts(one) & studio.parts(other)).pop()
    studio.break_(shared)
    lost = sorted(studio.parts(one) - {one.revision, shared})[0]
    studio.path(lost).unlink()
    found = verifying.in_store([*chosen(one), *chosen(other)], studio.objects, SILENT)
    users = {fault.what: fault.references for fault in found.faults}
    assert len(users) == 2
    damaged = next(references for what, references in users.items() if shared in what)
    assert damaged == ("hero_geo 1.0.0/model", "hero_geo 1.0.0/other")


def test_a_store_that_is_not_mounted_has_not_lost_its_assets(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    away = Objects(studio.folder / "not" / "mounted", "away")
    with pytest.raises(NoStore):
        verifying.in_store(chosen(asset), away, SILENT)
    here = Places("Show", studio.folder, away.root, studio.folder / "cache")
    (store, cache) = whereabouts.of_asset(here, asset)
    assert (store.has, cache.has) == (None, False)
    assert store.reason


def test_verifying_at_a_remote(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="aaaa", b_txt="bb"))
    there = remote(studio.folder, "studio")
    here = places(studio, there)
    again = Selected("hero_geo", "1.1.0", asset)
    (fault,) = verifying.at_remote([*chosen(asset), again], here, "studio", SILENT).faults
    assert fault.references == ("hero_geo 1.0.0/model", "hero_geo 1.1.0/model")
    moving.push(chosen(asset), studio.objects, [there], SILENT)
    assert verifying.at_remote(chosen(asset), here, "studio", SILENT).faults == []
