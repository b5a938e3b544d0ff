"""What all key classes share: name, default, choices, exclusions, fixed length."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from pipl_pipe.errors import InvalidKey, InvalidValue
from pipl_pipe.path.characters import SEPARATORS
from pipl_pipe.path.parts import Shape
from pipl_pipe.path.text import MAX_NAME, shown

Choices = Union[Sequence[Any], Mapping[Any, str], None]
SAMPLES = 8
"""Texts that a key offers as examples of its values."""


class TemplateKey:
    """A field of templates (seed document 001, 'TemplateKey'); use one of its subclasses.

    Rules that the document leaves open: choices and exclusions compare with their case; the
    default must itself be a valid value, except an abstract key's, which may be a pattern such
    as `%V` that then is a valid value too; an abstract key needs a default.
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        choices: Choices = None,
        shotgun_entity_type: Optional[str] = None,
        shotgun_field_name: Optional[str] = None,
        exclusions: Optional[Sequence[Any]] = None,
        abstract: bool = False,
        length: Optional[int] = None,
    ) -> None:
        """Raises InvalidKey."""
        if not isinstance(name, str) or not name:
            raise InvalidKey(str(name), "its name is no text")
        self._name = name
        self._default = default
        self._shotgun_entity_type = shotgun_entity_type
        self._shotgun_field_name = shotgun_field_name
        if not isinstance(abstract, bool):
            raise self._invalid("abstract is neither true nor false")
        self._abstract = abstract
        if length is not None and (type(length) is not int or not 0 < length <= MAX_NAME):
            raise self._invalid(f"length is no number from 1 to {MAX_NAME}")
        self._length = length
        self._labels: Optional[Dict[Any, str]] = None
        self._exclusions = [self._listed("exclusions", one) for one in _list(exclusions, self)]
        if choices is not None:
            if isinstance(choices, Mapping):
                given = list(choices.items())
            else:
                given = [(one, one) for one in _list(choices, self)]
            labels = {self._listed("choices", one): str(label) for one, label in given}
            if not labels:
                raise self._invalid("choices is empty")
            self._labels = labels
        if abstract and default is None:
            raise self._invalid("it is abstract and has no default to stand for all its values")
        self._check_default()

    @property
    def default(self) -> Any:
        """The default; one given as a callable is called for it, each time anew."""
        return self._default() if callable(self._default) else self._default

    @property
    def name(self) -> str:
        """The name in definitions and fields."""
        return self._name

    @property
    def length(self) -> Optional[int]:
        """The number of characters that every value has as text; None for any."""
        return self._length

    @property
    def shotgun_entity_type(self) -> Optional[str]:
        """Kept for those who ask; nothing here uses it."""
        return self._shotgun_entity_type

    @property
    def shotgun_field_name(self) -> Optional[str]:
        """Kept for those who ask; nothing here uses it."""
        return self._shotgun_field_name

    @property
    def exclusions(self) -> List[Any]:
        """Values that are not allowed."""
        return list(self._exclusions)

    @property
    def is_abstract(self) -> bool:
        """Its default stands for many values at once, as `%V` or `%04d` does."""
        return self._abstract

    @property
    def choices(self) -> List[Any]:
        """The values that are allowed; empty where there is no such list."""
        return list(self._labels or ())

    @property
    def labelled_choices(self) -> Dict[Any, str]:
        """Each choice and its label; a choice without one is its own."""
        return dict(self._labels or {})

    def str_from_value(self, value: Any = None, ignore_type: bool = False) -> str:
        """The text of a value in a path; the default's where the value is None.

        With `ignore_type` nothing is checked: what is not of the key's type becomes text as
        `str` does it. Raises InvalidValue, also where there is neither value nor default.
        """
        if value is None:
            value = self.default
        if value is None:
            raise self._refused(value, "there is no value and no default")
        if self._is_pattern(value):
            return str(value)
        if ignore_type:
            try:
                return self._cast(value)
            except InvalidValue:
                return str(value)
        text = self._cast(value)
        self._check(text)
        return text

    def value_from_str(self, str_value: str) -> Any:
        """The value that a text stands for. Raises InvalidValue."""
        if self._is_pattern(str_value):
            return str_value
        self._check(str_value)
        return self._value(str_value)

    def validate(self, value: Any) -> bool:
        """`str_from_value` takes the value; None is none."""
        if value is None:
            return False
        try:
            self.str_from_value(value)
        except InvalidValue:
            return False
        return True

    # What the engine needs of a key (`parts.Key`).

    @property
    def shape(self) -> Shape:
        """The texts it takes."""
        raise NotImplementedError

    @property
    def is_exact(self) -> bool:
        """Every text of the shape can be read."""
        return False

    def read(self, text: str) -> Any:
        """`value_from_str`."""
        return self.value_from_str(text)

    def write(self, value: Any) -> str:
        """`str_from_value`, for a value that is given."""
        if value is None:
            raise self._refused(value, "it is not given")
        return self.str_from_value(value)

    def has_default(self) -> bool:
        return self._default is not None

    def samples(self) -> Iterator[str]:
        """Texts that values may have where shape and name do not show any; some may not be."""
        return iter(())

    # What subclasses define.

    def _cast(self, value: Any) -> str:
        """The text of a value of the key's type, not checked further. Raises InvalidValue."""
        raise NotImplementedError

    def _value(self, text: str) -> Any:
        """The value of a checked text. Raises InvalidValue."""
        raise NotImplementedError

    def _listed(self, where: str, value: Any) -> Any:
        """A choice or exclusion, as a value. Raises InvalidKey."""
        try:
            text = self._cast(value)
        except InvalidValue as fault:
            raise self._invalid(f"{where}: {fault.value}: {fault.reason}") from fault
        problem = _text_problem(text)
        if problem:
            raise self._invalid(f"{where}: {text!r}: {problem}")
        return self._value(text)

    def _check(self, text: str) -> None:
        """Raises InvalidValue for a text that no value of the key has."""
        problem = _text_problem(text)
        if problem:
            raise self._refused(text, problem)
        if self._length is not None and len(text) != self._length:
            raise self._refused(text, f"its length is {len(text)}, not {self._length}")
        if self._labels is None and not self._exclusions:
            return
        value = self._value(text)
        if self._labels is not None and value not in self._labels:
            raise self._refused(text, f"the choices are {shown(', '.join(map(str, self._labels)))}")
        if value in self._exclusions:
            raise self._refused(text, "it is excluded")

    def _check_default(self) -> None:
        if self._default is None or callable(self._default) or self._is_pattern(self._default):
            return
        try:
            self.str_from_value(self._default)
        except InvalidValue as fault:
            raise self._invalid(f"its default {fault.value}: {fault.reason}") from fault

    def _is_pattern(self, value: Any) -> bool:
        """The text that stands for many values."""
        if not self._abstract or not isinstance(value, str) or callable(self._default):
            return False
        return value == self._default and not _text_problem(value)

    def is_pattern(self, value: Any) -> bool:
        """It is a text that stands for many values at once, such as an abstract default."""
        return self._is_pattern(value)

    def _invalid(self, problem: str) -> InvalidKey:
        return InvalidKey(self._name, problem)

    def _refused(self, value: Any, reason: str) -> InvalidValue:
        return InvalidValue(self._name, shown(repr(value)), reason)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"


def _list(given: Any, key: TemplateKey) -> Sequence[Any]:
    if given is None:
        return ()
    if isinstance(given, (str, bytes)) or not isinstance(given, (list, tuple, set, frozenset)):
        raise InvalidKey(key.name, f"{shown(repr(given))} is no list")
    return list(given)


def _text_problem(text: str) -> str:
    """Why a text can stand in no path as a value; empty if it can."""
    if not text:
        return "it is empty"
    if text in (".", ".."):
        return "it is a folder's own name or its parent's"
    if "\0" in text:
        return "it holds a NUL"
    if any(separator in text for separator in SEPARATORS):
        return "it holds a separator"
    if len(text) > MAX_NAME or (not text.isascii() and _size_bytes(text) > MAX_NAME):
        return f"it is longer than {MAX_NAME} bytes"
    return ""


def _size_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
