"""Running `pipl` commands in tests, as a person would."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipl import process
from pipl.process import Completed


@dataclass(frozen=True)
class Shell:
    """A folder to type `pipl` commands in, with logins of its own."""

    cwd: Path
    environ: Mapping[str, str]

    @classmethod
    def at(cls, cwd: Path, environ: Mapping[str, str], config: Path) -> Shell:
        """A shell in `cwd` whose logins are kept in `config`."""
        return cls(cwd, {**environ, "PIPL_CONFIG_DIR": str(config)})

    def in_(self, folder: Path | str) -> Shell:
        """The same shell after `cd folder`."""
        return Shell(self.cwd / folder, self.environ)

    def pipl(self, *args: str, stdin: str | None = None) -> str:
        """What a command prints; it must succeed."""
        done = self.attempt(*args, stdin=stdin)
        if done.status != 0:
            shown = process.shown(["pipl", *args])
            raise AssertionError(f"{shown} ended with {done.status}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *args: str) -> dict[str, object]:
        """The JSON that a command prints with --json, errors included."""
        answer = json.loads(self.attempt(*args, "--json").stdout)
        assert isinstance(answer, dict)
        return answer

    def attempt(self, *args: str, stdin: str | None = None) -> Completed:
        """How a command ends, well or not."""
        return process.run(
            [sys.executable, "-m", "pipl", *args],
            cwd=self.cwd,
            env=self.environ,
            stdin=stdin,
            check=False,
            timeout_s=300,
        )
