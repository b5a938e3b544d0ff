"""Process: run a task in a clean workspace, and leave its products in the run's outbox."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipl import __version__, durable
from pipl.ci import outbox, publishing, statement, workplace
from pipl.ci.handler import Job
from pipl.ci.run import Outcome
from pipl.ci.statement import Making
from pipl.ci.workplace import Subject, Workplace
from pipl.errors.base import FrameworkError
from pipl.errors.build import InvalidWheel
from pipl.errors.ci import InvalidFlow, JobFailed, WrittenOutside
from pipl.workspace.materialise import answer_of
from pipl_pipe.task import snapshot

TASKS = "pipl_pipe.tasks"
SHOWN = 20


def handle(job: Job) -> Outcome:
    """Make the products of a task's release, once.

    They lie in the run's outbox, and their assets where others will read them; the runner
    uploads them, with their completed provenance, which is kept with the run. Raises
    FrameworkError for what the task did wrong or an asset that the store lacks, WrittenOutside,
    and what remotes raise.
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
    published = job.scratch / "release.json"
    durable.write_text(published, json.dumps(_release(job, subject)) + "\n")
    elsewhere = (scratch, out, job.scratch / "tmp", job.scratch / "logins")
    before, started_at = snapshot.take(job.scratch, without=elsewhere), time.time()
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
    changed = snapshot.changes(before, snapshot.take(job.scratch, without=elsewhere))
    if changed:
        raise WrittenOutside(name, changed[:SHOWN])
    made = sorted(out.glob("*.whl"))
    statement.keep(job.folder, made, _making(job, ready, started_at))
    return made


def _making(job: Job, ready: Workplace, started_at: float) -> Making:
    spec = job.spec
    return Making(
        started_at=started_at,
        finished_at=time.time(),
        host=job.machine.host,
        platform=job.machine.platform,
        python=str(ready.interpreter.version),
        pipl=__version__,
        handler=spec.handler,
        invocation=f"{spec.binding.name}/{spec.run_id}/{spec.attempt}",
    )


def _release(job: Job, subject: Subject) -> dict[str, object]:
    """What the framework is told of the published task."""
    lock = subject.lock
    tools = [
        {
            "name": one.name,
            "version": one.version,
            "digest": f"sha256:{one.files[0].sha256}" if len(one.files) == 1 else "",
        }
        for one in (() if lock is None else lock.packages)
        if one.version is not None
    ]
    return {
        "name": job.spec.project,
        "version": job.spec.version,
        "sha256": job.spec.sha256,
        "file": job.spec.filename,
        "lock": None if lock is None else lock.digest,
        "tools": tools,
    }


def _task_of(subject: Subject) -> str:
    names = sorted(subject.description.entry_points.get(TASKS, ()))
    if len(names) != 1:
        reason = f"a task declares one entry point in {TASKS}, not {len(names)}"
        raise InvalidWheel(subject.file.filename, reason)
    return names[0]
