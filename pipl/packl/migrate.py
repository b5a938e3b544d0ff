"""Converting a packl of the 2019 prototype to a pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from pipl import durable
from pipl.errors.usage import NotMigratable, PathExists
from pipl.packl import setupl
from pipl.packl.setupl import Values

SETUPL = "__setupl__.py"
_GROUPS = {
    "pipl_pip.config": "pipl_pipe.config",
    "pipl_pipe.task_type": "pipl_pipe.task_types",
    "pipl_pipe.product_type": "pipl_pipe.product_types",
}
"""Entry-point groups that the prototype spelled otherwise."""
_SETUP_ONLY = {"include_package_data", "packages", "package_data", "zip_safe", "py_modules"}
"""Arguments of setup() that setuptools now finds out by itself."""


def migrate(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Write `folder/pyproject.toml` from the packl's `__setupl__.py`, which is not executed.

    Returns the file and notes on what was not carried over. The old files stay.
    Raises NotMigratable, PathExists.
    """
    target = folder / "pyproject.toml"
    if target.exists():
        raise PathExists(str(target))
    source = folder / folder.name / SETUPL
    if not source.is_file():
        raise NotMigratable(str(folder), f"it has no {folder.name}/{SETUPL}")
    values = setupl.read(source)
    document, notes = convert(folder, values)
    durable.write_text(target, tomlkit.dumps(document))
    return target, notes


def convert(folder: Path, values: Values) -> tuple[tomlkit.TOMLDocument, tuple[str, ...]]:
    """The pyproject document for the prototype's values, and notes on what was left out."""
    known = dict(values)
    project = tomlkit.table()
    project["name"] = _name(folder, _text(folder, known, "name", folder.name))
    project["version"] = _version(folder, _text(folder, known, "version", "0.0.1"))
    for key, field in (("description", "description"), ("python_requires", "requires-python")):
        if key in known:
            project[field] = _text(folder, known, key, "")
    author = {
        field: _text(folder, known, key, "")
        for key, field in (("author", "name"), ("author_email", "email"))
        if key in known
    }
    if author:
        project["authors"] = [author]
    for key in ("keywords", "classifiers"):
        if key in known:
            project[key] = _classifiers(_texts(folder, key, known.pop(key)))
    project["dependencies"] = _requirements(folder, known.pop("install_requires", []))
    extras = {**_table(folder, known, "extra_requires"), **_table(folder, known, "extras_require")}
    if extras:
        project["optional-dependencies"] = {
            extra: _requirements(folder, wanted) for extra, wanted in extras.items()
        }
    groups = _entry_points(folder, _table(folder, known, "entry_points"))
    scripts = groups.pop("console_scripts", {})
    if scripts:
        project["scripts"] = scripts
    if groups:
        project["entry-points"] = groups

    document = tomlkit.document()
    build_system = {"requires": ["setuptools>=77"], "build-backend": "setuptools.build_meta"}
    document["build-system"] = build_system
    document["project"] = project
    document["tool"] = {
        "pipl": {"kind": _kind(groups)},
        "setuptools": {"packages": {"find": {"include": [folder.name, f"{folder.name}.*"]}}},
    }
    left = sorted(known.keys() - _SETUP_ONLY)
    return document, tuple(f"{name} = {known[name]!r} was not carried over" for name in left)


def _kind(groups: dict[str, dict[str, str]]) -> str:
    if "pipl_pipe.tasks" in groups:
        return "task"
    if "pipl_pipe.products" in groups:
        return "product"
    return "config" if set(groups) == {"pipl_pipe.config"} else "code"


def _entry_points(folder: Path, groups: dict[str, object]) -> dict[str, dict[str, str]]:
    """Lists of `name = module:object` lines as tables."""
    tables: dict[str, dict[str, str]] = {}
    for group, lines in groups.items():
        table = tables.setdefault(_GROUPS.get(group, group), {})
        for line in _texts(folder, f"entry_points[{group!r}]", lines):
            name, separator, target = line.partition("=")
            if not separator:
                raise NotMigratable(str(folder), f"entry point {line!r} has no =")
            table[name.strip()] = target.strip()
    return tables


def _classifiers(texts: list[str]) -> list[str]:
    """Without those that indexes would refuse, such as the prototype's own."""
    return [text for text in texts if not text.startswith("Framework :: pipl")]


def _requirements(folder: Path, value: object) -> list[str]:
    texts = _texts(folder, "a list of requirements", value)
    for text in texts:
        try:
            Requirement(text)
        except InvalidRequirement as fault:
            raise NotMigratable(str(folder), f"{text!r} is not a requirement") from fault
    return texts


def _name(folder: Path, text: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName as fault:
        raise NotMigratable(str(folder), f"{text!r} is not a distribution's name") from fault


def _version(folder: Path, text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion as fault:
        raise NotMigratable(str(folder), f"{text!r} is not a version (PEP 440)") from fault


def _text(folder: Path, values: Values, name: str, default: str) -> str:
    value = values.pop(name, default)
    if not isinstance(value, str):
        raise NotMigratable(str(folder), f"{name} is not a text")
    return value


def _texts(folder: Path, name: str, value: object) -> list[str]:
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return list(value)
    raise NotMigratable(str(folder), f"{name} is not a list of texts")


def _table(folder: Path, values: Values, name: str) -> dict[str, object]:
    value = values.pop(name, {})
    if not isinstance(value, dict):
        raise NotMigratable(str(folder), f"{name} is not a dict")
    return {str(key): item for key, item in value.items()}
