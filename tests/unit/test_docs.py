"""The reference is what the code says now."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from pipl.cli.root import cli

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["commands.md", "errors.md"])
def test_generated_pages_are_current(generate: ModuleType, page: str) -> None:
    written = (DOCS / "reference" / page).read_text(encoding="utf-8")
    assert written == generate.pages()[page], "run `python docs/generate.py`"


def test_every_command_with_json_is_in_the_reference(generate: ModuleType) -> None:
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    speaking = {
        " ".join(path[1:])
        for path, command in generate._walk(cli, ("pipl",))
        if any("--json" in parameter.opts for parameter in command.params)
        and not isinstance(command, click.Group)
    }
    assert speaking == set(re.findall(r"^\| `([a-z -]+)` \|", text, re.MULTILINE))


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
