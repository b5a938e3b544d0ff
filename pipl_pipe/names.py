"""Names of distributions."""

from __future__ import annotations

import re


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it: `Hero_Geo` gives `hero-geo`."""
    return re.sub(r"[-_.]+", "-", name).lower()
