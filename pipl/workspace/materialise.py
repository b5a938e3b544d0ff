"""From a lock to a place where a packl runs: environment, context, env sets, asset view.

Artists' workspaces and CI's clean ones are made by the same function.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from filelock import FileLock

from pipl import process
from pipl.env import renewal, venv
from pipl.env.install import Installer
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.env.venv import Environment
from pipl.errors import FrameworkError, InstallFailed
from pipl.process import Completed
from pipl.progress import SILENT, Progress
from pipl.workspace import agreement, placed, settled
from pipl.workspace.place import Place, made_for, write_context

_PROVIDERS = ("products", "env_sets", "config", "services", "tasks")


def materialise(
    place: Place,
    lock: Lock,
    interpreter: Interpreter,
    installer: Installer,
    *,
    progress: Progress = SILENT,
) -> Environment:
    """Make the environment of `place` equal to the lock and settle it.

    It is changed aside: until it is whole, the old one stays as it was. Several processes may
    try at once: they take turns. Raises InstallFailed, ServerDown, NotWritable, DiskFull, and
    what `settle` raises.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    environment = place.environment
    folder = environment.folder
    index_url = place.binding.index_url
    with FileLock(place.folder / ".sync.lock"):
        renewal.recover(folder)
        owner = made_for(environment)
        usable = environment.exists() and owner in (None, place.folder)
        usable = usable and not _is_of_another(environment, interpreter)
        if usable and owner is None:  # just made, and nobody's yet
            progress.phase(f"installing {len(lock.packages)} packages")
            installer.sync(environment, lock, root=place.folder, index_url=index_url)
            agreement.check(environment, lock, index_url)
        elif not usable or not installer.is_current(
            environment, lock, root=place.folder, index_url=index_url
        ):
            with renewal.aside(folder) as made:
                if usable:
                    renewal.copy(folder, made)
                else:
                    progress.phase(f"creating the environment with Python {interpreter.version}")
                    venv.create(made, interpreter)
                progress.phase(f"installing {len(lock.packages)} packages")
                new = dataclasses.replace(place, name=made.name)
                installer.sync(new.environment, lock, root=place.folder, index_url=index_url)
                agreement.check(new.environment, lock, index_url)
                report = _describe(new, progress)
            placed.lay(place, progress=progress)
            _expect_nothing_refused(report)
            return environment
        settle(place, progress=progress)
    return environment


def _is_of_another(environment: Environment, interpreter: Interpreter) -> bool:
    present = environment.interpreter
    return present is not None and present.minor != interpreter.minor


def settle(place: Place, *, progress: Progress = SILENT) -> None:
    """Write the environment's context, record what its packls say, and lay its asset view.

    What depends on the installed packls is told by the environment's own interpreter.
    Raises FrameworkError, such as for an asset that no place holds, an application that is not
    on this machine, or two env sets that want different things (both after all else is done).
    """
    report = _describe(place, progress)
    placed.lay(place, progress=progress)
    _expect_nothing_refused(report)


def _describe(place: Place, progress: Progress) -> dict[str, object] | None:
    environment = place.environment
    write_context(place)
    report = None
    if _provides(environment):
        progress.phase("asking the packls for env sets and assets")
        report = ask_pipe(environment, ["settle"], place.environ)
    settled.write(environment, report)
    placed.write(environment, report)
    return report


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


def _expect_nothing_refused(report: Mapping[str, object] | None) -> None:
    refused = report.get("refused") if report else None
    if isinstance(refused, list) and refused and isinstance(refused[0], dict):
        fault = refused[0]
        raise FrameworkError(
            str(fault.get("code")), str(fault.get("message")), str(fault.get("hint"))
        )


def _provides(environment: Environment) -> bool:
    """Whether an installed packl, besides the framework, has anything to say."""
    for declared in environment.site_packages.glob("*.dist-info/entry_points.txt"):
        if declared.parent.name.startswith("pipl_pipe-"):
            continue
        text = declared.read_text(encoding="utf-8", errors="replace")
        if any(f"pipl_pipe.{group}]" in text for group in _PROVIDERS):
            return True
    return False
