"""Keys whose values are text."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, Optional, Sequence, Union

from pipl_pipe.errors import InvalidValue
from pipl_pipe.path.characters import ALPHANUMERIC, ANYTHING, LETTERS
from pipl_pipe.path.keys.base import SAMPLES, Choices, TemplateKey
from pipl_pipe.path.keys.expression import Expression, TooSlow
from pipl_pipe.path.keys.subset import Subset
from pipl_pipe.path.parts import Run, Shape
from pipl_pipe.path.text import shown

_FILTERS = {"alphanumeric": ALPHANUMERIC, "alpha": LETTERS}


class StringKey(TemplateKey):
    """A key whose values are text (seed document 001, 'StringKey').

    Rules that the document leaves open: `alphanumeric` and `alpha` are ASCII; a regular
    expression in `filter_by` must match the whole value; a value that is no text is refused,
    as it would come back as one; with a `subset`, choices, exclusions, length and filter hold
    for what stands in the path, and a value that is already in that form is taken as it is, so
    that what was read can be written.
    """

    def __init__(
        self,
        name: str,
        default: Union[str, Callable[[], Optional[str]], None] = None,
        choices: Choices = None,
        filter_by: Optional[str] = None,
        shotgun_entity_type: Optional[str] = None,
        shotgun_field_name: Optional[str] = None,
        exclusions: Optional[Sequence[str]] = None,
        abstract: bool = False,
        length: Optional[int] = None,
        subset: Optional[str] = None,
        subset_format: Optional[str] = None,
    ) -> None:
        """Raises InvalidKey, also for a regular expression that is none."""
        self._name = str(name)
        self._filter_by = filter_by
        self._filter: Optional[Expression] = None
        if filter_by is not None and not isinstance(filter_by, str):
            raise self._invalid("filter_by is no text")
        self._characters = _FILTERS.get(filter_by, ANYTHING) if filter_by else ANYTHING
        if filter_by is not None:
            self._filter = self._compiled(
                f"{self._characters.expression}+" if filter_by in _FILTERS else filter_by
            )
        self._subset: Optional[Subset] = None
        if subset_format is not None and subset is None:
            raise self._invalid("it has a subset_format and no subset")
        if subset is not None:
            self._subset = Subset.parse(name, subset, subset_format)
        super().__init__(
            name, default, choices, shotgun_entity_type, shotgun_field_name, exclusions,
            abstract, length,
        )  # fmt: skip

    @property
    def filter_by(self) -> Optional[str]:
        """`alphanumeric`, `alpha`, a regular expression, or None."""
        return self._filter_by

    @property
    def subset(self) -> Optional[str]:
        """The regular expression whose groups are what of a value stands in the path."""
        return self._subset.expression if self._subset else None

    @property
    def subset_format(self) -> Optional[str]:
        """How the groups are put together: `{1}{0}`; None for one after the other."""
        return self._subset.form if self._subset else None

    @property
    def shape(self) -> Shape:
        if self._labels is not None:
            texts: Shape = tuple(self._labels)
        else:
            texts = (Run(self._characters, self._length or 1, self._length),)
        has_pattern = self._is_pattern(self._default) and self._default not in texts
        return (*texts, self._default) if has_pattern else texts

    @property
    def is_exact(self) -> bool:
        known_filter = self._filter_by is None or self._filter_by in _FILTERS
        return known_filter and not self._exclusions and self._subset is None

    def samples(self) -> Iterator[str]:
        """Texts by the filter, or of what the subset makes."""
        for one in (self._filter, self._subset.result if self._subset else None):
            if one is not None:
                yield from one.samples(SAMPLES)

    def _cast(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self._refused(value, f"it is a {type(value).__name__}, not text")
        try:
            text = str(value) if self._subset is None else self._subset.of(value)
        except TooSlow as fault:
            raise self._refused(value, str(fault)) from fault
        if text is None:
            raise self._refused(value, f"it does not match {self.subset!r}")
        return text

    def _value(self, text: str) -> str:
        return text

    def _check(self, text: str) -> None:
        super()._check(text)
        try:
            if self._filter is not None and not self._filter.fits(text):
                raise self._refused(text, f"it is not {self._filter_by}")
            if self._subset is not None and not self._subset.gives(text):
                raise self._refused(text, f"{self.subset!r} cannot have made it")
        except TooSlow as fault:
            raise self._refused(text, str(fault)) from fault

    def _compiled(self, source: str) -> Expression:
        try:
            return Expression(source)
        except TooSlow as fault:
            raise self._invalid(f"{shown(source)!r} could take for ever: {fault}") from fault
        except (re.error, OverflowError, RecursionError) as fault:
            raise self._invalid(f"{shown(source)!r} is no regular expression: {fault}") from fault

    def validate(self, value: Any) -> bool:
        """A text that the choices, filter, length and exclusions allow."""
        return super().validate(value)

    def value_from_str(self, str_value: str) -> str:
        """The text itself. Raises InvalidValue."""
        if not isinstance(str_value, str):
            raise InvalidValue(self._name, repr(str_value), "it is no text")
        return str(super().value_from_str(str_value))
