from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipl_pipe.asset.places import Places, RemotePlace, chain, opened
from pipl_pipe.asset.stores.cache import CacheStore
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.asset.stores.through import ThroughStore
from pipl_pipe.errors import AssetMissing, StoreUnreachable
from pipl_pipe.testing.asset_store import MISSING, PRODUCT, Stored, reference_to

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A project that is seen here, and nothing else."""
    (tmp_path / "workspace").mkdir()
    (tmp_path / "project").mkdir()
    return Places(
        project="Show",
        workspace=tmp_path / "workspace",
        store=tmp_path / "project" / "assets",
        cache=tmp_path / "cache",
        server=NOBODY,
    )


def names(store: object) -> list[str]:
    """What is asked for what is not near, in order."""
    assert isinstance(store, ThroughStore)
    return [one.name for one in store.beyond]


def test_a_project_that_is_seen_here_is_its_own_store(places: Places) -> None:
    store = chain.open_store(places)
    assert type(store) is FolderStore
    assert store.root == places.store
    assert chain.objects_of(places).root == places.store


def test_remotes_that_are_read_stand_behind_the_store(places: Places) -> None:
    remotes = (
        RemotePlace("one", "/remotes/one"),
        RemotePlace("write", "/remotes/write", read=False),
        RemotePlace("two", "/remotes/two"),
    )
    store = chain.open_store(replace(places, remotes=remotes))
    assert names(store) == ["one (/remotes/one)", "two (/remotes/two)"]
    assert isinstance(store, ThroughStore)
    assert store.near.objects.root == places.store


def test_a_cache_stands_before_a_store_on_another_file_system(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = replace(places, cache_first=True)
    assert type(chain.open_store(wanted)) is FolderStore
    monkeypatch.setattr(chain, "_device", lambda path: int(path == places.store))
    assert type(chain.open_store(places)) is FolderStore  # nobody has asked for a cache
    store = chain.open_store(wanted)
    assert names(store) == [str(places.store)]
    assert isinstance(store, ThroughStore)
    assert isinstance(store.near, CacheStore)
    assert chain.objects_of(wanted).root == places.store


def test_where_the_project_is_not_seen_its_server_is_asked(places: Places) -> None:
    away = replace(places, store=None, remotes=(RemotePlace("one", "/remotes/one"),))
    store = chain.open_store(away)
    assert names(store) == [NOBODY, "one (/remotes/one)"]
    assert isinstance(store, ThroughStore)
    assert isinstance(store.near, CacheStore)
    assert chain.objects_of(away).root == places.cache


@pytest.mark.parametrize("required", [False, True])
def test_a_share_that_is_not_mounted(places: Places, tmp_path: Path, required: bool) -> None:
    """The studio's own machines need it; elsewhere the server helps."""
    share = tmp_path / "mnt" / "assets" / "Show"
    unmounted = replace(places, store=share, parents=False, required=required)
    store = chain.open_store(unmounted)
    assert names(store) == [str(share) if required else NOBODY]
    (tmp_path / "new").write_bytes(b"x")
    if required:
        with pytest.raises(StoreUnreachable):
            store.add(tmp_path / "new", product=PRODUCT)
        with pytest.raises(StoreUnreachable, match=r"assets.Show.* cannot be reached"):
            store.path(PRODUCT, reference_to(Stored(MISSING, 1), "model"))
    share.mkdir(parents=True)
    assert isinstance(chain.open_store(unmounted), FolderStore)


def test_the_ways_of_laying_reach_the_store_but_links_into_a_cache_do_not(places: Places) -> None:
    linking = replace(places, view=("symlink", "copy"))
    near = chain.open_store(linking)
    assert isinstance(near, FolderStore)
    assert near.ways == ("symlink", "copy")
    away = chain.open_store(replace(linking, store=None))
    assert isinstance(away, ThroughStore)
    assert isinstance(away.near, CacheStore)
    assert away.near.ways == ("copy",)


def test_read_through_a_folder_remote(places: Places, tmp_path: Path) -> None:
    """One machine publishes; another one, which has another store, reads."""
    place = RemotePlace("studio", str(tmp_path / "remote"), limit_mb_s=1000)
    (tmp_path / "model.usdc").write_bytes(b"points")
    stored = FolderStore(places.store or tmp_path, parents=True).add(
        tmp_path / "model.usdc", product=PRODUCT
    )
    reference = reference_to(stored, "model.usdc")
    remote = chain.open_remote(place)
    remote.push(reference, chain.objects_of(places), chain.transfer_of(place))
    remote.close()
    (tmp_path / "other").mkdir()
    other = replace(places, store=tmp_path / "other" / "assets", remotes=(place,))
    with opened(other) as store:
        assert store.path(PRODUCT, reference).read_bytes() == b"points"
        missing = reference_to(Stored(MISSING, 1), "model.usdc")
        with pytest.raises(AssetMissing) as caught:
            store.path(PRODUCT, missing)
    assert str(tmp_path / "other" / "assets") in caught.value.where
    assert f"studio ({tmp_path / 'remote'})" in caught.value.where
