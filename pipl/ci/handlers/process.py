"""Process: run a task in a clean workspace, and leave its products in the run's outbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipl import durable
from pipl.ci import outbox, publishing, workplace
from pipl.ci.handler import Job
from pipl.ci.run import Outcome
from pipl.ci.workplace import Subject, Workplace
from pipl.errors import FrameworkError, InvalidFlow, InvalidWheel, JobFailed
from pipl.workspace.materialise import answer_of

TASKS = "pipl_pipe.tasks"


def handle(job: Job) -> Outcome:
    """Make the products of a task's release, once.

    They lie in the run's outbox, and their assets where others will read them; the runner
    uploads them. Raises FrameworkError for what the task did wrong or an asset that the store
    lacks, and what remotes raise.
    """
    spec = job.spec
    if spec.products is None:
        raise InvalidFlow((f"{spec.index}: the handler 'process' needs `products`",))
    subject = workplace.fetch(job)
    ready = workplace.prepare(job, subject)
    wheels = outbox.held(job.outbox)
    if wheels is None or not _are_whole(job, ready, wheels):
        wheels = outbox.fill(job.outbox, _make(job, subject, ready))
    publishing.publish(
        wheels, ready.environment, ready.place.environ, notes=job.folder, say=job.say
    )
    return Outcome.passed(f"made {', '.join(path.name for path in wheels) or 'no products'}")


def _are_whole(job: Job, ready: Workplace, wheels: Sequence[Path]) -> bool:
    """Whether the store holds all that an earlier attempt has made, so that it is delivered."""
    job.say("an earlier attempt has made the products already")
    if not wheels:
        return True
    args: list[str | Path] = [ready.environment.python, "-m", "pipl_pipe", "verify-wheels"]
    try:
        answer_of(job.ask([*args, *wheels], cwd=job.scratch, env=ready.environ))
    except FrameworkError as fault:
        job.say(f"they are made anew: {fault}")
        return False
    return True


def _make(job: Job, subject: Subject, ready: Workplace) -> Iterable[Path]:
    """Run the task's `process()`; its assets are in the store when the wheels are there."""
    name = _task_of(subject)
    scratch, out = job.scratch / "process", job.scratch / "out"
    for folder in (scratch, out):
        folder.mkdir()
    release = {
        "name": job.spec.project,
        "version": job.spec.version,
        "sha256": job.spec.sha256,
        "lock": None if subject.lock is None else subject.lock.digest,
    }
    published = job.scratch / "release.json"
    durable.write_text(published, json.dumps(release) + "\n")
    done = job.ask(
        [
            *(ready.environment.python, "-m", "pipl_pipe", "process"),
            *("--task", name, "--release", published),
            *("--scratch", scratch, "--out", out),
        ],
        cwd=scratch,
        env=ready.environ,
    )
    if not done.stdout.strip():
        raise JobFailed(f"the interpreter of the task ended with status {done.status}")
    answer_of(done)
    return sorted(out.glob("*.whl"))


def _task_of(subject: Subject) -> str:
    names = sorted(subject.description.entry_points.get(TASKS, ()))
    if len(names) != 1:
        reason = f"a task declares one entry point in {TASKS}, not {len(names)}"
        raise InvalidWheel(subject.file.filename, reason)
    return names[0]
