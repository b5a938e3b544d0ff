"""What of a value stands in the path: the groups of a regular expression, put together."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import List, Optional, Pattern

from pipl_pipe.errors import InvalidKey


@dataclass(frozen=True)
class Subset:
    """`([A-Z])[a-z]* ([A-Z])[a-z]*` makes `JS` of `John Smith`.

    The whole value must match. `result` is the expression of what can come out, where that can
    be told from the groups; a text that matches it is taken as a result already.
    """

    expression: str
    form: Optional[str]
    pattern: Pattern[str]
    result: Optional[Pattern[str]]

    @classmethod
    def parse(cls, key: str, expression: str, form: Optional[str]) -> Subset:
        """Raises InvalidKey."""
        if not isinstance(expression, str) or not isinstance(form, (str, type(None))):
            raise InvalidKey(key, "subset and subset_format are texts")
        try:
            pattern = re.compile(expression)
        except (re.error, OverflowError, RecursionError) as fault:
            problem = f"subset {expression!r} is no regular expression: {fault}"
            raise InvalidKey(key, problem) from fault
        if not pattern.groups:
            raise InvalidKey(key, f"subset {expression!r} has no group, such as '(.{{3}}).*'")
        if form is not None:
            try:
                form.format(*("x" for _ in range(pattern.groups)))
            except (ValueError, LookupError, AttributeError, TypeError) as fault:
                problem = f"subset_format {form!r} does not fit the groups of {expression!r}"
                raise InvalidKey(key, problem) from fault
        return cls(expression, form, pattern, _result(pattern, form))

    def of(self, value: str) -> Optional[str]:
        """The part of a value that stands in the path; None if the value does not match."""
        match = self.pattern.fullmatch(value)
        if match is None:
            return value if self.result is not None and self.result.fullmatch(value) else None
        groups = [group or "" for group in match.groups()]
        return "".join(groups) if self.form is None else self.form.format(*groups)

    def gives(self, text: str) -> bool:
        """The text can be a result, as far as that can be told."""
        return self.result is None or self.result.fullmatch(text) is not None


def _result(pattern: Pattern[str], form: Optional[str]) -> Optional[Pattern[str]]:
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
        return re.compile(expression, pattern.flags & ~re.UNICODE)
    except re.error:
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
