"""The flow: which index runs which handlers, where success goes, and who hears of it.

It comes from the config entry `ci` of the project's pipeline packls; docs/reference/ci.md has
its form.
"""

from pipl.ci.flow.reading import parse
from pipl.ci.flow.values import (
    DEFAULT_FLOW,
    FOLLOW,
    KINDS,
    PROMOTE,
    RESERVED,
    Facts,
    Flow,
    HandlerStep,
    NotifierRule,
    Stage,
)

__all__ = [
    "DEFAULT_FLOW",
    "FOLLOW",
    "KINDS",
    "PROMOTE",
    "RESERVED",
    "Facts",
    "Flow",
    "HandlerStep",
    "NotifierRule",
    "Stage",
    "parse",
]
