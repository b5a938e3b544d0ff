"""The entry point: the only place that catches designed errors and picks exit codes."""

from __future__ import annotations

import errno
import gc
import signal
import sys
from collections.abc import Mapping
from types import FrameType, MappingProxyType

from pipl.cli import echo, plain
from pipl_pipe.errors import AssetError, DesignedError, ProductError

EXIT_INTERRUPTED = 130
EXIT_DISK_FULL = 10
EXIT_FRAMEWORK = 11
COLLECTED = (50_000, 20, 20)
"""When Python looks for garbage: most commands end before there is any, and have imported much."""


def main() -> None:
    """Run the command line and exit. SIGTERM ends a command as cleanly as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    gc.set_threshold(*COLLECTED)
    try:
        command = plain.command_of(sys.argv[1:])
        status = _by_click() if command is None else command()
    except KeyboardInterrupt:
        _refuse("interrupted", "interrupted", "nothing half-done counts; run it again")
        sys.exit(EXIT_INTERRUPTED)
    except DesignedError as fault:
        _report(fault)
        sys.exit(exit_code(type(fault)))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        _say("error: no space left where the output goes")
        sys.exit(EXIT_DISK_FULL)
    finally:
        gc.freeze()  # else Python looks through all that was imported for garbage before it ends
    sys.exit(status if isinstance(status, int) else 0)


def _by_click() -> object:
    import click

    from pipl.cli.root import cli

    try:
        return cli.main(standalone_mode=False, prog_name="pipl")
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as fault:
        if "--json" in sys.argv:
            _refuse("usage", fault.format_message(), "see --help")
        else:
            fault.show()
        sys.exit(fault.exit_code)


def exit_code(kind: type[DesignedError]) -> int:
    """The status that a command ends with for an error of this class.

    About assets and products it is the same in pipl's own interpreter as in a workspace's.
    """
    default = EXIT_FRAMEWORK if issubclass(kind, (AssetError, ProductError)) else 1
    return getattr(kind, "exit_code", default)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _report(fault: DesignedError) -> None:
    _refuse(getattr(fault, "reported", fault.code), f"error: {fault}", fault.advice, fault.fields)


def _refuse(
    code: str, message: str, advice: str, fields: Mapping[str, object] = MappingProxyType({})
) -> None:
    """Say what went wrong: two lines for people, an object for machines."""
    if "--json" in sys.argv:
        from pipl.cli.render import print_json

        text = message.removeprefix("error: ")
        error = {"code": code, "message": text, "hint": advice, "fields": fields}
        print_json({"error": error})
        return
    _say(message)
    if advice and message.startswith("error: "):
        _say(f"hint: {advice}")


def _say(text: str) -> None:
    echo.err(text)
