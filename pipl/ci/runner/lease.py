"""A runner's sign of life, and its watch over the others'."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from pipl.ci.ledger import leases
from pipl.ci.ledger.database import Ledger
from pipl.ci.place import CIPlace
from pipl.ci.runner.parts import Timing
from pipl.errors.base import DiskFull
from pipl.errors.ci import LedgerAway, LedgerGone


class Lease:
    """Counts up in the ledger, in a thread, from `start` until `stop`.

    A runner is lost when its count stood still for `timing.lease_s` of seconds that this one
    has watched: while it could not look, such as without the database, none go by. A runner of
    this very machine and place is lost as soon as its process has ended.
    """

    def __init__(
        self,
        ledger: Ledger,
        place: CIPlace,
        timing: Timing,
        *,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._place = place
        self._timing = timing
        self._clock = clock
        self._monotonic = monotonic
        self._wake = wake
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._held = contextlib.ExitStack()
        self._lost = False
        self._gone: LedgerGone | None = None
        self._lapsed: set[str] = set()
        self._still: dict[str, tuple[int, float]] = {}
        self._looked_at: float | None = None
        self.id = ""

    def start(self, *, host: str, pid: int) -> None:
        """Become a runner of the ledger. Raises LedgerAway, DiskFull."""
        self.id = leases.new_id()
        # Locked first: who finds it in the ledger must see that it lives.
        self._held.enter_context(self._place.living(self.id))
        try:
            now = self._clock()
            leases.enter(self._ledger, runner=self.id, host=host, pid=pid, now=now)
        except BaseException:
            self._held.close()
            raise
        self._lost = False
        self._end.clear()
        self._thread = threading.Thread(target=self._watch, name="ci-lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the ledger in good order, where it can be reached."""
        if self._thread is not None:
            self._end.set()
            self._thread.join()
            self._thread = None
            with contextlib.suppress(LedgerAway, LedgerGone, DiskFull):
                leases.leave(self._ledger, self.id, now=self._clock())
        self._held.close()

    @property
    def lost(self) -> bool:
        """Whether others have declared this runner lost, and have its runs now.

        Raises LedgerGone.
        """
        if self._gone is not None:
            raise self._gone
        return self._lost

    def lapsed(self) -> frozenset[str]:
        """The runners that are lost and not taken over yet; each is named once."""
        with self._guard:
            found, self._lapsed = self._lapsed, set()
        return frozenset(found)

    def _watch(self) -> None:
        while not self._end.wait(self._timing.beat_s):
            try:
                alive = leases.beat(self._ledger, self.id, now=self._clock())
                beats = leases.beats(self._ledger)
            except (LedgerAway, DiskFull):
                self._looked_at = None
                continue
            except LedgerGone as fault:
                self._gone = fault
                self._wake()
                return
            # Others may declare it lost between the two.
            if not alive or beats.pop(self.id, None) is None:
                self._lost = True
                self._wake()
                return
            self._look(beats)

    def _look(self, beats: dict[str, int]) -> None:
        now, before = self._monotonic(), self._looked_at
        # Stopped for a while, this runner has not watched for as long as its clock says.
        passed = 0.0 if before is None else min(now - before, 2 * self._timing.beat_s)
        self._looked_at = now
        still: dict[str, tuple[int, float]] = {}
        lost = set()
        for runner, count in beats.items():
            known, for_s = self._still.get(runner, (count, 0.0))
            still[runner] = (count, for_s + passed if known == count else 0.0)
            if still[runner][1] >= self._timing.lease_s or self._place.has_died(runner):
                lost.add(runner)
        self._still = still
        if lost:
            with self._guard:
                self._lapsed |= lost
            self._wake()
