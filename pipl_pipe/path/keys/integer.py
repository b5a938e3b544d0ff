"""Keys whose values are whole numbers."""

from __future__ import annotations

import numbers
import re
from typing import Any, Callable, Optional, Sequence, Union

from pipl_pipe.path.characters import DIGITS
from pipl_pipe.path.keys.base import Choices, TemplateKey
from pipl_pipe.path.parts import Run, Shape
from pipl_pipe.path.text import MAX_NAME

_SPEC = re.compile(r"(0?)([1-9][0-9]{0,2})")
_DIGITS = re.compile(r"[0-9]+")


class IntegerKey(TemplateKey):
    """A key whose values are whole numbers from 0 (seed document 001, 'IntegerKey').

    Rules that the document leaves open: a text of ASCII digits is taken for the number, and so
    is a float without fraction, as a DCC gives frames, and an integer of NumPy; True and False
    are none; negative numbers are refused, as a dash separates names. `format_spec` is `0` and
    the number of digits to pad to; without the zero nothing is padded. Matching strictly, a
    text must be exactly what writing its number gives; else it may have any number of leading
    zeros.
    """

    def __init__(
        self,
        name: str,
        default: Union[int, str, Callable[[], Optional[int]], None] = None,
        choices: Choices = None,
        format_spec: Optional[str] = None,
        shotgun_entity_type: Optional[str] = None,
        shotgun_field_name: Optional[str] = None,
        exclusions: Optional[Sequence[int]] = None,
        abstract: bool = False,
        length: Optional[int] = None,
        strict_matching: Optional[bool] = None,
    ) -> None:
        """Raises InvalidKey."""
        self._name = str(name)
        self._format_spec = format_spec
        self._digits = 1
        self._zero_padded = False
        if format_spec is not None:
            self._digits, self._zero_padded = self._padding(format_spec)
        if strict_matching is not None and not isinstance(strict_matching, bool):
            raise self._invalid("strict_matching is neither true nor false")
        self._strict = format_spec is not None if strict_matching is None else strict_matching
        super().__init__(
            name, default, choices, shotgun_entity_type, shotgun_field_name, exclusions,
            abstract, length,
        )  # fmt: skip

    @property
    def format_spec(self) -> Optional[str]:
        """`03` pads to three digits; None does not pad."""
        return self._format_spec

    @property
    def strict_matching(self) -> bool:
        """A text must have exactly the padding of `format_spec`; the default if there is one."""
        return self._strict

    @property
    def shape(self) -> Shape:
        texts: Shape
        if self._labels is not None and self._strict:
            texts = tuple(self._cast(value) for value in self._labels)
        elif self._length is not None:
            texts = (Run(DIGITS, self._length, self._length),)
        elif self._strict:
            longer = Run(DIGITS, self._digits + 1, None, DIGITS.minus("0"))
            texts = (Run(DIGITS, self._digits, self._digits), longer)
        else:
            texts = (Run(DIGITS, 1, None),)
        return (*texts, self._default) if self._is_pattern(self._default) else texts

    @property
    def is_exact(self) -> bool:
        known_length = self._strict and self._length is not None
        return self._labels is None and not self._exclusions and not known_length

    def _cast(self, value: Any) -> str:
        return f"{self._number(value):0{self._digits}d}"

    def _value(self, text: str) -> Any:
        return self._number(text)

    def _check(self, text: str) -> None:
        if not _DIGITS.fullmatch(text) or len(text) > MAX_NAME:
            raise self._refused(text, "it is no whole number")
        if self._strict and text != self._cast(text):
            raise self._refused(text, f"it is not padded to {self._digits} digits")
        super()._check(text)

    def _number(self, value: Any) -> int:
        if isinstance(value, str):
            if not _DIGITS.fullmatch(value) or len(value) > MAX_NAME:
                raise self._refused(value, "it is no whole number")
            return int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise self._refused(value, f"it is a {type(value).__name__}, not a whole number")
        number = int(value)
        if number < 0:
            raise self._refused(value, "it is negative")
        if number.bit_length() > 840:  # more than MAX_NAME digits have
            raise self._refused("a number", f"it is longer than {MAX_NAME} digits")
        return number

    def _padding(self, format_spec: Any) -> "tuple[int, bool]":
        match = _SPEC.fullmatch(format_spec) if isinstance(format_spec, str) else None
        if match is None or int(match[2]) > MAX_NAME:
            hint = "a zero and a number of digits, in quotes: '03'"
            raise self._invalid(f"format_spec {format_spec!r} is not {hint}")
        return (int(match[2]), True) if match[1] else (1, False)
