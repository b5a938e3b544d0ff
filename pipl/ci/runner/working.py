"""The runs that this runner has in hand: their jobs, their deliveries, how they end."""

from __future__ import annotations

import contextlib
import errno
import functools
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipl.ci import job_folder, outbox
from pipl.ci.engine import MEMORY, Ended, Limits, Work
from pipl.ci.flow import FOLLOW, PROMOTE, HandlerStep
from pipl.ci.ledger import deliveries, ending, leases, logs, queries, queue, records
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.deliveries import DELIVER
from pipl.ci.run import Outcome, Run
from pipl.ci.runner.acts import Act, Acts
from pipl.ci.runner.delivery import deliver
from pipl.ci.runner.feeding import Feeding
from pipl.ci.runner.in_force import FlowInForce
from pipl.ci.runner.journal import Journal
from pipl.ci.runner.parts import Notice, Parts
from pipl.ci.runner.promotion import promote
from pipl.errors.base import DiskFull
from pipl.errors.ci import JobFailed, JobLost, JobOutOfMemory, JobTimedOut, LedgerAway
from pipl.errors.server import ServerError
from pipl.errors.usage import InvalidFile
from pipl_pipe.errors import DesignedError

LONGEST_PAUSE_S = 30.0
RECORD_BYTES = 4_000_000
"""What of a record is kept at the most."""
_Waiting = Mapping[str, frozenset[str]]
"""By handler, the projects that have runs of it which wait or run."""


@dataclass
class _Job:
    run: Run
    folder: Path
    journal: Journal


