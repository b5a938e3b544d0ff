"""The flow in force, and following it when it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import FOLLOW, PROMOTE, Facts, Flow, Stage
from pipl.ci.ledger import flows, queue
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.ending import Wanted
from pipl.ci.pipeline import FlowSource
from pipl.ci.run import Run
from pipl.ci.runner.parts import Notice
from pipl.errors.server import ServerError
from pipl.index.client import IndexClient
from pipl_pipe.errors import DesignedError


class FlowInForce:
    """The flow as it was loaded last; what waits in the ledger is put under it."""

    def __init__(
        self,
        source: FlowSource,
        ledger: Ledger,
        *,
        clock: Callable[[], float],
        tell: Callable[[Notice], None],
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._clock = clock
        self._tell = tell
        self.flow = Flow(())
        self.version = ""

    def load(self, client: IndexClient) -> None:
        """Raises InvalidFlow where there is no usable one, ServerDown, LedgerAway."""
        sourced = self._source.load(client)
        version = sourced.flow.version
        now = self._clock()
        flows.keep(self._ledger, version, sourced.flow.text, origin=sourced.origin, now=now)
        self.flow, before, self.version = sourced.flow, self.version, version
        cancelled = queue.adopt(self._ledger, version, wants=self.wants, asked=self.asked, now=now)
        if sourced.problem is not None:
            text = f"the flow stays {sourced.origin}: {sourced.problem}"
            self._tell(Notice(text, error=sourced.problem))
        elif before != version:
            text = f"the flow is {sourced.origin} ({version})"
            dropped = f"; {cancelled} waiting run(s) it does not want are cancelled"
            self._tell(Notice(text + (dropped if cancelled else "")))

    def follow(self, client: IndexClient, events: Iterable[ReleaseEvent]) -> None:
        """Load it again where one of the events may have changed it, or the project's mark.

        One that is not usable leaves the old one in force. Raises ServerError, LedgerAway.
        """
        if not (self._source.moved() or any(self._source.concerns(event) for event in events)):
            return
        try:
            self.load(client)
        except ServerError:
            raise
        except DesignedError as fault:
            self._tell(Notice(f"the flow stays as it was: {fault}", error=fault))

    def wants(self, run: Run) -> bool:
        """Whether this handler is run on this index, for packls like this one."""
        stage = self.flow.stage(run.index)
        if stage is None:
            return False
        if run.handler == PROMOTE:
            return stage.promote is not None
        if run.handler == FOLLOW:
            return stage.follow is not None
        step = stage.step(run.handler)
        return step is not None and step.admits(Facts(run.project, run.kind, run.type))

    def asked(self, run: Run) -> Wanted | None:
        """What is asked of the release of a run that a handler has or would have had."""
        stage = self.stage(run)
        if stage is None or run.handler in (PROMOTE, FOLLOW):
            return None
        facts = Facts(run.project, run.kind, run.type)
        handlers = tuple(step.handler for step in stage.steps_for(facts))
        promotion = PROMOTE if stage.promote is not None else None
        return Wanted(self.version, handlers, promotion)

    def stage(self, run: Run) -> Stage | None:
        return self.flow.stage(run.index)
