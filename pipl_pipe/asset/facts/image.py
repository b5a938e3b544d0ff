"""Facts of an image, from its header, by OpenImageIO."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from pipl_pipe.asset.facts.bounds import Fact, plain

EXTENSIONS = frozenset(
    ("exr", "sxr", "mxr", "png", "jpg", "jpeg", "tif", "tiff", "tx", "dpx", "cin", "hdr", "tga")
) | {"psd", "psb", "webp", "jp2", "jxl", "bmp", "gif", "sgi", "rgb", "dds", "fits", "pic", "iff"}
"""Lower case, without the dot: what OpenImageIO is asked about."""
_MAX_CHANNELS = 32


class Unreadable(Exception):
    """The library does not read the file; the text says why."""


def facts_of(path: Path) -> Dict[str, Fact]:
    """Resolution (of the display window) in pixels, channels, format; windows where they differ.

    Windows are `[left, top, right, bottom]`, the last two included, as in OpenEXR.
    Raises ImportError, Unreadable.
    """
    import OpenImageIO as oiio

    file = oiio.ImageInput.open(str(path))
    if file is None:
        raise Unreadable(plain(oiio.geterror() or "OpenImageIO cannot read it"))
    try:
        facts = _facts(file.spec())
        facts["image_format"] = plain(file.format_name())
        return facts
    finally:
        file.close()


def _facts(spec: Any) -> Dict[str, Fact]:
    facts: Dict[str, Fact] = {"resolution": [spec.full_width, spec.full_height]}
    shown = _window(spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    held = _window(spec.x, spec.y, spec.width, spec.height)
    if shown != held:
        facts["display_window"], facts["data_window"] = shown, held
    names = [plain(name, length=40) for name in spec.channelnames[:_MAX_CHANNELS]]
    facts["channel_count"], facts["channels"] = spec.nchannels, [*names]
    facts["pixel_type"] = plain(str(spec.format))
    for name, attribute in (
        ("compression", "compression"),
        ("color_space", "oiio:ColorSpace"),
        ("part_count", "oiio:subimages"),
        ("pixel_aspect", "PixelAspectRatio"),
    ):
        found = spec.getattribute(attribute)
        if isinstance(found, str) and found:
            facts[name] = plain(found)
        elif isinstance(found, (int, float)) and found not in (0, 1):
            facts[name] = found if isinstance(found, int) else round(found, 6)
    return facts


def _window(x: int, y: int, width: int, height: int) -> List[Any]:
    return [x, y, x + width - 1, y + height - 1]
