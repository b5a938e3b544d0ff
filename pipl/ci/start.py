"""Putting a project's CI runner together, and running it as a program."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import cast

from pipl import extension
from pipl.ci import where
from pipl.ci.access import Access, Reminder
from pipl.ci.engine import EngineFactory, EngineSettings
from pipl.ci.flow import FOLLOW, Stage
from pipl.ci.following import GraphFollower
from pipl.ci.job_folder import JobSpec
from pipl.ci.notify.delivery import Delivery
from pipl.ci.pipeline import Pipeline
from pipl.ci.run import Run
from pipl.ci.runner.parts import Notice, Parts
from pipl.ci.runner.runner import Runner
from pipl.env import choice
from pipl.project import folder
from pipl.project.accounts import CI_USER
from pipl.project.folder import Project


@dataclass(frozen=True)
class Settings:
    """How a project's CI runs here.

    `installer` names the one to use (None: the default); `slots` is how many jobs run at
    once, `resources` and `options` are the engine's; `host` is what the ledger calls this machine;
    `clock` gives seconds since the epoch.
    """

    environ: Mapping[str, str]
    host: str
    clock: Callable[[], float]
    installer: str | None = None
    engine: str = "local"
    slots: int = 2
    resources: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


def runner_of(project: Project, settings: Settings, *, tell: Callable[[Notice], None]) -> Runner:
    """The runner of a project that this machine sees. Raises UnknownExtension, BrokenExtension."""
    return Runner(parts_of(project, settings, tell=tell))


def parts_of(project: Project, settings: Settings, *, tell: Callable[[Notice], None]) -> Parts:
    """What that runner is made of."""
    place = where.place(project, settings.environ)
    binding = project.binding
    access = Access(binding, CI_USER, project.secrets, settings.clock)
    reminder = Reminder(access, lambda text: tell(Notice(text)))
    reminder.remind()

    def order(run: Run, stage: Stage) -> JobSpec:
        reminder.remind()
        return JobSpec(
            run_id=run.id,
            attempt=run.attempt,
            handler=run.handler,
            index=run.index,
            project=run.project,
            version=run.version,
            filename=run.filename,
            sha256=run.sha256,
            binding=binding,
            user=CI_USER,
            products=stage.follow if run.handler == FOLLOW else stage.products,
            installer=settings.installer,
        )

    make_engine = cast(EngineFactory, extension.ci_engines()[settings.engine])
    return Parts(
        place=place,
        open_ledger=lambda: where.open_ledger(project, settings.environ),
        engine=make_engine(
            EngineSettings(
                slots=settings.slots,
                environ=settings.environ,
                resources=settings.resources,
                options=settings.options,
                folder=place.folder / "engine",
            )
        ),
        connect=lambda renew: access.connect(renew=renew),
        login=lambda user: replace(access, user=user).login(),
        flows=Pipeline(
            names=lambda: folder.pipeline_of(project),
            folder=place.pipeline,
            binding=binding,
            installer=choice.choose(settings.installer, settings.environ),
            environ=settings.environ,
        ),
        order=order,
        notify=lambda ledger: Delivery(
            ledger=ledger,
            project=project.name,
            secrets=project.secrets,
            host=settings.host,
            factories=extension.ci_notifiers(),
            clock=settings.clock,
            tell=lambda text: tell(Notice(text)),
        ),
        follower=GraphFollower(place.folder),
        clock=settings.clock,
        monotonic=time.monotonic,
        host=settings.host,
        pid=os.getpid(),
        tell=tell,
    )


def run_as_program(runner: Runner, *, once: bool) -> None:
    """Run until it is done or a signal ends it; SIGTERM ends it as cleanly as Ctrl-C does.

    The first signal lets a runner that has begun finish its turn, so that it never cuts through a
    transaction; the second one ends it where it is. For the main thread. Raises KeyboardInterrupt
    where a signal ended it.
    """
    assert threading.current_thread() is threading.main_thread()
    asked = 0

    def ask(signum: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked > 1 or not runner.heeds_stop:
            raise KeyboardInterrupt
        runner.stop()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        runner.run(once=once)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt
