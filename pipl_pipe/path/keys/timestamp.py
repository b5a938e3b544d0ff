"""Keys whose values are points in time."""

from __future__ import annotations

import datetime
import re
from typing import Any, Callable, Iterator, Union

from pipl_pipe.path.characters import ANYTHING, Characters
from pipl_pipe.path.keys.base import SAMPLES, TemplateKey
from pipl_pipe.path.parts import Run, Shape

_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
_DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "f": 6, "j": 3,
           "w": 1, "u": 1, "U": 2, "W": 2, "G": 4, "V": 2}  # fmt: skip
_SAMPLE = datetime.datetime(2015, 6, 24, 21, 20, 30, tzinfo=datetime.timezone.utc)
_APART = datetime.timedelta(days=400, hours=1, minutes=1, seconds=1, microseconds=1)


def now() -> datetime.datetime:
    """The local time, by the machine's clock."""
    return datetime.datetime.now(datetime.timezone.utc).astimezone()


def utc_now() -> datetime.datetime:
    """The time in UTC, by the machine's clock."""
    return datetime.datetime.now(datetime.timezone.utc)


_CLOCKS = {"now": now, "utc_now": utc_now}


class TimestampKey(TemplateKey):
    """A key whose values are dates or times (seed document 001, 'TimestampKey').

    Rules that the document leaves open: a value is a datetime, or its text by `format_spec`;
    a text gives a datetime without time zone, and must be exactly what writing that gives
    (`2015-6-4` is not, where `%m` writes `06`).
    """

    def __init__(
        self,
        name: str,
        default: Union[str, Callable[[], Any], None] = None,
        format_spec: str = "%Y-%m-%d-%H-%M-%S",
    ) -> None:
        """`default`: a text by `format_spec`, `now`, `utc_now`, a callable, or None.

        Raises InvalidKey.
        """
        self._name = str(name)
        if not isinstance(format_spec, str) or "%" not in format_spec:
            raise self._invalid(f"format_spec {format_spec!r} is no format of a time, as %Y-%m-%d")
        self._format_spec = format_spec
        try:
            sample = self._written(_SAMPLE)
            again = self._written(self._parsed(sample))
        except (ValueError, re.error, OverflowError) as fault:
            raise self._invalid(f"format_spec {format_spec!r} cannot be read: {fault}") from fault
        if any(one in sample for one in "/\\\0"):
            raise self._invalid(f"format_spec {format_spec!r} writes a separator")
        if again != sample:
            problem = f"{sample} would be read as {again}"
            raise self._invalid(f"format_spec {format_spec!r} cannot be read back: {problem}")
        clock = _CLOCKS.get(default) if isinstance(default, str) else None
        super().__init__(name, clock or default)

    @property
    def format_spec(self) -> str:
        """As `time.strftime` takes it."""
        return self._format_spec

    @property
    def shape(self) -> Shape:
        spec = self._format_spec
        letters = _DIRECTIVE.findall(spec)
        if any(letter not in _DIGITS for letter in letters):
            return (Run(ANYTHING),)
        literal = _DIRECTIVE.sub("", spec)
        length = len(literal) + sum(_DIGITS[letter] for letter in letters)
        return (Run(Characters.of("09", *literal), length, length),)

    def samples(self) -> Iterator[str]:
        """Times in different years, months and so on."""
        for number in range(SAMPLES):
            yield self._written(_SAMPLE + number * _APART)

    def validate(self, value: Any) -> bool:
        """A datetime, or a text by `format_spec`."""
        return super().validate(value)

    def _cast(self, value: Any) -> str:
        if isinstance(value, str):
            return self._written(self._value(value))
        if not isinstance(value, datetime.datetime):
            raise self._refused(value, f"it is a {type(value).__name__}, not a datetime")
        try:
            return self._written(value)
        except ValueError as fault:
            raise self._refused(value, str(fault)) from fault

    def _value(self, text: str) -> datetime.datetime:
        try:
            value = self._parsed(text)
            again = self._written(value)
        except (ValueError, OverflowError) as fault:
            raise self._refused(text, f"it is no time as {self._format_spec}") from fault
        if again != text:
            raise self._refused(text, f"as {self._format_spec} it is written {again}")
        return value

    def _check(self, text: str) -> None:
        super()._check(text)
        self._value(text)

    def _written(self, value: datetime.datetime) -> str:
        # What glibc leaves short: years before 1000.
        spec = _DIRECTIVE.sub(
            lambda match: f"{value.year:04d}" if match[1] == "Y" else match[0], self._format_spec
        )
        return value.strftime(spec)

    def _parsed(self, text: str) -> datetime.datetime:
        return datetime.datetime.strptime(text, self._format_spec)  # noqa: DTZ007  # names carry no zone
