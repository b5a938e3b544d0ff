"""Hypothesis strategies: keys, definitions, values, and texts near them."""

from __future__ import annotations

from typing import Any, Dict, List

from hypothesis import strategies as st

from pipl_pipe.path.keys import IntegerKey, SequenceKey, StringKey, TimestampKey
from pipl_pipe.path.parts import Key, Part, Parts, Section, Slot, Text, slots

KEYS: List[Key] = [
    StringKey("free"),
    StringKey("other"),
    StringKey("word", filter_by="alphanumeric"),
    StringKey("letters", filter_by="alpha"),
    StringKey("pair", length=2),
    StringKey("kind", choices=["a", "ab", "b_", "model"]),
    StringKey("lower", filter_by="[a-z]+"),
    StringKey("not_a", exclusions=["a", "v1"]),
    StringKey("eye", choices=["left", "right"], default="%V", abstract=True),
    StringKey("initials", subset="([A-Z])[a-z]* ([A-Z])[a-z]*"),
    IntegerKey("plain"),
    IntegerKey("version", format_spec="03"),
    IntegerKey("loose", format_spec="02", strict_matching=False),
    IntegerKey("width", length=2),
    SequenceKey("frame", format_spec="04"),
    SequenceKey("SEQ"),
    TimestampKey("day", format_spec="%Y%m%d"),
]
ALPHABET = "aAbv01_.x/%V\\"
TEXTS = ["_", ".", ".v", "_v", "v", "a", "x", "/", "/work/", "A_", ".ma", "0", "-"]


def texts() -> st.SearchStrategy[Text]:
    return st.builds(Text, st.sampled_from(TEXTS), st.booleans())


def keys() -> st.SearchStrategy[Key]:
    return st.sampled_from(KEYS)


def _sections(inner: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    parts = st.lists(inner, min_size=1, max_size=3).filter(
        lambda parts: any(isinstance(part, Slot) for part in parts)
    )
    return parts.map(lambda parts: Section(tuple(parts)))


def definitions(max_size: int = 6) -> st.SearchStrategy[Parts]:
    """Any template: keys side by side, twice, in sections, in sections in sections."""
    part = st.recursive(st.one_of(texts(), keys().map(Slot)), _sections, max_leaves=4)
    return st.lists(part, min_size=1, max_size=max_size).map(tuple)


def value_of(key: Key) -> st.SearchStrategy[Any]:
    """Texts that the key reads, as values."""
    if key.name in ("plain", "version", "loose", "SEQ", "frame"):
        return st.one_of(st.integers(0, 12_000), st.just(key.read(key.write(7))))
    if key.name == "width":
        return st.integers(10, 99)
    if key.name == "day":
        return st.datetimes().map(lambda at: key.read(key.write(at)))
    if key.name in ("kind", "eye"):
        return st.sampled_from(list(key.choices))  # type: ignore[attr-defined]  # a TemplateKey
    shaped = {
        "word": "[ab01]{1,4}",
        "letters": "[abV]{1,4}",
        "pair": "[ab_.]{2}",
        "lower": "[abx]{1,4}",
        "initials": "[A-Z]{2}",
    }
    pattern = shaped.get(key.name, r"[ab01_.%\[\]*é]{1,5}")
    return st.from_regex(pattern, fullmatch=True).filter(lambda text: _can_be(key, text))


def _can_be(key: Key, text: str) -> bool:
    from pipl_pipe.errors import InvalidValue

    try:
        key.read(text)
    except InvalidValue:
        return False
    return True


@st.composite
def fields(draw: Any, parts: Parts) -> Dict[str, Any]:
    """A value for each key that must have one, and for some of the others."""
    needed = {key.name: key for key, optional in slots(parts) if not optional}
    every = {key.name: key for key, _ in slots(parts)}
    return {
        name: draw(value_of(key))
        for name, key in every.items()
        if name in needed or draw(st.booleans())
    }
