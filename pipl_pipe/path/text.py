"""Paths as texts with `/`, whichever system wrote them."""

from __future__ import annotations

import re

MAX_PATH = 4096
MAX_NAME = 255
_REPEATED = re.compile(r"(?<=.)/{2,}", re.DOTALL)


def normal(path: str) -> str:
    r"""`P:\show\\a\` gives `P:/show/a`; the two slashes that start a share's name stay.

    A lone `/` and a drive's root (`p:/`) keep their slash. `.` and `..` are left as they are:
    what they mean depends on links on the disk, and no template makes them.
    """
    text = path.replace("\\", "/")
    if "//" in text:
        text = (
            _REPEATED.sub("/", text)
            if not text.startswith("//")
            else ("/" + _REPEATED.sub("/", "/" + text.lstrip("/")))
        )
    if len(text) > 1 and text.endswith("/") and not text.endswith(":/"):
        text = text[:-1]
    return text


def folded(text: str) -> str:
    """The text in lower case, character by character: as long as the text itself."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def shown(text: str, limit: int = 300) -> str:
    """A text for a message, shortened where it is very long."""
    return text if len(text) <= limit else f"{text[:limit]}…"
