"""QA: the packl's own tests, in a clean workspace, with the result kept beside the release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

from pipl.build import sdist
from pipl.ci import suite, toxresult, workplace
from pipl.ci.handler import Job
from pipl.ci.run import Outcome
from pipl.ci.suite import Verdict
from pipl.ci.toxresult import Command
from pipl.ci.workplace import Subject, Workplace
from pipl.env import python
from pipl.errors.access import NotAllowed
from pipl.errors.ci import TestsFailed
from pipl.errors.env import EnvError
from pipl_pipe import context

TEST_EXTRA = "test"


def handle(job: Job) -> Outcome:
    """Install the wheel as a user would, and run the tests of its sdist there.

    The workspace is made even where there are no tests: a release that cannot be installed
    does not pass. Raises TestsFailed, and what kept the workspace from being made.
    """
    subject = workplace.fetch(job)
    source = _unpacked_source(job, subject)
    by_tox = source is not None and suite.has_tox(source)
    by_pytest = source is not None and not by_tox and suite.has_tests(source)
    besides = (*_test_requirements(subject), "pytest") if by_pytest else ()
    try:
        ready = workplace.prepare(job, subject, besides=besides)
    except EnvError as fault:
        _report(job, subject, str(python.running().version), _setup(1, str(fault)))
        raise
    if source is None:
        verdict = Verdict(True, "no sdist, and so no tests")
    elif by_tox:
        verdict = _run_tox(job, subject, ready, source)
    elif by_pytest:
        verdict = suite.run_pytest(job.run, ready.environment, source, ready.environ)
    else:
        verdict = Verdict(True, "no tests in the sdist")
    _report(job, subject, str(ready.interpreter.version), _setup(0, "installed"), verdict)
    if not verdict.passed:
        raise TestsFailed(job.spec.project, verdict.summary)
    return Outcome.passed(verdict.summary)


def _unpacked_source(job: Job, subject: Subject) -> Path | None:
    file = subject.release.sdist
    if file is None:
        return None
    folder = job.scratch / "source"
    folder.mkdir()
    return sdist.unpack(job.client.download(file, job.scratch / file.filename), folder)


def _test_requirements(subject: Subject) -> tuple[str, ...]:
    """What the wheel's `test` extra asks for in addition."""
    wanted = []
    for text in subject.description.requires:
        required = Requirement(text)
        marker, required.marker = required.marker, None
        if marker is None or marker.evaluate({"extra": ""}):
            continue
        if marker.evaluate({"extra": TEST_EXTRA}):
            wanted.append(str(required))
    return tuple(wanted)


def _run_tox(job: Job, subject: Subject, ready: Workplace, source: Path) -> Verdict:
    """Run tox with the project's index as pip's, and with the lock's versions."""
    work = job.scratch / "tox"
    work.mkdir()
    index_url = ready.place.binding.index_url
    environ = {
        **{key: value for key, value in ready.environ.items() if key != "VIRTUAL_ENV"},
        "PIP_INDEX_URL": index_url,
        "UV_DEFAULT_INDEX": index_url,
        context.VARIABLE: str(ready.environment.folder / context.NAME),
    }
    if subject.lock is not None:
        constraints = work / "constraints.txt"
        pins = (f"{name}=={version}\n" for name, version in subject.lock.versions.items())
        constraints.write_text("".join(pins), encoding="utf-8")
        environ |= {"PIP_CONSTRAINT": str(constraints), "UV_CONSTRAINT": str(constraints)}
    return suite.run_tox(job.run, subject.path, source, work, environ)


def _setup(status: int, output: str) -> Command:
    return Command(("pipl", "work", "sync"), status, output)


def _report(
    job: Job, subject: Subject, version: str, setup: Command, verdict: Verdict | None = None
) -> None:
    """Keep the result beside the release; where that is not allowed, the log says so."""
    if verdict is not None and verdict.tox is not None:
        result = toxresult.of_tox(verdict.tox, subject.file, job.machine)
    else:
        commands: Sequence[Command] = () if verdict is None else verdict.commands
        result = toxresult.report(
            subject.file, job.machine, python=version, setup=[setup], test=commands
        )
    try:
        job.client.upload_test_result(subject.file, result)
    except NotAllowed as fault:
        job.say(f"the test result is not kept: {fault}")
