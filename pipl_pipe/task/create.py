"""Turning a packl into a task of a type: its pyproject.toml, its package, its files."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Template
from typing import Dict, List, Type

from pipl_pipe import durable, packl
from pipl_pipe.errors import InvalidPackl
from pipl_pipe.names import normalised
from pipl_pipe.packl import SCRIPTS, Note, Packl
from pipl_pipe.task.command import commands_of
from pipl_pipe.task.task import GROUP, Task, task_types

VARIABLE = "TASK"
_PLAIN = "from pipl_pipe.task import Task"


def create_task(folder: Path, task_type: str, *, note: Note) -> None:
    """Make the packl at `folder` a task of the registered type; again changes nothing.

    `TASK = Type("name")` is written into its package, its commands become console scripts, and
    it depends on the packl that declares the type. After a failure everything is as it was.
    Raises NotAPackl, InvalidPackl, UnknownExtension, BrokenExtension.
    """
    found = packl.read(folder)
    types = task_types()
    kind = types[task_type]
    written = _sources(found, kind, types.target(task_type))
    pyproject = folder / packl.PYPROJECT
    before = pyproject.read_bytes()
    made: List[Path] = []
    old = {path: path.read_bytes() for path in written if path.exists()}
    try:
        _declare(found, task_type, kind, types.distribution(task_type), note)
        for path, text in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            made.append(path)
            durable.write_text(path, text)
    except BaseException:
        durable.write_bytes(pyproject, before)
        for path in made:
            if path in old:
                durable.write_bytes(path, old[path])
            elif path.exists():
                path.unlink()
        raise


def with_task(source: str, target: str, package: str) -> str:
    """The text of a package's `__init__.py` with `TASK = Kind("package")`.

    `target` is the `module:Kind` that the task type is registered as.

    An assignment of TASK that is there is replaced, anything else stays; an import of the
    framework's Task that only it needed goes. Raises SyntaxError.
    """
    tree = ast.parse(source)
    lines = source.splitlines()
    module, _, kind = (part.strip() for part in target.partition(":"))
    assigned = f'{VARIABLE} = {kind}("{package}")'
    imported = f"from {module} import {kind.partition('.')[0]}"
    if assigned in lines and imported in lines:
        return source
    old = next((node for node in tree.body if _assigns_task(node)), None)
    if old is not None:
        lines[old.lineno - 1 : old.end_lineno] = [assigned]
    else:
        lines += ["", assigned]
    if imported != _PLAIN and _PLAIN in lines and not _uses_task(tree, old):
        lines[lines.index(_PLAIN)] = imported
    elif imported not in lines:
        where = _import_line(tree)
        apart = [] if where and lines[where - 1].startswith(("from ", "import ")) else [""]
        lines[where:where] = [*apart, imported]
    return "\n".join(lines).strip("\n") + "\n"


def _sources(found: Packl, kind: Type[Task], target: str) -> Dict[Path, str]:
    """The files of the packl to be written, by path."""
    values = {"name": found.package, "distribution": normalised(found.name)}
    init = found.folder / found.package / "__init__.py"
    try:
        source = init.read_text(encoding="utf-8") if init.exists() else ""
        texts = {init: with_task(source, target, found.package)}
    except (SyntaxError, UnicodeDecodeError) as fault:
        problem = f"its {found.package}/__init__.py cannot be read: {fault}"
        raise InvalidPackl(str(found.folder), (problem,)) from fault
    for name, text in (kind.template or {}).items():
        path = found.folder / Template(name).safe_substitute(values)
        if not path.exists():
            texts[path] = Template(text).safe_substitute(values)
    return texts


def _declare(found: Packl, task_type: str, kind: Type[Task], distribution: str, note: Note) -> None:
    folder, package = found.folder, found.package
    required = {packl.required_name(text) for text in found.dependencies}
    if distribution and distribution not in required:
        packl.add_dependency(folder, distribution, note)
    packl.set_entry_point(folder, GROUP, package, f"{package}:{VARIABLE}", note)
    scripts = found.entry_points.get(SCRIPTS, {})
    for method, command in commands_of(kind).items():
        target = f"{package}:{VARIABLE}.{method}.main"
        name = command.script_of(normalised(found.name))
        if target not in scripts.values():
            packl.set_entry_point(folder, SCRIPTS, name, target, note)
    packl.set_table(folder, "tool.pipl", {"kind": "task", "type": task_type}, note)


def _assigns_task(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(one, ast.Name) and one.id == VARIABLE for one in targets)


def _uses_task(tree: ast.Module, but: object) -> bool:
    """Whether the name Task is used anywhere but in the replaced assignment."""
    nodes = [node for body in tree.body if body is not but for node in ast.walk(body)]
    return any(isinstance(node, ast.Name) and node.id == "Task" for node in nodes)


def _import_line(tree: ast.Module) -> int:
    """After which line an import goes: the last import at the top, else the docstring."""
    last = 0
    for index, node in enumerate(tree.body):
        docstring = index == 0 and isinstance(node, ast.Expr)
        if not docstring and not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        last = node.end_lineno or last
    return last
