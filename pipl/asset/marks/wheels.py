"""Which assets a wheel or an installed environment references: products are told by content.

A wheel is a product where it holds one `<package>/assets.json` of the format `pipl-assets/…`.
What cannot even be taken for that (no JSON, another format) no workspace could ever use.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pipl_pipe.asset import reference
from pipl_pipe.asset.reference import ProductAssets
from pipl_pipe.errors import InvalidProduct

_FAMILY = reference.FORMAT.partition("/")[0]


def text_of(wheel: Path) -> str | None:
    """The `assets.json` of a product wheel, None where the wheel is no product.

    Raises InvalidProduct where it is one that cannot be read.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            texts = [_member(archive, entry) for entry in archive.infolist() if _is_named(entry)]
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as fault:
        raise InvalidProduct(wheel.name, (str(fault),)) from fault
    found = [text for text in texts if _is_ours(text)]
    if len(found) > 1:
        raise InvalidProduct(wheel.name, (f"it has {len(found)} {reference.NAME}",))
    return found[0] if found else None


def parsed(text: str, *, wheel: str) -> ProductAssets:
    """Raises InvalidProduct naming the wheel, with every problem."""
    return reference.parse(text, product=wheel)


def installed(site_packages: Path) -> Iterator[tuple[str, str]]:
    """The packages with an `assets.json` right below a folder, and its text.

    Raises InvalidProduct where one cannot be read.
    """
    for path in sorted(site_packages.glob(f"*/{reference.NAME}")):
        try:
            with path.open("rb") as file:
                content = file.read(reference.MAX_BYTES + 1)
        except FileNotFoundError:
            continue  # uninstalled meanwhile
        except OSError as fault:
            raise InvalidProduct(path.parent.name, (str(fault),)) from fault
        text = content.decode("utf-8", errors="replace")
        if _is_ours(text):
            yield path.parent.name, text


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """The text of a member, cut off past what is allowed (`parse` then refuses it)."""
    with archive.open(entry) as file:
        return file.read(reference.MAX_BYTES + 1).decode("utf-8", errors="replace")


def _is_named(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    return name.count("/") == 1 and name.endswith(f"/{reference.NAME}")


def _is_ours(text: str) -> bool:
    if len(text) > reference.MAX_BYTES:
        return True  # what it is cannot be said, so it counts
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    named = document.get("format") if isinstance(document, dict) else None
    return isinstance(named, str) and named.partition("/")[0] == _FAMILY
