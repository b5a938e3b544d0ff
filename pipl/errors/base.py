"""The root of the tool's errors, and those that are of no part of it."""

from __future__ import annotations

from typing import ClassVar

from pipl_pipe.errors import DesignedError


class PiplError(DesignedError):
    """Root of the tool's errors."""

    code: ClassVar[str] = "pipl"
    exit_code: ClassVar[int] = 1


class RoadBlocked(PiplError):
    """A step of the demo did not show what it must."""

    step: str
    seen: str
    code = "demo.road-blocked"
    says = "the demo stopped at: {step}\n{seen}"
    hint = "run it again with --keep and look at the project"


class DiskFull(PiplError):
    """No space left; nothing half-written remains under its final name."""

    path: str
    code = "disk.full"
    exit_code = 10
    says = "no space left for {path}"
    hint = "free space there and run the command again"


class FrameworkError(PiplError):
    """An error that `python -m pipl_pipe` reported from inside a workspace.

    `reported` is the framework's own code, such as `asset.missing`.
    """

    reported: str
    message: str
    advised: str
    code = "framework"
    exit_code = 11
    says = "{message}"
    hint = "{advised}"
