"""What commands say about templates, as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from pipl_pipe.errors import AmbiguousPath, NoTemplate
from pipl_pipe.path.check import Finding, check
from pipl_pipe.path.convert.to_partout import to_partout
from pipl_pipe.path.convert.to_toolkit import to_toolkit
from pipl_pipe.path.library import (
    PARTOUT,
    TOOLKIT,
    Library,
    Meaning,
    catalog_of,
    notation_of,
    source_of,
)
from pipl_pipe.path.notations.partout.notation import configuration_of
from pipl_pipe.path.text import shown

Answer = Dict[str, Any]


def parse(library: Library, path: str, template: Optional[str] = None) -> Answer:
    """What a path means, by every template that fits or by the one asked for.

    Templates that fit in two ways are `ambiguous` where others fit in one. Raises NoTemplate,
    AmbiguousPath where no template fits in one way, for one template PathMismatch and
    UnknownTemplate, and in place of all but those why catalogs are missing, if any are.
    """
    if template is not None:
        return _meaning(path, Meaning((library.parse_with(template, path),), ()))
    found = library.parse(path)
    if not found.readings and found.ambiguous:
        raise found.ambiguous[0]
    if not found.readings and library.broken:
        raise library.broken[0]
    if not found.readings:
        raise NoTemplate(shown(path), len(library.names()))
    return _meaning(path, found)


def made(library: Library, template: str, values: Mapping[str, str]) -> Answer:
    """Raises UnknownTemplate, MissingFields, InvalidValue, PathTooLong."""
    return {"template": template, "path": library.format(template, values)}


def found(library: Library, template: str, values: Mapping[str, str]) -> Answer:
    """Raises UnknownTemplate, InvalidValue."""
    return {"template": template, "paths": library.find(template, values)}


def checked(library: Library) -> Answer:
    """Every template with what may go wrong with it; `broken` is why catalogs are missing, and
    `flawed` counts both those and the templates with a finding."""
    findings = check(library.candidates())
    return {
        "templates": [_finding(one) for one in findings],
        "broken": [str(one) for one in library.broken],
        "flawed": sum(not one.is_clean for one in findings) + len(library.broken),
    }


def converted(path: Path, platform: str, roots: Mapping[str, str]) -> Answer:
    """The templates of a file in the other notation. Raises InvalidCatalog, NotInstalled."""
    if notation_of(path) == PARTOUT:
        source = source_of(path, platform, roots)
        made = to_toolkit(configuration_of(source, platform), roots)
    else:
        made = to_partout(catalog_of(path, platform, roots), path.name)
    return {
        "notation": TOOLKIT if notation_of(path) == PARTOUT else PARTOUT,
        "text": made.text,
        "left_out": list(made.left_out),
        "changed": list(made.changed),
    }


def _meaning(path: str, found: Meaning) -> Answer:
    return {
        "path": path,
        "readings": [{"template": one.template, "fields": one.fields} for one in found.readings],
        "ambiguous": [_ambiguous(one) for one in found.ambiguous],
    }


def _ambiguous(one: AmbiguousPath) -> Answer:
    return {"template": one.template, "first": one.first, "second": one.second}


def _finding(one: Finding) -> Answer:
    return {
        "name": one.name,
        "definition": one.definition,
        "example": one.example,
        "reachable": one.is_reachable,
        "ambiguous": one.ambiguous,
        "perhaps_ambiguous": one.perhaps_ambiguous,
        "overlaps": [
            {"template": other.other, "path": other.text, "certain": other.certain}
            for other in one.overlaps
        ],
    }
