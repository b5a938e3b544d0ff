"""What the pages of assets take and give, asked without a server around them."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPException,
    HTTPLengthRequired,
    HTTPNotFound,
    HTTPRequestEntityTooLarge,
)
from pyramid.request import Request

from pipl.web import arriving, asked, assets, leaving, mark
from pipl_pipe.asset.digest import Digest, of_bytes
from pipl_pipe.asset.manifest import Entry, made
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.transfer import pack
from pipl_pipe.asset.transfer.pack import Member
from pipl_pipe.errors import AssetDamaged, AssetMissing

CONTENT = b"the teapot"
DIGEST = of_bytes(CONTENT)


@pytest.fixture
def store(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "assets", "the project's store")


def sent(body: bytes = b"", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request.blank("/", method="POST", body=body, headers=named)


def listed(**lists: Any) -> Request:
    return sent(json.dumps(lists).encode())


def keep(store: Objects, content: bytes) -> Digest:
    digest = of_bytes(content)
    arriving.put(sent(content), store, digest, "bob")
    return digest


def packed(*contents: bytes) -> bytes:
    by_digest = {of_bytes(content): content for content in contents}
    members = sorted(Member(digest, len(one)) for digest, one in by_digest.items())
    return b"".join(pack.write(members, lambda member: by_digest[member.digest]))


def manifest_of(*contents: bytes) -> bytes:
    return made(
        Entry(f"{number}.txt", len(one), 0o644, of_bytes(one))
        for number, one in enumerate(contents)
    ).render()


# whole objects


def test_what_is_put_is_got(store: Objects) -> None:
    answer = arriving.put(sent(CONTENT), store, DIGEST, "bob")
    assert answer.status_code == 201
    assert stat.S_IMODE(store.path(DIGEST).stat().st_mode) == 0o444
    assert leaving.whole(Request.blank("/"), store, DIGEST).body == CONTENT


def test_a_part_of_it_is_got(store: Objects) -> None:
    keep(store, CONTENT)
    request = Request.blank("/", headers={"Range": "bytes=4-6"})
    answer = request.get_response(leaving.whole(request, store, DIGEST))
    assert (answer.status_code, answer.body) == (206, b"tea")


def test_an_empty_object(store: Objects) -> None:
    assert store.has(keep(store, b""), 0)


@pytest.mark.parametrize("body", [b"", CONTENT[:-1], CONTENT + b"x", b"other"])
def test_other_content_is_refused_and_nothing_stays(store: Objects, body: bytes) -> None:
    with pytest.raises(AssetDamaged, match="what arrived"):
        arriving.put(sent(body), store, DIGEST, "bob")
    assert list(store.digests()) == []
    assert list(store.root.glob("tmp/*")) == []


def test_an_object_larger_than_a_part_comes_in_parts(
    store: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "PART_BYTES", 4)
    with pytest.raises(HTTPRequestEntityTooLarge):
        arriving.put(sent(CONTENT), store, DIGEST, "bob")


def test_a_body_of_unknown_length_is_refused(store: Objects) -> None:
    request = sent(CONTENT)
    request.content_length = None
    with pytest.raises(HTTPLengthRequired):
        arriving.put(request, store, DIGEST, "bob")


def test_a_body_that_is_cut_short_is_refused(store: Objects) -> None:
    request = sent(CONTENT)
    request.content_length = len(CONTENT) + 1
    with pytest.raises(HTTPBadRequest, match="shorter"):
        arriving.put(request, store, DIGEST, "bob")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_links_and_folders_in_the_store_are_not_served(store: Objects, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CONTENT)
    path = store.path(DIGEST)
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(HTTPNotFound):
        leaving.whole(Request.blank("/"), store, DIGEST)
    answer = leaving.pack_of(listed(objects=[str(DIGEST)]), store)
    assert CONTENT not in answer.body
    path.unlink()
    path.mkdir()
    with pytest.raises(HTTPNotFound):
        leaving.whole(Request.blank("/"), store, DIGEST)


# parts


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "PART_BYTES", 4)


def part(number: int, content: bytes = CONTENT, *, total: int | None = None) -> Request:
    piece = content[number * 4 : number * 4 + 4]
    last = number * 4 + len(piece) - 1
    return sent(piece, Content_Range=f"bytes {number * 4}-{last}/{total or len(content)}")


def progress(store: Objects, user: str = "bob") -> Any:
    request = Request.blank(f"/?size={len(CONTENT)}")
    return arriving.progress(request, store, DIGEST, user).json


@pytest.mark.usefixtures("small_parts")
def test_parts_in_any_order_make_the_object(store: Objects) -> None:
    assert progress(store) == {"here": False, "missing": [[0, 3]], "part_bytes": 4}
    assert arriving.put(part(2), store, DIGEST, "bob").status_code == 202
    assert progress(store)["missing"] == [[0, 2]]
    assert arriving.put(part(0), store, DIGEST, "bob").json == {"missing": [[1, 2]]}
    assert not store.has(DIGEST)
    assert arriving.put(part(1), store, DIGEST, "bob").status_code == 201
    assert store.path(DIGEST).read_bytes() == CONTENT
    assert progress(store)["here"] is True
    assert list((store.root / "tmp" / "partial").iterdir()) == []


@pytest.mark.usefixtures("small_parts")
def test_an_upload_belongs_to_its_user(store: Objects) -> None:
    arriving.put(part(0, b"evil" + CONTENT[4:]), store, DIGEST, "eve")
    for number in range(3):
        arriving.put(part(number), store, DIGEST, "bob")
    assert store.path(DIGEST).read_bytes() == CONTENT
    assert progress(store, "eve")["here"] is True


@pytest.mark.usefixtures("small_parts")
def test_wrong_parts_are_found_and_all_is_asked_for_again(store: Objects) -> None:
    arriving.put(part(0, b"evil" + CONTENT[4:]), store, DIGEST, "bob")
    arriving.put(part(1), store, DIGEST, "bob")
    with pytest.raises(AssetDamaged):
        arriving.put(part(2), store, DIGEST, "bob")
    assert not store.has(DIGEST)
    assert progress(store)["missing"] == [[0, 3]]
    for number in range(3):
        arriving.put(part(number), store, DIGEST, "bob")
    assert store.has(DIGEST, len(CONTENT))


@pytest.mark.usefixtures("small_parts")
def test_a_server_that_died_before_the_end_is_completed_by_any_part(
    store: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (0, 1):
        arriving.put(part(number), store, DIGEST, "bob")
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("pipl_pipe.asset.transfer.parts.Parts.hand_over", _dies)
        arriving.put(part(2), store, DIGEST, "bob")
    assert progress(store) == {"here": False, "missing": [], "part_bytes": 4}
    assert arriving.put(part(2), store, DIGEST, "bob").status_code == 201


def _dies(*args: object, **named: object) -> None:
    raise RuntimeError


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "header",
    [
        "bytes 0-3/*", "bytes */10", "bytes 1-4/10", "bytes 0-4/10", "bytes 0-2/10", "bytes 8-9/9",
        "bytes 8-11/10", "bytes 12-15/10", "bytes -4-3/10", "bytes 0-3/-1", "0-3/10", "", "junk",
        "bytes 4-3/10", "bytes 0-3/99999999999999999999", "bytes 99999999999999999996-99/10",
    ],
)  # fmt: skip
def test_ranges_that_are_no_part_are_refused(store: Objects, header: str) -> None:
    with pytest.raises(HTTPException) as caught:
        arriving.put(sent(b"four", Content_Range=header), store, DIGEST, "bob")
    assert caught.value.status_code in (400, 413)
    assert not (store.root / "tmp" / "partial").exists()


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_is_not_as_long_as_it_says_is_refused(store: Objects) -> None:
    with pytest.raises(HTTPBadRequest):
        arriving.put(sent(b"thr", Content_Range="bytes 0-3/10"), store, DIGEST, "bob")


@pytest.mark.parametrize("size", ["", "x", "-1", "0", "1.5", "9" * 30, "१"])
def test_progress_of_no_size_is_refused(store: Objects, size: str) -> None:
    with pytest.raises(HTTPBadRequest):
        arriving.progress(Request.blank(f"/?size={quote(size)}"), store, DIGEST, "bob")


@pytest.mark.usefixtures("small_parts")
def test_abandoned_uploads_are_swept(store: Objects) -> None:
    arriving.put(part(0), store, DIGEST, "bob")
    (upload,) = (store.root / "tmp" / "partial").glob("*/upload-*")
    long_ago = time.time() - arriving.ABANDONED_S - 60
    for path in (*upload.iterdir(), upload):
        os.utime(path, (long_ago, long_ago))
    other = b"other content"
    arriving.put(part(0, other), store, of_bytes(other), "bob")
    assert not upload.exists()


# packs


def test_a_pack_is_unpacked(store: Objects) -> None:
    answer = arriving.unpack(sent(packed(b"a", b"b", b"")), store)
    assert answer.json == {"stored": 3}
    assert {store.path(one).read_bytes() for one in store.digests()} == {b"a", b"b", b""}


def test_a_pack_of_what_is_asked_for(store: Objects) -> None:
    asked_for = [keep(store, b"a"), keep(store, b"b"), keep(store, b"not asked for")][:2]
    request = listed(objects=[str(one) for one in (*asked_for, asked_for[0], DIGEST)])
    answer = leaving.pack_of(request, store)
    got = pack.read([answer.body], lambda digest: True, where="test")
    assert sorted(bytes(content) for _, content in got) == [b"a", b"b"]
    assert answer.content_length == len(answer.body)


def test_packs_are_bounded(store: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [str(keep(store, b"a" * 6)), str(keep(store, b"b" * 6))]
    monkeypatch.setattr(leaving, "MAX_PACK_BYTES", 11)
    with pytest.raises(HTTPRequestEntityTooLarge):
        leaving.pack_of(listed(objects=both), store)
    monkeypatch.setattr(arriving, "MAX_PACK_BYTES", 0)
    monkeypatch.setattr(asked, "MAX_OBJECTS", 1)
    with pytest.raises(HTTPRequestEntityTooLarge):
        arriving.unpack(sent(packed(b"a" * 30, b"b" * 30)), store)


def test_a_pack_of_too_many_is_refused_whole(
    store: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "MAX_OBJECTS", 2)
    with pytest.raises(HTTPRequestEntityTooLarge):
        arriving.unpack(sent(packed(b"a", b"b", b"c")), store)
    assert list(store.digests()) == []


def spoilt() -> dict[str, bytes]:
    good = packed(b"aaaa", b"bbbb")
    middle = len(pack.MAGIC) + pack.HEADER_BYTES
    return {
        "nothing": b"",
        "no pack": b"x" * 200,
        "cut": good[:-1],
        "cut in a member": good[: middle + 2],
        "more follows": good + b"x",
        "other content": good[:middle] + b"XXXX" + good[middle + 4 :],
        "unknown algorithm": good[: len(pack.MAGIC)] + b"\x09" + good[len(pack.MAGIC) + 1 :],
        "a huge member": good[: middle - 8] + b"\x7f" * 8 + good[middle:],
        "a wrong count": good[:-1] + b"\x09",
        "end at once": pack.MAGIC + pack.end(5),
    }


@pytest.mark.parametrize("fault", sorted(spoilt()))
def test_packs_that_lie_are_refused(store: Objects, fault: str) -> None:
    with pytest.raises(AssetDamaged):
        arriving.unpack(sent(spoilt()[fault]), store)
    assert list(store.digests()) == []


# manifests


def test_a_manifest_comes_after_its_files(store: Objects) -> None:
    manifest = manifest_of(b"a", b"b")
    keep(store, b"a")
    with pytest.raises(AssetMissing):
        keep(store, manifest)
    assert not store.has(of_bytes(manifest))
    keep(store, b"b")
    assert store.has(keep(store, manifest))


def test_a_manifest_whose_file_is_cut_short_is_refused(store: Objects) -> None:
    path = store.path(keep(store, b"aa"))
    path.chmod(0o644)
    path.write_bytes(b"a")
    with pytest.raises(AssetMissing):
        keep(store, manifest_of(b"aa"))


def test_a_manifest_in_a_pack_may_come_before_its_files(store: Objects) -> None:
    contents = [b"%d" % number for number in range(20)]
    manifest = manifest_of(*contents)
    with pytest.raises(AssetMissing):
        arriving.unpack(sent(packed(manifest, *contents[1:])), store)
    assert list(store.digests()) == []
    arriving.unpack(sent(packed(manifest, *contents)), store)
    assert store.has(of_bytes(manifest))


def test_what_only_begins_like_a_manifest_is_a_file(store: Objects) -> None:
    assert store.has(keep(store, b'{"algorithm":"blake3"}'))


# what is here


def test_what_is_lacking(store: Objects) -> None:
    here = keep(store, b"a")
    pairs = [[str(here), 1], [str(DIGEST), 10]]
    assert leaving.lacking(listed(objects=pairs), store).json == {"lacking": [str(DIGEST)]}
    assert leaving.lacking(listed(objects=[[str(here), 2]]), store).json["lacking"]
    assert leaving.lacking(listed(), store).json == {"lacking": []}


def test_a_manifest_without_a_file_is_lacking(store: Objects) -> None:
    file = keep(store, b"a")
    manifest = keep(store, manifest_of(b"a"))
    asked_for = [str(manifest), str(DIGEST), str(file)]
    assert leaving.lacking(listed(manifests=asked_for), store).json["lacking"] == asked_for[1:]
    store.path(file).unlink()
    assert leaving.lacking(listed(manifests=asked_for), store).json["lacking"] == asked_for


def test_revisions_are_those_remembered(store: Objects) -> None:
    assert leaving.revisions(Request.blank("/"), store).body == b""
    file, manifest = keep(store, b"a"), keep(store, manifest_of(b"a"))
    arriving.remember(listed(revisions=[str(manifest)]), store)
    (store.root / "recent" / "stray").touch()
    assert leaving.revisions(Request.blank("/"), store).text.split() == [str(manifest)]
    arriving.remember(listed(revisions=[str(file)]), store)
    store.path(manifest).unlink()
    assert leaving.revisions(Request.blank("/"), store).text.split() == [str(file)]


def test_what_is_not_here_cannot_be_remembered(store: Objects) -> None:
    with pytest.raises(AssetMissing):
        arriving.remember(listed(revisions=[str(DIGEST)]), store)
    assert leaving.revisions(Request.blank("/"), store).body == b""


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"5", b'{"objects": 5}', b'{"objects": {"a": 1}}', b'{"objects": [5]}',
        b'{"objects": [["x", 1]]}', b'{"objects": [["%s", "1"]]}', b'{"objects": [["%s"]]}',
        b'{"objects": [["%s", true]]}', b'{"manifests": ["../../etc/passwd"]}',
        b'{"manifests": ["sha256:..%2f"]}', b"[" * 100_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_junk_is_refused(store: Objects, body: bytes) -> None:
    with pytest.raises(HTTPBadRequest):
        leaving.lacking(sent(body.replace(b"%s", str(DIGEST).encode())), store)


def test_long_lists_are_refused(store: Objects) -> None:
    with pytest.raises(HTTPRequestEntityTooLarge):
        leaving.pack_of(listed(objects=[str(DIGEST)] * (asked.MAX_OBJECTS + 1)), store)
    with pytest.raises(HTTPRequestEntityTooLarge):
        leaving.lacking(sent(b" " * (asked.MAX_LIST_BYTES + 1)), store)


# the door


@pytest.mark.parametrize(
    "path",
    [
        "/+pipl/assets/",
        "/+pipl/assets/sha256/" + "0" * 63,
        "/+pipl/assets/sha256/" + "0" * 64 + "\n",
        "/+pipl/assets/md5/" + "0" * 64,
        "/+pipl/assets/sha256/" + "A" * 64,
        "/+pipl/assets/sha256/../../../secrets/server",
        "/+pipl/assets/upload/upload/sha256/" + "0" * 64,
        "/+pipl/assets//etc/passwd",
        "/+pipl/assets/" + "x" * 100_000,
    ],
)
def test_other_places_are_not_looked_for(tmp_path: Path, path: str) -> None:
    tween = assets.tween(_passed_on, {"pipl_project": tmp_path})
    assert tween(Request({"PATH_INFO": path, "REQUEST_METHOD": "GET"})).status_code == 404


def test_the_rest_of_the_server_is_left_alone() -> None:
    tween = assets.tween(_passed_on, {"pipl_project": None})
    for path in ("/", "/+pipl/", "/+pipl/events", "/+pipl/assetsx"):
        assert tween(Request.blank(path)) == "passed on"
    assert tween(Request.blank("/+pipl/assets/pack")).status_code == 404


def _passed_on(request: Request) -> str:
    return "passed on"


# the project's mark


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "show"\nindex = "root/OTHER"', ("show", "root/OTHER")),
        ("", ("folder", "root/PROJ")),
        ('index = "odd"\nname = 5', ("folder", "root/PROJ")),
        ("= broken", ("folder", "root/PROJ")),
        (None, ("folder", "root/PROJ")),
    ],
)
def test_what_the_mark_says(tmp_path: Path, text: str | None, expected: tuple[str, str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    if text is not None:
        (folder / ".pipl").write_text(text, encoding="utf-8")
    found = mark.read(folder)
    assert (found.name, found.index) == expected
