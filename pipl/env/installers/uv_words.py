"""What uv says when it fails, without the words that our own message has."""

from __future__ import annotations

import re

from pipl.env.locked import normalised
from pipl.process import Completed

_NO_SOLUTION = "No solution found when resolving"
_LEAD = re.compile(r"\A\W*(error: )?\W*No solution found when resolving[^\n]*\n\s*(cause:|╰─▶)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""How an explanation begins: newer versions write `cause:`, older ones draw an arrow."""


def is_about_requirements(done: Completed) -> bool:
    """Whether uv found that the requirements cannot be met."""
    return _NO_SOLUTION in done.stderr


def is_about_the_index(done: Completed) -> bool:
    """Whether it may be that the index did not show all that it holds."""
    if not is_about_requirements(done):
        return True
    return any(text in done.stderr for text in ("was not found in the", "no version", "available"))


def is_about_room(done: Completed) -> bool:
    """Whether uv found no space left, or a quota used up."""
    return any(text in done.stderr for text in ("(os error 28)", "(os error 122)"))


def is_about_its_cache(done: Completed) -> bool:
    """Whether uv could not even begin, since it may not write where it caches."""
    return "Failed to initialize cache" in done.stderr


def changes_nothing(done: Completed) -> bool:
    """Whether a dry run has said that there is nothing to do."""
    return "Would make no changes" in done.stderr


def requirers(text: str) -> dict[str, tuple[str, ...]]:
    """Who requires what, of requirements with uv's annotations in one line each.

    `name==1.0    # via other, -r requirements.in`: files stand for who asks, with an empty
    name, but for constraints, which require nothing.
    """
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        what, is_annotated, via = line.partition("# via ")
        name = _NAME.match(what)
        if not is_annotated or name is None:
            continue
        sources = [source.strip() for source in via.split(",")]
        named = {
            "" if source.startswith("-r ") else normalised(source.partition(" ")[0])
            for source in sources
            if not source.startswith("-c ")
        }
        found[normalised(name[0])] = tuple(sorted(named))
    return found


def explained(done: Completed) -> str:
    """Its explanation or error, in full."""
    import textwrap  # slow to import, and seldom has it to explain something

    text = (done.stderr.strip("\n") or done.stdout).rstrip()
    lead = _LEAD.match(text)
    if lead is None:
        return textwrap.dedent(text).strip()
    first, _, rest = text[lead.end() :].strip().partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}".strip()
