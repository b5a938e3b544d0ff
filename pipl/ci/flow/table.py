"""Reading a table of a config: what does not fit is collected, and its default stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from pipl.errors.usage import InvalidIndexName
from pipl.index.name import IndexName

MAX_S = 30 * 24 * 3600.0
"""The longest time that a config may give: a month."""


@dataclass(frozen=True)
class Table:
    """A table and, for people, `where` it stands; problems go to a list that is shared."""

    values: Mapping[str, object]
    where: str
    problems: list[str]

    @classmethod
    def of(cls, value: object, where: str, problems: list[str]) -> Table:
        """An empty table, and a problem, where `value` is none."""
        if is_table(value):
            return cls(value, where, problems)
        problems.append(f"{where}: must be a table")
        return cls({}, where, problems)

    def refuse(self, text: str) -> None:
        self.problems.append(f"{self.where}: {text}")

    def only(self, known: Collection[str]) -> None:
        """Refuse every key but these."""
        for key in sorted(self.values.keys() - set(known)):
            self.refuse(f"unknown key {key!r}; there are: {', '.join(sorted(known))}")

    def table(self, key: str, *, what: str) -> Mapping[str, object]:
        value = self.values.get(key, {})
        if is_table(value):
            return value
        self.refuse(f"`{key}` must be a table {what}")
        return {}

    def items(self, key: str) -> tuple[object, ...]:
        value = self.values.get(key, ())
        if isinstance(value, (list, tuple)):
            return tuple(value)
        self.refuse(f"`{key}` must be a list")
        return ()

    def texts(
        self, key: str, *, of: Collection[str] | None = None, default: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """A list of texts, each one of `of` where that is given."""
        if key not in self.values:
            return default
        value = self.values[key]
        listed = value if isinstance(value, (list, tuple)) else [value]
        if not isinstance(value, (list, tuple)) or not all(_is_text(one) for one in listed):
            self.refuse(f"`{key}` must be a list of texts")
            return default
        unknown = [repr(one) for one in listed if of is not None and one not in of]
        if unknown:
            self.refuse(f"`{key}` must be of: {', '.join(of or ())}; not {', '.join(unknown)}")
            return default
        return tuple(listed)

    def choice(self, key: str, *, of: Collection[str], default: str) -> str:
        value = self.values.get(key, default)
        if isinstance(value, str) and value in of:
            return value
        self.refuse(f"`{key}` must be one of: {', '.join(of)}")
        return default

    def seconds(self, key: str, default: float) -> float:
        value = self.values.get(key, default)
        if is_number(value) and 0 < value <= MAX_S:
            return float(value)
        self.refuse(f"`{key}` must be a number above 0, at most {MAX_S:.0f}")
        return default

    def count(self, key: str, default: int, *, most: int) -> int:
        value = self.values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        self.refuse(f"`{key}` must be a whole number from 0 to {most}")
        return default

    def amounts(self, key: str) -> tuple[tuple[str, float], ...]:
        """A table from name to a number of 0 or more, sorted."""
        value = self.values.get(key, {})
        if is_table(value) and all(is_number(one) and one >= 0 for one in value.values()):
            return tuple(sorted((name, _amount(one)) for name, one in value.items()))
        self.refuse(f"`{key}` must be a table from name to a number")
        return ()

    def index(self, key: str) -> IndexName | None:
        if key not in self.values:
            return None
        value = self.values[key]
        try:
            return IndexName.parse(value if isinstance(value, str) else repr(value))
        except InvalidIndexName as fault:
            self.refuse(f"`{key}`: {fault}")
            return None


def is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number as JSON has them: none that is not finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < float("inf")


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def _amount(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
