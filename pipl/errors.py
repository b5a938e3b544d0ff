"""Errors of the tool, designed for the person who reads them.

Each leaf has fields, a stable `code`, a message made of its values and a `hint` that is an
action. `pipl.cli` alone catches them; the exit code is the group's.

    PiplError                        1
    ├── UsageFault                   2  the command line, the current folder
    │   ├── NoProject, NoWorkarea (NoWorkareaForBundle), NoWorkspace
    │   ├── NoTemplates, NoPackl, ManyPackls
    │   ├── PathExists, NestedProject, NotWritable, InvalidFile
    │   ├── InvalidName, InvalidIndexName, PasswordNeeded
    │   └── UnknownTemplate, InvalidTemplate, NotMigratable, ManyStages
    │   └── PathMissing, InvalidRelease, InvalidUrl, InUse, NotRegistered, UnknownSelection
    │   └── SeveralAssets, NothingSelected, DestinationKept, NothingOverlaid
    │   └── InvalidReason, InvalidTime
    ├── ServerError                  3  the server does not do what it should
    │   ├── ServerDown, ServerStopped, ServerSlow, ServerBusy, ServerUntrusted
    │   ├── PortTaken, ServerDied
    │   └── AlreadyRunning, NotRunning, UnexpectedReply
    ├── AccessError                  4  who you are and what you may do
    │   └── WrongPassword, LoginExpired (TokenRefused), LoginNeeded, NotAllowed
    ├── IndexFault                   5  what the index holds
    │   ├── IndexNotFound, UserNotFound, ReleaseNotFound, AlreadyExists
    │   ├── IndexRefused, VersionTaken, UploadRefused, DamagedDownload
    │   └── TaskCycle, UnknownPackl
    ├── EnvError                     6  interpreters, resolving, installing
    │   ├── NoInterpreter, UnknownInstaller, InvalidRequirement
    │   ├── Unresolvable, ResolverFailed, InstallFailed, InvalidLock
    │   ├── NotLocked, NotInstalled, WorkspaceMoved, EnvironmentDamaged
    │   ├── NotRelocated, NotBundled, OnePlatform, InvalidBundle, OtherProject
    │   └── LockStale, NoSuchLock, NotInLock, NoCommonInterpreter
    ├── BuildError                   7
    │   └── BuildFailed, InvalidWheel, InvalidSdist
    ├── CIError                      8
    │   ├── InvalidFlow, NoCIUser, RunNotFound, WrongRunState, RunnerBusy, UnknownLedger
    │   ├── NoCIToken, LedgerAway, LedgerGone, InvalidLedgerUrl, ExtraNeeded
    │   ├── InvalidNotifier, NotifierUnknown, NotifierFailed, NotLoopback
    │   ├── TestsFailed, ProductTaken, ProductDiffers, NoProvenance, WrittenOutside
    │   ├── JobFailed, JobTimedOut, JobOutOfMemory, JobLost, ResultTooLarge
    │   └── ResourcesLacking, InvalidEngineOption, EngineMissing, SchedulerInsecure, SchedulerDown
    ├── CommandFailed, CommandTimedOut, ProgramMissing   9  a program that pipl runs
    ├── PictureNeedsGraphviz                             9
    ├── AssetFault                   12 the project's asset store and what keeps its assets
    │   ├── MarksUnreadable, CollectorBusy, NothingToUndo, StoreShared, NoStore
    │   ├── StoreReplaced, StoreMisconfigured
    │   └── NotPinned, UnknownRemote, NoRemote
    ├── RoadBlocked                  1  a step of the demo did not show what it must
    ├── DiskFull                     10
    └── FrameworkError               11  what the framework in a workspace reports
"""

from __future__ import annotations

from typing import ClassVar

from pipl_pipe.errors import DesignedError


class PiplError(DesignedError):
    """Root of the tool's errors."""

    code: ClassVar[str] = "pipl"
    exit_code: ClassVar[int] = 1


