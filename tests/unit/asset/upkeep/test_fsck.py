"""A whole store is looked through, and mended from where its objects also are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.asset.marks import releases
from pipl.asset.upkeep import fsck, housekeeping, quarantine
from pipl.asset.upkeep.housekeeping import Report
from pipl.errors.asset import NoStore
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.remote import Transfer
from pipl_pipe.asset.remotes.store import StoreRemote
from pipl_pipe.asset.stores.folder import FolderStore

from ..conftest import NOW, Studio


def check(studio: Studio, *, quick: bool = False) -> Report:
    found = releases.of_project(studio.client, studio.record).releases
    return housekeeping.check(studio.objects, found, quick=quick, now=NOW)


def kinds(report: Report) -> list[str]:
    return sorted(fault.kind for fault in report.checked.faults)


def repair(studio: Studio, report: Report, *sources: StoreRemote) -> None:
    found = releases.of_project(studio.client, studio.record).releases
    housekeeping.mend(studio.objects, report, found, sources, now=NOW, transfer=Transfer())


@pytest.fixture
def hero(studio: Studio) -> Reference:
    """A published folder of two files."""
    asset = studio.add(studio.files(a_txt="aaaa", b_txt="bbbb"))
    studio.publish("hero-geo", "1.0.0", asset)
    return asset


@pytest.fixture
def copy(studio: Studio, hero: Reference) -> StoreRemote:
    """Another store that holds the same."""
    there = FolderStore(studio.folder / "copy").objects
    StoreRemote(studio.objects).pull(hero, there)
    return StoreRemote(there)


def file_of(studio: Studio, asset: Reference) -> str:
    return sorted(studio.parts(asset) - {asset.revision})[0]


def test_a_sound_store_has_no_faults(studio: Studio, hero: Reference) -> None:
    report = check(studio)
    assert (report.checked.faults, report.checked.objects) == ([], 3)
    assert report.checked.manifests == 1


def test_a_flipped_bit_is_found_and_what_needs_it_is_named(studio: Studio, hero: Reference) -> None:
    studio.break_(file_of(studio, hero))
    assert kinds(check(studio, quick=True)) == []
    report = check(studio)
    assert kinds(report) == ["damaged"]
    assert list(report.references.values()) == [("hero-geo 1.0.0 (model) on root/PROJ",)]


def test_quick_finds_what_is_cut_short_or_lost_and_a_damaged_manifest(
    studio: Studio, hero: Reference
) -> None:
    first, second = sorted(studio.parts(hero) - {hero.revision})
    studio.break_(first, content=b"a")
    studio.path(second).unlink()
    assert kinds(check(studio, quick=True)) == ["damaged", "missing"]
    studio.break_(hero.revision)
    assert "damaged" in kinds(check(studio, quick=True))


def test_a_whole_asset_that_is_lost_is_missing(studio: Studio, hero: Reference) -> None:
    for revision in studio.parts(hero):
        studio.path(revision).unlink()
    report = check(studio, quick=True)
    assert kinds(report) == ["missing"]
    assert report.references


def test_modes_strays_and_leftovers_are_found_and_put_right(
    studio: Studio, hero: Reference
) -> None:
    root = studio.objects.root
    studio.path(hero.revision).chmod(0o644)
    (root / "objects" / "notes.txt").write_text("x", encoding="utf-8")
    (studio.path(hero.revision).parent / "short").write_text("x", encoding="utf-8")
    (root / "tmp" / "batch-dead").mkdir()
    report = check(studio)
    assert kinds(report) == ["leftover", "mode", "stray", "stray"]
    repair(studio, report)
    assert report.standing == []
    assert kinds(check(studio)) == []
    (away,) = quarantine.all_of(root)
    assert sorted(path.name for path in away.folder.rglob("*.txt")) == ["notes.txt"]


def test_a_batch_that_is_alive_is_no_leftover(studio: Studio, hero: Reference) -> None:
    with studio.objects.batch() as batch:
        batch.new().touch()
        assert kinds(check(studio)) == []


def test_a_damaged_file_is_fetched_anew(studio: Studio, hero: Reference, copy: StoreRemote) -> None:
    bad = file_of(studio, hero)
    studio.break_(bad)
    report = check(studio)
    repair(studio, report, copy)
    assert report.standing == []
    studio.store.verify(hero)
    assert kinds(check(studio)) == []
    (away,) = quarantine.all_of(studio.objects.root)
    assert [str(digest) for digest, _ in away.objects()] != []


@pytest.mark.parametrize("what", ["manifest", "all"])
def test_lost_manifests_and_whole_assets_are_fetched_anew(
    studio: Studio, hero: Reference, copy: StoreRemote, what: str
) -> None:
    parts = studio.parts(hero)
    for revision in parts if what == "all" else [hero.revision]:
        studio.path(revision).unlink()
    repair(studio, check(studio), copy)
    assert studio.held() == parts
    studio.store.verify(hero)


def test_what_cannot_be_had_takes_its_manifest_away_so_that_storing_again_heals(
    studio: Studio,
) -> None:
    source = studio.files(a_txt="aaaa", b_txt="bbbb")
    asset = studio.add(source)
    parts = studio.parts(asset)
    studio.break_(file_of(studio, asset))
    report = check(studio)
    repair(studio, report)
    assert len(report.standing) == 1
    assert asset.revision not in studio.held()
    studio.add(source)
    assert studio.held() == parts
    studio.store.verify(asset)


def test_a_manifest_comes_back_when_its_files_do(
    studio: Studio, hero: Reference, copy: StoreRemote
) -> None:
    bad = file_of(studio, hero)
    studio.break_(bad)
    repair(studio, check(studio))
    assert hero.revision not in studio.held()
    StoreRemote(copy.objects).pull(Reference("it", "File", "it", "file", bad, 4), studio.objects)
    repair(studio, check(studio))
    studio.store.verify(hero)


def test_damaged_objects_in_quarantine_are_not_brought_back_by_undo(
    studio: Studio, hero: Reference
) -> None:
    studio.break_(file_of(studio, hero))
    repair(studio, check(studio))
    with pytest.raises(Exception, match="quarantine"):
        studio.undo()


def test_a_source_that_is_damaged_too_is_said(
    studio: Studio, hero: Reference, copy: StoreRemote
) -> None:
    bad = file_of(studio, hero)
    studio.break_(bad)
    there = copy.objects.path(Digest.parse(bad))
    there.chmod(0o644)
    there.write_bytes(b"zzzz")
    report = check(studio)
    repair(studio, report, copy)
    assert len(report.standing) == 1
    assert report.mended is not None
    assert report.mended.reasons


def test_no_store_is_not_a_sound_store(tmp_path: Path) -> None:
    with pytest.raises(NoStore):
        fsck.check(Objects(tmp_path / "no", "no"), quick=True, now=NOW)


def test_readable_paths_do_not_show_the_damage_any_more(
    studio: Studio, hero: Reference, copy: StoreRemote
) -> None:
    shown = studio.store.path("hero_geo", hero)
    names = {path.name: path.read_bytes() for path in shown.iterdir()}
    bad = file_of(studio, hero)
    studio.break_(bad)
    (studio.folder / "view").hardlink_to(studio.path(bad))
    report = check(studio)
    repair(studio, report, copy)
    assert report.mended is not None
    assert report.mended.linked == 1
    again = studio.store.path("hero_geo", hero)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == names


@pytest.mark.parametrize("where", ["_fetch", "put_back", "_remove_paths"])
def test_a_repair_that_was_killed_is_finished_by_the_next(
    studio: Studio,
    hero: Reference,
    copy: StoreRemote,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    parts = studio.parts(hero)
    studio.break_(file_of(studio, hero))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"pipl.asset.upkeep.repair.{where}", killed)
        repair(studio, check(studio), copy)
    report = check(studio)
    repair(studio, report, copy)
    assert report.standing == []
    assert studio.held() == parts
    studio.store.verify(hero)


def test_an_unpublished_folder_comes_back_after_a_killed_repair(
    studio: Studio, copy: StoreRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manifest lies in quarantine, and nothing but that says that it was there."""

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    asset = studio.add(studio.files(x_txt="xxxx", y_txt="yyyy"))
    parts = studio.parts(asset)
    StoreRemote(studio.objects).pull(asset, copy.objects)
    studio.break_(file_of(studio, asset))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipl.asset.upkeep.repair._fetch", killed)
        repair(studio, check(studio), copy)
    assert not parts <= studio.held()
    repair(studio, check(studio), copy)
    assert parts <= studio.held()
    studio.store.verify(asset)
