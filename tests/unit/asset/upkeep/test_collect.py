"""Collecting: what is referenced stays, what is not goes to quarantine and may come back."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipl.asset import marks
from pipl.asset.marks import pins
from pipl.asset.marks.digest_set import DigestSet
from pipl.asset.upkeep import collect, quarantine
from pipl.asset.upkeep.collect import Grace
from pipl.errors.access import NotAllowed
from pipl.errors.asset import CollectorBusy, MarksUnreadable, NoStore, NothingToUndo
from pipl.errors.server import UnexpectedReply
from pipl.index.memory import MemoryIndex
from pipl.index.name import IndexName
from pipl.workspace import area, registered
from pipl.workspace import folder as workspace_folder
from pipl_pipe.asset.digest import Digest

from ..conftest import DAY_S, GRACE_S, NOW, STAGE, Studio


def test_what_a_release_references_stays_and_the_rest_goes(studio: Studio) -> None:
    kept = studio.add(studio.files(a_txt="a", b_txt="b"))
    lost = studio.add(studio.files(b_txt="b", c_txt="c"))
    studio.publish("hero-geo", "1.0.0", kept)
    shared = studio.parts(kept) & studio.parts(lost)
    gone = studio.parts(lost) - studio.parts(kept)
    result = studio.gc()
    assert studio.held() == studio.parts(kept)
    assert shared <= studio.held()
    assert (result.collected.moved, result.collected.manifests) == (len(gone), 1)


def test_a_release_on_a_stage_keeps_too(studio: Studio) -> None:
    kept = studio.add(studio.files(a_txt="a"))
    studio.publish("hero-geo", "1.0.0", kept, index=STAGE)
    studio.gc()
    assert studio.held() == studio.parts(kept)


def test_a_thumbnail_is_kept_with_its_asset(studio: Studio) -> None:
    picture = studio.add(studio.files(thumb_jpg="pixels") / "thumb.jpg")
    asset = studio.add(studio.files(a_txt="a"))
    shown = replace(asset, thumbnail=picture.revision, thumbnail_size=picture.size)
    studio.publish("hero-geo", "1.0.0", shown)
    studio.gc()
    assert picture.revision in studio.held()


def test_a_dry_run_changes_nothing(studio: Studio) -> None:
    lost = studio.add(studio.files(a_txt="abc"))
    before = studio.held()
    result = studio.gc(dry_run=True)
    assert (result.collected.moved, result.collected.quarantine) == (2, None)
    assert result.collected.moved_bytes == lost.size + studio.path(lost.revision).stat().st_size
    assert studio.held() == before


def test_undo_brings_all_of_it_back(studio: Studio) -> None:
    lost = studio.add(studio.files(a_txt="a", b_txt="b"))
    parts = studio.parts(lost)
    studio.gc()
    assert studio.held() == set()
    assert studio.undo().objects == 3
    assert studio.held() == parts
    studio.store.verify(lost)
    with pytest.raises(NothingToUndo):
        studio.undo()


def test_what_came_back_stays_for_the_grace_period(studio: Studio) -> None:
    folder = studio.add(studio.files(a_txt="a", b_txt="b"))
    file = studio.add(studio.files(c_txt="c") / "c.txt")
    parts = studio.parts(folder) | studio.parts(file)
    studio.gc()
    studio.undo()
    studio.gc()
    assert studio.held() == parts
    recent = studio.objects.root / "recent"
    assert len(list(recent.iterdir())) == 2
    studio.gc(now=NOW + GRACE_S + DAY_S)
    assert studio.held() == set()


def test_what_was_stored_lately_stays_for_the_grace_period(studio: Studio) -> None:
    fresh = studio.add(studio.files(a_txt="a"), fresh=True)
    studio.touch(fresh, NOW - GRACE_S + DAY_S)
    studio.gc()
    assert studio.parts(fresh) == studio.held()
    studio.gc(now=NOW + 2 * DAY_S)
    assert studio.held() == set()


def test_a_quarantine_is_deleted_by_a_collection_after_the_grace_period(studio: Studio) -> None:
    studio.add(studio.files(a_txt="a"))
    studio.gc()
    assert studio.gc(now=NOW + GRACE_S - DAY_S).collected.deleted_bytes == 0
    assert studio.gc(now=NOW + GRACE_S + DAY_S).collected.deleted_bytes > 0
    assert quarantine.all_of(studio.objects.root) == []


def test_what_is_collected_now_is_never_deleted_now(studio: Studio) -> None:
    lost = studio.add(studio.files(a_txt="a"))
    parts = studio.parts(lost)
    with collect.alone(studio.objects.root):
        collect.collect(studio.objects, live_of(studio), Grace(0.0, NOW + 0.9))
    studio.undo()
    assert studio.held() == parts


def test_pins_and_keep_hold_what_nothing_references(studio: Studio) -> None:
    pinned = studio.add(studio.files(a_txt="a"))
    named = studio.add(studio.files(b_txt="b"))
    pins.add(studio.project.folder, pins.Pin("x", (pinned.revision,), "anna", NOW))
    studio.gc(kept=(named.revision,))
    assert studio.held() == studio.parts(pinned) | studio.parts(named)
    pins.remove(studio.project.folder, "x")
    studio.gc(kept=(named.revision,))
    assert studio.held() == studio.parts(named)


def test_keep_names_a_release_that_was_deleted_since_it_was_seen(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    studio.publish("hero-geo", "1.0.0", asset, index=STAGE)
    studio.gc()
    studio.client.delete_index(STAGE)
    studio.gc(kept=("hero_geo==1.0.0",))
    assert studio.held() == studio.parts(asset)
    studio.gc()
    assert studio.held() == set()


def test_the_second_collection_downloads_only_new_wheels(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.publish("hero-geo", "1.0.0", studio.add(studio.files(a_txt="a")))
    studio.gc()
    asked: list[str] = []
    download = type(studio.client).download

    def noted(self: object, file: object, *args: object, **named: object) -> object:
        asked.append(file.filename)  # type: ignore[attr-defined]  # a ReleaseFile
        return download(self, file, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(type(studio.client), "download", noted)
    studio.publish("lamp-geo", "1.0.0", studio.add(studio.files(b_txt="b")))
    studio.gc()
    assert asked == ["lamp_geo-1.0.0-py3-none-any.whl"]


def test_refused_while_something_cannot_be_read_and_all_of_it_is_named(studio: Studio) -> None:
    lost = studio.add(studio.files(a_txt="a"))
    future = '{"format": "pipl-assets/9", "assets": []}'
    studio.publish("hero-geo", "1.0.0", text=future)
    registered.note(studio.project.folder, studio.folder / "gone")
    (studio.project.folder / pins.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(MarksUnreadable) as caught:
        studio.gc()
    text = str(caught.value)
    for named in ("hero_geo-1.0.0", str(studio.folder / "gone"), "pins.json"):
        assert named in text
    assert lost.revision in studio.held()


def test_what_was_forgotten_or_ignored_does_not_refuse(studio: Studio) -> None:
    path = studio.publish("hero-geo", "1.0.0", text='{"format": "pipl-assets/9"}')
    registered.note(studio.project.folder, studio.folder / "gone")
    registered.forget(studio.project.folder, studio.folder / "gone")
    studio.gc(ignored=(path.name,))


def test_an_assets_json_of_others_is_no_product(studio: Studio) -> None:
    studio.publish("web-thing", "1.0.0", text='{"files": ["a.css"]}')
    studio.publish("worse-thing", "1.0.0", text="{")
    studio.gc()


def test_a_damaged_manifest_of_a_release_refuses(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a", b_txt="b"))
    studio.publish("hero-geo", "1.0.0", asset)
    files = studio.parts(asset) - {asset.revision}
    studio.break_(asset.revision)
    with pytest.raises(MarksUnreadable, match=asset.revision):
        studio.gc()
    assert files <= studio.held()


def test_a_lost_manifest_of_a_release_does_not_refuse(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    studio.publish("hero-geo", "1.0.0", asset)
    studio.path(asset.revision).unlink()
    studio.gc()


def test_the_indexes_of_another_project_count_for_nothing(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    studio.client.server.project = "Other"
    with pytest.raises(UnexpectedReply, match="Other"):
        studio.gc()
    assert studio.held() == studio.parts(asset)


def test_an_index_that_cannot_be_read_refuses(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.add(studio.files(a_txt="a"))
    projects = type(studio.client).projects

    def closed(self: MemoryIndex, index: IndexName) -> tuple[str, ...]:
        if index == STAGE:
            raise NotAllowed("anna", f"listing {index}")
        return projects(self, index)

    monkeypatch.setattr(type(studio.client), "projects", closed)
    with pytest.raises(MarksUnreadable, match="root/testing"):
        studio.gc()


def test_one_collection_at_a_time(studio: Studio) -> None:
    studio.add(studio.files(a_txt="a"))
    with collect.alone(studio.objects.root), pytest.raises(CollectorBusy):
        studio.gc()


def test_a_store_that_is_not_mounted_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(NoStore), collect.alone(tmp_path / "nowhere"):
        pass


def test_readable_paths_go_with_what_they_show(studio: Studio) -> None:
    kept = studio.add(studio.files(a_txt="a"))
    lost = studio.add(studio.files(b_txt="b"))
    studio.publish("hero-geo", "1.0.0", kept)
    staying, going = studio.store.path("hero_geo", kept), studio.store.path("hero_geo", lost)
    studio.gc()
    assert staying.exists()
    assert not going.exists()


def live_of(studio: Studio, *revisions: str) -> DigestSet:
    live = DigestSet()
    for revision in revisions:
        marks.keep(live, studio.objects, Digest.parse(revision))
    return live


def test_what_is_stored_while_it_sweeps_is_seen(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same asset is stored again between the manifests' slice and the files'."""
    source = studio.files(a_txt="a", b_txt="b")
    lost = studio.add(source)
    parts = studio.parts(lost)
    flush = collect.files.flush_folders

    def store_again(*args: object) -> None:
        flush(*args)  # type: ignore[arg-type]
        monkeypatch.undo()
        studio.add(source, fresh=True)
        studio.touch(lost)

    monkeypatch.setattr("pipl.asset.upkeep.collect.files.flush_folders", store_again)
    with collect.alone(studio.objects.root):
        collect.collect(studio.objects, live_of(studio), Grace(GRACE_S, NOW))
    assert studio.held() == parts
    studio.store.verify(lost)


