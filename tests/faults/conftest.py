"""A project with a real server, runners as processes, and handlers that cost next to nothing.

PIPL_FAULTS_SEED repeats the random moments of a run before, whose seed was printed;
PIPL_FAULTS_BATCH is how many releases are published while things are killed: 15, so that the suite
stays short; 50, with 20 kills each, is what a change of the runner or the ledger is tried with.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from pipl import process
from pipl.ci import feed, fsck
from pipl.ci.event import ReleaseEvent
from pipl.ci.ledger import logs, queries, records
from pipl.ci.ledger.database import Ledger, parse_url
from pipl.ci.place import CIPlace
from pipl.ci.run import PENDING, Run
from pipl.ci.runner.delivery import PUBLISHED
from pipl.errors.index import VersionTaken
from pipl.errors.server import ServerError
from pipl.index.client import IndexClient, IndexConfig
from pipl.index.name import IndexName
from pipl.project import accounts, server
from pipl.project.accounts import Credentials
from pipl.testing import postgresql, seen
from pipl.testing.ci_runner import RunnerSettings
from pipl.testing.postgresql import PostgresqlServer, postgresql_server
from pipl.testing.projects import RunningProject, running_project
from pipl.testing.seen import Seen, eventually
from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

HERE = Path(__file__).parent
MARKER = "FAULTS_OF"
"""The variable that names a test in the environment of all that its runners start."""
QUICK = {"tick_s": 0.05, "beat_s": 0.2, "lease_s": 3.0, "pause_s": 0.1}
BROKEN = "import a_module_that_is_not_there\n"
_NUMBERS = itertools.count(1)


@dataclass
class RunnerProcess:
    """A runner; `log` is what it says."""

    running: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def begun(self) -> RunnerProcess:
        """Itself, at work: one that finds no server or ledger before that says so and ends."""
        assert eventually(lambda: "the flow is" in self.said, within_s=60), self.said
        return self

    def signal(self, number: int) -> None:
        self.running.send_signal(number)

    def kill(self) -> None:
        """As the kernel does when memory is short: the runner alone."""
        self.running.kill()
        self.running.wait()

    def stop(self) -> int:
        """End it in good order; its exit status."""
        self.begun().running.send_signal(signal.SIGTERM)
        status = self.running.wait(60)
        assert status == 130, self.said
        return status


@dataclass
class Bench:
    """Three indexes of its own, a flow over them, and a place for runners."""

    running: RunningProject
    folder: Path
    packages: Path
    name: str
    ledger_url: str = ""
    timing: dict[str, float] = field(default_factory=lambda: dict(QUICK))
    options: dict[str, str] = field(default_factory=dict)
    slots: int = 2
    port: int = 0
    runners: list[RunnerProcess] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, who in ((self.testing, ":AUTHENTICATED:"), (self.processing, "ci")):
            self.make_index(index, who)
        self.make_index(self.products, "ci")
        self.asides.mkdir(parents=True)
        self.set_clock(0.0)
        self.set_flow(self.flow())

    @property
    def testing(self) -> IndexName:
        return IndexName("root", f"testing-{self.name}")

    @property
    def processing(self) -> IndexName:
        return IndexName("root", f"processing-{self.name}")

    @property
    def products(self) -> IndexName:
        return IndexName("root", f"products-{self.name}")

    @property
    def mark(self) -> str:
        """What no other test of any session has."""
        return f"{self.name}-{os.getpid()}"

    @property
    def asides(self) -> Path:
        return self.folder / "asides"

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def set_clock(self, ahead_s: float) -> None:
        """At once: a runner that reads never sees half of it."""
        aside = self.clock.with_suffix(".new")
        aside.write_text(str(ahead_s))
        aside.replace(self.clock)

    @property
    def place(self) -> CIPlace:
        return CIPlace(self.folder / "ci", is_alone=not self.ledger_url)

    def make_index(self, name: IndexName, *who: str) -> None:
        config = IndexConfig(name, "pipl", acl_upload=("root", *who))
        self.running.client.create_index(config)

    # The flow

    def flow(
        self,
        testing: Sequence[object] = ("check",),
        processing: Sequence[object] = ("make",),
        **also: object,
    ) -> dict[str, object]:
        indexes = {
            str(self.testing): {"handlers": list(testing), "promote": str(self.processing)},
            str(self.processing): {
                "handlers": list(processing),
                "products": str(self.products),
                "promote": str(self.products),
            },
        }
        return {"indexes": indexes, "retries": 50, "pause_s": 0.05, **also}

    def set_flow(self, flow: dict[str, object]) -> None:
        aside = self.folder / "flow.aside"
        aside.write_text(json.dumps(flow))
        aside.rename(self.folder / "flow.json")

    # Runners

    def start(self, *, once: bool = False) -> RunnerProcess:
        """Another runner over the same ledger."""
        number = next(_NUMBERS)
        settings = self.folder / f"runner-{number}.json"
        RunnerSettings(
            project=str(self.running.project.folder),
            place=str(self.place.folder),
            flow=str(self.folder / "flow.json"),
            clock=str(self.clock),
            port=self.port,
            slots=self.slots,
            timing=self.timing,
            options=self.options,
        ).write(settings)
        args = [sys.executable, "-m", "pipl.testing.ci_runner", settings]
        return self.start_program([*args, "--once"] if once else args, f"runner-{number}")

    def start_program(self, args: Sequence[str | Path], name: str) -> RunnerProcess:
        log = self.folder / f"{name}.log"
        environ = {
            **self.running.environ,
            "PYTHONPATH": str(self.packages),
            "ASIDES": str(self.asides),
            MARKER: self.mark,
            **({"PIPL_CI_LEDGER": self.ledger_url} if self.ledger_url else {}),
            **self.environ,
        }
        with log.open("ab") as output:
            running = process.start(args, cwd=self.running.project.folder, env=environ, log=output)
        self.runners.append(RunnerProcess(running, log))
        return self.runners[-1]

    def settle(self, within_s: float = 120.0) -> None:
        """A last runner works until everything that was uploaded has its end."""
        runner = self.start(once=True)
        try:
            assert runner.running.wait(within_s) == 0, runner.said[-3000:]
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.states()}\n{runner.said[-3000:]}") from None

    def at_work(self) -> list[Seen]:
        """Every process that runners of this test have started, and the runners themselves."""
        return seen.carrying(MARKER, self.mark)

    def jobs(self) -> list[Seen]:
        return [one for one in self.at_work() if one.is_job]

    def close(self) -> None:
        for runner in self.runners:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(runner.running.pid, signal.SIGKILL)
            runner.running.wait()
        for one in self.at_work():
            one.kill()
        self.ledger.close()

    # Publishing

    def wheel(self, name: str, version: str = "1.0", content: bytes = b"") -> Path:
        """A new wheel in a folder of its own."""
        folder = self.folder / "wheels" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        path = folder / wheel_name(name, version)
        write_wheel(
            path,
            name=name,
            version=version,
            files={f"{name.replace('-', '_')}.py": content or name.encode("ascii")},
            metadata=Metadata(),
            entry_points={},
        )
        return path

    def publish(self, name: str, *, client: IndexClient | None = None) -> None:
        """Upload a release as somebody does who tries again until it is there."""
        path = self.wheel(name)
        while True:
            try:
                (client or self.running.client).upload(self.testing, path)
                return
            except VersionTaken:
                return
            except ServerError:
                time.sleep(0.1)

    @contextmanager
    def publishing(self, names: Sequence[str]) -> Iterator[threading.Thread]:
        """Publish in the background; all is published when the context ends."""
        faults: list[BaseException] = []

        def work() -> None:
            try:
                with self._connected() as client:
                    for name in names:
                        self.publish(name, client=client)
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield thread
        finally:
            thread.join()
        assert not faults, faults

    def _connected(self) -> IndexClient:
        """As somebody who tries again until there is a server."""
        while True:
            try:
                return self.connect()
            except ServerError:
                time.sleep(0.1)

    def connect(self, user: str = accounts.ROOT_USER) -> IndexClient:
        binding = self.running.project.binding
        password = accounts.project_secret(binding, accounts.ROOT_USER)
        assert password is not None
        return accounts.connect_as(binding, Credentials(user, password))

    # Looking

    @cached_property
    def ledger(self) -> Ledger:
        """The runners' ledger; made here where no runner was quicker."""
        self.place.folder.mkdir(parents=True, exist_ok=True)
        return Ledger.open(parse_url(self.ledger_url) if self.ledger_url else self.place.ledger)

    def runs(self, name: str | None = None) -> tuple[Run, ...]:
        return queries.runs(self.ledger, project=name)

    def run(self, name: str, handler: str) -> Run:
        (found,) = (run for run in self.runs(name) if run.handler == handler)
        return found

    def states(self) -> Counter[tuple[str, str]]:
        return Counter((run.handler, run.state) for run in self.runs())

    def ended(self) -> int:
        """How many runs have come to their end."""
        return sum(run.state not in PENDING for run in self.runs())

    def log(self, run: Run) -> bytes:
        return b"".join(part.content for part in logs.read(self.ledger, run.id))

    def begun(self, name: str, attempt: int = 1) -> tuple[int, int]:
        """The job of a run that waits, and its supervisor, once it has begun."""
        note = self.asides / f"{name}-{attempt}.begun"
        assert eventually(note.exists), (self.states(), self.runners[-1].said[-2000:])
        return _processes(note)

    def begun_first(self) -> tuple[int, int]:
        """As `begun`, of whichever run has begun first."""
        assert eventually(lambda: any(self.asides.glob("*.begun"))), self.states()
        return _processes(next(self.asides.glob("*.begun")))

    def go(self) -> None:
        """Let those who wait go on."""
        (self.asides / "go").touch()

    # What must hold after every fault

    def assert_all_well(
        self, names: Iterable[str], *, checked: Iterable[str] = (), made_by: str = "make"
    ) -> None:
        """Each release has passed each handler once, with one product; and all agrees."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for run in self.runs():
            found.setdefault(run.project, []).append((str(run.index), run.handler, run.state))
        first = [(str(self.testing), "check", "passed")]
        wanted = [
            (str(self.processing), made_by, "passed"),
            (str(self.processing), "promote", "passed"),
            (str(self.testing), "promote", "passed"),
        ]
        assert {name: sorted(runs) for name, runs in found.items()} == {
            name: sorted(wanted + first) if name in checked else sorted(wanted) for name in names
        }
        self.assert_products_once(names)
        self.assert_sound()

    def assert_products_once(self, names: Iterable[str]) -> None:
        """Every product once on the index, as the ledger says, and the release beside it."""
        client = self.running.client
        for name in names:
            (product,) = client.releases(self.products, f"{name}-geo")
            (landed,) = client.releases(self.products, name)
            assert (len(product.files), len(landed.files)) == (1, 1)
            kept = [records.record(self.ledger, run.id, PUBLISHED) for run in self.runs(name)]
            (published,) = (json.loads(one) for one in kept if one is not None)
            assert [one["file"] for one in published] == [product.files[0].filename]

    def assert_sound(self) -> None:
        """Nothing was put on an index twice; the ledger agrees with all; nothing runs on."""
        assert eventually(lambda: not self.at_work(), within_s=10), self.at_work()
        client = self.running.client
        ours = (str(self.testing), str(self.processing), str(self.products))
        landed = Counter(
            (event.index, event.filename) for event in every_event(client) if event.index in ours
        )
        assert [key for key, count in landed.items() if count > 1] == []
        assert fsck.in_itself(self.ledger, self.place, now=time.time()) == ()
        assert fsck.with_indexes(self.ledger, client, now=time.time()) == ()


def every_event(client: IndexClient) -> Iterator[ReleaseEvent]:
    since = 0
    while True:
        page = feed.read(client, since, wait_s=0.0)
        yield from page.events
        if page.serial == since:
            return
        since = page.serial


@dataclass
class ProjectServer:
    """The project's devpi server, which may be killed and started again."""

    running: RunningProject

    def kill(self) -> None:
        pid = server.status(self.running.project).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: server.status(self.running.project).pid is None)

    def start(self) -> None:
        server.start_background(self.running.project, self.running.environ)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH: a distribution whose handlers work, and one that is broken."""
    folder = tmp_path_factory.mktemp("packages")
    shutil.copy(HERE / "faulty.py", folder / "faulty.py")
    (folder / "broken.py").write_text(BROKEN)
    code = (HERE / "faulty.py").read_text(encoding="utf-8")
    names = [line[4:].partition("(")[0] for line in code.splitlines() if line.startswith("def ")]
    handlers = {"faulty": names, "broken": ["broken"]}
    for distribution, offered in handlers.items():
        info = folder / f"{distribution}-1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        (info / "METADATA").write_text(metadata)
        points = "".join(f"{name} = {distribution}:{name}\n" for name in offered)
        (info / "entry_points.txt").write_text(f"[pipl.ci_handlers]\n{points}")
    return folder


@pytest.fixture(scope="session")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProject]:
    """One project for all tests; each has indexes of its own."""
    with running_project(
        tmp_path_factory.mktemp("faults") / "Show", os.environ, mirror=False
    ) as it:
        yield it


@pytest.fixture
def devpi(show: RunningProject) -> Iterator[ProjectServer]:
    """The server, for tests that kill it; it runs again afterwards."""
    found = ProjectServer(show)
    yield found
    if server.status(show.project).pid is None:
        found.start()


@pytest.fixture
def bench(show: RunningProject, packages: Path, tmp_path: Path) -> Iterator[Bench]:
    """A ledger in SQLite."""
    made = Bench(show, tmp_path, packages, f"n{next(_NUMBERS)}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    # pytest's own folders are for their owner alone, and the server is somebody else.
    with tempfile.TemporaryDirectory(prefix="pipl-pg-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def database(postgresql_folder: Path) -> Iterator[PostgresqlServer]:
    if postgresql.binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with postgresql_server(postgresql_folder / "server") as found:
        yield found


@pytest.fixture
def shared(bench: Bench, database: PostgresqlServer) -> Bench:
    """A ledger in PostgreSQL, for several runners."""
    bench.ledger_url = database.create_database(f"ledger_{bench.name}")
    return bench


class Moments:
    """Random moments spread over a batch, by how much of it has come to its end."""

    def __init__(self, seed: int, count: int, of: int) -> None:
        self._random = random.Random(seed)
        self.at = sorted(self._random.sample(range(of), count))

    def wait(self, progress: Callable[[], int], at: int) -> None:
        assert eventually(lambda: progress() >= at, within_s=300), (progress(), at)
        time.sleep(self._random.uniform(0.0, 0.2))

    def choice(self, among: Sequence[Seen]) -> Seen | None:
        return self._random.choice(among) if among else None


@pytest.fixture
def moments(request: pytest.FixtureRequest) -> Callable[..., Moments]:
    """Random moments; the seed is printed, and taken from PIPL_FAULTS_SEED where that is set."""

    def make(count: int, *, of: int) -> Moments:
        seed = int(os.environ.get("PIPL_FAULTS_SEED") or random.SystemRandom().randrange(10**6))
        print(f"PIPL_FAULTS_SEED={seed}")
        return Moments(seed, count, of)

    return make


def _processes(note: Path) -> tuple[int, int]:
    job, supervisor = note.read_text().split()
    return int(job), int(supervisor)