class UsageFault(PiplError):
    """What was asked cannot be done from here."""

    code: ClassVar[str] = "usage"
    exit_code: ClassVar[int] = 2


class NoProject(UsageFault):
    path: str
    code = "usage.no-project"
    says = "no project at {path} or in any folder above it"
    hint = "go into a project, give its path, or create one with `pipl proj create PATH`"


class NoWorkarea(UsageFault):
    path: str
    code = "usage.no-workarea"
    says = "no workarea at {path} or in any folder above it"
    hint = "create one with `pipl work create-area PATH PROJECT`"


class NoWorkareaForBundle(NoWorkarea):
    """A bundle may be unbundled where nobody has bound a workarea yet."""

    code = "usage.no-workarea-for-bundle"
    hint = "go into one, or make this folder a workarea of the bundle's project with --new-area"


class NoWorkspace(UsageFault):
    path: str
    code = "usage.no-workspace"
    says = "no workspace at {path} or in any folder above it"
    hint = "go into a workspace, give its path, or create one with `pipl work create NAME`"


class NoTemplates(NoWorkspace):
    """Neither a workspace nor a file to take templates from."""

    code = "usage.no-templates"
    says = "no templates are given, and there is no workspace at {path} or in any folder above it"
    hint = (
        "give a file of templates with `-t FILE` (`pipl path check FILE`), go into a workspace, "
        "or give its path with `-w`"
    )


class NoPackl(UsageFault):
    path: str
    code = "usage.no-packl"
    says = "no packl at {path} or in any folder above it"
    hint = "go into a packl, give its path with -p, or create one with `pipl packl create NAME`"


class PathMissing(UsageFault):
    path: str
    code = "usage.path-missing"
    says = "there is nothing at {path}"
    hint = "check the path; without one, the current folder decides"


class InvalidRelease(UsageFault):
    text: str
    code = "usage.invalid-release"
    says = "{text!r} does not name a release"
    hint = "write it as NAME==VERSION, such as hero-model==1.0.0"


class InvalidUrl(UsageFault):
    """The text is not shown: it may hold a password."""

    reason: str
    code = "usage.invalid-url"
    says = "this is not the URL of a project's server: {reason}"
    hint = "write it as http://host:port, and log in with `pipl login`"


class InUse(UsageFault):
    """Removing it would break something else."""

    what: str
    name: str
    reason: str
    code = "usage.in-use"
    says = "the {what} {name} cannot be deleted: {reason}"
    hint = "delete or change what needs it first"


class NotRegistered(UsageFault):
    path: str
    project: str
    code = "usage.not-registered"
    says = "the project {project} does not know of a workspace {path}"
    hint = "see those that it knows of with `pipl work list --registered`"


class UnknownSelection(UsageFault):
    """A text that names neither releases nor a revision nor a path."""

    text: str
    reason: str
    code = "usage.unknown-selection"
    says = "{text!r} names no asset: {reason}"
    hint = (
        "write it as PRODUCT==VERSION, PRODUCT==VERSION/ASSET, or a revision; "
        "`pipl asset list --all` shows what there is"
    )


class SeveralAssets(UsageFault):
    """A text that names several assets where one is meant."""

    text: str
    names: tuple[str, ...]
    code = "usage.several-assets"
    says = "{text!r} means several assets: {names}"
    hint = "name one of them, as PRODUCT ASSET in a workspace or as PRODUCT==VERSION/ASSET"


class NothingSelected(UsageFault):
    """All assets of a workspace are meant, and there is none."""

    path: str
    code = "usage.nothing-selected"
    says = "which assets are meant is not said, and {path} is in no workspace"
    hint = "name a PRODUCT, give --all where there is that option, or go into a workspace"


class DestinationKept(UsageFault):
    """A folder that a copy of an asset must not replace or lie in."""

    path: str
    reason: str
    code = "usage.destination-kept"
    says = "{path} cannot take a copy: {reason}"
    hint = "choose a new path, outside of stores and asset views"


