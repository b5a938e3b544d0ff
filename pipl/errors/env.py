"""Interpreters, resolving, installing, locks."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


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
