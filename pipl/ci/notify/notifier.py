"""What a notifier is: a way by which messages reach people."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipl.ci.flow import NotifierRule
from pipl.ci.notify.message import Message
from pipl.errors.ci import InvalidNotifier
from pipl.index.name import is_valid_part

FOLDER = "notify"
"""Where below the project's secrets those of notifiers lie: no rule can name any other."""
TIMEOUT_S = 20.0
LONGEST_TIMEOUT_S = 120.0


class Notifier(Protocol):
    """Sends messages by one rule of the flow, for one thread at a time."""

    def send(self, message: Message) -> None:
        """Send, once, with a limit of time.

        A message may come again with the same `id`: what is sent should show that it is the
        same. Raises NotifierFailed, after which it is tried again later.
        """


@dataclass
class Given:
    """What a rule gives its notifier: `values` from the flow, secrets from files.

    The methods read one setting each and collect what is wrong; `done` raises that at once.
    """

    name: str
    values: Mapping[str, object]
    secrets: Path
    host: str
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rule: NotifierRule, *, secrets: Path, host: str) -> Given:
        """`secrets` is the project's folder of them; `host` is this machine's name."""
        return cls(rule.name, dict(rule.settings), secrets / FOLDER, host)

    def only(self, known: Collection[str]) -> None:
        """Refuse every setting but these."""
        for key in sorted(self.values.keys() - set(known)):
            self.problems.append(f"unknown key {key!r}; there are: {', '.join(sorted(known))}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text of one line; without a default, it must be there."""
        value = self.values.get(key, default)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value
        if value is not None or default is None:
            self.problems.append(f"`{key}` must be a text")
        return default or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or several; none is a problem."""
        value = self.values.get(key, ())
        listed = (value,) if isinstance(value, str) else value
        if isinstance(listed, (list, tuple)) and listed:
            texts = tuple(one for one in listed if isinstance(one, str) and one.isprintable())
            if len(texts) == len(listed):
                return texts
        self.problems.append(f"`{key}` must be a list of texts, and not empty")
        return ()

    def number(self, key: str, default: float, *, most: float) -> float:
        value = self.values.get(key, default)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and isinstance(value, (int, float)) and 0 < value <= most:
            return float(value)
        self.problems.append(f"`{key}` must be a number above 0, at most {most:g}")
        return default

    def choice(self, key: str, of: Collection[str], default: str) -> str:
        value = self.values.get(key, default)
        if isinstance(value, str) and value in of:
            return value
        self.problems.append(f"`{key}` must be one of: {', '.join(of)}")
        return default

    def secret(self, key: str) -> str | None:
        """The content of the file that the setting names, None where there is no such setting."""
        if key not in self.values:
            return None
        name = self.values[key]
        if not isinstance(name, str) or not is_valid_part(name):
            self.problems.append(f"`{key}` must be the name of a secret")
            return None
        path = self.secrets / name
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            content = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.problems.append(
                f"there is no secret {name!r}; keep it with `pipl ci notify secret {name}`"
            )
            return None
        if mode & 0o077:
            self.problems.append(f"the secret {name!r} may be read by others: chmod 600 {path}")
        if not content:
            self.problems.append(f"the secret {name!r} is empty")
        return content

    def done(self) -> None:
        """Raises InvalidNotifier with every problem."""
        if self.problems:
            raise InvalidNotifier(self.name, tuple(self.problems))


NotifierFactory = Callable[[Given], Notifier]
"""What an entry point of the group `pipl.ci_notifiers` names. Raises InvalidNotifier."""
