"""What an index holds, takes and refuses."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


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