class NothingOverlaid(UsageFault):
    name: str
    code = "usage.nothing-overlaid"
    says = "the overlay {name} would be production as it is"
    hint = "say what is yours: --edit PACKL_PATH, or --with NAME==VERSION"


class ManyPackls(UsageFault):
    path: str
    names: tuple[str, ...]
    code = "usage.many-packls"
    says = "{path} holds several packls: {names}"
    hint = "go into one of them, or give its path with -p"


class ManyStages(UsageFault):
    user: str
    names: tuple[str, ...]
    code = "usage.many-stages"
    says = "{user} may publish to: {names}"
    hint = "name the index with --to; see `pipl proj index list-indexes`"


class PathExists(UsageFault):
    path: str
    code = "usage.path-exists"
    says = "{path} exists already"
    hint = "choose another path, or remove what is there first"


class NestedProject(UsageFault):
    path: str
    outer: str
    code = "usage.nested-project"
    says = "{path} is inside the project {outer}"
    hint = "create the project outside of it; a workarea or workspace may be inside"


class NotWritable(UsageFault):
    path: str
    reason: str
    code = "usage.not-writable"
    says = "cannot write {path}: {reason}"
    hint = "check the path and your rights on it"


class InvalidName(UsageFault):
    name: str
    reason: str
    code = "usage.invalid-name"
    says = "{name!r} is not a usable name: {reason}"
    hint = "choose a name that fits, such as hero_model"


class InvalidReason(UsageFault):
    text: str
    most: int
    code = "usage.invalid-reason"
    says = "{text!r} is no reason: it takes one line of at most {most} characters"
    hint = "say it shorter"


class InvalidTime(UsageFault):
    text: str
    code = "usage.invalid-time"
    says = "{text!r} is no time"
    hint = "write it as 2026-03-01, 2026-03-01T12:00 (of here) or 2026-03-01T12:00Z"


class InvalidIndexName(UsageFault):
    text: str
    code = "usage.invalid-index-name"
    says = "{text!r} is not an index name"
    hint = "write it as user/name, such as root/testing"


class PasswordNeeded(UsageFault):
    user: str
    code = "usage.password-needed"
    says = "the password of {user} is needed and there is no terminal to ask for it"
    hint = "log in first with `pipl login`, or give the password on standard input with -"


class InvalidFile(UsageFault):
    path: str
    reason: str
    code = "usage.invalid-file"
    says = "{path} cannot be read: {reason}"
    hint = "correct the file, or restore it from a backup"


class UnknownTemplate(UsageFault):
    name: str
    known: tuple[str, ...]
    code = "usage.unknown-template"
    says = "there is no template {name!r}; there are: {known}"
    hint = "choose one of these with --template"


class InvalidTemplate(UsageFault):
    """A skeleton that no packl can be made from."""

    template: str
    problems: tuple[str, ...]
    code = "usage.invalid-template"
    says = "the template {template!r} cannot be used: {problems}"
    hint = "correct it in the packl that registers it (`pipl.templates`), or choose another"


class NotMigratable(UsageFault):
    path: str
    reason: str
    code = "usage.not-migratable"
    says = "{path} cannot be migrated: {reason}"
    hint = "write the pyproject.toml by hand, or simplify the __setupl__.py to plain values"


class ServerError(PiplError):
    """The project's server does not do what it should."""

    code: ClassVar[str] = "server"
    exit_code: ClassVar[int] = 3


class ServerDown(ServerError):
    url: str
    code = "server.down"
    says = "no server answers at {url}"
    hint = "start it with `pipl proj start --background`"


class ServerStopped(ServerError):
    url: str
    doing: str
    code = "server.stopped"
    says = "the server at {url} went away while {doing}"
    hint = (
        "start it with `pipl proj start --background` and run the command again; "
        "nothing half-done counts"
    )


class ServerSlow(ServerError):
    url: str
    doing: str
    timeout_s: float
    code = "server.slow"
    says = "the server at {url} said nothing for {timeout_s:g} s while {doing}"
    hint = "try again; look at the server's load and log with `pipl proj status`"


