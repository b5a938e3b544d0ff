"""A new packl from a template."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipl import extension
from pipl.errors.usage import UnknownTemplate
from pipl.packl.name import check_package_name, distribution_name
from pipl.packl.template import render


@dataclass(frozen=True)
class Author:
    """Who a new packl belongs to."""

    name: str
    email: str | None = None


def create(folder: Path, name: str, *, template: str, author: Author, task_type: str = "") -> Path:
    """Make `folder/name` from a registered template and return it.

    Raises InvalidName, UnknownTemplate, PathExists; nothing remains after a failure.
    """
    check_package_name(name)
    templates = extension.templates()
    if template not in templates:
        raise UnknownTemplate(template, tuple(sorted(templates)))
    values = {
        "name": name,
        "distribution": distribution_name(name),
        "author": author.name,
        "email": author.email or "",
        "type": task_type,
    }
    render(templates[template], folder / name, values)
    return folder / name
