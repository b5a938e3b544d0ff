"""What pip says when it fails, without what it says while it works."""

from __future__ import annotations

import re

from pipl.process import Completed

_CONFLICT = "The conflict is caused by:"
_ABOUT_REQUIREMENTS = (
    "ResolutionImpossible",
    "No matching distribution found",
    "Could not find a version that satisfies",
    "requires a different Python",
)
_CRASH = "ERROR: Exception:\nTraceback "
_NOISE = re.compile(
    r"WARNING: Retrying |ERROR: ResolutionImpossible: for help|\[notice\]"
    r"|WARNING: Running pip as the 'root' user|WARNING: .* does not provide the extra"
)


def is_about_requirements(done: Completed) -> bool:
    """Whether pip gave up because the requirements cannot be met."""
    return any(words in done.stderr for words in _ABOUT_REQUIREMENTS)


def explained(done: Completed) -> str:
    """Its errors, and who required what where it says so."""
    _, crashed, trace = done.stderr.partition(_CRASH)
    if crashed:
        return f"pip stopped at {trace.strip().splitlines()[-1]}"
    errors = [line for line in done.stderr.splitlines() if not _NOISE.match(line)]
    _, found, conflict = done.stdout.partition(_CONFLICT)
    parts = ["\n".join(errors).strip(), (found + conflict).strip()]
    return "\n\n".join(part for part in parts if part) or done.stdout.strip()
