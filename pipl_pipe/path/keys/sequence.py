"""Keys whose values are frames, one or all of a sequence."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Optional, Sequence, Union

from pipl_pipe.path.characters import DIGITS
from pipl_pipe.path.keys.base import Choices
from pipl_pipe.path.keys.integer import IntegerKey
from pipl_pipe.path.parts import Run, Shape

_DIRECTIVE = re.compile(r"FORMAT:\s*(%d|@|#|\$F)\s*")
_ANY_DIRECTIVE = re.compile(r"FORMAT:")


class SequenceKey(IntegerKey):
    """A key whose values are frames (seed document 001, 'SequenceKey'); always abstract.

    A value is a frame's number, the pattern of all frames in one of four spellings (`%04d`,
    `@@@@`, `####`, `$F4`, of the key's own padding), or a directive that asks for a spelling
    whatever the padding: `FORMAT: %d`, `FORMAT: @`, `FORMAT: #`, `FORMAT: $F`.

    Rules that the document leaves open: the default is the `%d` spelling; padding to one digit
    is none, so that `01` gives `%d`, `@`, `#` and `$F` (`%01d` and `$F1` are read as well); a
    frame's padding must be exactly that of `format_spec`; a default must be such a value too.
    """

    def __init__(
        self,
        name: str,
        default: Union[str, int, Callable[[], Any], None] = None,
        choices: Choices = None,
        format_spec: str = "01",
        shotgun_entity_type: Optional[str] = None,
        shotgun_field_name: Optional[str] = None,
        exclusions: Optional[Sequence[int]] = None,
    ) -> None:
        """Raises InvalidKey."""
        self._name = str(name)
        digits, _ = self._padding(format_spec)
        padded = digits > 1
        self._spellings: Dict[str, str] = {
            "%d": f"%0{digits}d" if padded else "%d",
            "@": "@" * digits,
            "#": "#" * digits,
            "$F": f"$F{digits}" if padded else "$F",
        }
        self._patterns = {*self._spellings.values()} | (set() if padded else {"%01d", "$F1"})
        super().__init__(
            name, self._spellings["%d"] if default is None else default, choices, format_spec,
            shotgun_entity_type, shotgun_field_name, exclusions, abstract=True,
        )  # fmt: skip

    @property
    def shape(self) -> Shape:
        frames: Shape = (
            Run(DIGITS, self._digits, self._digits),
            Run(DIGITS, self._digits + 1, None, DIGITS.minus("0")),
        )
        if self._labels is not None:
            frames = tuple(self._cast(value) for value in self._labels)
        return (*frames, *sorted(self._patterns))

    def str_from_value(self, value: Any = None, ignore_type: bool = False) -> str:
        """The text of a frame, pattern or directive. Raises InvalidValue."""
        if value is None:
            value = self.default
        if isinstance(value, str) and _ANY_DIRECTIVE.match(value):
            match = _DIRECTIVE.fullmatch(value)
            if match is None:
                raise self._refused(value, "the directives are FORMAT: %d, @, # and $F")
            return self._spellings[match[1]]
        return super().str_from_value(value, ignore_type)

    def _is_pattern(self, value: Any) -> bool:
        return isinstance(value, str) and value in self._patterns

    def is_pattern(self, value: Any) -> bool:
        return super().is_pattern(value) or (
            isinstance(value, str) and _ANY_DIRECTIVE.match(value) is not None
        )
