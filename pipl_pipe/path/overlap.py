"""Texts that two templates can both have made, found without trying texts."""

from __future__ import annotations

from typing import Optional

from pipl_pipe.path.compiled import Compiled


def overlap(first: Compiled, second: Compiled) -> Optional[str]:
    """A shortest text that both can have made; None where there is none.

    It goes by the keys' shapes: where a key is not exact, the text may not be its.
    """


def ambiguity(compiled: Compiled) -> Optional[str]:
    """A shortest text that a template can have made in two ways; None where there is none."""
