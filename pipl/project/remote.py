"""A project known by its server's URL only."""

from __future__ import annotations

from urllib.parse import urlsplit

from pipl.env.platforms import PLATFORMS
from pipl.errors.server import UnexpectedReply
from pipl.errors.usage import InvalidUrl
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.project.folder import DEFAULT_INDEX


def binding_of(url: str) -> Binding:
    """Ask the server at `url` (with or without an index, as in http://host:3141/root/PROJ).

    Raises InvalidUrl, ServerDown; UnexpectedReply where something else than a pipl project answers.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidUrl("it does not begin with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise InvalidUrl("it holds a user or a password")
    root = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.strip("/")
    with DevpiClient(root) as client:
        answer = client.get_json("/+pipl/", timeout_s=30)
    said = answer if isinstance(answer, dict) else {}
    name, platforms = said.get("project"), said.get("platforms")
    if not isinstance(name, str):
        raise UnexpectedReply(root, 200, "it does not serve a pipl project")
    return Binding(
        name,
        root,
        IndexName.parse(path) if path else DEFAULT_INDEX,
        platforms=tuple(one for one in PLATFORMS if one in (platforms or ())),
    )