class ServerBusy(ServerError):
    """It asks to be left alone for a while (HTTP's 429 and 503 with Retry-After)."""

    url: str
    doing: str
    retry_after_s: float
    code = "server.busy"
    says = "the server at {url} wants to be asked again in {retry_after_s:g} s ({doing})"
    hint = "wait and try again; too many may be asking, or one of them too often"


class ServerUntrusted(ServerError):
    url: str
    reason: str
    code = "server.untrusted"
    says = "no trusted connection to {url}: {reason}"
    hint = "give the certificate of its authority in the variable REQUESTS_CA_BUNDLE"


class PortTaken(ServerError):
    port: int
    code = "server.port-taken"
    says = "port {port} is taken by another program"
    hint = "choose another with --port, or --port 0 for any free one"


class ServerDied(ServerError):
    log: str
    reason: str
    code = "server.died"
    says = "the server did not start: {reason}"
    hint = "read {log}"


class AlreadyRunning(ServerError):
    url: str
    pid: int
    code = "server.already-running"
    says = "the server of this project runs already at {url} (process {pid})"
    hint = "stop it with `pipl proj stop`"


class NotRunning(ServerError):
    path: str
    code = "server.not-running"
    says = "the server of the project {path} does not run"
    hint = "start it with `pipl proj start --background`"


class UnexpectedReply(ServerError):
    url: str
    status: int
    reason: str
    code = "server.unexpected-reply"
    says = "{url} answered {status}: {reason}"
    hint = "look into the server log with `pipl proj status`"


class AccessError(PiplError):
    """Who you are and what you may do."""

    code: ClassVar[str] = "access"
    exit_code: ClassVar[int] = 4


class WrongPassword(AccessError):
    user: str
    url: str
    code = "access.wrong-password"
    says = "wrong password for {user} at {url}"
    hint = "try again; root can set a new one with `pipl proj user set`"


class LoginExpired(AccessError):
    user: str
    url: str
    code = "access.login-expired"
    says = "the login of {user} at {url} has expired"
    hint = "log in again with `pipl login {user}`"


class TokenRefused(LoginExpired):
    """A token of devpi-tokens, by which programs act, that has ended or was revoked."""

    code = "access.token-refused"
    says = "the token of {user} is no longer good at {url}"
    hint = "make a new one; for CI with `pipl ci token rotate`, which a running runner takes up"


class LoginNeeded(AccessError):
    url: str
    doing: str
    code = "access.login-needed"
    says = "{doing} at {url} needs a login"
    hint = "log in with `pipl login USER`"


class NotAllowed(AccessError):
    user: str
    doing: str
    code = "access.not-allowed"
    says = "{user} may not do this: {doing}"
    hint = (
        "ask the owner of the index, or publish to a stage with --to (see `pipl proj "
        "index list-indexes`)"
    )


class IndexFault(PiplError):
    """What an index holds, or does not."""

    code: ClassVar[str] = "index"
    exit_code: ClassVar[int] = 5


class IndexNotFound(IndexFault):
    index: str
    url: str
    code = "index.index-not-found"
    says = "there is no index {index} at {url}"
    hint = "see `pipl proj index list-indexes`"


class UserNotFound(IndexFault):
    user: str
    url: str
    code = "index.user-not-found"
    says = "there is no user {user} at {url}"
    hint = "see `pipl proj user list`"


class ReleaseNotFound(IndexFault):
    index: str
    project: str
    version: str
    code = "index.release-not-found"
    says = "{index} does not hold {project} {version}"
    hint = "see `pipl proj index list`"


class AlreadyExists(IndexFault):
    what: str
    name: str
    code = "index.already-exists"
    says = "the {what} {name} exists already"
    hint = "choose another name, or change it with the set command"


class IndexRefused(IndexFault):
    index: str
    reason: str
    code = "index.refused"
    says = "the server refuses these settings for the index {index}: {reason}"
    hint = "correct the values; `pipl proj index list-indexes --json` shows those of the others"


