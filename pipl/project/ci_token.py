"""The token by which CI acts: what it may, how long it lasts, and the file that keeps it.

That is the file `system/secrets/ci.token` of a project, of mode 0600, in the format pipl-token/1.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipl.errors.usage import InvalidFile
from pipl.index import tokens
from pipl.index.login import Login
from pipl.project import secrets
from pipl.project.accounts import CI_USER

NAME = "ci.token"
FORMAT = "pipl-token/1"
RIGHTS = ("pkg_read", "toxresult_upload", "upload")
"""devpi's names for reading releases, attaching test results, and uploading and pushing. On
which indexes CI may do so is what each index says of its user."""
DAY_S = 86_400.0
LIFETIME_DAYS = 180
WARNING_DAYS = 30
"""How long before its end it is warned of."""
MAX_BYTES = 100_000


@dataclass(frozen=True)
class CIToken:
    """A token, in seconds since the epoch; `secret` never shows in a representation."""

    id: str
    user: str
    rights: tuple[str, ...]
    made_at: float
    expires_at: float
    secret: str = field(repr=False)

    @classmethod
    def of(cls, secret: str, *, made_at: float, expires_at: float) -> CIToken:
        """One that was just made for CI."""
        return cls(tokens.id_of(secret), CI_USER, RIGHTS, made_at, expires_at, secret)

    def login(self, url: str) -> Login:
        """To act by it at a server."""
        return Login(url, self.user, self.secret, self.expires_at)

    def days_left(self, now: float) -> int:
        """Days until its end, to the nearest; negative after it."""
        return round((self.expires_at - now) / DAY_S)

    def ends_soon(self, now: float) -> bool:
        """Whether it is time for another one."""
        return self.days_left(now) < WARNING_DAYS


def keep(folder: Path, token: CIToken) -> None:
    """Write a token into the folder of secrets, in place of an earlier one."""
    secrets.write(folder, NAME, json.dumps({"format": FORMAT, **asdict(token)}, indent=1) + "\n")


def kept(folder: Path) -> CIToken | None:
    """The token in the folder of secrets, None without one. Raises InvalidFile."""
    text = secrets.read(folder, NAME)
    if text is None:
        return None
    try:
        return _parse(text[:MAX_BYTES])
    except (KeyError, TypeError, ValueError) as fault:
        raise InvalidFile(str(folder / NAME), f"no token in it ({type(fault).__name__})") from None


def _parse(text: str) -> CIToken:
    document = json.loads(text)
    if document["format"] != FORMAT:
        raise ValueError("another format")
    return CIToken(
        id=str(document["id"]),
        user=str(document["user"]),
        rights=tuple(str(right) for right in document["rights"]),
        made_at=float(document["made_at"]),
        expires_at=float(document["expires_at"]),
        secret=str(document["secret"]),
    )
