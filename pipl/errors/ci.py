"""Flows, runs, their ledger and their engines."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


class CIError(PiplError):
    """The CI runner, its flow and its runs."""

    code: ClassVar[str] = "ci"
    exit_code: ClassVar[int] = 8


class InvalidFlow(CIError):
    problems: tuple[str, ...]
    code = "ci.invalid-flow"
    says = "the CI flow is not usable: {problems}"
    hint = "correct the `ci` entry of the config packl"


class InvalidNotifier(CIError):
    """What the flow gives a notifier does not do."""

    name: str
    problems: tuple[str, ...]
    code = "ci.invalid-notifier"
    says = "the notifier {name!r} cannot be used: {problems}"
    hint = "correct `notifiers` in the `ci` entry of the config packl"


class NotifierUnknown(CIError):
    name: str
    known: tuple[str, ...]
    code = "ci.notifier-unknown"
    says = "the CI flow has no notifier {name!r}; there are: {known}"
    hint = "see them with `pipl ci flow show`"


class NotLoopback(CIError):
    host: str
    code = "ci.not-loopback"
    says = "{host} is not an address of this machine alone, and nobody is asked who they are"
    hint = "add --to-network if everybody who reaches it may read the figures of CI"


class NotifierFailed(CIError):
    name: str
    reason: str
    code = "ci.notifier-failed"
    says = "the notifier {name!r} could not send: {reason}"
    hint = "try it with `pipl ci notify test`"


class NoCIUser(CIError):
    project: str
    code = "ci.no-ci-user"
    says = "the project {project} has no user for CI yet"
    hint = "make it with `pipl proj index create-default`"


class NoCIToken(CIError):
    project: str
    code = "ci.no-ci-token"
    says = "the CI of the project {project} has no token"
    hint = "make one with `pipl ci token rotate`"


class RunNotFound(CIError):
    run: int
    code = "ci.run-not-found"
    says = "there is no CI run {run}"
    hint = "see `pipl ci status`"


class WrongRunState(CIError):
    """`wanted` is what it was to become: retried, cancelled, held, released."""

    run: int
    state: str
    wanted: str
    code = "ci.wrong-run-state"
    says = "CI run {run} is {state}, so it cannot be {wanted}"
    hint = (
        "see `pipl ci status`: what failed, is held or was cancelled can be retried, what is "
        "queued can be held, what has not ended can be cancelled"
    )


class LedgerAway(CIError):
    """The database that keeps CI's runs cannot be reached, or does not answer."""

    name: str
    reason: str
    code = "ci.ledger-away"
    says = "the CI ledger {name} cannot be reached: {reason}"
    hint = (
        "start the database server, or correct `ledger` in the project's .pipl; where it is a "
        "file, see that its folder can be written"
    )


class LedgerGone(CIError):
    """The ledger's file was removed or replaced while it was open."""

    path: str
    code = "ci.ledger-gone"
    says = "the CI ledger {path} was taken away while CI worked with it"
    hint = (
        "put it back, or leave it: `pipl ci start` makes a new one, reads the index from its "
        "beginning and publishes nothing twice"
    )


class UnknownLedger(CIError):
    """The ledger's tables are of a version that this pipl does not know."""

    path: str
    found: str
    known: str
    code = "ci.unknown-ledger"
    says = "{path} is no CI ledger of version {known} (found: {found})"
    hint = (
        "run the version of pipl that wrote it, or move it away: the index keeps every "
        "release, and CI starts again from there"
    )


class InvalidLedgerUrl(CIError):
    """The text is not shown: it may hold a password."""

    reason: str
    code = "ci.invalid-ledger-url"
    says = "this is not the URL of a CI ledger: {reason}"
    hint = "write it as postgresql://user@host/database, in the project's .pipl as `ledger`"


class ExtraNeeded(CIError):
    """Something that only an optional library can do."""

    library: str
    extra: str
    code = "ci.extra-needed"
    says = "{library} is not installed here"
    hint = "install it with `pip install 'pipl[{extra}]'`"


class RunnerBusy(CIError):
    path: str
    code = "ci.runner-busy"
    says = "another CI runner works on {path}"
    hint = "see `pipl ci status`, or stop the other runner"


