"""Running a packl's own tests, from its unpacked sdist against its installed wheel."""

from __future__ import annotations

import configparser
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli

from pipl.ci.handler import Ran
from pipl.ci.toxresult import Command
from pipl.env.environment import Environment

PYTEST_FAILED = (1, 2)
PYTEST_NOTHING_COLLECTED = 5
"""Exit statuses of pytest (its reference, 'Exit codes')."""

Run = Callable[..., Ran]
"""`Job.run`."""


@dataclass(frozen=True)
class Verdict:
    """How the tests ended: `summary` in a few words, `commands` for the report.

    `tox` is the result that tox has written, where it ran.
    """

    passed: bool
    summary: str
    commands: tuple[Command, ...] = ()
    tox: Mapping[str, object] | None = None


def has_tests(source: Path) -> bool:
    """Whether pytest might find anything: files named as it looks for, or settings of its own."""
    named = any(any(source.rglob(pattern)) for pattern in ("test_*.py", "*_test.py"))
    return named or _has_settings(
        source,
        toml=(("pyproject.toml", ("tool", "pytest")), ("pytest.toml", ())),
        ini=(("pytest.ini", "pytest"), ("setup.cfg", "tool:pytest"), ("tox.ini", "pytest")),
    )


def has_tox(source: Path) -> bool:
    """Whether the packl says how tox is to test it (tox's reference, 'Discovery')."""
    return _has_settings(
        source,
        toml=(("tox.toml", ()), ("pyproject.toml", ("tool", "tox"))),
        ini=(("tox.ini", "tox"), ("tox.ini", "testenv"), ("setup.cfg", "tox:tox")),
    )


def run_pytest(
    run: Run, environment: Environment, source: Path, environ: Mapping[str, str]
) -> Verdict:
    """Test what is installed in `environment`."""
    # The script, not `python -m`: that would put the unpacked source before the wheel.
    args = (str(environment.scripts / "pytest"), "-p", "no:cacheprovider")
    ran = run(args, cwd=source, env=environ)
    if ran.status == PYTEST_NOTHING_COLLECTED:
        return Verdict(True, "no tests collected", (Command(args, 0, ran.output),))
    passed = ran.status == 0
    said = _last_line(ran.output).strip("= ")
    summary = said if passed or ran.status in PYTEST_FAILED else f"pytest could not run: {said}"
    return Verdict(passed, summary, (Command(args, ran.status, ran.output),))


def run_tox(run: Run, wheel: Path, source: Path, work: Path, environ: Mapping[str, str]) -> Verdict:
    """Test a wheel as the packl's own tox configuration says; tox makes its environments."""
    written = work / "result.json"
    args = (
        *(sys.executable, "-m", "tox", "run"),
        *("--workdir", str(work)),
        *("--installpkg", str(wheel)),
        *("--result-json", str(written)),
        *("--skip-missing-interpreters", "true"),
        *("--override", "testenv.pass_env+=PIPL_CONTEXT,NETRC"),
    )
    ran = run(args, cwd=source, env=environ)
    result = json.loads(written.read_text(encoding="utf-8")) if written.exists() else None
    command = Command(args, ran.status, ran.output)
    return Verdict(ran.status == 0, _last_line(ran.output), (command,), result)


def _has_settings(
    source: Path,
    *,
    toml: tuple[tuple[str, tuple[str, ...]], ...],
    ini: tuple[tuple[str, str], ...],
) -> bool:
    """Whether one of these files holds one of these tables, or sections."""
    tables = any(_has_table(source / name, keys) for name, keys in toml)
    return tables or any(section in _sections(source / name) for name, section in ini)


def _has_table(path: Path, keys: tuple[str, ...]) -> bool:
    try:
        table: object = tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table is not None


def _sections(path: Path) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return iter(())
    return iter(parser.sections())


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no output"
