"""What uv says when it fails, without the words that our own message has."""

from __future__ import annotations

import re
import textwrap

from pipl.process import Completed

_NO_SOLUTION = "No solution found when resolving"
_LEAD = re.compile(r"\A\W*(error: )?\W*No solution found when resolving[^\n]*\n\s*(cause:|╰─▶)")
"""How an explanation begins: newer versions write `cause:`, older ones draw an arrow."""


def is_about_requirements(done: Completed) -> bool:
    """Whether uv found that the requirements cannot be met."""
    return _NO_SOLUTION in done.stderr


def explained(done: Completed) -> str:
    """Its explanation or error, in full."""
    text = (done.stderr.strip("\n") or done.stdout).rstrip()
    lead = _LEAD.match(text)
    if lead is None:
        return textwrap.dedent(text).strip()
    first, _, rest = text[lead.end() :].strip().partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}".strip()
