"""Handlers that cost next to nothing, and some that misbehave.

The distribution `faulty` on the path of runners and jobs has this as its module.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from pipl.ci import outbox
from pipl.ci.handler import Job
from pipl.ci.run import Outcome
from pipl.errors import ci
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

PIECE = b"x" * 65_536


def asides(job: Job) -> Path:
    """A folder where tests and handlers leave notes for each other."""
    return Path(job.environ["ASIDES"])


def check(job: Job) -> Outcome:
    """Passes, once it has seen its file on the index."""
    return Outcome.passed(job.file_of(job.release()).filename)


def make(job: Job) -> Outcome:
    """Makes a product, the same bytes each time."""
    name = f"{job.spec.project}-geo"
    path = job.scratch / wheel_name(name, job.spec.version)
    write_wheel(
        path,
        name=name,
        version=job.spec.version,
        files={"made.txt": job.spec.sha256.encode("ascii")},
        metadata=Metadata(),
        entry_points={},
    )
    outbox.fill(job.outbox, [path])
    return Outcome.passed()


def waits(job: Job) -> Outcome:
    """Makes a product when it is told to, or on another attempt."""
    pauses(job)
    return make(job)


def pauses(job: Job) -> Outcome:
    """Says that it has begun, and passes when it is told to, or on another attempt."""
    folder = asides(job)
    begun = folder / f"{job.spec.project}-{job.spec.attempt}.begun"
    begun.with_suffix(".aside").write_text(f"{os.getpid()} {os.getppid()}")
    begun.with_suffix(".aside").rename(begun)
    while job.spec.attempt == 1 and not (folder / "go").exists():
        time.sleep(0.02)
    return Outcome.passed()


def fails(job: Job) -> Outcome:
    raise ci.TestsFailed(job.spec.project, "1 failed")


def daemonises(job: Job) -> Outcome:
    """Leaves a daemon behind, that has cut every tie."""
    code = (
        "import os, sys, time\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "os.rename(sys.argv[1], sys.argv[2])\n"
        "time.sleep(600)\n"
    )
    aside, note = job.scratch / "aside", asides(job) / f"{job.spec.project}.daemon"
    aside.touch()
    subprocess.Popen([sys.executable, "-c", code, aside, note], start_new_session=True).wait()
    while not note.exists():
        time.sleep(0.01)
    return Outcome.passed("left a daemon")


def prints(job: Job) -> Outcome:
    """Prints 10⁹ bytes."""
    line = b"y" * 99 + b"\n"
    for _ in range(1000):
        os.write(1, line * 10_000)
    return Outcome.passed("said it all")


def fills_scratch(job: Job) -> Outcome:
    """Needs more room in its scratch than there is, until the test makes room."""
    if not (asides(job) / "room").exists():
        with (job.scratch / "large").open("wb", buffering=0) as large:
            while True:
                large.write(PIECE)
    return make(job)


def stores(job: Job) -> Outcome:
    """Puts an asset into the store that the test names."""
    source = job.scratch / "large"
    source.write_bytes(PIECE * 64 + job.spec.sha256.encode("ascii"))
    store = FolderStore(Path(job.environ["STORE"]))
    stored = store.add(source, product=job.spec.project)
    (asides(job) / f"{job.spec.project}.stored").write_text(stored.revision)
    return make(job)


def fails_at_first(job: Job) -> Outcome:
    """The machine is to blame for its first attempt."""
    if job.spec.attempt == 1:
        os.kill(os.getpid(), 9)
    return Outcome.passed()
