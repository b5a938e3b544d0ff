"""The editors that come with the framework. One whose program is not there is passed over."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import Mapping, Sequence

from pipl_pipe.editor.editor import Editor

BLENDER_VARIABLE = "BLENDER"
IMAGE_VIEWER_VARIABLE = "PIPL_IMAGE_VIEWER"
_IMAGE_VIEWERS = ("mrv2", "rv", "djv", "iv", "feh", "eog", "gwenview", "xdg-open")
"""In the order tried; those first that show floating-point images and frame sequences."""


def _split(text: str) -> Sequence[str]:
    """A variable's words; on Windows its backslashes are part of paths."""
    words = shlex.split(text, posix=os.name != "nt")
    return [word.strip('"') for word in words] if os.name == "nt" else words


def _blender(environ: Mapping[str, str]) -> Sequence[str]:
    return (environ.get(BLENDER_VARIABLE) or "blender", "{file}")


def _text(environ: Mapping[str, str]) -> Sequence[str]:
    asked = environ.get("VISUAL") or environ.get("EDITOR")
    if asked:
        return _split(asked)
    return ("notepad",) if sys.platform == "win32" else ("vi",)


def _image(environ: Mapping[str, str]) -> Sequence[str]:
    asked = environ.get(IMAGE_VIEWER_VARIABLE)
    if asked:
        return _split(asked)
    if sys.platform == "darwin":
        return ("open", "-W")
    if sys.platform == "win32":
        return ("explorer",)
    path = environ.get("PATH", "")
    return [name for name in _IMAGE_VIEWERS if shutil.which(name, path=path)][:1]


BPY = Editor(
    opens=("blend",),
    command=("{python}", "-m", "pipl_pipe.editor.bpy_session", "{file}"),
    modules=("bpy",),
    gui=False,
)
"""Blender as the PyPI package `bpy`: `task edit scene.blend --editor bpy -- script.py args`."""

BLENDER = Editor(opens=("blend",), command=_blender)
"""Blender as an installed application: on PATH, or where the variable BLENDER says."""

USDVIEW = Editor(opens=("usd", "usda", "usdc", "usdz"), command=("usdview", "{file}"))
"""Also for USD files with no `usdview` of their own: MaterialX and Alembic need plug-ins."""

TEXT = Editor(
    opens=(
        "txt", "md", "rst", "py", "toml", "json", "yaml", "yml", "ini", "cfg", "xml", "csv", "sh",
        "usda", "mtlx", "ocio", "glsl", "osl", "mel", "svg", "obj",
    ),
    command=_text,
    gui=False,
    general=True,
)  # fmt: skip
"""What VISUAL or EDITOR say, else vi (Windows: notepad)."""

IMAGE = Editor(
    opens=("exr", "png", "jpg", "jpeg", "tif", "tiff", "tga", "dpx", "hdr", "tx", "psd", "svg"),
    command=_image,
    general=True,
)
"""What PIPL_IMAGE_VIEWER says, else the first well-known viewer on PATH."""
