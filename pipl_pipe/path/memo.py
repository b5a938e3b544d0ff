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
        self._small: Dict[int, str] = {}
        """0 and 1, which False and True are equal to and would be found by."""

    def __missing__(self, value: Any) -> str:
        if type(value) is int and value in self._small:
            return self._small[value]
        text = self._key.write(value)
        if type(value) is int and value in (0, 1):
            self._small[value] = text
        elif isinstance(value, (str, int, float)) and value not in (0, 1):
            # But not times: equal ones of two zones are written apart.
            if len(self) >= LIMIT:
                self.clear()
            self[value] = text
        return text
