"""The platforms that a lock may be made for."""

from __future__ import annotations

from typing import Final

PLATFORMS: Final = {
    "linux": "sys_platform == 'linux'",
    "windows": "sys_platform == 'win32'",
    "macos": "sys_platform == 'darwin'",
}
"""What projects call them, and the markers (PEP 508) that hold there."""
