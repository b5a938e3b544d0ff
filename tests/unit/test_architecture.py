"""Who may import whom (DESIGN, 'Two packages'): imports run left to right, without cycles."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A part may import itself and what stands in an earlier row; `Beside` parts not each other.
PIPL_ROWS = [
    ["errors"],
    ["process", "progress", "durable", "toml", "extension", "connection", "machine"],
    ["index", "env", "build"],
    ["project"],
    ["workspace", "packl"],
    ["asset"],
    ["ci"],
    ["demo"],
    ["cli", "testing", "__main__"],
]
PIPE_ROWS = [
    ["errors", "names"],
    ["durable", "distributions", "variables", "login", "caches"],
    ["extension"],
    ["config", "packl", "registry"],
    ["context"],
    ["path"],
    ["asset"],
    ["product", "envset", "editor", "publish"],
    ["task"],
    ["services", "describe"],
    ["testing", "__main__"],
]
WEB_MAY = {
    "pipl",
    "pipl.ci.event",
    "pipl.errors.usage",
    "pipl.index.name",
    "pipl.index.release",
    "pipl.index.listing",
    "pipl.index.pages",
    "pipl.index.simple_page",
    "pipl.index.requirements",
    "pipl.index.wheel_facts",
    "pipl_pipe.asset.objects.batch",
    "pipl_pipe.asset.digest",
    "pipl_pipe.asset.disk.files",
    "pipl_pipe.asset.manifest",
    "pipl_pipe.asset.objects",
    "pipl_pipe.asset.transfer.pack",
    "pipl_pipe.asset.transfer.parts",
    "pipl_pipe.errors",
}
"""The server plugin sees index values, the event, and how the project's assets are stored."""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Every module of ours that a file imports, wherever in the file and for typing too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                base = ROOT.joinpath(*full.split("."))
                is_module = base.with_suffix(".py").exists() or base.is_dir()
                found.add(full if is_module else node.module)
    return {name for name in found if name.split(".")[0] in ("pipl", "pipl_pipe")}


def part(module: str) -> str:
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else ""


def row(rows: list[list[str]], name: str) -> int:
    return next(number for number, parts in enumerate(rows) if name in parts)


@pytest.mark.parametrize(
    ("package", "rows"), [("pipl", PIPL_ROWS), ("pipl_pipe", PIPE_ROWS)], ids=["pipl", "pipl_pipe"]
)
def test_imports_run_left_to_right(package: str, rows: list[list[str]]) -> None:
    wrong = []
    for path in modules(package):
        module = name_of(path)
        if part(module) in ("", "web"):
            continue
        for imported in imports_of(path):
            if imported.split(".")[0] != package or part(imported) in ("", part(module)):
                continue
            if part(imported) == "web" or row(rows, part(imported)) > row(rows, part(module)):
                wrong.append(f"{module} imports {imported}")
    assert wrong == []


def test_the_framework_never_imports_the_tool() -> None:
    wrong = [
        f"{name_of(path)} imports {imported}"
        for path in modules("pipl_pipe")
        for imported in imports_of(path)
        if imported.split(".")[0] == "pipl"
    ]
    assert wrong == []


def test_the_server_plugin_sees_values_only() -> None:
    wrong = [
        f"{name_of(path)} imports {imported}"
        for path in modules("pipl/web")
        for imported in imports_of(path)
        if not imported.startswith("pipl.web") and imported not in WEB_MAY
    ]
    assert wrong == []


def test_no_cycles_between_modules() -> None:
    graph = {
        name_of(path): imports_of(path)
        for package in ("pipl", "pipl_pipe")
        for path in modules(package)
    }
    # Imports inside functions and for typing do not bind at import time; what remains must order.
    late = {name: late_imports(path) for name, path in _paths().items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done or name not in graph:
            return
        for imported in graph[name] - late[name]:
            visit(imported, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def _paths() -> dict[str, Path]:
    return {name_of(path): path for package in ("pipl", "pipl_pipe") for path in modules(package)}


def late_imports(path: Path) -> set[str]:
    """What a file imports only inside functions or under TYPE_CHECKING."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = ast.Module(
        body=[node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))],
        type_ignores=[],
    )
    early: set[str] = set()
    for node in ast.walk(top):
        if isinstance(node, ast.ImportFrom) and node.module:
            early |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            early |= {alias.name for alias in node.names}
    return imports_of(path) - early


def test_setup_cfg_lists_every_package() -> None:
    """Packages are listed by hand because `pipl.templates` lives in a folder of its own."""
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    listed = set(text.split("packages =\n")[1].split("\npackage_dir")[0].split())
    found = {
        name_of(path)
        for package in ("pipl", "pipl_pipe")
        for path in modules(package)
        if path.name == "__init__.py"
    }
    assert listed == found | {"pipl.templates"}
