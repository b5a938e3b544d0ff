"""The clean workspace that a job works in: a release, with what it was locked to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipl.build import wheel
from pipl.build.wheel import WheelDescription
from pipl.ci.handler import Job
from pipl.ci.job_folder import KEPT
from pipl.env import python, requirement
from pipl.env.base import Wanted
from pipl.env.bases import Bases
from pipl.env.environment import Environment
from pipl.env.install import Resolve
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.index.release import Release, ReleaseFile
from pipl.workspace.folder import Workspace
from pipl.workspace.materialise import materialise
from pipl.workspace.opened import LOCK_IN_WHEEL, with_release
from pipl.workspace.place import Place
from pipl.workspace.running import environ_in
from pipl_pipe import caches

LOCK = "lock"
"""What is kept with a run: the lock of what its last attempt has installed."""


@dataclass(frozen=True)
class Subject:
    """What a job is about: a wheel, downloaded, and what it says of itself.

    `lock` is the one inside of it, if it carries one, turned to where the server is now.
    """

    release: Release
    file: ReleaseFile
    path: Path
    description: WheelDescription
    lock: Lock | None


@dataclass(frozen=True)
class Workplace:
    """A workspace that is ready; `environ` are the variables of what runs in it."""

    place: Place
    interpreter: Interpreter
    environ: dict[str, str]

    @property
    def environment(self) -> Environment:
        return self.place.environment


def fetch(job: Job) -> Subject:
    """Download the wheel that the job is about.

    Raises ReleaseNotFound, InvalidWheel, InvalidLock.
    """
    release = job.release()
    file = job.file_of(release)
    path = job.client.download(file, job.scratch / file.filename)
    text = wheel.read_dist_info(path, LOCK_IN_WHEEL)
    lock = None
    if text is not None:
        lock = Lock.parse(text, source=f"the lock in {file.filename}")
        lock = lock.rebased(job.spec.binding.url)
    return Subject(release, file, path, wheel.describe(path), lock)


def prepare(job: Job, subject: Subject, *, besides: Sequence[str] = ()) -> Workplace:
    """Make a clean workspace with the release in it, exactly as locked.

    `besides` are requirements that are wanted too; what the lock pins is not moved by them.
    A release without a lock is resolved from the index that it is on. What the environment
    holds is kept with the run. All but the release itself comes from an
    environment that runs with the same lock share (docs/decisions/0018).
    Raises Unresolvable, InstallFailed, NoInterpreter, FrameworkError.
    """
    interpreter = python.find(None, subject.description.requires_python or "")
    binding = dataclasses.replace(job.spec.binding, index=job.spec.index)
    place = Place(job.scratch / "workspace", binding, job.private_environ())
    place.folder.mkdir()
    lock = _lock(job, subject, place, interpreter, besides)
    (job.folder / KEPT).mkdir(exist_ok=True)
    lock.write(job.folder / KEPT / LOCK)
    bases = Bases.below(_caches(job), job.environ, say=job.say)
    if bases is not None:
        others = lock.without({canonicalize_name(subject.file.project)})
        wanted = Wanted(others, interpreter, job.installer, binding.index_url)
        bases.clone(wanted, place.environment.folder)
    job.say(f"installing what of {len(lock.packages)} packages is not there")
    materialise(place, lock, interpreter, job.installer)
    environ = environ_in(Workspace(place.folder, binding), place.environ)
    return Workplace(place, interpreter, environ)


def _lock(
    job: Job, subject: Subject, place: Place, interpreter: Interpreter, besides: Sequence[str]
) -> Lock:
    """The release, what it was locked to, and beside that what `besides` needs."""
    if subject.lock is None:
        wanted: Sequence[str] = (f"{subject.file.project}=={subject.file.version}", *besides)
        locked = Lock(())
    else:
        locked = with_release(subject.lock, subject.file)
        wanted = [text for text in besides if not _holds(locked, text)]
    if not wanted:
        return locked
    job.say(f"resolving {', '.join(wanted)}")
    found = job.installer.resolve(
        Resolve(
            requirements=tuple(wanted),
            root=place.folder,
            index_url=place.binding.index_url,
            python=interpreter,
            constraints=tuple(requirement.pins(locked)),
        )
    )
    for package in found.without(locked.versions).packages:
        locked = locked.with_package(package)
    return locked if subject.lock is not None else found


def _caches(job: Job) -> Path:
    return caches.folder(job.environ)


def _holds(lock: Lock, text: str) -> bool:
    """Whether the lock pins what is required; which version it pins is the author's choice."""
    return canonicalize_name(Requirement(text).name) in lock.versions
