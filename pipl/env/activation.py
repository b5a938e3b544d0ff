"""What makes virtualenv's `activate` apply env sets, and its `deactivate` give back what was there.

virtualenv offers plug-ins for this, but one that is registered changes every environment that it
makes for that interpreter, not only pipl's; so its scripts are extended after it has written them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_PYTHON = "-I -m pipl_pipe.shells"
_UNDO_POSIX = """
    if command -v _pipl_restore >/dev/null 2>&1; then
        _pipl_restore
        unset -f _pipl_restore
    fi
"""
_DO_POSIX = f"""
if [ -f "$VIRTUAL_ENV/pipl-settled.json" ]; then
    if [ -n "${{ZSH_VERSION-}}" ]; then
        eval "$("$VIRTUAL_ENV/bin/python" {_PYTHON} zsh)"
    else
        eval "$("$VIRTUAL_ENV/bin/python" {_PYTHON} bash)"
    fi
fi
"""
_UNDO_FISH = """
    if functions -q _pipl_restore
        _pipl_restore
        functions -e _pipl_restore
    end
"""
_DO_FISH = f"""
if test -f "$VIRTUAL_ENV/pipl-settled.json"
    "$VIRTUAL_ENV/bin/python" {_PYTHON} fish | source
end
"""
_UNDO_CSH = """
if ($?_PIPL_SAVED) then
    set _pipl_file=`mktemp`
    echo "$_PIPL_SAVED" | base64 -d >! "$_pipl_file:q"
    source "$_pipl_file:q"
    rm -f "$_pipl_file:q"
    unset _pipl_file
    unsetenv _PIPL_SAVED
endif
"""
_DO_CSH = f"""
if (-f "$VIRTUAL_ENV:q/pipl-settled.json") then
    set _pipl_file=`mktemp`
    "$VIRTUAL_ENV:q/bin/python" {_PYTHON} tcsh >! "$_pipl_file:q"
    source "$_pipl_file:q"
    rm -f "$_pipl_file:q"
    unset _pipl_file
endif
"""
_UNDO_PS1 = """
    if (Test-Path -LiteralPath Function:_pipl_restore) {
        _pipl_restore
        Remove-Item -LiteralPath Function:_pipl_restore
    }
"""
_DO_PS1 = f"""
if (Test-Path -LiteralPath (Join-Path $env:VIRTUAL_ENV 'pipl-settled.json')) {{
    $PiplPython = @('Scripts/python.exe', 'bin/python') |
        ForEach-Object {{ Join-Path $env:VIRTUAL_ENV $_ }} |
        Where-Object {{ Test-Path -LiteralPath $_ }} | Select-Object -First 1
    Invoke-Expression ((& $PiplPython {_PYTHON} powershell) -join "`n")
    Remove-Variable PiplPython
}}
"""
_UNDO_BAT = """
@if defined _PIPL_RESTORE @if exist "%_PIPL_RESTORE%" @call "%_PIPL_RESTORE%"
@if defined _PIPL_RESTORE @if exist "%_PIPL_RESTORE%" @del "%_PIPL_RESTORE%"
@set _PIPL_RESTORE=
"""
_DO_BAT = f"""
@set "_PIPL_SCRIPT=%TEMP%\\pipl-%RANDOM%%RANDOM%.bat"
@set "_PIPL_PYTHON=%VIRTUAL_ENV%\\Scripts\\python.exe"
@if exist "%VIRTUAL_ENV%\\pipl-settled.json" @"%_PIPL_PYTHON%" {_PYTHON} cmd >"%_PIPL_SCRIPT%"
@if exist "%_PIPL_SCRIPT%" @call "%_PIPL_SCRIPT%"
@if exist "%_PIPL_SCRIPT%" @del "%_PIPL_SCRIPT%"
@set _PIPL_SCRIPT=
@set _PIPL_PYTHON=
"""


_PROMPT_POSIX = re.compile(r"^( +VIRTUAL_ENV_PROMPT=)('[^'\n]*'|[\w./@=+-]+)$", re.MULTILINE)
_PROMPT_FISH = re.compile(r"^( +set -gx VIRTUAL_ENV_PROMPT '[^'\n]*')$", re.MULTILINE)
_FISH_SHOWN = r'\1\n    test -n "$PIPL_PROMPT"; and set -gx VIRTUAL_ENV_PROMPT "$PIPL_PROMPT"'
_PROMPTS: dict[str, Callable[[str], str]] = {
    "activate": lambda text: _PROMPT_POSIX.sub(r"\1${PIPL_PROMPT:-\2}", text),
    "activate.fish": lambda text: _PROMPT_FISH.sub(_FISH_SHOWN, text),
    "activate.ps1": lambda text: text,
}
"""What `pipl work shell` wants the prompt to show stands in for the workspace's name."""


def extend(scripts: Path) -> None:
    """Extend the scripts in this folder, each where it is there. Raises OSError.

    A script in which virtualenv's own lines are not found stays as it is.
    """
    for name, function, undo, do in (
        ("activate", "deactivate () {", _UNDO_POSIX, _DO_POSIX),
        ("activate.fish", "function deactivate ", _UNDO_FISH, _DO_FISH),
        ("activate.ps1", "function global:deactivate", _UNDO_PS1, _DO_PS1),
    ):
        path = scripts / name
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            extended = _at_the_start_of(function, undo, text)
            if extended != text:
                _write(path, _PROMPTS[name](extended) + do)
    _surround(scripts / "activate.csh", after=_DO_CSH)
    _surround(scripts / "deactivate.csh", before=_UNDO_CSH)
    _insert(scripts / "activate.bat", '@if defined _OLD_CODEPAGE (\n    "', _DO_BAT)
    _surround(scripts / "deactivate.bat", before=_UNDO_BAT)


def _at_the_start_of(function: str, lines: str, text: str) -> str:
    """The text with lines at the start of a function's body."""
    begin = text.find(function)
    end = text.find("\n", begin)
    return text if begin < 0 else text[:end] + lines.rstrip("\n") + text[end:]


def _surround(path: Path, *, before: str = "", after: str = "") -> None:
    if path.is_file():
        _write(path, before + path.read_text(encoding="utf-8") + after)


def _insert(path: Path, place: str, lines: str) -> None:
    """Put lines before the last occurrence of `place`."""
    if path.is_file():
        head, found, tail = path.read_text(encoding="utf-8").rpartition(place)
        if found:
            _write(path, head + lines.lstrip("\n") + found + tail)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
