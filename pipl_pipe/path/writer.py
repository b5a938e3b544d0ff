"""Writes a template's texts: one `%`-form for each set of sections that was asked for."""

from __future__ import annotations

from operator import getitem, itemgetter
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Tuple

from pipl_pipe.errors import InvalidValue, MissingFields, PathTooLong
from pipl_pipe.path import memo
from pipl_pipe.path.parts import Parts, Section, Slot, direct_keys, keys_of
from pipl_pipe.path.text import MAX_NAME, MAX_PATH, shown

Write = Callable[[Mapping[str, Any]], str]


class Form:
    """The text of one variant: which keys stand in it, in order, and what between them."""

    def __init__(self, form: str, names: List[str], memos: Mapping[str, memo.Written]) -> None:
        self.form = form
        self.names = tuple(names)
        self.memos = tuple(memos[name] for name in names)
        self.values = _getter(self.names)


class Writer:
    """Variants are made when first asked for; there are as many as are used."""

    write: Write
    """Raises MissingFields, InvalidValue, PathTooLong."""

    def __init__(self, name: str, parts: Parts, start: str = "") -> None:
        """`start` is written before the parts."""
        self._name = name
        self._start = start.replace("%", "%%")
        self._parts = parts
        self._keys = keys_of(parts)
        self._memos = {name: memo.Written(key) for name, key in self._keys.items()}
        self._forms: Dict[FrozenSet[str], Form] = {}
        self.write = _quick(self._form(frozenset(self._keys)), self._written)

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
        for name, written in zip(form.names, form.memos):
            try:
                texts.append(written[given[name]])
            except TypeError:  # a list, a dict: what cannot be looked up
                texts.append(self._keys[name].write(given[name]))
        return form.form % tuple(texts)

    def joined(self, texts: Mapping[str, str]) -> str:
        """The text that has these texts of values, and the sections of just these keys."""
        present = frozenset(texts)
        form = self._forms.get(present) or self._form(present)
        return form.form % tuple([texts[name] for name in form.names])

    def _form(self, present: FrozenSet[str]) -> Form:
        names: List[str] = []
        form = Form(self._start + _formed(self._parts, present, names), names, self._memos)
        if len(self._forms) < memo.LIMIT:
            self._forms[present] = form
        return form


def _quick(whole: Form, otherwise: Write) -> Write:
    """Writes with all sections, if all values are there and right, else as `otherwise` does."""
    form, memos, values = whole.form, whole.memos, whole.values

    def write(fields: Mapping[str, Any]) -> str:
        try:
            text = form % tuple(map(getitem, memos, values(fields)))
        except (KeyError, TypeError, InvalidValue):
            text = otherwise(fields)
        if len(text) > MAX_NAME or not text.isascii():
            _check_length(text)
        return text

    return write


def _formed(parts: Parts, present: FrozenSet[str], names: List[str]) -> str:
    """Append the keys that stand in the text to `names`."""
    pieces: List[str] = []
    for part in parts:
        if isinstance(part, Section):
            if direct_keys(part) <= present:
                pieces.append(_formed(part.parts, present, names))
        elif isinstance(part, Slot):
            names.append(part.key.name)
            pieces.append("%s")
        else:
            pieces.append(part.text.replace("%", "%%"))
    return "".join(pieces)


def _getter(names: Tuple[str, ...]) -> Callable[[Mapping[str, Any]], Tuple[Any, ...]]:
    if not names:
        return lambda fields: ()
    if len(names) == 1:
        only = names[0]
        return lambda fields: (fields[only],)
    found: Callable[[Mapping[str, Any]], Tuple[Any, ...]] = itemgetter(*names)
    return found


def _check_length(text: str) -> None:
    if len(text) > MAX_PATH:
        raise PathTooLong(shown(text), len(text), MAX_PATH)
    for component in text.split("/"):
        size_bytes = len(component.encode("utf-8", "surrogatepass"))
        if size_bytes > MAX_NAME:
            raise PathTooLong(shown(component), size_bytes, MAX_NAME)
