"""Running uv: with a user's cache but none of their settings, at once or beside something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pipl import process
from pipl.env import surroundings
from pipl.env.install import Meanwhile, NearbyIndex, nothing
from pipl.env.installers import uv_words
from pipl.process import Completed

_ALWAYS = ("--quiet", "--color=never", "--no-progress", "--no-python-downloads")


class UvCall(NamedTuple):
    """A command of uv that can be run, more than once."""

    command: tuple[str | Path, ...]
    cwd: Path
    variables: Mapping[str, str]
    timeout_s: float | None = None

    def before(self, index: NearbyIndex | None) -> UvCall:
        """The same, reading an index first: the first that has a name is all that counts for it."""
        return self if index is None else self.with_option(f"--index={index.url}")

    def with_option(self, option: str) -> UvCall:
        return self._replace(command=(*self.command, option))

    def run(self, meanwhile: Meanwhile = nothing) -> Completed:
        """Raises CommandTimedOut, and what `meanwhile` does."""
        with self.started() as ended:
            meanwhile()
            done = ended()
        if done.status == 0 or not uv_words.is_about_its_cache(done):
            return done
        bare = self.with_option("--no-cache")  # such as in a read-only home
        return process.run(
            bare.command, cwd=self.cwd, env=self.variables, check=False, timeout_s=self.timeout_s
        )

    @contextmanager
    def started(self) -> Iterator[Callable[[], Completed]]:
        """It runs during the block, in which what is given waits for its end; no longer."""
        running = process.start(self.command, cwd=self.cwd, env=self.variables)
        try:
            yield lambda: process.finish(running, timeout_s=self.timeout_s)
        finally:
            if running.returncode is None:
                process.kill_group(running)
            for pipe in (running.stdout, running.stderr):
                if pipe is not None:
                    pipe.close()


def call(
    program: Path,
    environ: Mapping[str, str],
    *args: str | Path,
    index_url: str | None,
    cwd: Path,
    settings: Path | None = None,
    timeout_s: float | None = None,
) -> UvCall:
    """`settings` is the folder of the only settings that count, None: there are none."""
    where = [] if index_url is None else [f"--default-index={index_url}"]
    variables = surroundings.of_index(index_url, environ)
    if settings is not None:
        variables.update(XDG_CONFIG_HOME=str(settings), UV_NO_SYSTEM_CONFIG="1")
    elif index_url is not None:
        where.append("--no-config")
    said = [one for one in _ALWAYS if one != "--quiet" or "--dry-run" not in args]
    return UvCall((program, *args, *where, *said), cwd, variables, timeout_s)
