"""A simple page as text; `root` is the server's root as the page's links begin."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from pipl.index.pages import Page, PageFile

_LINK = re.compile(r"<a ([^>]*)>([^<]*)</a>")
_YANKED = re.compile(r' data-yanked="([^"]*)"')


def as_json(page: Page, root: str) -> str:
    """PEP 691; version 1.1 (PEP 700) where every size is known, as it demands."""
    is_whole = all(file.size_bytes is not None for file in page.files)
    found = {
        "meta": {"api-version": "1.1" if is_whole else "1.0"},
        "name": page.name,
        "versions": list(page.versions),
        "files": [_file_as_json(file, root) for file in page.files],
    }
    return json.dumps(found, separators=(",", ":"))


def _file_as_json(file: PageFile, root: str) -> dict[str, object]:
    algorithm, _, value = file.digest.partition("=")
    found: dict[str, object] = {
        "filename": file.filename,
        "url": root + quote(file.path, safe="/+@!~"),
        "hashes": {algorithm: value} if value else {},
    }
    if file.metadata:
        found["core-metadata"] = True
    if file.requires_python is not None:
        found["requires-python"] = file.requires_python
    if file.size_bytes is not None:
        found["size"] = file.size_bytes
    if file.uploaded is not None:
        found["upload-time"] = file.uploaded
    if file.yanked is not None:
        found["yanked"] = file.yanked or True
    return found


def as_html(page: Page, root: str) -> str:
    """PEP 503; installers find the fields of PEP 700 in JSON only."""
    return "".join(_html(page, root))


def files_of(text: str) -> Iterator[tuple[str, str | None]]:
    """The file names on a page that `as_html` has made; why each is yanked, None where not."""
    for attributes, filename in _LINK.findall(text):
        yanked = _YANKED.search(attributes)
        yield html.unescape(filename), html.unescape(yanked[1]) if yanked else None


def _html(page: Page, root: str) -> Iterator[str]:
    yield "<!DOCTYPE html>\n<html><head>"
    yield '<meta name="pypi:repository-version" content="1.1">'
    yield f"<title>{page.name}</title></head><body><h1>{page.name}</h1>\n"
    for file in page.files:
        link = root + quote(file.path, safe="/+@!~") + (f"#{file.digest}" if file.digest else "")
        attributes = {"href": link}
        if file.metadata:
            attributes["data-core-metadata"] = attributes["data-dist-info-metadata"] = "true"
        if file.requires_python is not None:
            attributes["data-requires-python"] = file.requires_python
        if file.size_bytes is not None:
            attributes["data-size"] = str(file.size_bytes)
        if file.uploaded is not None:
            attributes["data-upload-time"] = file.uploaded
        if file.yanked is not None:
            attributes["data-yanked"] = file.yanked
        written = " ".join(f'{key}="{html.escape(text)}"' for key, text in attributes.items())
        yield f"<a {written}>{html.escape(file.filename)}</a><br>\n"
    yield "</body></html>\n"
