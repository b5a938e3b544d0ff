"""What simple pages tell of a project (PEP 503, 691): its files, since when, which are yanked.

The server tells all pages of an index in one answer, and then those that have changed
(`/+pipl/pages`, docs/reference/server.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from typing import Any

from pipl.errors.usage import InvalidReason, InvalidTime

AS_OF = "/+pipl/as-of"
YANKED = "/+pipl/yanked"
MAX_REASON = 1_000
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""Of `uploaded`, which is in UTC; such texts sort as the times do."""


@dataclass(frozen=True)
class PageFile:
    """A file of a release.

    `path` is from the server's root, without a slash before it; `digest` is such as
    `sha256=0a1b…`. `uploaded` is when it came to this index (None: not known), `yanked` the
    reason, which may be empty (None: it is not yanked), `metadata` whether the metadata of a wheel
    can be had beside it (PEP 658).
    """

    filename: str
    version: str
    path: str
    digest: str
    requires_python: str | None = None
    size_bytes: int | None = None
    uploaded: str | None = None
    yanked: str | None = None
    metadata: bool = False

    def to_json(self) -> dict[str, object]:
        return {
            "filename": self.filename,
            "version": self.version,
            "path": self.path,
            "digest": self.digest,
            "requires_python": self.requires_python,
            "size": self.size_bytes,
            "uploaded": self.uploaded,
            "yanked": self.yanked,
            "metadata": self.metadata,
        }

    @classmethod
    def from_json(cls, value: object) -> PageFile:
        """Raises ValueError where `value` is not what `to_json` gives."""
        if not isinstance(value, Mapping):
            raise ValueError(f"a file is a table, not {value!r:.100}")
        texts = [value.get(key) for key in ("filename", "version", "path", "digest")]
        filename, version, path, digest = (one if isinstance(one, str) else "" for one in texts)
        if not (filename and path) or "/" in filename:
            raise ValueError(f"no file of a release: {value!r:.100}")
        size = value.get("size")
        return cls(
            filename,
            version,
            path,
            digest,
            _text(value, "requires_python"),
            size if type(size) is int and size >= 0 else None,
            _text(value, "uploaded"),
            _text(value, "yanked"),
            value.get("metadata") is True,
        )


@dataclass(frozen=True)
class Page:
    """The files of one project (normalised), those of the newest versions at no certain place."""

    name: str
    files: tuple[PageFile, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted({file.version for file in self.files}))

    def as_of(self, time: str) -> Page:
        """With what came before a time (see `TIME_FORMAT`), as uv and pip mean it too."""
        then = [one for one in self.files if one.uploaded is not None and one.uploaded < time]
        return Page(self.name, tuple(then))

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "files": [file.to_json() for file in self.files]}

    @classmethod
    def from_json(cls, value: object) -> Page:
        """Raises ValueError where `value` is not what `to_json` gives."""
        if not isinstance(value, Mapping):
            raise ValueError(f"a page is a table, not {value!r:.100}")
        name, files = value.get("name"), value.get("files")
        if not isinstance(name, str) or not isinstance(files, list):
            raise ValueError(f"no page: {value!r:.100}")
        return cls(name, tuple(map(PageFile.from_json, files)))


def time_of(text: str, zone: tzinfo | None) -> str:
    """A time (ISO 8601) as `uploaded` has it; one without a zone is of `zone`, None: of here.

    Raises InvalidTime.
    """
    try:
        time = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        if time.tzinfo is None:
            time = time.replace(tzinfo=zone) if zone else time.astimezone()
        return time.astimezone(timezone.utc).strftime(TIME_FORMAT)
    except (ValueError, OverflowError, OSError) as fault:
        raise InvalidTime(text[:100]) from fault


def check_reason(reason: str | None) -> None:
    """Raises InvalidReason for more than a line."""
    if reason is not None and (len(reason) > MAX_REASON or not reason.isprintable()):
        raise InvalidReason(reason[:100], MAX_REASON)


def _text(value: Mapping[Any, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) else None
