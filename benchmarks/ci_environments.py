"""QA and process of a trivial task, with shared environments and without, and by hand.

The handlers run in this process, so that what engines and ledgers take is not in it.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Action, paired, report
from benchmarks.publish import BY_HAND, Bench
from pipl.ci.access import Access
from pipl.ci.handler import Handler, Job
from pipl.ci.handlers import process as processing
from pipl.ci.handlers import qa
from pipl.ci.job_folder import JobSpec
from pipl.ci.toxresult import Machine
from pipl.env import choice
from pipl.env.bases import LIMIT
from pipl.project.accounts import CI_USER
from pipl.testing.projects import STAGE, running_project

RUNS = 5
_NUMBERS = itertools.count(1)


def jobs(bench: Bench, folder: Path, *, shared: bool) -> Action:
    """QA and process of the version that was built last, which is uploaded before."""
    environ = {**os.environ, LIMIT: "" if shared else "0"}

    def run() -> None:
        for handler in (qa.handle, processing.handle):
            _handle(handler, bench, folder / str(next(_NUMBERS)), environ)

    return run


def _handle(handler: Handler, bench: Bench, folder: Path, environ: dict[str, str]) -> None:
    project = bench.running.project
    (folder / "scratch").mkdir(parents=True)
    wheel = bench.running.client.release(STAGE, "bench-task", bench.version).wheel
    assert wheel is not None
    spec = JobSpec(
        run_id=0,
        attempt=1,
        handler="bench",
        index=STAGE,
        project=wheel.project,
        version=wheel.version,
        filename=wheel.filename,
        sha256=wheel.sha256,
        binding=project.binding,
        user=CI_USER,
        products=project.index,
    )
    with (folder / "log.txt").open("wb") as log:
        job = Job(
            spec=spec,
            folder=folder,
            scratch=folder / "scratch",
            connect=Access(project.binding, CI_USER, project.secrets, time.time).connect,
            installer=choice.choose(None, environ),
            environ=environ,
            machine=Machine("bench", sys.platform),
            say=lambda line: None,
            log=log,
        )
        assert handler(job).state == "passed"
    shutil.rmtree(folder)


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top,
        running_project(Path(top) / "Bench", os.environ, mirror=True) as running,
    ):
        bench = Bench(running)
        running.shell.pipl("proj", "index", "create-sub", "", str(BY_HAND))

        def published() -> None:
            bench.build()
            running.client.upload(STAGE, bench.built.sdist)
            running.client.upload(STAGE, bench.built.wheel)

        shared = jobs(bench, Path(top) / "jobs", shared=True)
        alone = jobs(bench, Path(top) / "jobs", shared=False)
        pair = paired(shared, alone, runs=RUNS, before=published)
        report("qa + process, shared environments against each its own", pair, goal="ratio < 1")
        pair = paired(shared, bench.by_hand, runs=RUNS, before=published)
        report("qa + process, shared, against by hand", pair, goal="ratio <= 1.5")


if __name__ == "__main__":
    main()
