"""Templates from `templates.yml`: `keys:`, `paths:`, `strings:`, `include:`, `roots:`."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from pipl_pipe.errors import InvalidCatalog, InvalidTemplate
from pipl_pipe.path import document
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.document import Node, Place
from pipl_pipe.path.keys import TemplateKey
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations import toolkit_definition, toolkit_keys
from pipl_pipe.path.notations.toolkit import Template, TemplatePath, TemplateString
from pipl_pipe.path.notations.toolkit_roots import Roots
from pipl_pipe.path.notations.toolkit_written import Written
from pipl_pipe.path.parts import Key, Part, Section, Slot
from pipl_pipe.path.text import folded

MAX_KEPT = 16
"""Catalogs remembered. Files that have not changed give the same documents again, and the same
documents the same templates, with all that was compiled of them. Nothing is kept on the disk:
most of the time goes into making templates and their expressions, which no file can hold."""
_kept: Dict[Any, Tuple[Catalog[Template], List[Node]]] = {}


def load(sources: Sequence[Source], platform: str) -> Catalog[Template]:
    """The templates of sources, later ones winning name by name (seed document 001, 'Templates').

    Rules that the document leaves open: what a file includes is read before it, in order, and
    loses against it; a path that starts with `@name` has that template's root unless it says
    another; the root is `primary` where none is said, or the only one; two paths that are the
    same but for the case of fixed text are an error. Raises InvalidCatalog.
    """
    problems: List[str] = []
    written = Written()
    for source in sources:
        written.add(source, problems, ())
    kept = _kept.get(written.identity(sources, platform))
    if kept is not None and not problems:
        return kept[0]
    roots = Roots.of(written.roots, platform, problems)
    keys = toolkit_keys.keys(written.keys, problems)
    templates = list(_Made(written, keys, roots, problems).templates())
    if problems:
        names = ", ".join(source.name for source in sources)
        raise InvalidCatalog(names, tuple(dict.fromkeys(problems)))
    catalog: Catalog[Template] = Catalog(templates)
    if len(_kept) >= MAX_KEPT:
        _kept.clear()
    _kept[written.identity(sources, platform)] = (catalog, written.documents)
    return catalog


class _Made:
    """The templates of entries."""

    def __init__(
        self,
        written: Written,
        keys: Mapping[str, TemplateKey],
        roots: Roots,
        problems: List[str],
    ) -> None:
        self._written = written
        self._keys: Dict[str, Key] = dict(keys)
        self._broken_keys = written.keys.keys() - keys.keys()
        self._roots = roots
        self._problems = problems
        self._definitions: Dict[str, Optional[str]] = {}
        self._made: Dict[str, Optional[Template]] = {}
        self._known: Dict[Any, str] = {}

    def templates(self) -> Iterator[Template]:
        for name in self._written.paths:
            template = self._path(name)
            if template is not None:
                yield template
        for name in self._written.strings:
            made = self._string(name, ())
            if made is not None:
                yield made

    def _path(self, name: str) -> Optional[TemplatePath]:
        node = self._written.paths[name]
        settings = self._settings(name, node, "root_name")
        definition = self._definition(name, ())
        root_name = settings.get("root_name") or self._inherited_root(name, ())
        root = self._roots.get(root_name, self._place(name), name, self._problems)
        if definition is None or root is None:
            return None
        try:
            template = TemplatePath(
                definition, self._used(definition), root.here, name, root.platforms
            )
        except InvalidTemplate as fault:
            self._wrong(name, fault)
            return None
        self._compare(template, root.name)
        self._made[name] = template
        return template

    def _string(self, name: str, asking: Tuple[str, ...]) -> Optional[Template]:
        if name in self._made:
            return self._made[name]
        self._made[name] = None
        node = self._written.strings[name]
        settings = self._settings(name, node, "validate_with")
        definition = self._definition(name, ())
        validator = settings.get("validate_with")
        other: Optional[Template] = None
        if validator is not None:
            if validator in (*asking, name):
                self._problem(name, f"{name!r} is validated with itself")
                return None
            if validator in self._written.strings:
                other = self._string(validator, (*asking, name))
            elif validator in self._written.paths:
                other = self._made.get(validator)
            else:
                self._problem(name, f"there is no template {validator!r} to validate with")
        if not definition:
            if definition is not None:
                self._problem(name, f"the string {name!r} has no definition")
            return None
        try:
            template = TemplateString(definition, self._used(definition), name, other)
        except InvalidTemplate as fault:
            self._wrong(name, fault)
            return None
        self._made[name] = template
        return template

    def _definition(self, name: str, asking: Tuple[str, ...]) -> Optional[str]:
        """With its references replaced; None if it cannot be, which is then a problem told."""
        if name in self._definitions:
            return self._definitions[name]
        written = self._text(name)
        if written is None:
            self._problem(name, f"the template {name!r} has no definition")
        elif name in asking:
            chain = " refers to @".join((*asking[asking.index(name) :], name))
            self._problem(asking[0], f"@{chain}")
            return None
        else:
            known: Dict[str, str] = {}
            for other in toolkit_definition.references(written):
                if other not in self._written.paths and other not in self._written.strings:
                    self._problem(name, f"{name!r} refers to @{other}, which there is not")
                    continue
                found = self._definition(other, (*asking, name))
                if found is not None:
                    known[other] = found
            if set(known) >= set(toolkit_definition.references(written)):
                replaced = toolkit_definition.with_references(written, known)
                if len(replaced) <= document.MAX_TEXT:
                    self._definitions[name] = replaced
                    return replaced
                self._problem(name, f"{name!r} is longer than {document.MAX_TEXT} characters")
        self._definitions[name] = None
        return None

    def _inherited_root(self, name: str, asking: Tuple[str, ...]) -> Optional[str]:
        """The root of the template that the definition starts with a reference to."""
        written = self._text(name) or ""
        found = toolkit_definition.references(written)
        if not written.startswith("@") or not found or found[0] in asking:
            return None
        other = self._written.paths.get(found[0])
        if other is None:
            return None
        for setting, _, value in other.items():
            if setting == "root_name" and isinstance(value.value, str):
                return value.value
        return self._inherited_root(found[0], (*asking, name))

    def _settings(self, name: str, node: Node, allowed: str) -> Dict[str, str]:
        found: Dict[str, str] = {}
        for setting, at, value in node.items():
            if setting not in ("definition", allowed):
                self._problems.append(f"{at.place}: a template has no {setting!r}")
            elif setting == allowed and not isinstance(value.value, str):
                self._problems.append(f"{value.place}: {setting} is the name of one")
            elif setting == allowed:
                found[setting] = str(value.value)
        return found

    def _text(self, name: str) -> Optional[str]:
        node = self._node(name)
        for setting, _, value in node.items():
            if setting == "definition":
                node = value
        return node.value if isinstance(node.value, str) else None

    def _node(self, name: str) -> Node:
        return self._written.paths.get(name) or self._written.strings[name]

    def _used(self, definition: str) -> Dict[str, Key]:
        names = toolkit_definition.key_names(definition)
        return {name: self._keys[name] for name in names if name in self._keys}

    def _compare(self, template: TemplatePath, root: str) -> None:
        same = (root, tuple(map(_signature, template.compiled.parts)))
        other = self._known.setdefault(same, template.name)
        if other != template.name:
            self._problem(
                template.name,
                f"the paths {other!r} and {template.name!r} are the same: {template.definition!r}",
            )

    def _wrong(self, name: str, fault: InvalidTemplate) -> None:
        if not self._broken_keys & set(toolkit_definition.key_names(fault.definition)):
            where = f"(column {fault.column} of {fault.definition!r})"
            self._problem(name, f"the template {name!r}: {fault.problem} {where}")

    def _place(self, name: str) -> Place:
        return self._node(name).place

    def _problem(self, name: str, problem: str) -> None:
        self._problems.append(f"{self._place(name)}: {problem}")


def _signature(part: Part) -> Any:
    if isinstance(part, Slot):
        return part.key.name
    if isinstance(part, Section):
        return tuple(map(_signature, part.parts))
    return ("text", folded(part.text))
