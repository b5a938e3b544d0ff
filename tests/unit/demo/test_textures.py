"""The checkerboard is a PNG that a reader accepts, and always the same bytes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from .conftest import Import


def chunks(png: bytes) -> dict[bytes, bytes]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + body),)
        found[kind] = body
        at += 12 + length
    return found


def test_checker(laid: Import, tmp_path: Path) -> None:
    textures = laid("demo_pipeline.textures")
    light, dark = (250, 240, 230), (10, 20, 30)
    path = tmp_path / "body.png"
    textures.write_checker(path, size=256, squares=4, colours=(light, dark))

    found = chunks(path.read_bytes())
    assert found[b"IHDR"][:8] == struct.pack(">II", 256, 256)
    rows = zlib.decompress(found[b"IDAT"])
    assert len(rows) == 256 * (1 + 3 * 256)

    def pixel(x: int, y: int) -> tuple[int, ...]:
        start = y * (1 + 3 * 256) + 1 + 3 * x
        return tuple(rows[start : start + 3])

    assert [pixel(0, 0), pixel(63, 0), pixel(64, 0), pixel(0, 64)] == [light, light, dark, dark]