def test_a_kill_between_manifests_and_files_leaves_a_right_store(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = studio.add(studio.files(a_txt="a", b_txt="b"))
    parts = studio.parts(lost)

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipl.asset.upkeep.collect.files.flush_folders", killed)
        studio.gc()
    assert studio.held() == parts - {lost.revision}
    studio.gc(now=NOW + 1)
    assert studio.held() == set()
    studio.undo()
    studio.undo()
    assert studio.held() == parts


def test_undo_keeps_a_manifest_back_whose_files_are_gone(studio: Studio) -> None:
    lost = studio.add(studio.files(a_txt="a", b_txt="b"))
    files = sorted(studio.parts(lost) - {lost.revision})
    studio.gc()
    (away,) = quarantine.all_of(studio.objects.root)
    away.path(Digest.parse(files[0])).unlink()
    assert studio.undo().kept_back == (lost.revision,)
    assert studio.held() == {files[1]}


def test_a_deletion_that_was_killed_is_not_brought_back(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.add(studio.files(a_txt="a"))
    studio.gc()
    (away,) = quarantine.all_of(studio.objects.root)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(
            "pipl_pipe.asset.disk.files.remove",
            lambda path: (_ for _ in ()).throw(KeyboardInterrupt),
        )
        quarantine.delete(away)
    with pytest.raises(NothingToUndo):
        studio.undo()
    studio.gc()
    assert not any((studio.objects.root / "quarantine").iterdir())


def test_a_workspace_keeps_what_is_installed_in_it(studio: Studio) -> None:
    asset = studio.add(studio.files(a_txt="a"))
    workarea = area.create(studio.folder / "work", studio.project.binding)
    workspace = workspace_folder.create(workarea, "hero")
    site = workspace.environment.folder / "lib" / "python3.11" / "site-packages"

    with zipfile.ZipFile(studio.wheel("hero-geo", "1.0.0", asset)) as archive:
        archive.extractall(site)
    studio.gc()
    assert studio.held() == studio.parts(asset)
    workspace_folder.delete(workspace)
    studio.gc()
    assert studio.held() == set()
