"""Programs that pipl runs."""

from __future__ import annotations

from pipl.errors.base import PiplError


class CommandFailed(PiplError):
    """A program that pipl runs ended with an error."""

    command: str
    status: int
    output: str
    code = "command.failed"
    exit_code = 9
    says = "{command} ended with status {status}:\n{output}"
    hint = "read its output above"


class CommandTimedOut(PiplError):
    """A program that pipl runs did not end in time; it and its children were killed."""

    command: str
    timeout_s: float
    output: str
    code = "command.timed-out"
    exit_code = 9
    says = "{command} was stopped after {timeout_s:g} s:\n{output}"
    hint = "read its output above"


class ProgramMissing(PiplError):
    """A program that pipl runs is not installed."""

    program: str
    code = "command.missing"
    exit_code = 9
    says = "the program {program} is not installed"
    hint = "install it; in a workspace, add the packl that brings it with `pipl work add`"


class PictureNeedsGraphviz(PiplError):
    """The program that places boxes and arrows is not installed."""

    program: str
    code = "command.graphviz-missing"
    exit_code = 9
    says = "an SVG picture is drawn by Graphviz's {program}, which is not installed"
    hint = "install Graphviz, or draw it with `--format tree` or `--format mermaid`"
