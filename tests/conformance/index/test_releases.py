"""What an index holds, and moving files to, from and between indexes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipl.errors.access import LoginExpired, LoginNeeded, NotAllowed
from pipl.errors.index import (
    DamagedDownload,
    IndexNotFound,
    ReleaseNotFound,
    UploadRefused,
    VersionTaken,
)
from pipl.index.memory import MemoryServer
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist

from .conftest import Server

MISSING = IndexName("root", "not-there")


class Recorder:
    """Keeps the progress that it is told."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int | None]] = []

    def phase(self, text: str) -> None:
        pass

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        self.seen.append((done, total))


class TestLookingInside:
    def test_projects_by_their_normalised_names(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        assert server.root.projects(index) == ()
        for name in ("Sh010_Layout", "hero-model"):
            server.root.upload(index, make_sdist(tmp_path, name, "1.0"))
        assert server.root.projects(index) == ("hero-model", "sh010-layout")

    def test_releases_newest_first(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        for version in ("1.9", "1.10", "2.0a1", "1.9.post1"):
            server.root.upload(index, make_sdist(tmp_path, "hero-model", version))
        found = server.root.releases(index, "Hero_Model")
        assert [release.version for release in found] == ["2.0a1", "1.10", "1.9.post1", "1.9"]
        assert {release.project for release in found} == {"hero-model"}
        assert {release.index for release in found} == {index}

    def test_a_project_that_is_not_there(self, server: Server) -> None:
        assert server.root.releases(server.index(), "hero-model") == ()
        with pytest.raises(IndexNotFound):
            server.root.releases(MISSING, "hero-model")

    def test_one_release(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        assert server.root.release(index, "hero-model", "1.0.0").version == "1.0"
        with pytest.raises(ReleaseNotFound) as caught:
            server.root.release(index, "hero-model", "1.1")
        assert (caught.value.index, caught.value.version) == (str(index), "1.1")

    def test_what_is_inherited_does_not_count(self, server: Server, tmp_path: Path) -> None:
        base = server.index()
        stage = server.index(bases=(base,))
        server.root.upload(base, make_sdist(tmp_path, "hero-model", "1.0"))
        assert server.root.projects(stage) == ()
        assert server.root.releases(stage, "hero-model") == ()


class TestUploading:
    def test_the_whole_file_is_reported(self, server: Server, tmp_path: Path) -> None:
        recorder = Recorder()
        path = make_sdist(tmp_path, "hero-model", "1.0", payload=bytes(range(256)) * 2000)
        server.root.upload(server.index(), path, progress=recorder)
        done, total = recorder.seen[-1]
        assert done == total
        assert done >= path.stat().st_size

    def test_the_very_same_file_again_is_fine(self, server: Server, tmp_path: Path) -> None:
        index, path = server.index(), make_sdist(tmp_path, "hero-model", "1.0")
        server.root.upload(index, path)
        server.root.upload(index, path)
        assert len(server.root.release(index, "hero-model", "1.0").files) == 1

    def test_a_version_is_taken_for_good(self, server: Server, tmp_path: Path) -> None:
        index, path = server.index(), make_sdist(tmp_path, "hero-model", "1.0")
        server.root.upload(index, path)
        before = server.root.release(index, "hero-model", "1.0")
        other = make_sdist(tmp_path / "other", "hero-model", "1.0", payload=b"changed")
        with pytest.raises(VersionTaken) as caught:
            server.root.upload(index, other)
        assert (caught.value.project, caught.value.version) == ("hero-model", "1.0")
        assert server.root.release(index, "hero-model", "1.0") == before

    def test_a_volatile_index_takes_the_newer_one(self, server: Server, tmp_path: Path) -> None:
        index, path = server.index(volatile=True), make_sdist(tmp_path, "hero-model", "1.0")
        server.root.upload(index, path)
        before = server.root.release(index, "hero-model", "1.0").files
        other = make_sdist(tmp_path / "other", "hero-model", "1.0", payload=b"changed")
        server.root.upload(index, other)
        after = server.root.release(index, "hero-model", "1.0").files
        assert len(after) == 1
        assert after[0].sha256 != before[0].sha256

    def test_who_may(self, server: Server, tmp_path: Path) -> None:
        index, path = server.index(), make_sdist(tmp_path, "hero-model", "1.0")
        with pytest.raises(LoginNeeded):
            server.connect().upload(index, path)
        client = server.connect(server.user_name())
        with pytest.raises(NotAllowed) as caught:
            client.upload(index, path)
        assert str(index) in str(caught.value)
        assert server.root.projects(index) == ()
        server.root.modify_index(index, {"acl_upload": ":AUTHENTICATED:"})
        client.upload(index, path)

    def test_anybody_where_the_index_says_so(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_upload=(":ANONYMOUS:",))
        server.connect().upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        assert server.root.projects(index) == ("hero-model",)

    def test_with_an_expired_login(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_upload=(":AUTHENTICATED:",))
        with pytest.raises(LoginExpired):
            server.expired(server.user_name()).upload(
                index, make_sdist(tmp_path, "hero-model", "1.0")
            )

    def test_to_a_missing_index(self, server: Server, tmp_path: Path) -> None:
        with pytest.raises(IndexNotFound):
            server.root.upload(MISSING, make_sdist(tmp_path, "hero-model", "1.0"))

    def test_what_is_no_distribution(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        for name in ("notes.txt", "hero-1.0.tar.gz", "hero-1.0-py3-none-any.whl"):
            path = tmp_path / name
            path.write_bytes(b"not an archive")
            with pytest.raises(UploadRefused) as caught:
                server.root.upload(index, path)
            assert caught.value.filename == name


class TestDownloading:
    def test_the_same_bytes_arrive(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        path = make_sdist(tmp_path, "hero-model", "1.0", payload=bytes(range(256)) * 9000)
        server.root.upload(index, path)
        (file,) = server.root.release(index, "hero-model", "1.0").files
        recorder = Recorder()
        arrived = server.connect().download(file, tmp_path / "arrived", progress=recorder)
        assert arrived.read_bytes() == path.read_bytes()
        assert recorder.seen[-1] == (path.stat().st_size, path.stat().st_size)

    def test_other_bytes_than_promised_do_not(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        target = tmp_path / "target" / "file"
        target.parent.mkdir()
        target.write_text("what was there before")
        expected = dataclasses.replace(file, sha256="0" * 64)
        if isinstance(server.real, MemoryServer):
            server.real.files[expected] = server.real.files[file]
        with pytest.raises(DamagedDownload) as caught:
            server.root.download(expected, target)
        assert caught.value.found == file.sha256
        assert [path.name for path in target.parent.iterdir()] == ["file"]
        assert target.read_text() == "what was there before"

    def test_a_file_that_is_gone(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        server.root.delete_index(index)
        with pytest.raises(ReleaseNotFound):
            server.root.download(file, tmp_path / "file")
        assert not (tmp_path / "file").exists()


class TestPushing:
    def test_the_very_same_files_arrive(self, server: Server, tmp_path: Path) -> None:
        stage, target = server.index(), server.index()
        server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
        release = server.root.release(stage, "hero-model", "1.0")
        server.root.push(release, target)
        arrived = server.root.release(target, "hero-model", "1.0")
        assert arrived.index == target
        assert [(f.filename, f.sha256) for f in arrived.files] == [
            (f.filename, f.sha256) for f in release.files
        ]

    def test_again_is_fine(self, server: Server, tmp_path: Path) -> None:
        stage, target = server.index(), server.index()
        server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
        release = server.root.release(stage, "hero-model", "1.0")
        server.root.push(release, target)
        server.root.push(release, target)
        assert len(server.root.releases(target, "hero-model")) == 1

    def test_not_over_another_content(self, server: Server, tmp_path: Path) -> None:
        stage, target = server.index(), server.index()
        server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
        other = make_sdist(tmp_path / "other", "hero-model", "1.0", payload=b"changed")
        server.root.upload(target, other)
        before = server.root.release(target, "hero-model", "1.0")
        with pytest.raises(VersionTaken) as caught:
            server.root.push(server.root.release(stage, "hero-model", "1.0"), target)
        assert caught.value.index == str(target)
        assert server.root.release(target, "hero-model", "1.0") == before

    def test_who_may(self, server: Server, tmp_path: Path) -> None:
        stage, target = server.index(), server.index()
        server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
        release = server.root.release(stage, "hero-model", "1.0")
        with pytest.raises(LoginNeeded):
            server.connect().push(release, target)
        with pytest.raises(NotAllowed):
            server.connect(server.user_name()).push(release, target)
        assert server.root.projects(target) == ()

    def test_to_a_missing_index(self, server: Server, tmp_path: Path) -> None:
        stage = server.index()
        server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
        with pytest.raises(IndexNotFound) as caught:
            server.root.push(server.root.release(stage, "hero-model", "1.0"), MISSING)
        assert caught.value.index == str(MISSING)

    def test_a_release_that_is_gone(self, server: Server, tmp_path: Path) -> None:
        stage, target = server.index(), server.index()
        server.root.upload(stage, make_sdist(tmp_path, "hero-model", "1.0"))
        release = server.root.release(stage, "hero-model", "1.0")
        gone = dataclasses.replace(release, version="9.9")
        with pytest.raises(ReleaseNotFound):
            server.root.push(gone, target)


class TestTestResults:
    RESULT = {"reportversion": "1", "toxversion": "4.0", "platform": "linux", "testenvs": {}}

    def test_one_is_attached(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_toxresult_upload=("root",))
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        server.root.upload_test_result(file, self.RESULT)
        assert server.root.release(index, "hero-model", "1.0").files == (file,)

    def test_all_are_read_in_their_order(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_toxresult_upload=("root",))
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.1"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        (other,) = server.root.release(index, "hero-model", "1.1").files
        assert server.root.test_results(file) == ()
        for number in (1, 2):
            server.root.upload_test_result(file, {**self.RESULT, "number": number})
        found = server.connect().test_results(file)
        assert [one["number"] for one in found] == [1, 2]
        assert server.root.test_results(other) == ()

    def test_a_push_takes_them_along(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_toxresult_upload=("root",))
        target = server.index()
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        release = server.root.release(index, "hero-model", "1.0")
        server.root.upload_test_result(release.files[0], {**self.RESULT, "number": 1})
        server.root.push(release, target)
        (there,) = server.root.release(target, "hero-model", "1.0").files
        (found,) = server.root.test_results(there)
        assert found["number"] == 1

    def test_those_of_a_file_that_is_gone(self, server: Server, tmp_path: Path) -> None:
        index = server.index()
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        for gone in (
            dataclasses.replace(file, url=file.url.replace("hero", "zero"), filename="zero"),
            dataclasses.replace(file, project="zero"),
        ):
            with pytest.raises(ReleaseNotFound):
                server.root.test_results(gone)

    def test_who_may(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_toxresult_upload=("root",))
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        with pytest.raises(LoginNeeded):
            server.connect().upload_test_result(file, self.RESULT)
        with pytest.raises(NotAllowed):
            server.connect(server.user_name()).upload_test_result(file, self.RESULT)

    def test_to_a_file_that_is_gone(self, server: Server, tmp_path: Path) -> None:
        index = server.index(acl_toxresult_upload=("root",))
        server.root.upload(index, make_sdist(tmp_path, "hero-model", "1.0"))
        (file,) = server.root.release(index, "hero-model", "1.0").files
        gone = dataclasses.replace(file, url=file.url.replace("hero", "zero"), filename="zero")
        with pytest.raises(ReleaseNotFound):
            server.root.upload_test_result(gone, self.RESULT)
