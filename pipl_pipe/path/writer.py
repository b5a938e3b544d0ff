"""Writes a template's texts: one form for each set of sections that was asked for."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Tuple

from pipl_pipe.errors import InvalidValue, MissingFields, PathTooLong
from pipl_pipe.path import memo
from pipl_pipe.path.parts import Key, Parts, Section, Slot, direct_keys, keys_of
from pipl_pipe.path.text import MAX_NAME, MAX_PATH, shown

Write = Callable[[Mapping[str, Any]], str]


class Form:
    """The text of one variant: the fixed texts, and which keys stand between them."""

    def __init__(self, texts: Tuple[str, ...], names: Tuple[str, ...]) -> None:
        """There is one text more than there are names."""
        self.texts = texts
        self.names = names

    def filled(self, values: List[str]) -> str:
        """The text with the texts of values, one for each name."""
        return "".join(map("".join, zip(self.texts, values))) + self.texts[-1]


class Writer:
    """Variants are made when first asked for; there are as many as are used."""

    write: Write
    """Raises MissingFields, InvalidValue, PathTooLong."""

    def __init__(self, name: str, parts: Parts, start: str = "") -> None:
        """`start` is written before the parts."""
        self._name = name
        self._start = start
        self._parts = parts
        self._forms: Dict[FrozenSet[str], Form] = {}
        self.write = self._first_write

    @functools.cached_property
    def _keys(self) -> Dict[str, Key]:
        return keys_of(self._parts)

    @functools.cached_property
    def _memos(self) -> Dict[str, memo.Written]:
        return {name: memo.Written(key) for name, key in self._keys.items()}

    def _first_write(self, fields: Mapping[str, Any]) -> str:
        whole = self._form(frozenset(self._keys))
        self.write = _quick(_joining(whole, self._memos), self._written)
        return self.write(fields)

    def _written(self, fields: Mapping[str, Any]) -> str:
        """Where not every key is given, or something is wrong with it."""
        given = {name: fields.get(name) for name in self._keys}
        present = frozenset(name for name, value in given.items() if value is not None)
        form = self._forms.get(present) or self._form(present)
        missing = []
        for name in dict.fromkeys(form.names):
            if given[name] is None:
                given[name] = self._keys[name].default
                if given[name] is None:
                    missing.append(name)
        if missing:
            raise MissingFields(self._name, tuple(missing))
        texts = []
        for name in form.names:
            try:
                texts.append(self._memos[name][given[name]])
            except TypeError:  # a list, a dict: what cannot be looked up
                texts.append(self._keys[name].write(given[name]))
        return form.filled(texts)

    def joined(self, texts: Mapping[str, str]) -> str:
        """The text that has these texts of values, and the sections of just these keys."""
        present = frozenset(texts)
        form = self._forms.get(present) or self._form(present)
        return form.filled([texts[name] for name in form.names])

    def _form(self, present: FrozenSet[str]) -> Form:
        texts: List[str] = [self._start]
        names: List[str] = []
        _walk(self._parts, present, texts, names)
        form = Form(tuple(texts), tuple(names))
        if len(self._forms) < memo.LIMIT:
            self._forms[present] = form
        return form


def _joining(form: Form, memos: Mapping[str, memo.Written]) -> Write:
    """`lambda fields: f"{t0}{m1[fields[n1]]}{t1}…"`: twice as fast as a loop over the keys.

    As in `collections.namedtuple`, the source holds no text from outside: names, fixed texts
    and memos are handed to it.
    """
    known: Dict[str, Any] = {"__builtins__": {}, "t0": form.texts[0]}
    source = "{t0}"
    for number, (name, text) in enumerate(zip(form.names, form.texts[1:]), 1):
        known.update({f"n{number}": name, f"m{number}": memos[name], f"t{number}": text})
        source += f"{{m{number}[fields[n{number}]]}}{{t{number}}}"
    made: Write = eval(f'lambda fields: f"{source}"', known)  # noqa: S307  # numbered names only
    return made


def _quick(whole: Write, otherwise: Write) -> Write:
    """Writes with all sections, if all values are there and right, else as `otherwise` does."""

    def write(fields: Mapping[str, Any]) -> str:
        try:
            text = whole(fields)
        except (KeyError, TypeError, InvalidValue):
            text = otherwise(fields)
        if len(text) > MAX_NAME or not text.isascii():
            _check_length(text)
        return text

    return write


def _walk(parts: Parts, present: FrozenSet[str], texts: List[str], names: List[str]) -> None:
    """Append the keys that stand in the text to `names`, and a text behind each to `texts`."""
    for part in parts:
        if isinstance(part, Section):
            if direct_keys(part) <= present:
                _walk(part.parts, present, texts, names)
        elif isinstance(part, Slot):
            names.append(part.key.name)
            texts.append("")
        else:
            texts[-1] += part.text


def _check_length(text: str) -> None:
    if len(text) > MAX_PATH:
        raise PathTooLong(shown(text), len(text), MAX_PATH)
    for component in text.split("/"):
        size_bytes = len(component.encode("utf-8", "surrogatepass"))
        if size_bytes > MAX_NAME:
            raise PathTooLong(shown(component), size_bytes, MAX_NAME)
