from __future__ import annotations

from typing import Any

from pipl.web.feed import new_files

PLACE = {"user": "root", "index": "testing", "project": "hero-model", "version": "1.0"}
DIGEST = "13" + "0" * 62


def link(name: str, *, rel: str = "releasefile", **more: Any) -> dict[str, Any]:
    return {
        "rel": rel,
        "entrypath": f"root/testing/+f/130/00/{name}",
        "hashes": {"sha256": DIGEST},
        "_log": [{"what": "upload", "who": "bob"}],
    } | more


def version(*links: dict[str, Any]) -> dict[str, Any]:
    return {"name": "hero-model", "version": "1.0", "+elinks": list(links)}


def names(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [event.filename for event in new_files(3, PLACE, before, now)]


def test_a_new_link_is_an_event() -> None:
    (event,) = new_files(3, PLACE, {}, version(link("a.whl")))
    assert event.to_json() == {
        "serial": 3,
        "index": "root/testing",
        "project": "hero-model",
        "version": "1.0",
        "filename": "a.whl",
        "sha256": DIGEST,
        "user": "bob",
    }


def test_only_what_was_not_there_before() -> None:
    assert names(version(link("a.whl")), version(link("a.whl"), link("b.tar.gz"))) == ["b.tar.gz"]
    assert names(version(link("a.whl")), version(link("a.whl"))) == []
    assert names(version(link("a.whl")), version()) == []


def test_metadata_alone_is_none() -> None:
    assert names({}, {"name": "hero-model", "version": "1.0"}) == []


def test_results_and_documents_are_none() -> None:
    assert names({}, version(link("t.json", rel="toxresult"), link("d.zip", rel="doczip"))) == []


def test_who_did_it_last() -> None:
    log = [
        {"what": "upload", "who": "bob"},
        {"what": "push", "who": "ci"},
        {"what": "overwrite", "who": None},
    ]
    (event,) = new_files(3, PLACE, {}, version(link("a.whl", _log=log)))
    assert event.user == "ci"
    (event,) = new_files(3, PLACE, {}, version(link("a.whl", _log=[])))
    assert event.user is None


def test_the_older_form_of_digests() -> None:
    old = {"hashes": None, "hash_spec": f"sha256={DIGEST}"}
    (event,) = new_files(3, PLACE, {}, version(link("a.whl", **old)))
    assert event.sha256 == DIGEST
    (event,) = new_files(3, PLACE, {}, version(link("a.whl", hashes={}, hash_spec="md5=aa")))
    assert event.sha256 == ""
