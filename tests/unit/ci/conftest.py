"""A server in memory with two stages, releases for it, and an engine without processes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipl.ci import job_folder
from pipl.ci.engine import Ended, Work
from pipl.ci.flow import DEFAULT_FLOW, Stage
from pipl.ci.job_folder import JobSpec
from pipl.ci.ledger import logs, queries
from pipl.ci.ledger.database import Ledger
from pipl.ci.pipeline import FixedFlow
from pipl.ci.place import CIPlace
from pipl.ci.run import Outcome, Run
from pipl.ci.runner.parts import Notice, Parts, Timing
from pipl.ci.runner.runner import Runner
from pipl.index.client import AUTHENTICATED, IndexConfig
from pipl.index.login import Login
from pipl.index.memory import MemoryIndex, MemoryServer
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

PROJECT = IndexName("root", "PROJ")
TESTING = IndexName("root", "testing")
PROCESSING = IndexName("root", "processing")
Verdict = Callable[[JobSpec], "Outcome | Ended"]


@dataclass
class StubEngine:
    """Ends each job at once with what `verdict` says; `hold` keeps them running."""

    verdict: Verdict = lambda spec: Outcome.passed()
    slots: int = 2
    hold: bool = False
    orders: list[JobSpec] = field(default_factory=list)
    running: list[Future[Ended]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    closed: bool = False

    def has_room(self, resources: Mapping[str, float]) -> bool:
        return sum(not one.done() for one in self.running) < self.slots

    def submit(self, work: Work) -> Future[Ended]:
        spec = work.spec
        job_folder.write_spec(work.folder, spec)
        self.orders.append(spec)
        future: Future[Ended] = Future()
        if self.hold:
            self.running.append(future)
            return future
        said = self.verdict(spec)
        if isinstance(said, Outcome):
            job_folder.write_outcome(work.folder, spec.attempt, said)
        future.set_result(said if isinstance(said, Ended) else Ended(0))
        return future

    def cancel(self, run_id: int) -> None:
        self.cancelled.append(run_id)
        for future in self.running:
            if not future.done():
                future.set_result(Ended(cancelled=True))

    def close(self) -> None:
        self.closed = True


@dataclass
class Studio:
    """The server, CI's place, and runners over them."""

    folder: Path
    server: MemoryServer
    engine: StubEngine
    place: CIPlace
    notices: list[Notice] = field(default_factory=list)
    now: float = 1000.0

    def client(self, user: str = "ci") -> MemoryIndex:
        client = MemoryIndex(self.server)
        client.log_in(user, self.server.passwords[user])
        return client

    def publish(
        self,
        name: str = "hero_model",
        version: str = "1.0",
        kind: str | None = "task",
        index: IndexName = TESTING,
    ) -> Path:
        path = self.folder / wheel_name(name, version)
        write_wheel(
            path,
            name=name,
            version=version,
            files={f"{name}/__init__.py": b""},
            metadata=Metadata(),
            entry_points={},
            dist_info={} if kind is None else {"pipl.json": json.dumps({"kind": kind}).encode()},
        )
        self.client("bob").upload(index, path)
        return path

    def runner(self, **changes: object) -> Runner:
        parts = {
            "place": self.place,
            "open_ledger": lambda: Ledger.open(self.place.ledger),
            "engine": self.engine,
            "connect": lambda renew: self.client(),
            "login": lambda user: Login(self.server.url, "ci", "token", 2e9),
            "flows": FixedFlow(DEFAULT_FLOW),
            "order": self.order,
            "clock": self.clock,
            "host": "here",
            "tell": self.notices.append,
            "monotonic": time.monotonic,
            "pid": 1,
            "timing": Timing(tick_s=0.01, beat_s=0.05, pause_s=0.001),
        }
        return Runner(Parts(**(parts | changes)))

    def order(self, run: Run, stage: Stage) -> JobSpec:
        return JobSpec(
            run_id=run.id,
            attempt=run.attempt,
            handler=run.handler,
            index=run.index,
            project=run.project,
            version=run.version,
            filename=run.filename,
            sha256=run.sha256,
            binding=Binding("Show", self.server.url, PROJECT),
            user="ci",
            products=stage.products,
        )

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def runs(self) -> tuple[Run, ...]:
        """Every run, oldest first."""
        with Ledger.open(self.place.ledger) as ledger:
            return tuple(reversed(queries.runs(ledger)))

    def log(self, run_id: int) -> str:
        """What the attempts of a run wrote, as the ledger keeps it."""
        with Ledger.open(self.place.ledger) as ledger:
            parts = logs.read(ledger, run_id)
            return b"".join(part.content for part in parts).decode("utf-8")

    def states(self) -> list[tuple[str, str, str]]:
        return [(str(run.index), run.handler, run.state) for run in self.runs()]

    def said(self) -> str:
        return "\n".join(notice.text for notice in self.notices)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    server = MemoryServer(passwords={"root": "r", "ci": "c", "bob": "b"})
    root = MemoryIndex(server)
    root.log_in("root", "r")
    tox = ("root", "ci")
    root.create_index(
        IndexConfig(PROJECT, "pipl", acl_upload=("root", "ci"), acl_toxresult_upload=tox)
    )
    for name, who in ((TESTING, AUTHENTICATED), (PROCESSING, "ci")):
        root.create_index(
            IndexConfig(name, "pipl", bases=(PROJECT,), acl_upload=(who,), acl_toxresult_upload=tox)
        )
    yield Studio(tmp_path, server, StubEngine(), CIPlace(tmp_path / "ci"))
