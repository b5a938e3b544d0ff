"""A packl's pyproject.toml: read with every problem at once, edited with a note on the line.

Only the keys that pipl cares for are read; the rest of the file, comments and layout stay as
they are.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from pipl_pipe import durable
from pipl_pipe.errors import InvalidPackl, NotAPackl
from pipl_pipe.names import normalised

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Array, Table

PYPROJECT = "pyproject.toml"
KINDS = ("code", "config", "product", "task", "envset")
FOLLOWS = ("auto", "manual")
"""Whether CI makes post-releases of a task when products that it takes have moved."""
SCRIPTS = "console_scripts"
MAX_BYTES = 4_000_000
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Packl:
    """A packl as its pyproject.toml declares it.

    `version` is in normal form (PEP 440); `type` is the task or product type, empty for other
    kinds. `entry_points` maps group to name to target, console scripts included. `follow` is one
    of FOLLOWS; `products` are the distributions that a task says it makes, normalised and sorted
    (it may make others).
    """

    folder: Path
    name: str
    version: str
    kind: str
    type: str
    description: str
    requires_python: str
    dependencies: Tuple[str, ...]
    extras: Mapping[str, Tuple[str, ...]]
    entry_points: Mapping[str, Mapping[str, str]]
    follow: str = "manual"
    products: Tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The name that it is imported by."""
        return self.folder.name


@dataclass(frozen=True)
class Note:
    """Why a line is there: a trailing comment on it. `when` is a date such as 2026-11-21."""

    who: str
    when: str
    why: str = ""

    def __str__(self) -> str:
        text = " ".join(f"{self.who}, {self.when}: {self.why}".split())
        return "".join(filter(str.isprintable, text)).rstrip(": ")


def read(folder: Path) -> Packl:
    """Raises NotAPackl, or InvalidPackl with everything that is wrong."""
    text = _text(folder)
    try:
        values = _parsed(text)
    except ValueError as fault:  # every TOML error is one
        raise _unreadable(folder, fault) from fault
    return _checked(folder, values)


def set_version(folder: Path, version: str, note: Note) -> None:
    """Raises NotAPackl, InvalidPackl."""
    problem = _version_problem(version)
    if problem:
        raise InvalidPackl(str(folder), (problem,))
    document = _document(folder)
    project = _table(document, "project")
    project["version"] = version
    project["version"].comment(str(note))
    _write(folder, document)


def add_dependency(folder: Path, requirement: str, note: Note, extra: Optional[str] = None) -> None:
    """Add a requirement (PEP 508) to the dependencies, or to those of an extra.

    One on the same distribution is replaced. Raises NotAPackl, InvalidPackl.
    """
    problem = _requirement_problem(requirement)
    if problem:
        raise InvalidPackl(str(folder), (problem,))
    document = _document(folder)
    project = _table(document, "project")
    if extra is None:
        array = _array(project, "dependencies")
    else:
        array = _array(_table(project, "optional-dependencies"), extra)
    name = required_name(requirement)
    for index in reversed(range(len(array))):
        if required_name(str(array[index])) == name:
            del array[index]
    array.add_line(requirement, comment=str(note))
    _write(folder, document)


def set_entry_point(folder: Path, group: str, name: str, target: str, note: Note) -> None:
    """Set `name = target` in an entry-point group (`console_scripts` included).

    One that says so already is left alone. Raises NotAPackl, InvalidPackl.
    """
    document = _document(folder)
    project = _table(document, "project")
    if group == SCRIPTS:
        points = _table(project, "scripts")
    else:
        points = _table(_table(project, "entry-points"), group)
    if points.get(name) != target:
        points[name] = target
        points[name].comment(str(note))
        _write(folder, document)


