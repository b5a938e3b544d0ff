"""Environments as virtualenv makes them. Slow to import: done only where one is made."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from virtualenv import session_via_cli

from pipl.env import activation
from pipl.env.interpreter import Interpreter


def make(folder: Path, interpreter: Interpreter, *, prompt: str) -> None:
    """Make an empty environment at `folder`, which must not exist or be empty. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="pipl-virtualenv-") as app_data:
        arguments = [
            f"--python={interpreter.path}",
            f"--app-data={app_data}",
            f"--prompt={prompt}",
            "--no-seed",
            "--no-periodic-update",
            *([] if sys.platform == "win32" else ["--symlinks"]),
            str(folder),
        ]
        # no user file and no variable changes what an environment is
        env = {"VIRTUALENV_CONFIG_FILE": os.devnull}
        with session_via_cli(arguments, setup_logging=False, env=env) as session:
            session.run()
    activation.extend(folder / ("Scripts" if sys.platform == "win32" else "bin"))
