"""From a lock to a place where a packl runs: environment, context, env sets, asset view.

Artists' workspaces and CI's clean ones are made by the same function.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from filelock import FileLock

from pipl import process
from pipl.env import activation, venv
from pipl.env.install import Installer
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.env.venv import Environment
from pipl.errors import FrameworkError, InstallFailed
from pipl.process import Completed
from pipl.progress import SILENT, Progress
from pipl.workspace import placed, settled
from pipl.workspace.place import Place, made_for, write_context

_PROVIDERS = ("products", "env_sets", "config", "services")


def materialise(
    place: Place,
    lock: Lock,
    interpreter: Interpreter,
    installer: Installer,
    *,
    progress: Progress = SILENT,
) -> Environment:
    """Make the environment of `place` equal to the lock and settle it.

    Several processes may try at once: they take turns. Raises InstallFailed, ServerDown,
    and what `settle` and `settled.expect_met` raise.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(place.folder / ".sync.lock"):
        environment = place.environment
        if not environment.exists() or made_for(environment) not in (None, place.folder):
            progress.phase(f"creating the environment with Python {interpreter.version}")
            environment = venv.create(environment.folder, interpreter)
        progress.phase(f"installing {len(lock.packages)} packages")
        installer.sync(environment, lock, root=place.folder, index_url=place.binding.index_url)
        settle(place, progress=progress)
        settled.expect_met(environment)
    return environment


def settle(place: Place, *, progress: Progress = SILENT) -> None:
    """Write the environment's context, record what its packls say, and lay its asset view.

    What depends on the installed packls is told by the environment's own interpreter.
    Raises FrameworkError, such as for an asset that no place holds.
    """
    environment = place.environment
    write_context(place)
    report = None
    if _provides(environment):
        progress.phase("asking the packls for env sets and assets")
        report = ask_pipe(environment, ["settle"], place.environ)
    settled.write(environment, report)
    activation.install(environment)
    placed.write(environment, report)
    placed.lay(place, progress=progress)


def ask_pipe(
    environment: Environment,
    arguments: list[str],
    environ: Mapping[str, str],
    *,
    timeout_s: float = 600,
) -> dict[str, object]:
    """Run `python -m pipl_pipe` in an environment and read its JSON.

    Raises FrameworkError with the framework's own message where it reports an error.
    """
    done = process.run(
        [environment.python, "-m", "pipl_pipe", *arguments],
        env=environment.environ(environ),
        check=False,
        timeout_s=timeout_s,
    )
    return answer_of(done)


def answer_of(done: Completed) -> dict[str, object]:
    """What `python -m pipl_pipe` has answered.

    Raises FrameworkError with the framework's own message where it reports an error.
    """
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise InstallFailed(process.tail(done.stdout + done.stderr))
    error = answer.get("error")
    if isinstance(error, dict):
        raise FrameworkError(
            str(error.get("code")), str(error.get("message")), str(error.get("hint"))
        )
    return answer


def _provides(environment: Environment) -> bool:
    """Whether an installed packl, besides the framework, has anything to say."""
    for declared in environment.site_packages.glob("*.dist-info/entry_points.txt"):
        if declared.parent.name.startswith("pipl_pipe-"):
            continue
        text = declared.read_text(encoding="utf-8", errors="replace")
        if any(f"pipl_pipe.{group}]" in text for group in _PROVIDERS):
            return True
    return False