def set_table(folder: Path, dotted: str, values: Mapping[str, Any], note: Note) -> None:
    """Set keys of a table such as `tool.pipl`; other keys of it stay. Raises NotAPackl."""
    document = _document(folder)
    table: Any = document
    for part in dotted.split("."):
        table = _table(table, part)
    changed = {key: value for key, value in values.items() if table.get(key) != value}
    for key, value in changed.items():
        table[key] = value
        table[key].comment(str(note))
    if changed:
        _write(folder, document)


def _text(folder: Path) -> str:
    path = folder / PYPROJECT
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NotAPackl(str(folder), f"its {PYPROJECT} is larger than {MAX_BYTES} bytes")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as fault:
        raise NotAPackl(str(folder), f"it has no {PYPROJECT}") from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise _unreadable(folder, fault) from fault


def _parsed(text: str) -> Dict[str, Any]:
    """Raises ValueError."""
    if sys.version_info >= (3, 11):
        import tomllib  # slow to import, and most environments edit no packl

        return tomllib.loads(text)
    import tomlkit  # keeps the import of pipl_pipe to the standard library
    from tomlkit.exceptions import TOMLKitError

    try:
        return dict(tomlkit.parse(text).unwrap())
    except TOMLKitError as fault:  # not all of them are ValueErrors
        raise ValueError(str(fault)) from fault


def _unreadable(folder: Path, fault: Exception) -> NotAPackl:
    return NotAPackl(str(folder), f"its {PYPROJECT} cannot be read: {fault}")


def _document(folder: Path) -> TOMLDocument:
    """For editing: layout and comments stay."""
    import tomlkit  # keeps the import of pipl_pipe to the standard library
    from tomlkit.exceptions import TOMLKitError

    text = _text(folder)
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as fault:
        raise _unreadable(folder, fault) from fault
    if not isinstance(document.get("project"), dict):
        raise _without_project(folder)
    return document


def _write(folder: Path, document: TOMLDocument) -> None:
    """Replace the file, but only by something that can be read again."""
    import tomlkit  # as above

    text = tomlkit.dumps(document)
    _checked(folder, _parsed(text))
    durable.write_text(folder / PYPROJECT, text)


def _without_project(folder: Path) -> NotAPackl:
    return NotAPackl(str(folder), f"its {PYPROJECT} has no [project] table")


def _checked(folder: Path, values: Mapping[str, Any]) -> Packl:
    project = values.get("project")
    if not isinstance(project, dict):
        raise _without_project(folder)
    problems: List[str] = []
    tool = values.get("tool")
    pipl = tool.get("pipl", {}) if isinstance(tool, dict) else {}
    if not isinstance(pipl, dict):
        problems.append("tool.pipl is not a table")
        pipl = {}
    name: Any = project.get("name")
    problems += filter(None, [_name_problem(folder, name)])
    problems += filter(None, [_version_problem(project.get("version"))])
    dependencies = _texts(project.get("dependencies", []), "dependencies", problems)
    wanted = project.get("optional-dependencies", {})
    extras = {
        str(extra): _texts(texts, f"optional-dependencies.{extra}", problems)
        for extra, texts in (wanted if isinstance(wanted, dict) else {"": wanted}).items()
    }
    for requirement in (*dependencies, *(text for texts in extras.values() for text in texts)):
        problems += filter(None, [_requirement_problem(requirement)])
    requires_python = project.get("requires-python", "")
    problems += filter(None, [_specifier_problem(requires_python)])
    kind = pipl.get("kind", "code")
    if kind not in KINDS:
        problems.append(f"tool.pipl.kind {kind!r} is none of {', '.join(KINDS)}")
    follow = pipl.get("follow", "manual")
    products = pipl.get("products", [])
    problems += _task_problems(kind, follow, products)
    groups = _groups(project, problems)
    if problems:
        raise InvalidPackl(str(folder), tuple(problems))
    return Packl(
        folder=folder,
        name=name,
        version=_normal_version(project["version"]),
        kind=kind,
        type=str(pipl.get("type", "")),
        description=str(project.get("description", "")),
        requires_python=requires_python,
        dependencies=dependencies,
        extras=extras,
        entry_points=groups,
        follow=follow,
        products=tuple(sorted({normalised(name) for name in products})),
    )


