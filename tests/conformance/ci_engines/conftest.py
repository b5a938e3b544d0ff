"""Each engine, and jobs whose handlers misbehave in every way."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipl import extension
from pipl.ci import job_folder
from pipl.ci.engine import Engine, EngineSettings, Limits, Work
from pipl.ci.job_folder import JobSpec
from pipl.ci.run import Outcome
from pipl.index.login import Login
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.testing.farms import Farm, running_farm

TOKEN = "a-token-that-must-not-show"
HANDLERS = """
import os, pathlib, subprocess, sys, time
from pipl.ci.run import Outcome
from pipl.errors import ci

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
DAEMON = '''
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
note = pathlib.Path(sys.argv[1]); aside = note.with_suffix(".aside")
aside.write_text(str(os.getpid())); aside.rename(note)
time.sleep(600)
'''

def note(*pids):
    folder = pathlib.Path(os.environ["PIDS"])
    aside = folder / f"{os.getpid()}.aside"
    aside.write_text(" ".join(map(str, pids)))
    aside.rename(folder / f"{os.getpid()}.pids")

def passes(job):
    print("hello from", job.spec.handler)
    job.say("scratch is empty: " + str([p.name for p in job.scratch.iterdir()] == ["logins"]))
    return Outcome.passed("all well")

def fails(job):
    raise ci.TestsFailed(job.spec.project, "1 failed")

def crashes(job):
    raise RuntimeError("a bug")

def exits(job):
    sys.exit(3)

def dies(job):
    os.kill(os.getpid(), 9)

def segfaults(job):
    os.kill(os.getpid(), 11)

def sleeps(job):
    job.say("going to sleep")
    child = subprocess.Popen(SLEEPS)
    above = subprocess.run(
        ["ps", "-o", "ppid=", "-p", str(os.getppid())], stdout=subprocess.PIPE, text=True
    )
    note(os.getpid(), child.pid, os.getppid(), int(above.stdout))
    time.sleep(600)

def leaves(job):
    child = subprocess.Popen(SLEEPS)
    note(child.pid)
    return Outcome.passed()

def daemonises(job):
    code = "import pathlib\\n" + DAEMON
    where = pathlib.Path(os.environ["PIDS"]) / "daemon.pids"
    subprocess.Popen([sys.executable, "-c", code, where], start_new_session=True).wait()
    while not where.exists():
        time.sleep(0.01)
    return Outcome.passed("left a daemon")

def environ(job):
    return Outcome.passed(job.environ.get("STUDIO", "unset"))

def talks(job):
    job.say("the first line")
    line = b"x" * 99 + b"\\n"
    for _ in range(100):
        os.write(1, b"".join(b"%07d " % n + line[8:] for n in range(10_000)))
    job.say("the last line")
    return Outcome.passed("said it all")

def program_talks(job):
    code = "import sys; sys.stdout.write('y' * 3_000_000 + ' the end')"
    ran = job.run([sys.executable, "-c", code], cwd=job.scratch, env=dict(job.environ))
    return Outcome.passed(f"{len(ran.output)} {ran.output[-8:]}")

def holds_pipe(job):
    code = "import subprocess, sys; subprocess.Popen(%r)" % SLEEPS
    ran = job.run([sys.executable, "-c", code], cwd=job.scratch, env=dict(job.environ))
    return Outcome.passed(f"status {ran.status}")

def needs_memory(job):
    held = bytearray()
    while len(held) < 4_000_000_000:
        held += b"x" * 50_000_000
    return Outcome.passed("had it all")

def programs_need_memory(job):
    # each of them less than the limit, together more
    code = "import sys, time; held = b'x' * 300_000_000; time.sleep(600)"
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    children[0].wait()
    return Outcome.passed("had it all")

def is_busy(job):
    # in C code that does not let go of the interpreter
    began = time.monotonic()
    pow(7, 10**6 * 3 + 1)
    while time.monotonic() - began < 4:
        sum(range(10**7))
    return Outcome.passed("done")

def shows_login(job):
    files = [job.scratch / "logins" / name for name in ("logins.json", "netrc")]
    modes = {oct(path.stat().st_mode & 0o777) for path in files}
    private = job.private_environ()
    asks = "import os, pipl_pipe.login as l; print(l.find(os.environ['URL'], os.environ).user)"
    done = job.ask(
        [sys.executable, "-c", asks], cwd=job.scratch, env={**private, "URL": job.spec.binding.url}
    )
    return Outcome.passed(f"{done.stdout.strip()} {sorted(modes)} {job.client.user}")

def gives(job):
    job.outbox.mkdir()
    (job.outbox / "hero-1.0-py3-none-any.whl").write_bytes(b"wheel")
    (job.folder / "kept").mkdir()
    (job.folder / "kept" / "lock").write_text("locked")
    return Outcome.passed()

