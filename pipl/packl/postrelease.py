"""Following: a published task again, locked to newer products, as a post-release.

Nothing of the task itself changes, only the lock in its wheel: 1.2.0 becomes 1.2.0.post1, and
that 1.2.0.post2. The same task, lock and version give the same bytes. What was followed is
noted in the wheel's .dist-info:

    {"format": "pipl-follows/1",
     "release": {"name": "hero-rig", "version": "1.2.0", "sha256": "…"},
     "products": {"hero-geo": {"before": "1.0.0", "after": "1.1.0"}}}
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipl.build import reversion, wheel
from pipl.build.wheel import WheelDescription
from pipl.env import python
from pipl.env.install import Installer
from pipl.env.lock import Lock
from pipl.errors.build import InvalidWheel
from pipl.index.release import normalised
from pipl.packl.graph.needs import Need, leading_name
from pipl.packl.publish import LOCK_MEMBER
from pipl.project.binding import Binding
from pipl.workspace import locking
from pipl.workspace.changes import Change, changes_between
from pipl.workspace.folder import Workspace

FOLLOWS_MEMBER = "follows.json"
FORMAT = "pipl-follows/1"


@dataclass(frozen=True)
class Followed:
    """A task's release, downloaded: what a follow-up is made from. `sha256` is its wheel's."""

    name: str
    version: str
    sha256: str
    wheel: Path
    sdist: Path | None


@dataclass(frozen=True)
class Relocked:
    """A task's new lock, without the task itself, and what of it has moved.

    `products` are the moved ones among those that it was to follow.
    """

    lock: Lock
    changes: tuple[Change, ...]
    products: tuple[Change, ...]


def relock(
    followed: Followed, products: Collection[str], installer: Installer, binding: Binding
) -> Relocked | None:
    """Move `products` to the newest versions that the task admits; None where none moves.

    It is the rule of `pipl work update NAME…`: all other pins stay where they may. What the
    lock holds beside the task's requirements, such as tools of its author's workspace, stays.
    Raises InvalidWheel (no lock inside), InvalidLock, Unresolvable, NoInterpreter, ServerDown.
    """
    name = normalised(followed.name)
    before = _lock_of(followed).rebased(binding.url)
    described = wheel.describe(followed.wheel)
    held = set(before.versions)
    upgrade = frozenset(map(normalised, products)) & held - {name}
    if not upgrade:
        return None
    wanted = _requirements(described)
    interpreter = python.find(
        None, ",".join(filter(None, (described.requires_python, before.requires_python)))
    )
    with tempfile.TemporaryDirectory(prefix="pipl-follow-") as folder:
        workspace = Workspace(
            Path(folder), binding, wanted, extras=(), python=str(interpreter.path)
        )
        before.write(workspace.lock_path)
        needed = {package.name for package in locking.resolve(workspace, installer).lock.packages}
        besides = tuple(sorted(held - needed - {name}))
        workspace = Workspace(
            Path(folder), binding, (*wanted, *besides), extras=(), python=str(interpreter.path)
        )
        after = locking.resolve(workspace, installer, upgrade=upgrade).lock
    lock = after.without({name})
    changes = changes_between(before.without({name}), lock)
    moved = tuple(change for change in changes if change.name in upgrade)
    return Relocked(lock, changes, moved) if moved else None


def make(followed: Followed, relocked: Relocked, version: str, out: Path) -> tuple[Path, ...]:
    """Write the follow-up as `version` into the folder `out`: its sdist, if any, and its wheel.

    Raises InvalidWheel, InvalidSdist, DiskFull.
    """
    sdists = [followed.sdist] if followed.sdist is not None else []
    members = {
        LOCK_MEMBER: relocked.lock.render().encode("utf-8"),
        FOLLOWS_MEMBER: _note(followed, relocked).encode("utf-8"),
    }
    return (
        *(reversion.sdist(path, version, out) for path in sdists),
        reversion.wheel(followed.wheel, version, out, dist_info=members),
    )


def _lock_of(followed: Followed) -> Lock:
    text = wheel.read_dist_info(followed.wheel, LOCK_MEMBER)
    if text is None:
        raise InvalidWheel(followed.wheel.name, "it carries no lock; only tasks do")
    return Lock.parse(text, source=f"the lock in {followed.wheel.name}")


def _requirements(described: WheelDescription) -> tuple[str, ...]:
    """What the task requires without extras, as its author wrote it."""
    needs = (Need(described.name, leading_name(text), text) for text in described.requires)
    return tuple(need.text for need in needs if need.counts)


def _note(followed: Followed, relocked: Relocked) -> str:
    note = {
        "format": FORMAT,
        "release": {
            "name": normalised(followed.name),
            "version": followed.version,
            "sha256": followed.sha256,
        },
        "products": {
            change.name: {"before": change.before, "after": change.after}
            for change in relocked.products
        },
    }
    return json.dumps(note, indent=1, sort_keys=True) + "\n"
