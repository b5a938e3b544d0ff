"""What is wrong with the command line, or the folder that it was typed in."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


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
