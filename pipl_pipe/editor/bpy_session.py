"""`python -m pipl_pipe.editor.bpy_session FILE [SCRIPT ARGS…]`: Blender without windows.

Opens a file in the package `bpy`, then runs a script, which finds the scene in `bpy.data` and
its own arguments in `sys.argv`; without a script, an interactive console.
"""

from __future__ import annotations

import argparse
import code
import importlib
import runpy
import sys
from pathlib import Path
from typing import Optional, Sequence


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The exit code: 0, or what the script exits with."""
    parser = argparse.ArgumentParser(prog="bpy", description="Open a file in Blender's package.")
    parser.add_argument("file", type=Path)
    parser.add_argument("script", nargs="?", type=Path)
    parser.add_argument("args", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    bpy = importlib.import_module("bpy")
    if given.file.exists():
        bpy.ops.wm.open_mainfile(filepath=str(given.file.resolve()))
    else:  # a new scene
        bpy.ops.wm.read_factory_settings(use_empty=True)
    if given.script is None:
        code.interact(f"bpy {bpy.app.version_string}, {given.file}", local={"bpy": bpy})
        return 0
    sys.argv = [str(given.script), *given.args]
    runpy.run_path(str(given.script), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
