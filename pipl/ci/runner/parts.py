"""What a runner is made of, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipl.ci import feed
from pipl.ci.engine import Engine
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import Flow, Stage
from pipl.ci.job_folder import JobSpec
from pipl.ci.ledger.database import Ledger
from pipl.ci.notify.delivery import Delivery
from pipl.ci.pipeline import FlowSource
from pipl.ci.place import CIPlace
from pipl.ci.run import NewRun, Run
from pipl.index.client import IndexClient
from pipl.index.login import Login
from pipl_pipe.errors import DesignedError


@dataclass(frozen=True)
class Notice:
    """Something that people may want to see, about a run where there is one."""

    text: str
    run: Run | None = None
    error: DesignedError | None = None


class Follower(Protocol):
    """Says what follows from products that have landed on an index."""

    def wanted(
        self, client: IndexClient, flow: Flow, events: Sequence[ReleaseEvent]
    ) -> tuple[NewRun, ...]:
        """Runs of the handler `follow` over the tasks that take up what landed.

        Raises what an index client raises.
        """

    def may_start(
        self, client: IndexClient, run: Run, busy: Collection[str], following: Collection[str]
    ) -> bool:
        """Whether nothing that the task of `run` is made of is on its way.

        `busy` are the projects with runs that wait or run; `following` those whose run is one
        of the handler `follow`.
        """


class NoFollower:
    """Nothing follows."""

    def wanted(
        self, client: IndexClient, flow: Flow, events: Sequence[ReleaseEvent]
    ) -> tuple[NewRun, ...]:
        return ()

    def may_start(
        self, client: IndexClient, run: Run, busy: Collection[str], following: Collection[str]
    ) -> bool:
        return True


@dataclass(frozen=True)
class Timing:
    """How often what is done, in seconds.

    `tick`: the ledger is looked at for what others did to it, such as `pipl ci retry`; `beat`:
    the runner shows that it lives, and logs that grow are kept; `lease`: a runner that showed
    nothing for so long is lost; `pause`: the first one while the server is away, which doubles.
    """

    tick_s: float = 0.25
    beat_s: float = 2.0
    lease_s: float = 20.0
    pause_s: float = 0.5


@dataclass(frozen=True)
class Parts:
    """What a runner is made of.

    `connect` gives a client acting as the CI user, a new one each time; True asks for a new
    login too. `login` is that of the user that a job acts as. `order` says what a job of a run
    is told. `notify` sends what people are to be told (None: another runner does). `clock` gives
    seconds since the epoch, `monotonic` seconds that never jump.
    """

    place: CIPlace
    open_ledger: Callable[[], Ledger]
    engine: Engine
    connect: Callable[[bool], IndexClient]
    login: Callable[[str], Login]
    flows: FlowSource
    order: Callable[[Run, Stage], JobSpec]
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    host: str
    pid: int
    tell: Callable[[Notice], None]
    follower: Follower = field(default_factory=NoFollower)
    notify: Callable[[Ledger], Delivery] | None = None
    timing: Timing = Timing()
    read: feed.ReadPage = feed.read
