"""The entry point: the only place that catches designed errors and picks exit codes."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click

from pipl import __version__
from pipl.cli.lazy import LazyGroup
from pipl_pipe.errors import DesignedError

EXIT_INTERRUPTED = 130

_PLACES = {
    "proj": ("pipl.cli.proj:proj", "The project: its folder, server, users and indexes."),
    "work": ("pipl.cli.work:work", "Workareas and workspaces."),
    "packl": ("pipl.cli.packl:packl", "Packls: create, edit, build, publish."),
    "asset": ("pipl.cli.asset:asset", "Assets of the current workspace, and the store."),
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
    except click.exceptions.Abort:
        _say("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except DesignedError as fault:
        _report(fault)
        sys.exit(getattr(fault, "exit_code", 1))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _report(fault: DesignedError) -> None:
    if "--json" in sys.argv:
        from pipl.cli.render import print_json

        code = getattr(fault, "reported", fault.code)
        error = {"code": code, "message": str(fault), "hint": fault.advice, "fields": fault.fields}
        print_json({"error": error})
        return
    _say(f"error: {fault}")
    if fault.advice:
        _say(f"hint: {fault.advice}")


def _say(text: str) -> None:
    click.echo(text, err=True)