class Working:
    """What runs, from its claim until the ledger has its end."""

    def __init__(
        self,
        parts: Parts,
        ledger: Ledger,
        in_force: FlowInForce,
        feeding: Feeding,
        *,
        wake: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._ledger = ledger
        self._in_force = in_force
        self._feeding = feeding
        self._wake = wake
        self._acts = Acts(parts.connect, wake=wake)
        self._jobs: dict[Future[Ended], _Job] = {}
        self._acting: dict[Future[Outcome], Run] = {}

    @property
    def idle(self) -> bool:
        return not self._jobs and not self._acting

    @property
    def ids(self) -> frozenset[int]:
        """The runs in hand."""
        return frozenset(run.id for run in self._runs())

    def start_queued(self, runner: str) -> None:
        """Claim and start what waits, as far as there is room. Raises LedgerAway, DiskFull."""
        while not self._feeding.away:
            waiting = functools.cache(self._waiting)  # hardly ever does a run ask for it
            run = queue.claim(
                self._ledger,
                now=self._parts.clock(),
                host=self._parts.host,
                runner=runner,
                fits=partial(self._fits, waiting),
            )
            if run is None:
                return
            if run.handler == PROMOTE:
                self._act(run, partial(promote, run, self._in_force.stage(run)))
            elif run.step == DELIVER:
                self._deliver(run)
            else:
                self._start(run)

    def collect(self) -> None:
        """Record what has ended. Raises LedgerAway, DiskFull; the next call goes on then."""
        for future in [future for future in self._jobs if future.done()]:
            job = self._jobs[future]
            job.journal.ship(self._ledger, whole=True)
            self._job_ended(job, future.result())
            del self._jobs[future]
        for act in [act for act in self._acting if act.done()]:
            self._feeding.changed()
            self.record(self._acting[act], _result(act))
            del self._acting[act]
            self._acts.ended()

    def look(self) -> None:
        """Stop what people have cancelled, and what others have taken over."""
        ours = [job.run for job in self._jobs.values()]
        for run_id in {run.id for run in ours} - leases.still_running(self._ledger, ours):
            self._parts.engine.cancel(run_id)

    def ship_logs(self) -> None:
        """Put what jobs wrote into the ledger, where it can be followed."""
        for job in self._jobs.values():
            job.journal.ship(self._ledger)

    def abandon(self) -> None:
        """Stop everything: the runs in hand are others' now."""
        for job in self._jobs.values():
            self._parts.engine.cancel(job.run.id)

    def settle(self, run: Run, reason: str) -> None:
        """Record the verdict of a run whose job is gone, as far as it gave one; else queue it."""
        outcome = None if run.step == DELIVER else self._verdict(run)
        if outcome is None:
            self._requeue(run, reason, fault=False)
        else:
            self._judged(run, self._parts.place.run_folder(run.id), outcome)

    def has_verdict(self, run: Run) -> bool:
        """Whether the job of this attempt has come to an end on this machine."""
        return run.step != DELIVER and self._verdict(run) is not None

    def close(self, reason: str) -> None:
        """Stop every job, wait for every act, and record or queue again what was in hand."""
        self._parts.engine.close()
        self._acts.close()
        with contextlib.suppress(DesignedError):  # what cannot be recorded is taken over later
            for job in self._jobs.values():
                job.journal.ship(self._ledger, whole=True)
                outcome = self._verdict(job.run)
                made = outcome is not None and self._made(job.run, job.folder, outcome)
                if outcome is None or made:
                    self._requeue(made or job.run, reason, fault=False)
                else:
                    self.record(job.run, outcome)
            for act, run in self._acting.items():
                if act.cancelled() or not act.done():
                    self._requeue(run, reason, fault=False)
                else:
                    self.record(run, _result(act))

    # How runs start

    def _runs(self) -> list[Run]:
        return [*(job.run for job in self._jobs.values()), *self._acting.values()]

    def _waiting(self) -> _Waiting | None:
        """Who is on their way through CI; None where more may be, unread in the feed."""
        return queries.pending_projects(self._ledger) if self._feeding.drained else None

    def _fits(self, waiting: Callable[[], _Waiting | None], run: Run) -> bool:
        if run.handler == PROMOTE or run.step == DELIVER:
            return self._acts.has_room
        if not self._parts.engine.has_room(dict(self._step(run).resources)):
            return False
        return run.handler != FOLLOW or self._may_follow(run, waiting())

    def _may_follow(self, run: Run, waiting: _Waiting | None) -> bool:
        if not waiting:
            return False
        others = (projects for handler, projects in waiting.items() if handler != FOLLOW)
        busy, following = frozenset().union(*others), waiting.get(FOLLOW, frozenset())
        try:
            client = self._feeding.client()
            return self._parts.follower.may_start(client, run, busy, following)
        except DesignedError as fault:
            self._feeding.doubt(str(fault))
            return False

    def _step(self, run: Run) -> HandlerStep:
        return self._in_force.flow.step(run.index, run.handler)

    def _start(self, run: Run) -> None:
        stage = self._in_force.stage(run)
        if stage is None or not self._in_force.wants(run):
            reason = f"the flow runs no {run.handler} on {run.index} any more"
            self.record(run, Outcome.cancelled(reason))
            return
        step, folder = self._step(run), self._parts.place.run_folder(run.id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "log.txt").unlink(missing_ok=True)
            work = Work(
                self._parts.order(run, stage),
                self._parts.login(step.user),
                folder,
                Limits(step.timeout_s, dict(step.resources)),
            )
            future = self._parts.engine.submit(work)
        except DesignedError as fault:
            self.record(run, Outcome.of_error(fault))
            return
        except OSError as fault:  # no process, no folder
            self.record(run, _of_machine("it could not be started", fault))
            return
        self._jobs[future] = _Job(run, folder, Journal(run, folder))
        future.add_done_callback(lambda _: self._wake())
        self._parts.tell(Notice(f"started: {run.title}", run))

    def _deliver(self, run: Run) -> None:
        self._act(run, partial(deliver, run, self._in_force.stage(run), ledger=self._ledger))

    def _act(self, run: Run, act: Act) -> None:
        self._acting[self._acts.start(act)] = run

    # How runs end

    def _verdict(self, run: Run) -> Outcome | None:
        try:
            return job_folder.read_outcome(self._parts.place.run_folder(run.id), run.attempt)
        except InvalidFile:  # whoever wrote that: it is none
            return None

    def _job_ended(self, job: _Job, ended: Ended) -> None:
        run = job.run
        outcome = self._verdict(run)
        if outcome is None:
            outcome = self._outcome_of(run, ended)
            note = f"--- {outcome.reason}\nhint: {outcome.hint}\n"
            logs.append(self._ledger, run.id, run.attempt, note.encode("utf-8"))
        self._judged(run, job.folder, outcome)

    def _outcome_of(self, run: Run, ended: Ended) -> Outcome:
        """What it means that a job ended without a verdict."""
        step = self._step(run)
        if ended.timed_out:
            return Outcome.of_error(JobTimedOut(step.timeout_s))
        if ended.out_of_memory:
            return Outcome.of_error(JobOutOfMemory(dict(step.resources).get(MEMORY, 0.0)))
        if ended.lost:
            return replace(Outcome.of_error(JobLost(ended.host or run.host or "")), again=True)
        died = JobFailed(f"its process ended with status {ended.status} and no verdict")
        return replace(Outcome.of_error(died), again=True)

    def _judged(self, run: Run, folder: Path, outcome: Outcome) -> None:
        """Keep what a job has left; deliver what it has made, or record how it ended."""
        try:
            made = self._made(run, folder, outcome)
        except OSError as fault:
            self.record(run, _of_machine("what it has left cannot be read", fault))
            return
        if made is None:
            self.record(run, outcome)
        else:
            self._deliver(made)

    def _made(self, run: Run, folder: Path, outcome: Outcome) -> Run | None:
        """The run on its way to delivering what its job has made, None where that is nothing.

        From now on this is what the run has made, whatever happens to the folder. Raises
        OSError where it cannot be read.
        """
        _keep(self._ledger, run, folder)
        box = folder / "outbox"
        if outcome.state != "passed" or not box.exists():
            return None
        made = outbox.held(box)
        if made is None:
            raise OSError(errno.EIO, "what the job has made is damaged", str(box))
        if not made:
            return None
        contents = {path.name: path.read_bytes() for path in made}
        return deliveries.put(self._ledger, run, contents)

    def record(self, run: Run, outcome: Outcome) -> None:
        """Give a run its end, or another attempt where the infrastructure was to blame."""
        if outcome.code in _SERVER_FAULTS:
            self._feeding.doubt(outcome.reason)
        step = self._step(run)
        if outcome.again and run.faults < step.retries:
            self._requeue(run, outcome.reason, fault=True)
            return
        if outcome.state == "failed" and step.on_failure == "hold":
            outcome = replace(outcome, state="held")
        told = self._in_force.flow.told(run.index, run.handler, outcome.state)
        ended = ending.finish(
            self._ledger,
            run,
            outcome,
            now=self._parts.clock(),
            wanted=self._in_force.asked(run),
            notify=[rule.name for rule in told],
        )
        if ended is None:
            return
        if outcome.state == "passed":
            shutil.rmtree(self._parts.place.run_folder(run.id), ignore_errors=True)
        because = f": {outcome.reason}" if outcome.reason else ""
        self._parts.tell(Notice(f"{outcome.state}: {ended.title}{because}", ended))

    def _requeue(self, run: Run, reason: str, *, fault: bool) -> None:
        now, pause_s = self._parts.clock(), 0.0
        if fault:
            pause_s = min(self._step(run).pause_s * 2**run.faults, LONGEST_PAUSE_S)
        queued = queue.requeue(
            self._ledger, run, now=now, due_at=now + pause_s, reason=reason, fault=fault
        )
        if queued is not None:
            self._parts.tell(Notice(f"queued again: {run.title} ({reason})", queued))


def _keep(ledger: Ledger, run: Run, folder: Path) -> None:
    """What a job has left in `kept/`, as far as it is of a reasonable size."""
    kept = folder / "kept"
    if not kept.is_dir():
        return
    found = {path.name: path for path in sorted(kept.iterdir()) if path.is_file()}
    small = {name: path for name, path in found.items() if path.stat().st_size <= RECORD_BYTES}
    contents = {name: path.read_bytes() for name, path in small.items()}
    records.keep(ledger, run.id, contents, of=run)


def _result(act: Future[Outcome]) -> Outcome:
    """How an act ended; where the ledger was away during it, it is done once more."""
    try:
        return act.result()
    except (LedgerAway, DiskFull) as fault:
        return replace(Outcome.of_error(fault), again=True)
    except OSError as fault:  # no room for the files on their way
        return _of_machine("it could not be delivered", fault)


def _of_machine(what: str, fault: OSError) -> Outcome:
    """That this machine could not do its part, which is not the run's fault."""
    where = str(fault.filename or "this machine's disk")
    is_full = fault.errno in (errno.ENOSPC, errno.EDQUOT)
    known = DiskFull(where) if is_full else JobFailed(f"{what}: {fault}")
    return replace(Outcome.of_error(known), again=True)


def _codes(kind: type[DesignedError]) -> frozenset[str]:
    return frozenset({kind.code}.union(*(_codes(below) for below in kind.__subclasses__())))


_SERVER_FAULTS = _codes(ServerError)
