"""A text that a template makes, to show what it means."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Iterator, Optional

from pipl_pipe.errors import PathError
from pipl_pipe.path.characters import Characters
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.parts import Key, Run, keys_of

_LIKED = "ax1_0-A "


def example_fields(compiled: Compiled, variant: int = 0) -> Optional[Dict[str, Any]]:
    """A value for each key, or None where a key takes none that we can think of.

    Another `variant` (0, 1, 2 …) gives other values to keys that have others.
    """
    found: Dict[str, Any] = {}
    for name, key in keys_of(compiled.parts).items():
        values = list(_distinct(key, variant + 1))
        if not values:
            return None
        found[name] = values[min(variant, len(values) - 1)]
    return found


def example(compiled: Compiled, variant: int = 0) -> Optional[str]:
    """A text that the template makes of `example_fields`; None where it makes none of them."""
    fields = example_fields(compiled, variant)
    try:
        return None if fields is None else compiled.prefixes[0] + compiled.write(fields)
    except PathError:
        return None


def _distinct(key: Key, count: int) -> Iterator[Any]:
    seen = set()
    for text in _texts(key):
        try:
            value = key.read(text)
            if text in (".", "..") or key.write(value) != text:
                continue
        except PathError:
            continue
        if text not in seen:
            seen.add(text)
            yield value
        if len(seen) >= count:
            return


def _texts(key: Key) -> Iterator[str]:
    """Texts that the key may take, the more telling ones first."""
    default = key.default if key.has_default() else None
    if default is not None:
        with contextlib.suppress(PathError):
            yield key.write(default)
    yield key.name
    yield "".join(one for one in key.name if one.isalnum())
    yield from getattr(key, "samples", tuple)()
    for shape in key.shape:
        if isinstance(shape, str):
            yield shape
            continue
        if shape.longest is not None and shape.longest == shape.shortest:
            yield from _numbers(shape)
        for character in _characters(shape.characters):
            longest = shape.longest if shape.longest is not None else shape.shortest + 3
            for length in (shape.shortest, min(shape.shortest + 1, longest), longest):
                if length:
                    yield _telling(character, length)
        yield from _numbers(shape)


def _characters(of: Characters) -> Iterator[str]:
    yield from (one for one in _LIKED if one in of)
    for low, high in of.ranges[:3]:
        yield chr(low)
        yield chr(high)


def _telling(character: str, length: int) -> str:
    """`001` rather than `111`."""
    return character.rjust(length, "0") if character.isdecimal() else character * length


def _numbers(run: Run) -> Iterator[str]:
    if "0" in run.characters and "9" in run.characters:
        for number in (1, 2, 12, 123, 1001):
            yield str(number).zfill(run.shortest)
