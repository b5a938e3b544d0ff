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
from pipl.env import python
from pipl.env.install import Resolve
from pipl.env.interpreter import Interpreter
from pipl.env.lock import Lock
from pipl.env.venv import Environment
from pipl.index.release import Release, ReleaseFile
from pipl.workspace.folder import Workspace
from pipl.workspace.materialise import materialise
from pipl.workspace.opened import LOCK_IN_WHEEL, with_release
from pipl.workspace.place import Place
from pipl.workspace.running import environ_in


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
    A release without a lock is resolved from the index that it is on.
    Raises Unresolvable, InstallFailed, NoInterpreter, FrameworkError.
    """
    interpreter = python.find(None, subject.description.requires_python or "")
    binding = dataclasses.replace(job.spec.binding, index=job.spec.index)
    place = Place(job.scratch / "workspace", binding, job.private_environ())
    place.folder.mkdir()
    if subject.lock is None:
        job.say("resolving what it requires")
        lock = job.installer.resolve(
            Resolve(
                requirements=(f"{subject.file.project}=={subject.file.version}", *besides),
                root=place.folder,
                index_url=binding.index_url,
                python=interpreter,
            )
        )
        besides = ()
    else:
        lock = with_release(subject.lock, subject.file)
    job.say(f"installing {len(lock.packages)} packages")
    environment = materialise(place, lock, interpreter, job.installer)
    missing = tuple(text for text in besides if not _holds(lock, text))
    if missing:
        job.say(f"installing beside the lock: {', '.join(missing)}")
        job.installer.add_files(environment, missing, index_url=binding.index_url, constraints=lock)
    environ = environ_in(Workspace(place.folder, binding), place.environ)
    return Workplace(place, interpreter, environ)


def _holds(lock: Lock, requirement: str) -> bool:
    """Whether the lock pins what is required; which version it pins is the author's choice."""
    return canonicalize_name(Requirement(requirement).name) in lock.versions
