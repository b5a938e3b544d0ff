"""The runner as a whole."""

from __future__ import annotations

import contextlib
import threading
import time

from pipl.ci.ledger import leases, queries
from pipl.ci.ledger.database import Ledger
from pipl.ci.notify.postman import Postman
from pipl.ci.runner.feeding import POLL_S, Feeding
from pipl.ci.runner.in_force import FlowInForce
from pipl.ci.runner.lease import Lease
from pipl.ci.runner.parts import Notice, Parts
from pipl.ci.runner.working import Working
from pipl.errors.base import DiskFull
from pipl.errors.ci import LedgerAway

LONGEST_PAUSE_S = 30.0
LOOK_S = 0.25
"""How long a runner that waits takes at most to see that it was asked to stop."""


class Runner:
    """One runner of a ledger, from `run` until it returns or raises.

    Whatever ends it, and at whatever moment: the next one, or another one that shares the
    ledger, goes on where it stopped.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wake = threading.Event()
        self._stopping = False
        self.heeds_stop = False
        """Whether it has begun, and so sees soon when it is asked to stop."""

    def run(self, *, once: bool = False) -> None:
        """Work until stopped; with `once`, until everything that was uploaded has its end.

        Ctrl-C ends it cleanly: jobs are killed and their runs queued again.
        Raises RunnerBusy, UnknownLedger, LedgerGone; ServerDown, LedgerAway and InvalidFlow
        where it cannot begin.
        """
        parts = self._parts
        self.heeds_stop = False
        with contextlib.ExitStack() as stack:
            stack.enter_context(parts.place.owned())
            ledger = stack.enter_context(parts.open_ledger())
            in_force = FlowInForce(parts.flows, ledger, clock=parts.clock, tell=parts.tell)
            feeding = Feeding(parts, ledger, in_force, wake=self._wake.set)
            lease = Lease(
                ledger,
                parts.place,
                parts.timing,
                clock=parts.clock,
                monotonic=parts.monotonic,
                wake=self._wake.set,
            )
            working = Working(parts, ledger, in_force, feeding, wake=self._wake.set)
            stack.callback(lease.stop)
            stack.callback(working.close, "the runner was stopped")
            in_force.load(feeding.client())
            self.heeds_stop = True
            lease.start(host=parts.host, pid=parts.pid)
            hand = _Hand(parts, ledger, lease, feeding, working)
            hand.settle_orphans()
            postman = None
            if parts.notify is not None:
                postman = Postman(parts.notify(ledger), lambda: in_force.flow)
                stack.callback(postman.stop)
                postman.start()
            self._take_turns(hand, once=once)
            if postman is not None and not self._stopping:
                self.heeds_stop = False  # a signal cuts short what is left to deliver
                postman.finish()

    def stop(self) -> None:
        """Ask `run` to return soon. For any thread, and for signal handlers: it takes no lock."""
        self._stopping = True

    def _take_turns(self, hand: _Hand, *, once: bool) -> None:
        pause_s = 0.0  # above 0 while the ledger is away
        while not self._stopping:
            self._wake.clear()
            try:
                if pause_s:
                    hand.reconcile()
                    self._parts.tell(Notice("the ledger is back"))
                    pause_s = 0.0
                if hand.turn(once=once):
                    return
            except (LedgerAway, DiskFull) as fault:
                if not pause_s:
                    self._parts.tell(Notice(f"waiting for the ledger: {fault}", error=fault))
                pause_s = min(max(2 * pause_s, self._parts.timing.pause_s), LONGEST_PAUSE_S)
            self._wait(pause_s or self._parts.timing.tick_s)

    def _wait(self, longest_s: float) -> None:
        until = time.monotonic() + longest_s
        while not self._stopping and (left_s := until - time.monotonic()) > 0:
            if self._wake.wait(min(left_s, LOOK_S)):
                return


class _Hand:
    """Everything that one turn of the runner touches."""

    def __init__(
        self, parts: Parts, ledger: Ledger, lease: Lease, feeding: Feeding, working: Working
    ) -> None:
        self._parts = parts
        self._ledger = ledger
        self._lease = lease
        self._feeding = feeding
        self._working = working
        self._beat_at = parts.monotonic()
        self._is_last_look = False  # at the feed, after everything else has ended

    def turn(self, *, once: bool) -> bool:
        """Do what there is to do now; with `once`, returns whether that was the last of it."""
        self._mind_leases()
        self._working.collect()
        self._feeding.take()
        self._working.look()
        if self._parts.monotonic() - self._beat_at >= self._parts.timing.beat_s:
            self._beat_at = self._parts.monotonic()
            self._working.ship_logs()
        if not self._lease.lost:
            self._working.start_queued(self._lease.id)
        if once and self._is_done():
            return True
        if self._feeding.away or not (once and self._feeding.drained):
            is_quick = once or not self._feeding.drained
            self._feeding.ask(wait_s=0.0 if is_quick else POLL_S)
        return False

    def settle_orphans(self) -> None:
        """Record or queue again what runs of runners that are known to be dead have left."""
        for runner in leases.beats(self._ledger).keys() - {self._lease.id}:
            if self._parts.place.is_alone or self._parts.place.has_died(runner):
                self._bury(runner)
        for run in leases.orphans(self._ledger):
            self._working.settle(run, "its runner ended before it did")

    def reconcile(self) -> None:
        """After the ledger was away: it may hold claims whose answer never came."""
        for run in leases.running(self._ledger, runner=self._lease.id):
            if run.id not in self._working.ids:
                self._working.settle(run, "the ledger went away while it was claimed")

    def _is_done(self) -> bool:
        """Whether nothing runs or waits, and the feed, asked after that, had nothing more."""
        if not self._working.idle or queries.pending(self._ledger):
            self._is_last_look = False
            return False
        if self._is_last_look and self._feeding.drained and self._feeding.idle:
            return True
        if not self._is_last_look:
            self._is_last_look = True
            self._feeding.changed()
        return False

    def _mind_leases(self) -> None:
        if self._lease.lost:
            self._working.abandon()
            if self._working.idle:
                self._parts.tell(Notice("this runner was taken for lost; it begins anew"))
                self._lease.stop()
                self._lease.start(host=self._parts.host, pid=self._parts.pid)
        for runner in self._lease.lapsed():
            self._bury(runner)

    def _bury(self, runner: str) -> None:
        """Take over from a dead runner: what it has judged counts, the rest is queued again."""
        for run in leases.running(self._ledger, runner=runner):
            if self._working.has_verdict(run):
                self._working.settle(run, "its runner ended before it did")
        for run in leases.take_over(self._ledger, runner, now=self._parts.clock()):
            self._parts.tell(Notice(f"queued again: {run.title} ({run.reason})", run))
        self._parts.place.forget(runner)
