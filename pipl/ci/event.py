"""What the server's event feed tells about: a release file that landed on an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class ReleaseEvent:
    """A release file newly on an index, by upload or by push.

    `serial` is the server's change in which it happened; several files may share one.
    `project` is normalised (PEP 503), `sha256` hexadecimal, and `user` who did it (None:
    somebody without a login). Serial, index and filename identify the event.
    """

    serial: int
    index: str
    project: str
    version: str
    filename: str
    sha256: str
    user: str | None

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> ReleaseEvent:
        """Raises ValueError where `value` is not the form that `to_json` gives.

        Fields of later versions are passed over.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"an event is a table, not {value!r:.100}")
        known = {field.name: value.get(field.name) for field in fields(cls)}
        serial, user = known.pop("serial"), known.pop("user")
        if not isinstance(serial, int) or isinstance(serial, bool):
            raise ValueError(f"serial {serial!r:.100} is no number")
        if user is not None and not isinstance(user, str):
            raise ValueError(f"user {user!r:.100} is no text")
        texts = {name: text for name, text in known.items() if isinstance(text, str)}
        if len(texts) < len(known):
            raise ValueError(f"no text in {', '.join(sorted(known.keys() - texts.keys()))}")
        return cls(serial=serial, user=user, **texts)
