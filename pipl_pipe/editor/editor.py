"""An editor: an application, the file types that it opens, its command line, what it needs.

    MAYA = Editor(opens=("ma", "mb"), command=("maya", "-file", "{file}"), env_sets=("maya",))

registered in `pipl_pipe.editors`. A task names the packl that declares it in its `edit` extra,
so that artists have it and CI has not.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Mapping, Sequence, Tuple, Union

from pipl_pipe.extension import Loaded, extensions

GROUP = "pipl_pipe.editors"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
CommandLine = Callable[[Mapping[str, str]], Sequence[str]]


@dataclass(frozen=True)
class Editor:
    """An application.

    `opens` are file extensions in lower case without the dot (`ma`, `bgeo.sc`). `command` is
    the command line, program first, or a function that makes it of the environment variables;
    in its words `{file}` stands for the file (added at the end where no word has it),
    `{assets}` for the asset view, `{workspace}` for the workspace and `{python}` for the
    environment's interpreter. `env_sets` are the names of the env sets that it cannot do
    without, `modules` those of the importable packages. A `general` editor takes a file only
    where no other editor does; one without `gui` only where none with windows does.
    """

    opens: Tuple[str, ...]
    command: Union[Tuple[str, ...], CommandLine]
    env_sets: Tuple[str, ...] = ()
    modules: Tuple[str, ...] = ()
    gui: bool = True
    general: bool = False

    def takes(self, basename: str) -> bool:
        """Whether it opens files that are called so."""
        name = basename.lower()
        return any(name.endswith(f".{extension}") for extension in self.opens)

    def words(self, environ: Mapping[str, str]) -> Tuple[str, ...]:
        """Its command line, not filled in; empty where these variables name no program."""
        made = self.command(environ) if callable(self.command) else self.command
        return tuple(map(str, made))

    def command_line(
        self, file: Path, environ: Mapping[str, str], values: Mapping[str, str]
    ) -> List[str]:
        """The words that open `file`; `values` are those of the other placeholders."""
        filled = {**values, "file": str(file), "python": sys.executable}
        words = self.words(environ)
        if not any("{file}" in word for word in words):
            words = (*words, "{file}")
        return [_filled(word, filled) for word in words]

    def lacks(self, environ: Mapping[str, str]) -> str:
        """Why it cannot be started with these variables; empty if it can."""
        missing = [one for one in self.modules if importlib.util.find_spec(one) is None]
        if missing:
            return f"the package {missing[0]} is not installed in this workspace"
        words = self.words(environ)
        if not words:
            return "no program is named by the environment variables or found on PATH"
        program = _filled(words[0], {"python": sys.executable})
        if shutil.which(program, path=environ.get("PATH", "")) is None:
            return f"the program {program} is not on PATH"
        return ""


def editors() -> Loaded[Editor]:
    """Name to editor, loaded when looked up. Raises UnknownExtension, BrokenExtension."""
    return Loaded(extensions(GROUP), extra={}, check=_problem)


def _filled(word: str, values: Mapping[str, str]) -> str:
    """A word with its placeholders filled in; other braces stay."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), word)


def _problem(found: object) -> str:
    if not isinstance(found, Editor):
        return "it is not a pipl_pipe.editor.Editor"
    texts = {"opens": found.opens, "env_sets": found.env_sets, "modules": found.modules}
    if not callable(found.command):
        texts["command"] = found.command
    for field, value in texts.items():
        if not isinstance(value, tuple) or not all(isinstance(one, str) for one in value):
            return f"its {field} is not a tuple of texts"
    wrong = [one for one in found.opens if one != one.lower().lstrip(".") or not one]
    if wrong:
        return f"it opens {wrong[0]!r}; write extensions in lower case without the dot"
    return "" if callable(found.command) or found.command else "its command is empty"