def _task_problems(kind: Any, follow: Any, products: Any) -> List[str]:
    """What is wrong with the keys of [tool.pipl] that only tasks have."""
    problems = []
    if follow not in FOLLOWS:
        problems.append(f"tool.pipl.follow {follow!r} is none of {', '.join(FOLLOWS)}")
    elif follow == "auto" and kind != "task":
        problems.append(f"tool.pipl.follow is for tasks; a packl of kind {kind!r} is not processed")
    names = products if isinstance(products, list) else [products]
    wrong = [one for one in names if not (isinstance(one, str) and _NAME.fullmatch(one))]
    if wrong or not isinstance(products, list):
        shown = ", ".join(map(repr, wrong or names))
        problems.append(f"tool.pipl.products is a list of distribution names, not {shown}")
    elif products and kind != "task":
        problems.append(f"tool.pipl.products is for tasks; a packl of kind {kind!r} makes none")
    return problems


def _name_problem(folder: Path, name: Any) -> str:
    if name is None:
        return "project.name is missing"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"project.name {name!r} is not a distribution name (PEP 508)"
    if normalised(name) != normalised(folder.resolve().name):
        package = normalised(name).replace("-", "_")
        return f"it is named {name} but its folder is {folder.resolve().name}, not {package}"
    return ""


def _version_problem(version: Any) -> str:
    if version is None:
        return "project.version is missing (it must be written there, not dynamic)"
    try:
        _normal_version(version)
    except (ValueError, TypeError):
        return f"project.version {version!r} is not a version (PEP 440)"
    return ""


def _normal_version(version: str) -> str:
    from packaging.version import Version  # keeps the import of pipl_pipe to the stdlib

    return str(Version(version))


def _requirement_problem(text: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement  # as above

    try:
        Requirement(text)
    except InvalidRequirement as fault:
        return f"{text!r} is not a requirement: {str(fault).splitlines()[0]}"
    return ""


def required_name(text: str) -> str:
    """The normalised distribution name of a requirement; empty if it is none."""
    from packaging.requirements import InvalidRequirement, Requirement  # as above

    try:
        return normalised(Requirement(text).name)
    except InvalidRequirement:
        return ""


def _specifier_problem(text: Any) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # as above

    try:
        SpecifierSet(text)
    except (InvalidSpecifier, TypeError, AttributeError):
        return f"project.requires-python {text!r} is not a specifier (PEP 440)"
    return ""


def _texts(value: Any, key: str, problems: List[str]) -> Tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    problems.append(f"project.{key} is not a list of texts")
    return ()


def _groups(project: Mapping[str, Any], problems: List[str]) -> Dict[str, Dict[str, str]]:
    groups: Dict[str, Dict[str, str]] = {}
    named = {SCRIPTS: project.get("scripts", {})}
    points = project.get("entry-points", {})
    named.update(points if isinstance(points, dict) else {"entry-points": points})
    for group, table in named.items():
        if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
            problems.append(f"project.entry-points.{group} is not a table of texts")
        elif table:
            groups[str(group)] = {str(name): target for name, target in table.items()}
    return groups


def _table(parent: Any, key: str) -> Table:
    import tomlkit  # as above

    if key not in parent:
        parent[key] = tomlkit.table(is_super_table=key in ("tool", "entry-points"))
    table: Table = parent[key]
    return table


def _array(parent: Any, key: str) -> Array:
    """The array under `key`, one item to a line so that each can carry a comment."""
    import tomlkit  # as above

    old = parent.get(key)
    if old is None or "\n" not in old.as_string():
        lines = tomlkit.array().multiline(True)
        for item in old or ():
            lines.add_line(item)
        parent[key] = lines
    array: Array = parent[key]
    return array
