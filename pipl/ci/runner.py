"""The runner: reads the feed, queues runs, starts jobs and records how they end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from pipl.ci import feed, intake, job_folder
from pipl.ci.engine import Ended, Engine, Limits, Work
from pipl.ci.flow import PROMOTE, Flow, Stage
from pipl.ci.job_folder import JobSpec
from pipl.ci.ledger import Ledger
from pipl.ci.pipeline import FlowSource
from pipl.ci.place import CIPlace
from pipl.ci.promote import promote
from pipl.ci.run import NewRun, Outcome, Run
from pipl.errors import JobFailed, JobTimedOut, LoginExpired, LoginNeeded, ServerError
from pipl.index.client import IndexClient
from pipl.index.login import Login
from pipl_pipe.errors import DesignedError

POLL_S = 25.0
"""How long one question to the feed waits for an answer."""
TICK_S = 0.25
"""How often the ledger is looked at for what others did to it, such as `pipl ci retry`."""
MAX_FAULTS = 5
"""After so many attempts in a row that the infrastructure spoiled, a run has failed."""
LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True)
class Notice:
    """Something that people may want to see, about a run where there is one."""

    text: str
    run: Run | None = None
    error: DesignedError | None = None


@dataclass(frozen=True)
class Parts:
    """What a runner is made of.

    `connect` gives a client acting as the CI user, a new one each time; True asks for a new
    login too; `login` is what jobs act as. `order` says what a job of a run is told; `clock`
    gives seconds since the epoch.
    `pause_s` is the first pause when the server is away; it doubles.
    """

    place: CIPlace
    engine: Engine
    connect: Callable[[bool], IndexClient]
    login: Callable[[], Login]
    flows: FlowSource
    order: Callable[[Run, Stage], JobSpec]
    clock: Callable[[], float]
    host: str
    tell: Callable[[Notice], None]
    pause_s: float = 0.5
    read: feed.ReadPage = feed.read


class Runner:
    """The one runner of a CI place, from `run` until it returns or raises.

    Whatever ends it, and at whatever moment: the next one goes on where it stopped.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._jobs: dict[Future[Ended], Run] = {}
        self._page: Future[feed.Page] | None = None
        self._reader = feed.Reader(lambda: parts.connect(False), parts.read)
        self._client: IndexClient | None = None
        self._renew = True
        self._flow = Flow(())
        self._drained = False
        self._is_page_old = False  # asked for before a job ended
        self._pause_s = 0.0  # above 0 while the server is away
        self._wake = threading.Event()
        self._stopping = False

    def run(self, *, once: bool = False) -> None:
        """Work until stopped; with `once`, until everything that was uploaded has its end.

        Ctrl-C ends it cleanly: jobs are killed and their runs queued again.
        Raises RunnerBusy, UnknownLedger; ServerDown and InvalidFlow where it cannot begin.
        """
        parts = self._parts
        with parts.place.owned(), Ledger.open(parts.place.ledger) as ledger:
            try:
                self._load_flow(self._connected())
                self._settle_running(ledger, "its runner ended before it did")
                self._work(ledger, once=once)
            finally:
                parts.engine.close()
                self._settle_running(ledger, "the runner was stopped")
                self._disconnect()

    def stop(self) -> None:
        """Ask `run`, in another thread, to return soon."""
        self._stopping = True
        self._wake.set()

    def _work(self, ledger: Ledger, *, once: bool) -> None:
        while not self._stopping:
            self._wake.clear()
            self._start_queued(ledger)
            if self._page is None and not (once and self._drained):
                self._ask_feed(ledger, wait_s=0.0 if once else POLL_S)
            idle = self._page is None and not self._jobs
            if once and idle and self._drained and not ledger.pending():
                return
            self._wake.wait(TICK_S)
            for job in [job for job in self._jobs if job.done()]:
                self._job_ended(ledger, self._jobs.pop(job), job)
            if self._page is not None and self._page.done():
                page, self._page = self._page, None
                self._page_came(ledger, page)

    # What waits in the ledger

    def _settle_running(self, ledger: Ledger, reason: str) -> None:
        """Record the verdicts of running runs, whose jobs are gone; else queue them again."""
        for run in reversed(ledger.runs(states=("running",))):
            outcome = self._verdict(run)
            if outcome is None:
                self._requeue(ledger, run, reason, fault=False)
            else:
                self._record(ledger, run, outcome)

    def _verdict(self, run: Run) -> Outcome | None:
        return job_folder.read_outcome(self._parts.place.run_folder(run.id), run.attempt)

    def _start_queued(self, ledger: Ledger) -> None:
        parts = self._parts
        while not self._stopping and not self._pause_s:
            full = not parts.engine.has_room({})
            run = ledger.claim(now=parts.clock(), host=parts.host, only=(PROMOTE,) if full else ())
            if run is None:
                return
            stage = self._flow.stage(run.index)
            if run.handler == PROMOTE:
                self._record(ledger, run, self._promote(run, stage))
            else:
                self._start(ledger, run, stage)

    def _promote(self, run: Run, stage: Stage | None) -> Outcome:
        try:
            client = self._connected()
        except DesignedError as fault:
            return Outcome.of_error(fault)
        return promote(client, run, stage)

    def _start(self, ledger: Ledger, run: Run, stage: Stage | None) -> None:
        if stage is None or all(step.handler != run.handler for step in stage.handlers):
            reason = f"the flow runs no {run.handler} on {run.index} any more"
            self._record(ledger, run, Outcome.cancelled(reason))
            return
        folder = self._parts.place.run_folder(run.id)
        try:
            order, limits = self._parts.order(run, stage), Limits(self._flow.timeout_s)
            job = self._parts.engine.submit(Work(order, self._parts.login(), folder, limits))
        except DesignedError as fault:
            self._record(ledger, run, Outcome.of_error(fault))
            return
        except OSError as fault:  # no process, no folder: this machine's fault, not the run's
            outcome = Outcome.of_error(JobFailed(f"it could not be started: {fault}"))
            self._record(ledger, run, replace(outcome, again=True))
            return
        self._jobs[job] = run
        job.add_done_callback(lambda _: self._wake.set())
        self._parts.tell(Notice(f"started: {run.title}", run))

    def _job_ended(self, ledger: Ledger, run: Run, job: Future[Ended]) -> None:
        ended = job.result()
        outcome = self._verdict(run)
        if outcome is None and ended.timed_out:
            outcome = Outcome.of_error(JobTimedOut(self._flow.timeout_s))
            self._note_in_log(run, outcome)
        elif outcome is None:
            died = JobFailed(f"its process ended with status {ended.status} and no verdict")
            outcome = replace(Outcome.of_error(died), again=True)
            self._note_in_log(run, outcome)
        self._record(ledger, run, outcome)

    def _record(self, ledger: Ledger, run: Run, outcome: Outcome) -> None:
        self._drained = False  # it may have put something on an index
        self._is_page_old = True
        if outcome.code == LoginExpired.code:
            self._disconnect()
        if outcome.again and run.faults < MAX_FAULTS:
            self._requeue(ledger, run, outcome.reason, fault=True)
            return
        stage = self._flow.stage(run.index)
        follow = None
        if stage is not None and stage.promote is not None and run.handler != PROMOTE:
            follow = _promotion_of(run)
        ended = ledger.finish(run, outcome, now=self._parts.clock(), then=follow)
        if ended is not None:
            because = f": {ended.reason}" if ended.reason else ""
            self._parts.tell(Notice(f"{ended.state}: {ended.title}{because}", ended))

    def _requeue(self, ledger: Ledger, run: Run, reason: str, *, fault: bool) -> None:
        now = self._parts.clock()
        pause_s = min(self._parts.pause_s * 2**run.faults, LONGEST_PAUSE_S) if fault else 0.0
        queued = ledger.requeue(run, now=now, due_at=now + pause_s, reason=reason, fault=fault)
        if queued is not None:
            self._parts.tell(Notice(f"queued again: {run.title} ({reason})", queued))

    def _note_in_log(self, run: Run, outcome: Outcome) -> None:
        with self._parts.place.log(run.id).open("a", encoding="utf-8") as log:
            log.write(f"--- {outcome.reason}\nhint: {outcome.hint}\n")

    # What the server says

    def _ask_feed(self, ledger: Ledger, *, wait_s: float) -> None:
        """Read the next page in the background, after a pause where the server is away."""
        self._is_page_old = False
        self._page = self._reader.ask(
            ledger.cursor(),
            wait_s=0.0 if self._pause_s else wait_s,
            pause_s=self._pause_s,
            done=self._wake.set,
        )

    def _page_came(self, ledger: Ledger, future: Future[feed.Page]) -> None:
        since = ledger.cursor()
        try:
            page = future.result()
            client = self._connected()
            if any(self._parts.flows.concerns(event) for event in page.events):
                self._reload_flow(client)
            queued = intake.new_runs(client, self._flow, page.events)
        except (ServerError, LoginExpired, LoginNeeded) as fault:
            self._server_away(fault)
            return
        if self._pause_s:
            self._pause_s = 0.0
            self._parts.tell(Notice("the server is back"))
        if page.serial < since:
            self._parts.tell(Notice("the server's history begins anew; reading all of it"))
            ledger.ingest(0, queued, now=self._parts.clock())
            return
        if page.serial != since or queued:
            ledger.ingest(page.serial, queued, now=self._parts.clock())
        is_end = page.serial == since and not page.events
        self._drained = is_end and not self._is_page_old

    def _server_away(self, fault: DesignedError) -> None:
        if not self._pause_s:
            self._parts.tell(Notice(f"waiting for the server: {fault}", error=fault))
        self._pause_s = min(max(self._pause_s * 2, self._parts.pause_s), LONGEST_PAUSE_S)
        self._disconnect()

    # The flow

    def _load_flow(self, client: IndexClient) -> None:
        sourced = self._parts.flows.load(client)
        self._flow = sourced.flow
        if sourced.problem is None:
            self._parts.tell(Notice(f"the flow is {sourced.origin}"))
        else:
            text = f"the flow stays {sourced.origin}: {sourced.problem}"
            self._parts.tell(Notice(text, error=sourced.problem))

    def _reload_flow(self, client: IndexClient) -> None:
        """Follow a flow that has changed; one that is not usable leaves the old one in force."""
        try:
            self._load_flow(client)
        except ServerError:
            raise
        except DesignedError as fault:
            self._parts.tell(Notice(f"the flow stays as it was: {fault}", error=fault))

    # Connections

    def _connected(self) -> IndexClient:
        if self._client is None:
            self._client = self._parts.connect(self._renew)
            self._renew = False
        return self._client

    def _disconnect(self) -> None:
        """Connect anew before the next use, with a new login."""
        self._client, self._renew = None, True
        self._reader.disconnect()


def _promotion_of(run: Run) -> NewRun:
    return NewRun(
        index=run.index,
        project=run.project,
        version=run.version,
        filename=run.filename,
        sha256=run.sha256,
        handler=PROMOTE,
        user=run.user,
    )
