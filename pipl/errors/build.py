"""Packls that cannot be built."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


class BuildError(PiplError):
    """Making distributions."""

    code: ClassVar[str] = "build"
    exit_code: ClassVar[int] = 7


class BuildFailed(BuildError):
    path: str
    output: str
    code = "build.failed"
    says = "{path} cannot be built:\n{output}"
    hint = "correct what the build says above"


class InvalidWheel(BuildError):
    path: str
    reason: str
    code = "build.invalid-wheel"
    says = "{path} is not a usable wheel: {reason}"
    hint = "build the packl again with `pipl packl build`"


class InvalidSdist(BuildError):
    filename: str
    reason: str
    code = "build.invalid-sdist"
    says = "{filename} is not a usable source distribution: {reason}"
    hint = "build the packl again with `pipl packl build`"