def keeps(job):
    found = [name for name in ("KEPT",) if name in os.environ] + getattr(sys, "kept", [])
    os.environ["KEPT"], sys.kept = "yes", ["a list"]
    return Outcome.passed(f"found {found or 'nothing'}")

def fills_disk(job):
    with (job.scratch / "frames").open("wb") as file:
        while True:
            file.write(b"x" * 1_000_000)
"""


@dataclass
class Bench:
    """Makes engines of one kind, and work for them.

    `written` are the folders where the engine and its jobs may have written.
    """

    folder: Path
    kind: str
    environ: dict[str, str]
    options: dict[str, str]
    written: tuple[Path, ...]

    def make(
        self,
        slots: int = 2,
        resources: dict[str, float] | None = None,
        options: dict[str, str] | None = None,
    ) -> Engine:
        return extension.ci_engines()[self.kind](self.settings(slots, resources, options))

    def settings(
        self,
        slots: int = 1,
        resources: dict[str, float] | None = None,
        options: dict[str, str] | None = None,
    ) -> EngineSettings:
        return EngineSettings(
            slots=slots,
            environ=self.environ,
            resources=resources or {},
            options={**self.options, **(options or {})},
            folder=self.folder / "engine",
        )

    def pickled(self, work: Work) -> bytes:
        """For an engine in another process."""
        return pickle.dumps((work, self.settings()))

    def work(
        self,
        handler: str,
        *,
        timeout_s: float = 60,
        run_id: int = 1,
        resources: dict[str, float] | None = None,
    ) -> Work:
        url = "http://127.0.0.1:9"
        return Work(
            spec=JobSpec(
                run_id=run_id,
                attempt=1,
                handler=handler,
                index=IndexName("root", "testing"),
                project="hero",
                version="1.0",
                filename="hero-1.0-py3-none-any.whl",
                sha256="a" * 64,
                binding=Binding("Show", url, IndexName("root", "PROJ")),
                user="ci",
            ),
            login=Login(url, "ci", TOKEN, time.time() + 36000),
            folder=self.folder / "runs" / str(run_id),
            limits=Limits(timeout_s, resources or {}),
        )

    def pids(self, count: int = 1, *, within_s: float = 30) -> list[int]:
        """The processes that jobs have noted, once there are notes of so many of them."""
        deadline = time.monotonic() + within_s
        while len(notes := list(self.notes.glob("*.pids"))) < count:
            assert time.monotonic() < deadline, "no job has begun"
            time.sleep(0.02)
        return [int(pid) for path in notes for pid in path.read_text().split()]

    def alive(self) -> list[int]:
        return [pid for pid in self.pids() if is_alive(pid)]

    @property
    def notes(self) -> Path:
        return Path(self.environ["PIDS"])

    @staticmethod
    def outcome(work: Work) -> Outcome | None:
        return job_folder.read_outcome(work.folder, 1)

    @staticmethod
    def log(work: Work) -> str:
        path = work.folder / "log.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # a zombie that nobody has waited for is dead too
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of jobs: they find a distribution with the handlers, and where to note."""
    packages = tmp_path_factory.mktemp("packages")
    info = packages / "misbehaving-1.0.dist-info"
    info.mkdir(parents=True)
    (packages / "misbehaving.py").write_text(HANDLERS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: misbehaving\nVersion: 1.0\n")
    names = [line[4:-6] for line in HANDLERS.splitlines() if line.startswith("def ")]
    points = "".join(f"{name} = misbehaving:{name}\n" for name in names if name.isidentifier())
    (info / "entry_points.txt").write_text(f"[pipl.ci_handlers]\n{points}")
    notes = tmp_path_factory.mktemp("notes")
    return {**os.environ, "PYTHONPATH": str(packages), "STUDIO": "here", "PIDS": str(notes)}


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Iterator[Farm]:
    """A scheduler with a worker, which lives through all that its jobs do."""
    pytest.importorskip("distributed")
    own = {key: environ[key] for key in ("PYTHONPATH", "STUDIO", "PIDS")}
    with (
        running_farm(tmp_path_factory.mktemp("farm"), environ) as running,
        running.worker(resources="maya=2 memory_gb=8", threads=4, environ=own),
    ):
        yield running


KINDS = {
    "local": ("local", {}),
    "local without cgroup": ("local", {"cgroup": "no"}),
    "dask": ("dask", {}),
}


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path, environ: dict[str, str]) -> Bench:
    """An engine's entry point with its options."""
    kind, options = KINDS[request.param]
    options = {**options, "stopped_s": "2"}
    written = [tmp_path]
    if kind == "dask":
        farm = request.getfixturevalue("farm")
        options["scheduler"] = farm.address
        written.append(farm.folder)
    made = Bench(tmp_path, kind, environ, options, tuple(written))
    for note in made.notes.iterdir():
        note.unlink()
    return made


@pytest.fixture
def engine(bench: Bench) -> Iterator[Engine]:
    made = bench.make()
    yield made
    made.close()