class VersionTaken(IndexFault):
    index: str
    project: str
    version: str
    code = "packl.version-taken"
    says = "{index} holds {project} {version} already and refuses overwriting"
    hint = "run `pipl packl bump patch`, or publish to another index with --to"


class TaskCycle(IndexFault):
    """A task would be made out of what it makes; `path` goes over products and their tasks."""

    name: str
    path: str
    code = "packl.cycle"
    says = "the task {name} would be made out of its own products: {path}"
    hint = "drop one of these requirements: `pipl packl show` lists those of the packl"


class UnknownPackl(IndexFault):
    index: str
    name: str
    code = "index.unknown-packl"
    says = "{index} gives no packl {name}"
    hint = "see `pipl proj index list` for what it holds; --index names another one"


class UploadRefused(IndexFault):
    index: str
    filename: str
    reason: str
    code = "index.upload-refused"
    says = "{index} refused {filename}: {reason}"
    hint = "correct what the index complains about and publish again"


class DamagedDownload(IndexFault):
    url: str
    expected: str
    found: str
    code = "index.damaged-download"
    says = "{url} arrived damaged: expected {expected}, got {found}"
    hint = "run the command again; if it stays, the file on the server is damaged"


class EnvError(PiplError):
    """Interpreters, resolving and installing."""

    code: ClassVar[str] = "env"
    exit_code: ClassVar[int] = 6


class NoInterpreter(EnvError):
    wanted: str
    found: tuple[str, ...]
    code = "env.no-interpreter"
    says = "no Python interpreter fits {wanted}; found: {found}"
    hint = "install one, or give a path with --python"


class NoCommonInterpreter(EnvError):
    """Those who say which Pythons they admit, the packls edited here first."""

    asked: tuple[str, ...]
    found: tuple[str, ...]
    code = "env.no-common-interpreter"
    says = "no Python interpreter fits everybody: {asked}; found: {found}"
    hint = "install one that does, change a requires-python, or require another version"


class UnknownInstaller(EnvError):
    name: str
    known: tuple[str, ...]
    code = "env.unknown-installer"
    says = "there is no installer {name!r}; there are: {known}"
    hint = "set PIPL_INSTALLER to one of these, or unset it"


class InvalidRequirement(EnvError):
    text: str
    reason: str
    code = "env.invalid-requirement"
    says = "{text!r} is not a requirement: {reason}"
    hint = "write it as NAME, NAME==VERSION or NAME[EXTRA]>=VERSION"


class Unresolvable(EnvError):
    """`told` is what pipl has found out besides (empty: nothing), `conflict` that as a value."""

    explanation: str
    told: str = ""
    conflict: object = None
    code = "env.unresolvable"
    says = "these requirements cannot be met together:\n{told}{explanation}"
    hint = "change one of the requirements named above; the environment is as it was"


class ResolverFailed(EnvError):
    """The resolver could not finish: nothing is said about the requirements."""

    explanation: str
    code = "env.resolver-failed"
    says = "resolving stopped:\n{explanation}"
    hint = "correct what is named above and run the command again; the environment is as it was"


class InstallFailed(EnvError):
    explanation: str
    code = "env.install-failed"
    says = "installing failed:\n{explanation}"
    hint = "correct what is named above and run `pipl work sync` again"


class InvalidLock(EnvError):
    path: str
    reason: str
    code = "env.invalid-lock"
    says = "{path} is not a usable lock: {reason}"
    hint = "make a new one with `pipl work lock`"


class NotInstalled(EnvError):
    path: str
    code = "env.not-installed"
    says = "the workspace {path} has no environment"
    hint = "make it with `pipl work sync`"


class WorkspaceMoved(EnvError):
    """The environment was made for another folder; its scripts point there."""

    path: str
    was: str
    code = "env.workspace-moved"
    says = "the environment of {path} was made for {was}"
    hint = "lead it here with `pipl work relocate`, or make it anew with `pipl work sync`"


