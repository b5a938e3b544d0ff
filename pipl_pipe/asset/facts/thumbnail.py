"""A small picture of an image, by OpenImageIO: JPEG for a screen, at most 256 pixels wide or high.

The same file gives the same bytes, as long as OpenImageIO is the same: nothing of the file's
metadata is taken over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipl_pipe.asset.facts.bounds import plain
from pipl_pipe.asset.facts.image import Unreadable

PIXELS = 256
SUFFIX = ".jpg"
MAX_PIXELS = 40_000_000
"""Of an image that is read for its thumbnail, data and display window each: 8K is 33 million."""
_FLOAT = ("half", "float", "double")
_COLOURS = 3


def write(source: Path, thumbnail: Path) -> bool:
    """Write the thumbnail of an image; False where the image is too large to be read for it.

    Colours of floating-point images are taken for linear where the file does not say more, and
    clipped. Raises ImportError, Unreadable.
    """
    import OpenImageIO as oiio

    image = oiio.ImageBuf(str(source))
    spec = image.spec()
    if image.has_error or not spec.nchannels or not spec.width or not spec.height:
        raise Unreadable(plain(image.geterror() or "OpenImageIO cannot read it"))
    if max(spec.width * spec.height, spec.full_width * spec.full_height) > MAX_PIXELS:
        return False
    if spec.deep:
        raise Unreadable("it holds deep samples")
    is_float = str(spec.format) in _FLOAT
    space = spec.getattribute("oiio:ColorSpace") or ("lin_rec709" if is_float else "sRGB")
    count = _COLOURS if spec.nchannels >= _COLOURS else 1
    if not image.read(0, 0, 0, count, True, "half" if is_float else "uint8"):
        raise Unreadable(plain(image.geterror()))
    small = _small(oiio, image, count)
    if str(space).lower() not in ("srgb", "srgb_rec709_scene"):
        converted = oiio.ImageBufAlgo.colorconvert(small, str(space), "sRGB")
        small = small if converted.has_error else converted
    _write(oiio, small, thumbnail)
    return True


def _small(oiio: Any, image: Any, count: int) -> Any:
    """The display window, scaled down to fit; a smaller one stays as it is."""
    spec = image.spec()
    algorithms = oiio.ImageBufAlgo
    algorithms.fixNonFinite(image, image, oiio.NONFINITE_BLACK)
    shown = algorithms.cut(image, image.roi_full)
    width, height = spec.full_width, spec.full_height
    scale = min(1.0, PIXELS / max(width, height))
    fitted = [max(1, round(width * scale)), max(1, round(height * scale))]
    size = oiio.ROI(0, fitted[0], 0, fitted[1], 0, 1, 0, count)
    small = shown if scale == 1.0 else algorithms.resize(shown, "triangle", roi=size)
    if count < _COLOURS:
        small = algorithms.channels(small, (0, 0, 0), ("R", "G", "B"))
    small = algorithms.clamp(small, 0.0, 1.0)
    if small.has_error:
        raise Unreadable(plain(small.geterror()))
    return small


def _write(oiio: Any, small: Any, thumbnail: Path) -> None:
    spec = oiio.ImageSpec(small.spec().width, small.spec().height, _COLOURS, "uint8")
    spec["compression"] = "jpeg:85"
    bare = oiio.ImageBuf(spec)
    if not oiio.ImageBufAlgo.paste(bare, 0, 0, 0, 0, small) or not bare.write(str(thumbnail)):
        raise Unreadable(plain(bare.geterror()))
