"""A requirement as the author meant it: push, semi-push or pull (DESIGN: the specifier decides).

hero-geo            push       every later version is taken
hero-geo>=1.2       push       …since nothing is above the limit
hero-geo>=1.2,<2    semi-push  later versions are taken as far as these limits go
hero-geo==1.4.0     pull       only the author takes another one
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from pipl_pipe.names import normalised

Mode = Literal["push", "semi-push", "pull"]
_LEADING_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")


@dataclass(frozen=True)
class Need:
    """What `dependent` requires: `name`, by the PEP 508 text `text`.

    It is read when it is looked at: among 10,000 packls few are.
    """

    dependent: str
    name: str
    text: str

    @cached_property
    def requirement(self) -> Requirement | None:
        """None where the text is no requirement after all. It is shared: not to be changed."""
        return _parsed(self.text)

    @property
    def specifier(self) -> str:
        """As the author wrote it, sorted; empty for any version."""
        return str(self.requirement.specifier) if self.requirement else ""

    @cached_property
    def extra(self) -> str | None:
        """The extra without which it does not count, None where it always does."""
        return extra_of(self.requirement) if self.requirement else None

    @cached_property
    def counts(self) -> bool:
        """Whether it holds here for the packl as such: without extras, on this platform."""
        if self.requirement is None:
            return False
        marker = self.requirement.marker
        return marker is None or marker.evaluate({"extra": ""})

    @property
    def mode(self) -> Mode:
        return "pull" if self.requirement is None else mode_of(self.requirement.specifier)

    def admits(self, version: str) -> bool:
        """Whether the version is one that the author would take (PEP 440).

        A pre-release is, where the specifier names one.
        """
        if self.requirement is None:
            return False
        specifier = self.requirement.specifier
        try:
            return specifier.contains(Version(version), prereleases=bool(specifier.prereleases))
        except InvalidVersion:
            return False


@functools.lru_cache(maxsize=65_536)
def _parsed(text: str) -> Requirement | None:
    """Many packls require the same by the same text, and each takes long to read."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def extra_of(requirement: Requirement) -> str | None:
    """The extra without which a requirement does not count, None where it always does."""
    marker = requirement.marker
    if marker is None or marker.evaluate({"extra": ""}):
        return None
    named = _EXTRA.findall(str(marker))
    return next((one for one in named if marker.evaluate({"extra": one})), None)


def mode_of(specifier: SpecifierSet) -> Mode:
    """What a specifier says about later versions."""
    exact = [one for one in specifier if one.operator in ("==", "===")]
    if any(not one.version.endswith(".*") for one in exact):
        return "pull"
    return "push" if all(one.operator in (">", ">=") for one in specifier) else "semi-push"


@functools.lru_cache(maxsize=65_536)
def leading_name(text: str) -> str:
    """The normalised name that a requirement begins with; empty where it has none."""
    found = _LEADING_NAME.match(text)
    return normalised(found[1].rstrip("._-")) if found else ""
