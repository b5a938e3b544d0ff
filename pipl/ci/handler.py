"""What a handler is: the part of CI that does something with a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from pipl import process
from pipl.ci import job_login, logged
from pipl.ci.containment import processes
from pipl.ci.job_folder import JobSpec
from pipl.ci.run import Outcome
from pipl.ci.toxresult import Machine
from pipl.env.install import Installer
from pipl.errors.index import ReleaseNotFound
from pipl.index.client import IndexClient
from pipl.index.release import Release, ReleaseFile
from pipl.process import Completed
from pipl_pipe import caches

OUTPUT_TAIL = 100_000
"""How many bytes of a program's output a job keeps for reports; its log has more."""


@dataclass(frozen=True)
class Ran:
    """How a program ended, and the tail of what it wrote."""

    status: int
    output: str


@dataclass(frozen=True)
class Job:
    """One attempt of a run, as its handler sees it.

    `scratch` is empty at the start and private to this attempt; `outbox` survives attempts.
    `client`, made at its first use, acts as the CI user. `environ` are the variables of the
    machine that it runs on; `log` is where its programs write, whatever they write being bounded.
    """

    spec: JobSpec
    folder: Path
    scratch: Path
    connect: Callable[[], IndexClient]
    installer: Installer
    environ: Mapping[str, str]
    machine: Machine
    say: Callable[[str], None]
    log: IO[bytes]

    @cached_property
    def client(self) -> IndexClient:
        """Raises NoCIUser, WrongPassword, ServerDown."""
        return self.connect()

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def release(self) -> Release:
        """The release that the file belongs to. Raises ReleaseNotFound."""
        return self.client.release(self.spec.index, self.spec.project, self.spec.version)

    def file_of(self, release: Release) -> ReleaseFile:
        """The very file that the run is about. Raises ReleaseNotFound where it is gone."""
        for file in release.files:
            if file.sha256 == self.spec.sha256:
                return file
        raise ReleaseNotFound(str(self.spec.index), self.spec.project, self.spec.version)

    def run(self, args: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> Ran:
        """Run a program to its end; what it writes goes to the log as it comes.

        Raises ProgramMissing.
        """
        self.say("$ " + process.shown(args))
        with logged.tailed(self.log, OUTPUT_TAIL) as tail:
            done = process.run(args, cwd=cwd, env=env, log=tail.file, check=False)
        return Ran(done.status, tail.text)

    def ask(self, args: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> Completed:
        """Run a program that answers on standard output; what else it writes goes to the log.

        Raises ProgramMissing.
        """
        self.say("$ " + process.shown(args))
        return process.run(args, cwd=cwd, env=env, errors=self.log, check=False)

    def private_environ(self) -> dict[str, str]:
        """The variables for foreign code: its home and its temporary files lie in `scratch`.

        The cache of assets is the machine's. It acts as the job's user at the server.
        """
        home, temporary = self.scratch / "home", self.scratch / "tmp"
        for folder in (home, temporary):
            folder.mkdir(exist_ok=True)
        names = {"HOME": home, "USERPROFILE": home}
        names |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
        kept = {
            key: value
            for key, value in self.environ.items()
            if not key.startswith(("PIPL_", "XDG_", "VIRTUAL_ENV", "TOX_", "PYTEST_", "COV_"))
            or key in (*job_login.VARIABLES, processes.MARKER)
        }
        names[caches.VARIABLE] = caches.folder(self.environ)
        return kept | {key: str(value) for key, value in names.items()}


Handler = Callable[[Job], Outcome]
"""What an entry point of the group `pipl.ci_handlers` names.

It may be started again at any point of its work, whatever was cut short before, and must then
lead to the same end. A designed error that it raises is the run's outcome.
"""
