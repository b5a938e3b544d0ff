"""From a lock to a place where a packl runs: environment, context, env sets, asset view.

Artists' workspaces and CI's clean ones are made by the same function.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from pipl import process
from pipl.env import activation, renewal, venv
from pipl.env.edited import edited
from pipl.env.environment import Environment
from pipl.env.install import Installer, Meanwhile, nothing
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.errors.base import FrameworkError
from pipl.errors.env import InstallFailed
from pipl.process import Completed
from pipl.progress import SILENT, Progress
from pipl.workspace import agreement, placed, settled, turns
from pipl.workspace.place import Place, made_for, write_context
from pipl_pipe import caches
from pipl_pipe.names import normalised

_PIPE = (  # `-m` would take modules from the current folder first
    "import sys; sys.path[:] = filter(None, sys.path);"
    " from pipl_pipe.__main__ import main; sys.exit(main())"
)
_PROVIDERS = ("products", "env_sets", "config", "services")


def materialise(
    place: Place,
    lock: Lock,
    interpreter: Interpreter,
    installer: Installer,
    *,
    ask_first: bool = True,
    meanwhile: Meanwhile = nothing,
    progress: Progress = SILENT,
) -> Environment:
    """Make the environment of `place` equal to the lock and settle it.

    With `ask_first`, the installer is asked whether there is anything to do at all. `meanwhile` is
    called while it installs, at the latest before the environment counts. That is changed aside:
    until it is whole, the old one stays as it was. Several processes may try at once: they take
    turns. Raises InstallFailed, ServerDown, NotWritable, DiskFull, and what `meanwhile`, `settle`
    and `settled.expect_met` raise.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    environment = place.environment
    folder = environment.folder
    with turns.alone(place.turns):
        renewal.recover(folder)
        owner = made_for(environment)
        usable = environment.exists() and owner in (None, place.folder)
        usable = usable and not _is_of_another(environment, interpreter)
        if usable and owner is None:  # just made, and nobody's yet
            meanwhile()  # first: this is not aside, and may yet not be wanted
            _install(place, lock, installer, nothing, progress)
        elif (
            not usable
            or not ask_first
            or not installer.is_current(
                environment, lock, root=place.folder, index_url=place.binding.index_url
            )
        ):
            fresh = None if usable else interpreter
            _renew(place, lock, fresh, installer, meanwhile, progress)
            placed.lay(place, progress=progress)
            settled.expect_met(environment)
            return environment
        else:
            meanwhile()
        settle(place, progress=progress)
        settled.expect_met(environment)
    return environment


def _renew(
    place: Place,
    lock: Lock,
    fresh: Interpreter | None,
    installer: Installer,
    meanwhile: Meanwhile,
    progress: Progress,
) -> None:
    """Make the environment aside and put it in its place: a copy, or one with a `fresh` Python."""
    folder = place.environment.folder

    def beside() -> None:
        meanwhile()
        if fresh is None:
            renewal.prepare()

    with renewal.aside(folder) as made:
        if fresh is None:
            renewal.copy(folder, made)
        else:
            progress.phase(f"creating the environment with Python {fresh.version}")
            venv.create(made, fresh, cache=caches.folder(place.environ))
        new = dataclasses.replace(place, name=made.name)
        _install(new, lock, installer, beside, progress)
        _describe(new, progress)


def _install(
    place: Place, lock: Lock, installer: Installer, meanwhile: Meanwhile, progress: Progress
) -> None:
    progress.phase(f"installing {len(lock.packages)} packages")
    index_url = place.binding.index_url
    installer.sync(
        place.environment, lock, root=place.folder, index_url=index_url, meanwhile=meanwhile
    )
    agreement.check(place.environment, lock, index_url)


def _is_of_another(environment: Environment, interpreter: Interpreter) -> bool:
    present = environment.interpreter
    return present is not None and present.minor != interpreter.minor


def settle(place: Place, *, progress: Progress = SILENT) -> None:
    """Write the environment's context, record what its packls say, and lay its asset view.

    What depends on the installed packls is told by the environment's own interpreter.
    Raises FrameworkError, such as for an asset that no place holds.
    """
    _describe(place, progress)
    placed.lay(place, progress=progress)


def _describe(place: Place, progress: Progress) -> None:
    environment = place.environment
    write_context(place)
    report = None
    providers = _providers(environment)
    if providers:
        progress.phase("asking the packls for env sets and assets")
        report = ask_pipe(environment, ["settle"], place.environ)
        if providers & edited(environment).keys():  # their code changes without notice
            report["fixed"] = False
    settled.write(environment, report)
    activation.install(environment)
    placed.write(environment, report)


def ask_pipe(
    environment: Environment,
    arguments: list[str],
    environ: Mapping[str, str],
    *,
    timeout_s: float = 600,
) -> dict[str, object]:
    """Run `python -m pipl_pipe` in an environment and read its JSON, whatever lies around here.

    Raises FrameworkError with the framework's own message where it reports an error.
    """
    done = process.run(
        [environment.python, "-c", _PIPE, *arguments],
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


def _providers(environment: Environment) -> set[str]:
    """The installed packls, besides the framework, that have anything to say, by name."""
    found = set()
    for declared in environment.site_packages.glob("*.dist-info/entry_points.txt"):
        name = normalised(declared.parent.name.partition("-")[0])
        if name == "pipl-pipe":
            continue
        text = declared.read_text(encoding="utf-8", errors="replace")
        if any(f"pipl_pipe.{group}]" in text for group in _PROVIDERS):
            found.add(name)
    return found