class NotRelocated(EnvError):
    """The paths in an environment cannot be rewritten."""

    path: str
    reason: str
    code = "env.not-relocated"
    says = "the environment of {path} cannot be relocated: {reason}"
    hint = "make it anew with `pipl work sync`"


class NotBundled(EnvError):
    path: str
    problems: tuple[str, ...]
    code = "env.not-bundled"
    says = "the workspace {path} cannot be bundled: {problems}"
    hint = "publish what is missing to the project's index, then `pipl work sync`"


class OnePlatform(EnvError):
    path: str
    code = "env.one-platform"
    says = "the lock {path} is for this platform alone"
    hint = "name the project's with `pipl proj platforms`, then `pipl work lock`"


class InvalidBundle(EnvError):
    """What is there is not what was bundled."""

    path: str
    problems: tuple[str, ...]
    code = "env.invalid-bundle"
    says = "{path} is not a whole bundle: {problems}"
    hint = "copy it again from where it was made with `pipl work bundle`"


class OtherProject(EnvError):
    path: str
    project: str
    workarea: str
    code = "env.other-project"
    says = "{path} was bundled in the project {project}, the workarea here is of {workarea}"
    hint = "go to a workarea of {project}, or to an empty folder and add --new-area"


class EnvironmentDamaged(EnvError):
    path: str
    reason: str
    code = "env.damaged"
    says = "{path} cannot be read: {reason}"
    hint = "make it anew with `pipl work sync`"


class NotLocked(EnvError):
    path: str
    code = "env.not-locked"
    says = "the workspace {path} has no lock"
    hint = "make one with `pipl work lock`, or `pipl work sync`"


class NotInLock(EnvError):
    name: str
    workspace: str
    close: tuple[str, ...]
    code = "env.not-in-lock"
    says = "the lock of {workspace} does not hold {name}; close to it: {close}"
    hint = "see what it holds with `pipl work graph`, or add it with `pipl work add`"


class LockStale(EnvError):
    """The lock is not what the workspace requires, and it was not to be made anew."""

    path: str
    reason: str
    code = "env.lock-stale"
    says = "{path} is not what the workspace requires: {reason}"
    hint = "make it anew with `pipl work lock`, and keep it with what requires it"


class NoSuchLock(EnvError):
    path: str
    which: str
    code = "env.no-such-lock"
    says = "the history of {path} does not hold {which}"
    hint = "see which locks it had with `pipl work history`"


class BuildError(PiplError):
    """Making distributions."""

    code: ClassVar[str] = "build"
    exit_code: ClassVar[int] = 7


class BuildFailed(BuildError):
    path: str
    output: str
    code = "build.failed"
    says = "{path} cannot be built:\n{output}"
    hint = "correct what the build says above"


class InvalidWheel(BuildError):
    path: str
    reason: str
    code = "build.invalid-wheel"
    says = "{path} is not a usable wheel: {reason}"
    hint = "build the packl again with `pipl packl build`"


class InvalidSdist(BuildError):
    filename: str
    reason: str
    code = "build.invalid-sdist"
    says = "{filename} is not a usable source distribution: {reason}"
    hint = "build the packl again with `pipl packl build`"


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


class AssetFault(PiplError):
    """The project's asset store, and what keeps assets in it."""

    code: ClassVar[str] = "asset"
    exit_code: ClassVar[int] = 12


class MarksUnreadable(AssetFault):
    """Something that may keep assets cannot be read: nothing may be collected then."""

    problems: tuple[str, ...]
    code = "asset.marks-unreadable"
    says = "nothing was collected, because what keeps assets cannot all be read: {problems}"
    hint = (
        "make each readable again, or collect on a machine that sees it; "
        "`pipl work forget PATH` for a workspace that is gone, "
        "`--ignore FILENAME` for a wheel that nobody can use"
    )


class CollectorBusy(AssetFault):
    where: str
    code = "asset.collector-busy"
    says = "another collection or repair is at work in {where}"
    hint = "wait until it has ended and run this again"


