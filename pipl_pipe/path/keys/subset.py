"""What of a value stands in the path: the groups of a regular expression, put together."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import List, Optional, Pattern

from pipl_pipe.errors import InvalidKey
from pipl_pipe.path.keys.expression import Expression, TooSlow
from pipl_pipe.path.text import MAX_NAME, shown

_SPEC = re.compile(r"(?:[^{}]?[<>^])?0?([0-9]{0,3})(?:\.[0-9]{1,3})?s?", re.DOTALL)
"""What a form says of a group's width; group 1 is the width."""


@dataclass(frozen=True)
class Subset:
    """`([A-Z])[a-z]* ([A-Z])[a-z]*` makes `JS` of `John Smith`.

    The whole value must match. `result` is the expression of what can come out, where that can
    be told from the groups; a text that matches it is taken as a result already.
    """

    expression: str
    form: Optional[str]
    matching: Expression
    result: Optional[Expression]

    @classmethod
    def parse(cls, key: str, expression: str, form: Optional[str]) -> Subset:
        """Raises InvalidKey."""
        if not isinstance(expression, str) or not isinstance(form, (str, type(None))):
            raise InvalidKey(key, "subset and subset_format are texts")
        try:
            matching = Expression(expression)
        except TooSlow as fault:
            problem = f"subset {shown(expression)!r} could take for ever: {fault}"
            raise InvalidKey(key, problem) from fault
        except (re.error, OverflowError, RecursionError) as fault:
            problem = f"subset {shown(expression)!r} is no regular expression: {fault}"
            raise InvalidKey(key, problem) from fault
        pattern = matching.pattern
        if not pattern.groups:
            raise InvalidKey(key, f"subset {expression!r} has no group, such as '(.{{3}}).*'")
        if form is not None:
            try:
                _expect_plain(form)
                form.format(*("x" for _ in range(pattern.groups)))
            except (ValueError, LookupError) as fault:
                problem = f"subset_format {shown(form)!r} does not fit the groups of {expression!r}"
                raise InvalidKey(key, problem) from fault
        return cls(expression, form, matching, _result(pattern, form))

    def of(self, value: str) -> Optional[str]:
        """The part of a value that stands in the path; None if the value does not match.

        Raises TooSlow.
        """
        match = self.matching.fullmatch(value)
        if match is None:
            return value if self.result is not None and self.result.fits(value) else None
        groups = [group or "" for group in match.groups()]
        return "".join(groups) if self.form is None else self.form.format(*groups)

    def gives(self, text: str) -> bool:
        """The text can be a result, as far as that can be told. Raises TooSlow."""
        return self.result is None or self.result.fits(text)


def _expect_plain(form: str) -> None:
    """Groups by their numbers, none made wider than a name can be: `{0}`, `{1:>4}`.

    Raises ValueError: what else `str.format` knows reads attributes, or fills the memory.
    """
    for _, name, spec, _ in string.Formatter().parse(form):
        width = _SPEC.fullmatch(spec or "")
        if (name and not name.isdecimal()) or width is None or int(width[1] or 0) > MAX_NAME:
            raise ValueError(form)


def _result(pattern: Pattern[str], form: Optional[str]) -> Optional[Expression]:
    groups = _groups(pattern.pattern)
    if groups is None or len(groups) != pattern.groups:
        return None
    if form is None:
        expression = "".join(f"(?:{group})" for group in groups)
    else:
        pieces: List[str] = []
        for number, (text, name, spec, conversion) in enumerate(string.Formatter().parse(form)):
            pieces.append(re.escape(text))
            if name is None:
                continue
            index = number if name == "" else int(name) if name.isdigit() else -1
            if spec or conversion or not 0 <= index < len(groups):
                return None
            pieces.append(f"(?:{groups[index]})")
        expression = "".join(pieces)
    try:
        return Expression(expression, pattern.flags & ~re.UNICODE)
    except (re.error, TooSlow):
        return None


def _groups(expression: str) -> Optional[List[str]]:
    """The source of each group; None where groups are nested, named, repeated or alternative."""
    found: List[str] = []
    depth, start, index, in_set = 0, 0, 0, False
    while index < len(expression):
        one = expression[index]
        if one == "\\":
            if expression[index + 1 : index + 2].isdigit():
                return None
            index += 1
        elif in_set:
            in_set = one != "]"
        elif one == "[":
            in_set = True
            after = expression[index + 1 : index + 3]
            index += 2 if after == "^]" else 1 if after[:1] in ("]", "^") else 0
        elif one == "(":
            if depth or expression[index + 1 : index + 2] == "?":
                return None
            depth, start = 1, index + 1
        elif one == ")":
            depth = 0
            found.append(expression[start:index])
            if expression[index + 1 : index + 2] in ("*", "+", "?", "{"):
                return None
        elif one == "|" and not depth:
            return None
        index += 1
    return found
