"""`pipl asset`: what products reference, the store that holds it, and its upkeep."""

from __future__ import annotations

from pipl.cli.lazy import LazyGroup

_LOOK = "pipl.cli.asset_look"
_TAKE = "pipl.cli.asset_take"
_MOVE = "pipl.cli.asset_move"
_CHECK = "pipl.cli.asset_check"
_KEEP = "pipl.cli.asset_keep"
asset = LazyGroup(
    "asset",
    places={
        "list": (f"{_LOOK}:list_assets", "List the assets of the workspace, or of the project."),
        "info": (f"{_LOOK}:info", "What an asset is, where it is, and what references it."),
        "diff": (f"{_LOOK}:diff", "What differs between two generations of an asset."),
        "du": (f"{_LOOK}:du", "Who takes how much of the store."),
        "path": (f"{_TAKE}:path", "Where an asset is, with its version in the path."),
        "add": (f"{_TAKE}:add", "Store a file or folder."),
        "checkout": (f"{_TAKE}:checkout", "Make a writable copy of an asset."),
        "copy": (f"{_TAKE}:copy", "Copy all assets to a folder, to work without the project."),
        "push": (f"{_MOVE}:push", "Send assets to the remotes."),
        "pull": (f"{_MOVE}:pull", "Fetch assets from the remotes."),
        "remotes": (f"{_MOVE}:remotes", "List the remotes and whether they answer."),
        "cache": (f"{_MOVE}:cache", "What this machine's cache holds."),
        "verify": (f"{_CHECK}:verify", "Read assets again and compare."),
        "fsck": (f"{_CHECK}:fsck", "Look through the whole store, and repair it."),
        "gc": (f"{_KEEP}:gc", "Collect what nothing references."),
        "pin": (f"{_KEEP}:pin", "Keep assets whatever references them."),
        "unpin": (f"{_KEEP}:unpin", "Take a pin back."),
        "pins": (f"{_KEEP}:list_pins", "List what is pinned, by whom and why."),
    },
    help="Assets: files and folders too big for a package, referenced by digest.",
    epilog="Example: pipl asset list",
)
