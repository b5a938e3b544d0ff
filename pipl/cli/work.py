"""`pipl work`: the group of commands for workareas and workspaces."""

from __future__ import annotations

from pipl.cli.lazy import LazyGroup

_FOLDERS = "pipl.cli.work_folders"
_CHANGES = "pipl.cli.work_changes"
_INSIDE = "pipl.cli.work_inside"
_BUNDLE = "pipl.cli.work_bundle"
_LOCKS = "pipl.cli.work_locks"
_ENV = "pipl.cli.work_env"
_REGISTERED = "pipl.cli.work_registered"
work = LazyGroup(
    "work",
    places={
        "create-area": (f"{_FOLDERS}:create_area", "Create a workarea bound to a project."),
        "create": (f"{_FOLDERS}:create", "Create a workspace."),
        "list": (f"{_FOLDERS}:list_workspaces", "List the workspaces of the workarea."),
        "open": (f"{_FOLDERS}:open_release", "Open a published task version as it was locked."),
        "delete": (f"{_FOLDERS}:delete", "Delete a workspace."),
        "forget": (f"{_REGISTERED}:forget", "Let the project forget a workspace that is gone."),
        "add": (f"{_CHANGES}:add", "Add packls to the workspace."),
        "lock": (f"{_CHANGES}:lock", "Resolve, and write the lock."),
        "sync": (f"{_CHANGES}:sync", "Make the environment and the assets equal to the lock."),
        "update": (f"{_CHANGES}:update", "Move packls to their newest versions."),
        "diff": (f"{_LOCKS}:diff", "What differs between two locks."),
        "overlay": ("pipl.cli.work_overlay:overlay", "Production plus a change of your own."),
        "history": (f"{_LOCKS}:history", "The locks that the workspace had."),
        "rollback": (f"{_LOCKS}:rollback", "Go back to a lock that the workspace had."),
        "status": (f"{_CHANGES}:status", "What the workspace runs on and what is outdated."),
        "bundle": (f"{_BUNDLE}:bundle", "Write all that recreates the workspace to a folder."),
        "unbundle": (f"{_BUNDLE}:unbundle", "Make a workspace from a bundle, with no network."),
        "relocate": (f"{_BUNDLE}:relocate", "Make a workspace that was moved work again."),
        "why": ("pipl.cli.work_graph:why", "Why a packl is in the workspace: by which chains."),
        "graph": ("pipl.cli.work_graph:graph", "Draw what requires what."),
        "run": (f"{_INSIDE}:run", "Run a command in the workspace's environment."),
        "shell": (f"{_INSIDE}:shell", "Start a shell in the workspace's environment."),
        "env": (f"{_ENV}:env", "What env sets set, and which packl says so."),
        "prefer": (f"{_ENV}:prefer", "Choose whose env set sets a variable."),
        "py": (f"{_INSIDE}:python", "Start the workspace's Python."),
    },
    help="Workareas and workspaces: a virtualenv, a lock, an asset view, and packls being edited.",
    epilog="Example: pipl work create sh010 && cd sh010 && pipl work add hero-geo",
)
