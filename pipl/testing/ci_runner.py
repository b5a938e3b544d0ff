"""A CI runner as a program for tests: its flow, clock, timing and place come from a file.

    python -m pipl.testing.ci_runner settings.json [--once]

It is the runner that `pipl ci start` starts, but for these.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pipl import extension
from pipl.ci import flow as ci_flow
from pipl.ci import start
from pipl.ci.event import ReleaseEvent
from pipl.ci.ledger.database import Ledger
from pipl.ci.pipeline import SourcedFlow
from pipl.ci.runner.parts import Notice, Timing
from pipl.ci.runner.runner import Runner
from pipl.index.client import IndexClient
from pipl.project import folder as projects
from pipl_pipe.errors import DesignedError


@dataclass(frozen=True)
class RunnerSettings:
    """`flow` is a JSON file of the form of a `ci` config, read again whenever it changes.

    `port` is the server's (0: as the project says); `timing` are fields of Timing; `clock` is a
    file with the seconds that the runner's clock is ahead, empty for none.
    """

    project: str
    place: str
    flow: str
    clock: str = ""
    port: int = 0
    slots: int = 2
    timing: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass
class FlowFile:
    """A flow that people edit while the runner works."""

    path: Path
    loaded: int = 0

    def concerns(self, event: ReleaseEvent) -> bool:
        return False

    def moved(self) -> bool:
        return self.path.stat().st_mtime_ns != self.loaded

    def load(self, client: IndexClient) -> SourcedFlow:
        self.loaded = self.path.stat().st_mtime_ns
        config = json.loads(self.path.read_text(encoding="utf-8"))
        handlers = tuple(extension.ci_handlers())
        return SourcedFlow(ci_flow.parse(config, handlers=handlers), self.path.name)


@dataclass(frozen=True)
class ShiftedClock:
    """The time of this machine, and as much as the file at `path` says."""

    path: Path

    def __call__(self) -> float:
        return time.time() + float(self.path.read_text(encoding="utf-8"))


def runner_of(settings: RunnerSettings) -> Runner:
    """The runner that the settings describe."""
    project = projects.load(Path(settings.project))
    if settings.port:
        project = replace(project, port=settings.port)
    clock = ShiftedClock(Path(settings.clock)) if settings.clock else time.time
    given = start.Settings(
        environ=dict(os.environ),
        host="here",
        clock=clock,
        slots=settings.slots,
        options=settings.options,
    )
    parts = start.parts_of(project, given, tell=_tell)
    place = replace(parts.place, folder=Path(settings.place))
    alone = place.is_alone
    return Runner(
        replace(
            parts,
            place=place,
            open_ledger=(lambda: Ledger.open(place.ledger)) if alone else parts.open_ledger,
            flows=FlowFile(Path(settings.flow)),
            timing=Timing(**settings.timing),
        )
    )


def _tell(notice: Notice) -> None:
    _say(notice.text)


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def main(args: list[str]) -> int:
    """Run until a signal ends it, or with `--once` until everything has its end."""
    settings = RunnerSettings(**json.loads(Path(args[0]).read_text(encoding="utf-8")))
    try:
        start.run_as_program(runner_of(settings), once="--once" in args)
    except KeyboardInterrupt:
        return 130
    except DesignedError as fault:
        _say(f"error: {fault} ({fault.code})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
