"""The entry point: the only place that catches designed errors and picks exit codes."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Mapping
from types import FrameType, MappingProxyType

import click

from pipl import __version__
from pipl.cli.lazy import LazyGroup
from pipl_pipe.errors import AssetError, DesignedError, ProductError

EXIT_INTERRUPTED = 130
EXIT_DISK_FULL = 10
EXIT_FRAMEWORK = 11

_PLACES = {
    "proj": ("pipl.cli.proj:proj", "The project: its folder, server, users and indexes."),
    "work": ("pipl.cli.work:work", "Workareas and workspaces."),
    "packl": ("pipl.cli.packl:packl", "Packls: create, edit, build, publish."),
    "asset": ("pipl.cli.asset:asset", "Assets of the current workspace, and the store."),
    "path": ("pipl.cli.path:path", "Paths and names by templates: parse, format, find, check."),
    "ci": ("pipl.cli.ci:ci", "The CI runner and its runs."),
    "login": ("pipl.cli.account:login", "Log in to the project's server."),
    "logout": ("pipl.cli.account:logout", "Forget the login."),
    "whoami": ("pipl.cli.account:whoami", "Who commands act as."),
    "demo": ("pipl.cli.demo:demo", "The whole road, from an empty folder to a shot."),
    "completion": ("pipl.cli.completion:completion", "Completion for bash, zsh or fish."),
}

cli = click.version_option(__version__, prog_name="pipl")(
    LazyGroup(
        "pipl",
        places=_PLACES,
        help=(
            "The Package Index PipeLine: every task, product and config of an animation or VFX "
            "project is a Python package on the project's own index.\n\n"
            "Commands guess the current project, workspace and packl from the current folder; "
            "an argument overrides it."
        ),
        epilog="Example: pipl demo --keep",
    )
)


def main() -> None:
    """Run the command line and exit. SIGTERM ends a command as cleanly as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = cli.main(standalone_mode=False, prog_name="pipl")
    except (click.exceptions.Abort, KeyboardInterrupt):
        _refuse("interrupted", "interrupted", "nothing half-done counts; run it again")
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as fault:
        if "--json" in sys.argv:
            _refuse("usage", fault.format_message(), "see --help")
        else:
            fault.show()
        sys.exit(fault.exit_code)
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
    sys.exit(status if isinstance(status, int) else 0)


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
    click.echo(text, err=True)
