"""`python -m pipl_pipe.shells SHELL`: what `activate` runs, as commands of that shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipl_pipe.shells import activation


def main() -> None:
    """Print the commands for the shell that is named; nothing where no packl asks for any."""
    shell = activation.SHELLS[sys.argv[1]]
    changes = activation.settled(Path(sys.prefix))
    text = activation.commands(shell, changes, os.environ, warn=_warn)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))


def _warn(text: str) -> None:
    sys.stderr.write(f"pipl: {text}\n")


if __name__ == "__main__":
    main()