class NothingToUndo(AssetFault):
    where: str
    code = "asset.nothing-to-undo"
    says = "no collected assets lie in the quarantine of {where}"
    hint = "what was deleted for good comes back by `pipl asset pull`, or from a backup"


class StoreShared(AssetFault):
    """A store outside the project: assets of others may lie in it."""

    where: str
    project: str
    code = "asset.store-shared"
    says = "{where} lies outside of the project {project}; other projects may keep assets there"
    hint = "add --sole-user if no other project stores there"


class NoStore(AssetFault):
    where: str
    reason: str
    code = "asset.no-store"
    says = "the asset store {where} cannot be looked into from here: {reason}"
    hint = "run this where the store's folder is mounted, or check the path"


class StoreReplaced(AssetFault):
    """A packl of the workspace brings an asset store of its own."""

    workspace: str
    distribution: str
    code = "asset.store-replaced"
    says = (
        "the asset store of {workspace} is a service of {distribution}, which works only inside "
        "of its environment"
    )
    hint = "run `pipl work run python -m pipl_pipe asset-path …` and the like, or remove it"


class StoreMisconfigured(AssetFault):
    """The workspace's config entry for assets cannot be used."""

    workspace: str
    reason: str
    code = "asset.store-misconfigured"
    says = "where the assets of {workspace} are is not known: {reason}"
    hint = "correct it in the packl that declares it, and run `pipl work sync`"


class NotPinned(AssetFault):
    text: str
    code = "asset.not-pinned"
    says = "{text!r} is not pinned"
    hint = "see what is with `pipl asset pins`"


class UnknownRemote(AssetFault):
    name: str
    known: tuple[str, ...]
    code = "asset.unknown-remote"
    says = "there is no remote {name!r}; there are: {known}"
    hint = "choose one of these with --remote, or add it to the `asset_store` config entry"


class NoRemote(AssetFault):
    doing: str
    code = "asset.no-remote"
    says = "there is no remote to {doing}"
    hint = "add one to `remotes` in the `asset_store` config entry of a config packl"


class CommandFailed(PiplError):
    """A program that pipl runs ended with an error."""

    command: str
    status: int
    output: str
    code = "command.failed"
    exit_code = 9
    says = "{command} ended with status {status}:\n{output}"
    hint = "read its output above"


class CommandTimedOut(PiplError):
    """A program that pipl runs did not end in time; it and its children were killed."""

    command: str
    timeout_s: float
    output: str
    code = "command.timed-out"
    exit_code = 9
    says = "{command} was stopped after {timeout_s:g} s:\n{output}"
    hint = "read its output above"


class ProgramMissing(PiplError):
    """A program that pipl runs is not installed."""

    program: str
    code = "command.missing"
    exit_code = 9
    says = "the program {program} is not installed"
    hint = "install it; in a workspace, add the packl that brings it with `pipl work add`"


class PictureNeedsGraphviz(PiplError):
    """The program that places boxes and arrows is not installed."""

    program: str
    code = "command.graphviz-missing"
    exit_code = 9
    says = "an SVG picture is drawn by Graphviz's {program}, which is not installed"
    hint = "install Graphviz, or draw it with `--format tree` or `--format mermaid`"


class RoadBlocked(PiplError):
    """A step of the demo did not show what it must."""

    step: str
    seen: str
    code = "demo.road-blocked"
    says = "the demo stopped at: {step}\n{seen}"
    hint = "run it again with --keep and look at the project"


class DiskFull(PiplError):
    """No space left; nothing half-written remains under its final name."""

    path: str
    code = "disk.full"
    exit_code = 10
    says = "no space left for {path}"
    hint = "free space there and run the command again"


class FrameworkError(PiplError):
    """An error that `python -m pipl_pipe` reported from inside a workspace.

    `reported` is the framework's own code, such as `asset.missing`.
    """

    reported: str
    message: str
    advised: str
    code = "framework"
    exit_code = 11
    says = "{message}"
    hint = "{advised}"
