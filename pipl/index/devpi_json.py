"""devpi's JSON documents as values of ours, and the other way; what does not fit is refused."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, unquote

from pipl.index.client import MIRROR_TYPE, IndexConfig, User
from pipl.index.connection import Reply
from pipl.index.name import IndexName
from pipl.index.release import Release, ReleaseFile, newest_first, normalised

RELEASE_FILE = "releasefile"
TEST_RESULT = "toxresult"
YANKED = "pipl_yanked"
"""Key by which the plugin keeps with a version that it is yanked."""
_FILE_FOLDERS = ("+f", "+e")  # of uploaded files, and of a mirror's
_SAFE_PARTS = re.compile(r"[^\x00-\x1f\\:]+")


def result(reply: Reply) -> Mapping[str, object]:
    """The `result` of a reply. Raises UnexpectedReply."""
    document = reply.json()
    found = document.get("result") if isinstance(document, dict) else None
    if reply.status not in (200, 201) or not isinstance(found, dict):
        raise reply.unexpected()
    return found


def users(reply: Reply) -> tuple[User, ...]:
    """The users in the server's root document."""
    return tuple(
        User(name, _text(entry.get("email")))
        for name, entry in sorted(_tables(result(reply), reply))
    )


def indexes(reply: Reply) -> tuple[IndexConfig, ...]:
    """Every user's indexes in the server's root document."""
    return tuple(
        config
        for user, entry in sorted(_tables(result(reply), reply))
        for config in indexes_of(user, entry, reply)
    )


def indexes_of(user: str, entry: Mapping[str, object], reply: Reply) -> tuple[IndexConfig, ...]:
    """The indexes in one user's document."""
    found = entry.get("indexes", {})
    if not isinstance(found, dict):
        raise reply.unexpected("a user's indexes are no table")
    return tuple(
        index_config(IndexName(user, name), config)
        for name, config in sorted(_tables(found, reply))
    )


def index_config(name: IndexName, entry: Mapping[str, object]) -> IndexConfig:
    return IndexConfig(
        name=name,
        type=str(entry.get("type", "")),
        bases=tuple(IndexName.parse(base) for base in _texts(entry.get("bases"))),
        volatile=bool(entry.get("volatile", True)),
        acl_upload=_texts(entry.get("acl_upload")),
        acl_toxresult_upload=_texts(entry.get("acl_toxresult_upload")),
        mirror_url=_text(entry.get("mirror_url")),
        title=_text(entry.get("title")),
    )


def settings(config: IndexConfig) -> dict[str, object]:
    """What a new index is made from, as devpi names it."""
    found: dict[str, object] = {"type": config.type, "volatile": config.volatile}
    if config.title is not None:
        found["title"] = config.title
    if config.type == MIRROR_TYPE:
        # the whole list of a big index takes long to load and is not needed for resolving
        return found | {"mirror_url": config.mirror_url, "mirror_no_project_list": True}
    return found | {
        "bases": [str(base) for base in config.bases],
        "acl_upload": list(config.acl_upload),
        "acl_toxresult_upload": list(config.acl_toxresult_upload),
    }


def setting(value: Sequence[str] | str | bool) -> str:
    """A changed value, as devpi's key=value notation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ",".join(value)


def releases(reply: Reply, index: IndexName, project: str, *, server: str) -> tuple[Release, ...]:
    """The releases in a project's document, newest first; versions without a file are left out."""
    found = []
    for version, entry in _tables(result(reply), reply):
        links = entry.get("+links", [])
        if not isinstance(links, list):
            raise reply.unexpected("links are no list")
        files = tuple(
            _file(link, reply, ReleaseFile(index, normalised(project), version, "", server, ""))
            for link in links
            if isinstance(link, dict) and link.get("rel") == RELEASE_FILE
        )
        if files:
            found.append(Release(index, normalised(project), version, files, _yanked(entry)))
    return newest_first(found)


def test_results(reply: Reply, file: ReleaseFile, *, server: str) -> tuple[str, ...]:
    """The paths of a file's test results in its project's document, oldest first."""
    found = []
    known = ReleaseFile(file.index, file.project, file.version, "", server, "")
    for _, entry in _tables(result(reply), reply):
        links = entry.get("+links", [])
        for link in links if isinstance(links, list) else ():
            if isinstance(link, dict) and link.get("rel") == TEST_RESULT:
                tested = _file({"href": link.get("for_href")}, reply, known)
                if tested.url == file.url:
                    found.append(_file(link, reply, known).url.removeprefix(server))
    return tuple(found)


def _file(link: Mapping[str, object], reply: Reply, known: ReleaseFile) -> ReleaseFile:
    """A link as a file of the index; its address is taken relative to the server we talk to.

    The server may know itself under another URL (a proxy in front of it), and none of its
    documents may send us, and our token, elsewhere. `known.url` is the server's root.
    """
    href = unquote(str(link.get("href", "")))
    for folder in _FILE_FOLDERS:
        _, separator, place = href.partition(f"/{known.index}/{folder}/")
        parts = place.split("/")
        if separator and _SAFE_PARTS.fullmatch(place) and not {"", ".", ".."} & set(parts):
            path = quote(f"/{known.index}/{folder}/{place}", safe="/+@!~")
            return dataclasses.replace(
                known, filename=parts[-1], url=known.url + path, sha256=_sha256(link)
            )
    raise reply.unexpected(f"a file at {href!r}")


def _yanked(entry: Mapping[str, object]) -> str | None:
    match entry.get(YANKED):
        case {"reason": str(reason)}:
            return reason
    return None


def _sha256(link: Mapping[str, object]) -> str:
    hashes = link.get("hashes")
    if isinstance(hashes, dict) and isinstance(hashes.get("sha256"), str):
        return str(hashes["sha256"])
    algorithm, _, digest = str(link.get("hash_spec", "")).partition("=")
    return digest if algorithm == "sha256" else ""


def _tables(
    table: Mapping[str, object], reply: Reply
) -> Iterator[tuple[str, Mapping[str, object]]]:
    for key, value in table.items():
        if not isinstance(value, dict):
            raise reply.unexpected(f"{key!r} is no table")
        yield key, value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