class TestsFailed(CIError):
    project: str
    reason: str
    code = "ci.tests-failed"
    says = "the tests of {project} failed: {reason}"
    hint = "read the log with `pipl ci log`, fix the packl, bump its version and publish it again"


class ProductTaken(CIError):
    product: str
    task: str
    owner: str
    code = "ci.product-taken"
    says = "product {product} belongs to the task {owner}; {task} may not publish it"
    hint = "give the product of {task} another name"


class ProductDiffers(CIError):
    """`held` and `made` are the first digits of the digests of the two wheels."""

    product: str
    version: str
    index: str
    held: str
    made: str
    code = "ci.product-differs"
    says = "{index} holds {product} {version} with other content: {held}, not {made} (sha256)"
    hint = (
        "bump the version of the task and publish it again; "
        "process() has to make the same of one release each time"
    )


class NoProvenance(CIError):
    product: str
    version: str
    code = "ci.no-provenance"
    says = "{product} {version} does not say where it comes from; it is no task's product"
    hint = "name the release of a product; `pipl asset list --all` shows them"


class WrittenOutside(CIError):
    """Found after `process()` has ended: what it, or a program that it started, changed."""

    task: str
    paths: tuple[str, ...]
    code = "ci.written-outside"
    says = "process() of {task} changed what is not its scratch folder: {paths}"
    hint = "write below its `scratch` folder, and end there what is started there"


class JobFailed(CIError):
    reason: str
    code = "ci.job-failed"
    says = "the job failed: {reason}"
    hint = "read the log with `pipl ci log`, then `pipl ci retry`"


class JobTimedOut(CIError):
    timeout_s: float
    code = "ci.job-timed-out"
    says = "the job was stopped after {timeout_s:g} s"
    hint = (
        "find what hangs in the log with `pipl ci log`; the limit is `timeout_s` in the `ci` config"
    )


class JobOutOfMemory(CIError):
    memory_gb: float
    code = "ci.job-out-of-memory"
    says = "the job needed more than {memory_gb:g} GB of memory"
    hint = "give it more by `memory_gb` in the handler's `resources` in the `ci` config"


class JobLost(CIError):
    """The job's machine or its process was killed or stopped; the job is not to blame."""

    host: str
    code = "ci.job-lost"
    says = "the job was lost on {host} before it gave a verdict"
    hint = "see whether that machine works, then `pipl ci retry`"


class ResultTooLarge(CIError):
    """What a job has made is too much to be sent from the machine that it ran on."""

    size_mb: float
    limit_mb: float
    code = "ci.result-too-large"
    says = "the job has made {size_mb:.0f} MB besides assets, and {limit_mb:.0f} MB may come back"
    hint = "add large files to the products as assets; they go to the asset store"


class ResourcesLacking(CIError):
    """`wanted` and `there` list resources as people write them, such as maya=1."""

    wanted: str
    there: str
    code = "ci.resources-lacking"
    says = "the job needs {wanted}, and the engine has {there}"
    hint = (
        "give the runner what is missing (`pipl ci start --resource NAME=AMOUNT`), or ask for "
        "less in the handler's `resources` in the `ci` config"
    )


class InvalidEngineOption(CIError):
    option: str
    reason: str
    code = "ci.invalid-engine-option"
    says = "the engine's option {option} is not usable: {reason}"
    hint = "see the section on engines in docs/reference/ci.md"


class EngineMissing(CIError):
    """What an engine is made of is not installed beside pipl."""

    engine: str
    library: str
    code = "ci.engine-missing"
    says = "the engine {engine} needs {library}, which is not installed"
    hint = "install it beside pipl with `pip install 'pipl[{engine}]'`"


class SchedulerInsecure(CIError):
    address: str
    code = "ci.scheduler-insecure"
    says = "jobs' logins would travel unencrypted to the Dask scheduler at {address}"
    hint = (
        "give scheduler and workers TLS and a tls:// address (docs/howto/farm.md), or set the "
        "engine's option `insecure` to yes in a network that nobody else reads"
    )


class SchedulerDown(CIError):
    address: str
    reason: str
    code = "ci.scheduler-down"
    says = "the Dask scheduler at {address} cannot be used: {reason}"
    hint = "start it with `dask scheduler`, or correct the engine's option `scheduler`"
