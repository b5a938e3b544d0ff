"""What keys have read and written, kept: the same values come again and again."""

from __future__ import annotations

from typing import Any, Dict

from pipl_pipe.path.parts import Key

LIMIT = 4096
"""Entries kept for one key; it then starts anew."""


class Read(Dict[str, Any]):
    """Text to value. Looking up raises InvalidValue."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, text: str) -> Any:
        value = self._key.read(text)
        if len(self) >= LIMIT:
            self.clear()
        self[text] = value
        return value


class Written(Dict[Any, str]):
    """Value to text; equal numbers are written alike. Looking up raises InvalidValue."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, value: Any) -> str:
        text = self._key.write(value)
        if isinstance(value, (str, int, float)):  # equal times of two zones are written apart
            if len(self) >= LIMIT:
                self.clear()
            self[value] = text
        return text
