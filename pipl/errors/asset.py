"""The project's asset store, and what keeps its assets."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


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
