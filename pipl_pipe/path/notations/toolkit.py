"""Templates with the interface of Toolkit's (seed document 001, 'Template' to 'TemplateString')."""

from __future__ import annotations

import functools
import os
import sys
from typing import Any, Collection, Mapping, Optional

from pipl_pipe.errors import InvalidTemplate, NamesOnly, NoRoot, PathOutside
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.notations import toolkit_definition
from pipl_pipe.path.notations.toolkit_template import PathLike, Template
from pipl_pipe.path.parts import Fields, Key
from pipl_pipe.path.text import folded, normal, shown
from pipl_pipe.path.writer import Writer

__all__ = ["Template", "TemplatePath", "TemplateString"]


class TemplatePath(Template):
    """A template of whole paths. Paths of any of its platforms are read, on each of them.

    Separators may be `/` or a backslash when read, repeated and at the end too; they are
    written as the platform writes them.
    """

    def __init__(
        self,
        definition: str,
        keys: Mapping[str, Key],
        root_path: str,
        name: Optional[str] = None,
        per_platform_roots: Optional[Mapping[str, str]] = None,
    ) -> None:
        """`per_platform_roots` maps `linux`, `darwin`, `win32`; `root_path` is this platform's, or
        empty where it has none. Raises InvalidTemplate.
        """
        self._root = normal(root_path)
        self._root_path = root_path
        self._roots = {
            _platform(one): normal(root) for one, root in (per_platform_roots or {}).items() if root
        }
        column, problem = toolkit_definition.path_problem(definition)
        if problem:
            raise InvalidTemplate(name or definition, shown(definition), column, problem)
        super().__init__(definition, keys, name)
        start = _joined(self._root) if definition else self._root
        self._writer = Writer(self._name, self._compiled.parts, start)
        self._is_native = os.sep == "/" and self._root != "" and not _is_windows(self._root)

    @property
    def root_path(self) -> str:
        """The root that paths are written below here."""
        return self._root_path

    @property
    def search_root(self) -> str:
        """The folder to look for paths in, with `/`. Raises NoRoot where there is none here."""
        if not self._root:
            raise NoRoot(self._name, sys.platform, tuple(sorted(self._roots)))
        return self._root.rstrip("/")

    @property
    def parent(self) -> Optional[TemplatePath]:
        """The template of the folder that holds it, down to the root's; then None.

        That is the definition before the last separator outside sections.
        """
        return self._parent

    @functools.cached_property
    def _parent(self) -> Optional[TemplatePath]:
        if not self._definition:
            return None
        above = toolkit_definition.parent(self._definition)
        return TemplatePath(above, self._given_keys, self._root_path, None, self._roots)

    def apply_fields(self, fields: Mapping[str, Any], platform: Optional[str] = None) -> str:
        """The path of these fields, for this or another platform (a `sys.platform`).

        Raises MissingFields, InvalidValue, PathTooLong, NoRoot.
        """
        if platform is None and self._is_native:
            return self._writer.write(fields)
        root, is_windows = self._root, os.sep == "\\" or _is_windows(self._root)
        if platform is not None:
            known = _platform(platform)
            is_windows = known == "win32"
            if known in self._roots:
                root = self._roots[known]
            elif known != _platform(sys.platform):
                raise NoRoot(self._name, platform, tuple(sorted(self._roots)))
        if not root:
            raise NoRoot(self._name, sys.platform, tuple(sorted(self._roots)))
        text = (_joined(root) if self._definition else root) + self._compiled.write(fields)
        return text.replace("/", "\\") if is_windows else text

    def _made(self) -> Compiled:
        parts = toolkit_definition.parse(self._name, self._definition, self._given_keys)
        problem = toolkit_definition.name_problem(parts) if parts else ""
        if problem:
            raise InvalidTemplate(self._name, shown(self._definition), 0, problem)
        roots = {folded(root): root for root in (self._root, *self._roots.values()) if root}
        prefixes = tuple(_joined(root) if parts else root for root in roots.values())
        return Compiled(self._name, parts, prefixes)

    def _text(self, path: PathLike) -> str:
        text = normal(super()._text(path))
        is_share = any(root.startswith("//") for root in (self._root, *self._roots.values()))
        return text[1:] if text.startswith("//") and not is_share else text

    def _mismatch(self, text: str, skip_keys: Optional[Collection[str]]) -> Exception:
        lowered = folded(text)
        if not any(lowered.startswith(folded(one)) for one in self._compiled.prefixes):
            roots = tuple(dict.fromkeys((self._root, *self._roots.values())))
            return PathOutside(shown(text), roots)
        return super()._mismatch(text, skip_keys)


class TemplateString(Template):
    """A template of names that are no paths. With `validate_with`, that template validates."""

    def __init__(
        self,
        definition: str,
        keys: Mapping[str, Key],
        name: Optional[str] = None,
        validate_with: Optional[Template] = None,
    ) -> None:
        """Raises InvalidTemplate."""
        super().__init__(definition, keys, name)
        self._validate_with = validate_with

    @property
    def validate_with(self) -> Optional[Template]:
        """The template that decides what is valid, if it is not this one."""
        return self._validate_with

    @property
    def search_root(self) -> str:
        """There is none. Raises NamesOnly."""
        raise NamesOnly(self._name)

    @property
    def parent(self) -> None:
        """Always None: names have no folder."""
        return None

    def validate_and_get_fields(
        self,
        path: PathLike,
        required_fields: Optional[Mapping[str, Any]] = None,
        skip_keys: Optional[Collection[str]] = None,
    ) -> Optional[Fields]:
        """The fields, or None if the text does not fit this template, or `validate_with`."""
        if self._validate_with is None:
            return super().validate_and_get_fields(path, required_fields, skip_keys)
        return self._validate_with.validate_and_get_fields(path, required_fields, skip_keys)


def _platform(name: str) -> str:
    """`linux2` is `linux`; `win32` and others stay as they are."""
    return "linux" if name.startswith("linux") else name


def _joined(root: str) -> str:
    return root if root.endswith("/") else f"{root}/"


def _is_windows(root: str) -> bool:
    return root[1:2] == ":" or root.startswith("//")
