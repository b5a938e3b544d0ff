"""What an index offers of a project, as installers see it: versions, and what each declares.

For explanations: whatever cannot be had in time counts as not known.
"""

from __future__ import annotations

import difflib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from pipl_pipe.names import normalised

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
MAX_PAGE_BYTES = 32_000_000
MAX_METADATA_BYTES = 4_000_000
MAX_WHEEL_BYTES = 32_000_000
TIMEOUT_S = 3.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
AT_ONCE = 8
MAX_INDEXES = 20
MAX_SIMILAR = 3
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Offer:
    """A version of a project on an index; `wheel` is the URL of a wheel of it (None: no wheel).

    `requires_python` is what the page says of it; `described` whether the wheel's METADATA
    stands beside it (PEP 658); `yanked` the reason why nobody is to choose it (PEP 592).
    """

    name: str
    version: Version
    wheel: str | None = None
    requires_python: str = ""
    described: bool = False
    yanked: str | None = None


class Offers:
    """A reader of the simple pages at `index_url`; close it, or use it in a `with`."""

    def __init__(self, index_url: str) -> None:
        self.index_url = index_url
        self._session = requests.Session()
        self._session.trust_env = (urlsplit(index_url).hostname or "") not in LOOPBACK
        self._seen: dict[str, tuple[Offer, ...]] = {}

    def __enter__(self) -> Offers:
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.close()

    def of(self, name: str) -> tuple[Offer, ...]:
        """The versions of a project, newest first; none where it is not there or not answered."""
        name = normalised(name)
        if name not in self._seen:
            url = f"{self.index_url}{name}/"
            page = self._get(url, MAX_PAGE_BYTES)
            self._seen[name] = _offers(name, url, page) if page else ()
        return self._seen[name]

    def similar(self, name: str) -> tuple[str, ...]:
        """Names on a devpi index, and on those that it inherits from, that are nearly this one."""
        root, _, _ = self.index_url.partition("/+simple")
        origin, user, index = root.rsplit("/", 2) if root.count("/") >= 4 else ("", "", "")
        names: set[str] = set()
        waiting, seen = [f"{user}/{index}"], set[str]()
        while waiting and len(seen) < MAX_INDEXES:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            about = self._told(f"{origin}/{one}?no_projects=")
            if _is_mirror(about):  # its names are those of everybody, and millions
                continue
            names.update(_texts(self._told(f"{origin}/{one}"), "projects"))
            waiting += _texts(about, "bases")
        return tuple(difflib.get_close_matches(normalised(name), sorted(names), MAX_SIMILAR))

    def _told(self, url: str) -> object:
        """What devpi tells of an index, None where it tells nothing."""
        content = self._get(url, MAX_PAGE_BYTES, accept="application/json")
        try:
            return json.loads(content or b"null")
        except (ValueError, RecursionError):
            return None

    def metadata(self, offers: Iterable[Offer]) -> dict[Offer, str]:
        """The METADATA of those of which it can be had, several asked for at once."""
        listed = list(offers)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            texts = pool.map(self._metadata, listed)
            return {offer: text for offer, text in zip(listed, texts, strict=True) if text}

    def _metadata(self, offer: Offer) -> str | None:
        return self.metadata_of_wheel(offer.wheel, described=offer.described)

    def metadata_of_wheel(self, url: str | None, *, described: bool = True) -> str | None:
        """The METADATA of the wheel at `url`, from beside it or else from within it."""
        beside = self.metadata_beside(url) if described else None
        if beside is not None or url is None:
            return beside
        content = self._get(url, MAX_WHEEL_BYTES)
        return _metadata_in(content) if content else None

    def metadata_beside(self, url: str | None) -> str | None:
        """What the index says that the wheel at `url` declares (PEP 658)."""
        content = self._get(f"{url}.metadata", MAX_METADATA_BYTES) if url else None
        return None if content is None else content.decode("utf-8", errors="replace")

    def _get(self, url: str, limit: int, *, accept: str = ACCEPT) -> bytes | None:
        try:
            with self._session.get(
                url, headers={"Accept": accept}, timeout=TIMEOUT_S, stream=True
            ) as reply:
                if reply.status_code != requests.codes.ok:
                    return None
                content = bytearray()
                for piece in reply.iter_content(65_536):
                    content += piece
                    if len(content) > limit:
                        return None
                return bytes(content)
        except (requests.RequestException, OSError):
            return None


def _metadata_in(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                folder, _, member = entry.filename.partition("/")
                if folder.endswith(".dist-info") and member == "METADATA":
                    with archive.open(entry) as file:
                        return file.read(MAX_METADATA_BYTES).decode("utf-8", errors="replace")
    except _UNREADABLE:
        return None
    return None


def _is_mirror(document: object) -> bool:
    result = document.get("result") if isinstance(document, dict) else None
    return isinstance(result, dict) and result.get("type") == "mirror"


def _texts(document: object, key: str) -> list[str]:
    result = document.get("result") if isinstance(document, dict) else None
    listed = result.get(key) if isinstance(result, dict) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


@dataclass(frozen=True)
class _Link:
    url: str
    filename: str
    requires_python: str
    described: bool
    yanked: str | None


def _offers(name: str, url: str, page: bytes) -> tuple[Offer, ...]:
    found: dict[Version, Offer] = {}
    for link in _links(url, page.decode("utf-8", errors="replace")):
        version = _version(link.filename, name)
        if version is None:
            continue
        is_wheel = link.filename.endswith(".whl")
        known = found.get(version)
        if known is None or (is_wheel and known.wheel is None):
            found[version] = Offer(
                name=name,
                version=version,
                wheel=link.url if is_wheel else None,
                requires_python=link.requires_python or (known.requires_python if known else ""),
                described=link.described and is_wheel,
                yanked=link.yanked,
            )
    return tuple(found[version] for version in sorted(found, reverse=True))


def _version(filename: str, name: str) -> Version | None:
    try:
        if filename.endswith(".whl"):
            project, version, _, _ = parse_wheel_filename(filename)
        else:
            project, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return version if normalised(project) == name else None


def _links(url: str, page: str) -> list[_Link]:
    if page.lstrip().startswith("{"):
        try:
            return [_json_link(url, file) for file in json.loads(page)["files"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return []
    reader = _Anchors()
    reader.feed(page)
    return [_html_link(url, values, text) for values, text in reader.found]


def _json_link(url: str, file: Mapping[str, object]) -> _Link:
    yanked = file.get("yanked")
    return _Link(
        url=urljoin(url, str(file["url"])).partition("#")[0],
        filename=str(file["filename"]),
        requires_python=str(file.get("requires-python") or ""),
        described=bool(file.get("core-metadata") or file.get("dist-info-metadata")),
        yanked=str(yanked) if isinstance(yanked, str) else "" if yanked else None,
    )


def _html_link(url: str, values: Mapping[str, str], text: str) -> _Link:
    metadata = {values.get("data-core-metadata"), values.get("data-dist-info-metadata")}
    return _Link(
        url=urljoin(url, values.get("href", "")).partition("#")[0],
        filename=text.strip(),
        requires_python=values.get("data-requires-python", ""),
        described=bool(metadata - {None, "false"}),
        yanked=values.get("data-yanked"),
    )


class _Anchors(HTMLParser):
    """The links of a page, each with its attributes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(({key: value or "" for key, value in attrs}, ""))
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            values, text = self.found[-1]
            self.found[-1] = (values, text + data)
