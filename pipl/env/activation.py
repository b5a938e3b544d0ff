"""Activate scripts that also apply env sets: `source .VENV/bin/activate` is enough.

virtualenv's scripts stay as they are but for a few lines, which ask a small program in the
environment what there is to do and leave the shell's own `deactivate` to take it back.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import stat
from pathlib import Path

from pipl import durable
from pipl.env import shells
from pipl.env.environment import Environment
from pipl_pipe import variables

PROGRAM = "pipl-activate"
"""In the environment's root: a folder that Python runs."""
_MARK = "pipl: env sets"
_MAIN = """import sys

from pipl.env.shells.activating import main

main(sys.argv[1:])
"""
_SH = """
# {mark}
if [ -n "${{VIRTUAL_ENV-}}" ] && [ -d "$VIRTUAL_ENV/{program}" ]; then
    if [ -n "${{ZSH_VERSION-}}" ]; then _pipl_shell=zsh
    elif [ -n "${{BASH_VERSION-}}" ]; then _pipl_shell=bash
    else _pipl_shell=sh
    fi
    eval "$("$VIRTUAL_ENV/{scripts}/python" -I -S "$VIRTUAL_ENV/{program}" "$_pipl_shell")"
    unset _pipl_shell
fi
"""
_SH_BACK = """deactivate () {{
    if command -v _pipl_restore >/dev/null 2>&1; then _pipl_restore; fi  # {mark}
"""
_FISH = """
# {mark}
if test -d "$VIRTUAL_ENV/{program}"
    "$VIRTUAL_ENV/{scripts}/python" -I -S "$VIRTUAL_ENV/{program}" fish | source
end
"""
_FISH_BACK = "    functions -q _pipl_restore; and _pipl_restore  # {mark}\n"
_CSH_FIRST = """# {mark}
if ( "`alias _pipl_restore`" != "" ) then
    _pipl_restore
endif
"""
_CSH = """
# {mark}
if ( -d "$VIRTUAL_ENV:q/{program}" ) then
    set _pipl_script = `mktemp`
    "$VIRTUAL_ENV:q/{scripts}/python" -I -S "$VIRTUAL_ENV:q/{program}" tcsh > "$_pipl_script:q"
    source "$_pipl_script:q"
    rm -f "$_pipl_script:q"
    unset _pipl_script
endif
"""
_PS = """
# {mark}
if (Test-Path "$env:VIRTUAL_ENV/{program}") {{
    & "$env:VIRTUAL_ENV/{scripts}/python" -I -S "$env:VIRTUAL_ENV/{program}" powershell |
        Out-String | Invoke-Expression
}}
"""
_PS_BACK = "    if (Test-Path function:_pipl_restore) {{ _pipl_restore }}  # {mark}\n"
_BAT = """
@REM {mark}
@for /f "tokens=2 delims=:." %%a in ('"%SystemRoot%\\System32\\chcp.com"') do @set _PIPL_PAGE=%%a
@"%SystemRoot%\\System32\\chcp.com" 65001 >nul
@set "_PIPL_SCRIPT=%TEMP%\\pipl-%RANDOM%%RANDOM%.bat"
@"%VIRTUAL_ENV%\\{scripts}\\python" -I -S "%VIRTUAL_ENV%\\{program}" cmd {option}> "%_PIPL_SCRIPT%"
@call "%_PIPL_SCRIPT%"
@del "%_PIPL_SCRIPT%"
@set _PIPL_SCRIPT=
@if defined _PIPL_PAGE "%SystemRoot%\\System32\\chcp.com" %_PIPL_PAGE% >nul
@set _PIPL_PAGE=
"""
"""The script is read in UTF-8; afterwards the console has its own code page again."""


def made_of() -> tuple[Path, ...]:
    """The files that decide what `install` writes."""
    return Path(__file__), *_copied().values()


def install(environment: Environment) -> None:
    """Let the environment's activate scripts apply its env sets. May be repeated."""
    _write_program(environment.folder / PROGRAM)
    words = {"mark": _MARK, "program": PROGRAM, "scripts": environment.scripts.name}
    for name, change in (
        ("activate", _sh),
        ("activate.fish", _fish),
        ("activate.csh", _csh),
        ("activate.ps1", _powershell),
        ("activate.bat", _bat),
        ("deactivate.bat", _bat_back),
    ):
        path = environment.scripts / name
        with contextlib.suppress(FileNotFoundError):
            text = path.read_bytes().decode("utf-8", errors="surrogateescape")
            if _MARK not in text:
                _replace(path, change(text, words))


def _sh(text: str, words: dict[str, str]) -> str:
    back = _SH_BACK.format(**words)
    return text.replace("deactivate () {\n", back, 1) + _SH.format(**words)


def _fish(text: str, words: dict[str, str]) -> str:
    back = _FISH_BACK.format(**words)
    begun = re.sub(r"(?m)^function deactivate.*\n", lambda found: found[0] + back, text, count=1)
    return begun + _FISH.format(**words)


def _csh(text: str, words: dict[str, str]) -> str:
    back = "alias deactivate '_pipl_restore; "
    changed = text.replace("alias deactivate '", back)
    return _CSH_FIRST.format(**words) + changed + _CSH.format(**words)


def _powershell(text: str, words: dict[str, str]) -> str:
    back = _PS_BACK.format(**words)
    begun = re.sub(
        r"(?m)^function global:deactivate.*\{\r?\n", lambda found: found[0] + back, text, count=1
    )
    return begun + _PS.format(**words)


def _bat(text: str, words: dict[str, str]) -> str:
    own = _BAT.format(**words, option="")
    body, end, rest = text.partition("\n@exit /b")  # which subroutines follow
    return f"{body}\n{own}{end}{rest}"


def _bat_back(text: str, words: dict[str, str]) -> str:
    own = _BAT.format(**words, option="--back ")
    return f"{own.lstrip()}{text}"


def _write_program(folder: Path) -> None:
    """A copy of what is needed there: the environment has no pipl, and may have no framework."""
    sources = {name: path.read_bytes() for name, path in _copied().items()}
    for package in ("pipl", "pipl/env", "pipl_pipe"):
        sources[Path(package, "__init__.py")] = b""
    sources[Path("__main__.py")] = _MAIN.encode()
    if all(_holds(folder / name, content) for name, content in sources.items()):
        return
    shutil.rmtree(folder, ignore_errors=True)  # with what an older one had
    for name, content in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _copied() -> dict[Path, Path]:
    """Where in the program's folder a copy of which module is."""
    copied = {
        Path("pipl/env/shells") / source.name: source
        for source in sorted(Path(shells.__path__[0]).glob("*.py"))
    }
    return {**copied, Path("pipl_pipe/variables.py"): Path(variables.__file__)}


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _replace(path: Path, text: str) -> None:
    content = text.encode("utf-8", errors="surrogateescape")
    durable.write_bytes(path, content, mode=stat.S_IMODE(path.stat().st_mode))
