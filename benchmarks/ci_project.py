"""A project whose real runner runs a handler that does nothing, for the benchmarks of CI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipl import process
from pipl.build import wheel
from pipl.packl.publish import KIND_MEMBER
from pipl.testing.projects import STAGE, RunningProject, running_project
from pipl.testing.simple_index import make_wheel

PIPELINE = "bench-pipeline"
FLOW = {"indexes": {str(STAGE): {"handlers": ["nothing"]}}}
HANDLER = """
import time
from pipl.ci.run import Outcome

def handle(job):
    began = time.time()
    return Outcome.passed(f"{began!r} {time.time()!r}")
"""
FINAL = ("passed", "failed", "held", "cancelled")
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class JobTimes:
    """Of a run of `nothing`, in seconds since the epoch: claimed, handled, and told to be over.

    It is told after the transaction that records its end.
    """

    claimed: float
    began: float
    ended: float
    recorded: float

    @property
    def overhead_s(self) -> float:
        return self.recorded - self.claimed - (self.ended - self.began)


@dataclass
class RunnerProcess:
    """`pipl ci start --json`, and how the runs have ended that it has told of so far."""

    process: subprocess.Popen[bytes]
    log: Path
    ended: list[dict[str, object]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _read: int = 0

    def wait(self, count: int, *, timeout_s: float = TIMEOUT_S) -> list[dict[str, object]]:
        """The ends of the runs after the first `count`, once there is one."""
        deadline = time.monotonic() + timeout_s
        while len(self.ended) <= count:
            self.hear()
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"no run has ended; the runner said:\n{process.tail(self._text())}")
            time.sleep(0.01)
        return self.ended[count:]

    def wait_for_word(self, word: str, *, timeout_s: float = TIMEOUT_S) -> None:
        deadline = time.monotonic() + timeout_s
        while not any(word in text for text in self.said):
            self.hear()
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the runner did not say {word!r}:\n{process.tail(self._text())}")
            time.sleep(0.01)

    def hear(self) -> None:
        """Read what it has said since."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._read += len(whole) + len(newline)
        for text in whole.splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                line = {"text": text.decode(errors="replace")}
            self.said.append(line["text"])
            if line.get("run") and line["text"].startswith(tuple(f"{one}:" for one in FINAL)):
                self.ended.append(line)

    def _text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def times(line: Mapping[str, object]) -> JobTimes:
    """Those of a run of `nothing`, from what the runner told of its end."""
    run = line["run"]
    assert isinstance(run, dict)
    if run["state"] != "passed":
        sys.exit(f"a job failed: {line['text']}")
    began, ended = str(run["reason"]).split()
    return JobTimes(run["started_at"], float(began), float(ended), float(str(line["time"])))


@contextmanager
def runner(
    running: RunningProject, environ: Mapping[str, str], *options: str
) -> Iterator[RunnerProcess]:
    """The runner of a project, in a process of its own, for as long as the context lasts."""
    args = [sys.executable, "-m", "pipl", "ci", "start", "--json", *options]
    folder = Path(tempfile.mkdtemp(prefix="runner-", dir=running.project.folder.parent))
    log = folder / "log"
    with log.open("wb") as output:
        started = process.start(args, cwd=running.project.folder, env=environ, log=output)
    try:
        yield RunnerProcess(started, log)
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            process.kill_group(started)


@contextmanager
def project_with(flow: object = FLOW) -> Iterator[tuple[RunningProject, dict[str, str]]]:
    """A new project under this flow, and the variables with which a runner finds `nothing`."""
    with tempfile.TemporaryDirectory(prefix="pipl-bench-", ignore_cleanup_errors=True) as top:
        folder = Path(top)
        with running_project(folder / "Bench", os.environ, mirror=True) as running:
            environ = {**running.environ, "PYTHONPATH": _handlers(folder / "handlers")}
            publish_flow(running, folder, flow)
            yield running, environ


def publish_flow(running: RunningProject, folder: Path, flow: object) -> None:
    """Put the config packl with the flow on the project's index, and name it in its mark."""
    module = PIPELINE.replace("-", "_")
    path = make_wheel(
        folder,
        PIPELINE,
        "1.0",
        requires=["pipl-pipe"],
        files={f"{module}/configs.py": f"CI = {flow!r}\n"},
        entry_points={"pipl_pipe.config": {"ci": f"{module}.configs:CI"}},
    )
    wheel.add(path, {KIND_MEMBER: json.dumps({"format": "pipl-packl/1", "kind": "config"})})
    running.client.upload(running.project.index, path)
    running.shell.pipl("proj", "pipeline", PIPELINE)


def _handlers(folder: Path) -> str:
    """A distribution with the handler `nothing`, to be found by PYTHONPATH."""
    info = folder / "bench_handlers-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "bench_handlers.py").write_text(HANDLER, encoding="utf-8")
    named = "Metadata-Version: 2.1\nName: bench-handlers\nVersion: 1.0\n"
    (info / "METADATA").write_text(named, encoding="utf-8")
    points = "[pipl.ci_handlers]\nnothing = bench_handlers:handle\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    here: Sequence[str] = (str(folder), *filter(None, [os.environ.get("PYTHONPATH")]))
    return os.pathsep.join(here)
