"""The built-in `path` service: templates of the installed packls (seed document 001, `Sgtk`)."""

from __future__ import annotations

import os
import sys
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Collection,
    Dict,
    List,
    Mapping,
    Optional,
    Tuple,
    Union,
)

from pipl_pipe import registry
from pipl_pipe.errors import InvalidCatalog, PipeError, SeveralTemplates
from pipl_pipe.path import search
from pipl_pipe.path.catalog import Catalog, Named
from pipl_pipe.path.entries import Loading
from pipl_pipe.path.notations.toolkit import TemplatePath, TemplateString
from pipl_pipe.path.text import normal, shown

if TYPE_CHECKING:
    from pipl_pipe.path.notations.partout.label import LabelTemplate

    Searched = Union[TemplatePath, LabelTemplate]

PathLike = Union[str, bytes, "os.PathLike[str]"]
Load = Callable[[], Tuple[List[Catalog[Any]], List[PipeError]]]


class Paths:
    """Templates by name and by path, and what is on the disk for them.

    Catalogs are loaded on first use. One that cannot be is in `broken`; the others work.
    """

    def __init__(self, load: Load) -> None:
        """`load` gives every catalog that can be loaded, and why the others cannot."""
        self._load = load
        self._loaded: Optional[_Loaded] = None

    @property
    def templates(self) -> Catalog[Any]:
        """Name to template. Raises InvalidCatalog where nothing can be loaded."""
        return self._ready().every

    @property
    def broken(self) -> Tuple[PipeError, ...]:
        """Why catalogs are missing."""
        return self._ready().broken

    def reload_templates(self) -> None:
        """Read all catalogs anew. Where one cannot be, all stay as they were.

        Raises InvalidCatalog.
        """
        loaded = _loaded(*self._load())
        if loaded.broken:
            raise loaded.broken[0]
        self._loaded = loaded

    def templates_from_path(self, path: PathLike) -> List[Any]:
        """Every template of whole paths that the path fits, in the order of their definition.

        Raises UndecidedPath.
        """
        text = normal(os.fsdecode(path))
        found = self._ready().paths.of(text)
        return found or (self._ready().paths.of(text[1:]) if text.startswith("//") else [])

    def template_from_path(self, path: PathLike) -> Optional[Any]:
        """The template of the path; None if there is none. Raises SeveralTemplates."""
        found = self.templates_from_path(path)
        if len(found) > 1:
            raise SeveralTemplates(
                shown(os.fsdecode(path)), tuple(template.name for template in found)
            )
        return found[0] if found else None

    def paths_from_template(
        self,
        template: Searched,
        fields: Mapping[str, Any],
        skip_keys: Optional[Collection[str]] = None,
        skip_missing_optional_keys: bool = False,
    ) -> List[str]:
        """Paths on the disk that fit the template and have these values, in no order.

        Values of `skip_keys` do not count. Sections stand where values are given for their
        keys; with `skip_missing_optional_keys`, and for optional keys that are skipped, with
        and without. A value that stands for many, such as `%04d`, counts as not given.
        Raises InvalidValue, NoRoot, NamesOnly, UndecidedPath.
        """
        skipped = frozenset(skip_keys or ())
        given = {
            name: value
            for name, value in fields.items()
            if name not in skipped and not _is_pattern(template, name, value)
        }
        found = search.search(
            template.compiled,
            template.search_root,
            template.by_key(given),
            optional=skip_missing_optional_keys,
            skipped=template.by_key(dict.fromkeys(skipped, "any")).keys(),
        )
        return _native(found)

    def abstract_paths_from_template(
        self, template: Searched, fields: Mapping[str, Any], *, existing: bool = True
    ) -> List[str]:
        """Paths with the default of abstract keys in place of what is on the disk, in no order.

        A value given for an abstract key stands instead: a frame, or a pattern. Only sequences
        of which there is at least one file are reported; without `existing`, one whose other
        keys are all known is reported as soon as its folder is there, without looking into it.
        Raises InvalidValue, NoRoot, NamesOnly, UndecidedPath.
        """
        patterns: Dict[str, str] = {}
        given: Dict[str, Any] = {}
        keys: Mapping[str, Any] = template.keys
        for name, key in keys.items():
            value = fields.get(name)
            is_abstract = bool(getattr(key, "is_abstract", False))
            if is_abstract and value is None and name not in template.compiled.optional:
                patterns[name] = key.str_from_value()
            elif _is_pattern(template, name, value):
                patterns[name] = key.str_from_value(value)
            elif value is not None:
                given[name] = value
        found = search.abstract_search(
            template.compiled,
            template.search_root,
            template.by_key(given),
            patterns,
            existing=existing,
        )
        return _native(found)

    def _ready(self) -> _Loaded:
        if self._loaded is None:
            self._loaded = _loaded(*self._load())
        return self._loaded


class _Loaded:
    """What was loaded; strings are in `every` only."""

    def __init__(self, templates: List[Named], broken: Tuple[PipeError, ...]) -> None:
        self.every = Catalog(templates)
        self.paths = Catalog(one for one in templates if not isinstance(one, TemplateString))
        self.broken = broken


def path_service(config: Optional[Mapping[str, Any]] = None) -> Paths:
    """The service's factory; `config` is the config entry `path` (see `entries`)."""
    loading = Loading.parse(config or {}, sys.platform)
    return Paths(lambda: loading.load(registry.get("config")))


def _loaded(catalogs: List[Catalog[Any]], broken: List[PipeError]) -> _Loaded:
    if broken and not catalogs:
        raise broken[0]
    known: Dict[str, Named] = {}
    twice: List[str] = []
    for catalog in catalogs:
        for name, template in catalog.items():
            if known.setdefault(name, template) is not template:
                twice.append(f"two catalogs have a template {name!r}: let one extend the other")
    if twice:
        raise InvalidCatalog("path", tuple(twice))
    return _Loaded(list(known.values()), tuple(broken))


def _is_pattern(template: Searched, name: str, value: Any) -> bool:
    stands_for_many = getattr(template.keys.get(name), "is_pattern", None)
    return stands_for_many is not None and bool(stands_for_many(value))


def _native(found: Any) -> List[str]:
    if os.sep == "/":
        return list(found)
    return [path.replace("/", os.sep) for path in found]
