"""Requirements that cannot be met: who required what, what exists, what was tried."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from pipl.env.choice import choose
from pipl.env.install import PIP, Resolve
from pipl.errors.env import Unresolvable
from pipl.testing.simple_index import make_wheel
from pipl.workspace import explaining, locking
from pipl.workspace.explaining import Conflict
from pipl.workspace.folder import Workspace

from .conftest import Desk


def rigs(folder: Path) -> None:
    """A rig of which the newest does not admit the newest Maya."""
    make_wheel(folder, "maya", "2025.0")
    make_wheel(folder, "maya", "2026.1")
    make_wheel(folder, "hero-rig", "2.0", requires=["maya<2027"])
    make_wheel(folder, "hero-rig", "2.1", requires=["maya<2026"])


def refusal(desk: Desk, workspace: Workspace) -> tuple[Unresolvable, Conflict]:
    with pytest.raises(Unresolvable) as caught:
        locking.resolve(workspace, desk.installer)
    conflict = caught.value.conflict
    assert isinstance(conflict, Conflict)
    return caught.value, conflict


def proposals(conflict: Conflict) -> list[tuple[str, str, str]]:
    return [(change.kind, change.owner, change.takes) for change in conflict.changes]


def test_a_pin_of_an_edited_packl_against_a_rig(desk: Desk) -> None:
    rigs(desk.wheels)
    desk.edit("hero_anim", ["hero-rig==2.1", "maya==2026.1"])
    fault, conflict = refusal(desk, desk.requiring())
    assert (
        "sh010",
        "hero_anim requires hero-rig==2.1",
        "hero-rig 2.1 requires maya<2026",
    ) in conflict.chains
    (maya,) = conflict.packages
    assert [(one.version, one.reasons) for one in maya.versions] == [
        ("2026.1", ("hero-rig 2.1 requires maya<2026",)),
        ("2025.0", ("hero_anim requires maya==2026.1",)),
    ]
    assert ("loosen", "hero_anim", "hero-rig 2.0") in proposals(conflict)
    assert ("loosen", "hero_anim", "maya 2025.0") in proposals(conflict)
    text = str(fault)
    assert "hero-rig 2.0, if hero_anim admits it (it requires hero-rig==2.1)" in text
    assert text.endswith(fault.explanation) and "hero-rig" in fault.explanation
    assert str(pickle.loads(pickle.dumps(fault))) == text


def test_every_change_told_was_resolved(desk: Desk) -> None:
    """Loosening the rig does not help while a tool wants the old Maya too: it is not told."""
    rigs(desk.wheels)
    make_wheel(desk.wheels, "old-tool", "1.0", requires=["maya<2026"])
    _, conflict = refusal(desk, desk.requiring("hero-rig==2.1", "maya==2026.1", "old-tool"))
    assert proposals(conflict) == [("loosen", "sh010", "maya 2025.0")]
    assert conflict.complete


def test_over_another_packl(desk: Desk) -> None:
    rigs(desk.wheels)
    make_wheel(desk.wheels, "sequence", "1.0", requires=["hero-rig==2.1"])
    _, conflict = refusal(desk, desk.requiring("sequence", "maya>=2026"))
    assert (
        "sh010 requires sequence",
        "sequence 1.0 requires hero-rig==2.1",
        "hero-rig 2.1 requires maya<2026",
    ) in conflict.chains
    assert ("release", "hero-rig 2.1", "maya 2026.1") in proposals(conflict)


def test_nothing_is_fetched_that_a_strangers_package_points_to(desk: Desk, tmp_path: Path) -> None:
    """What stands in for a rig is edited here, and such may require URLs; the rig may not."""
    rigs(desk.wheels)
    trap = make_wheel(tmp_path / "trap", "trap", "1.0")
    make_wheel(
        desk.wheels, "hero-rig", "2.1", requires=["maya<2026", f"trap @ {trap.as_uri()}", "bad ("]
    )
    _, conflict = refusal(desk, desk.requiring("hero-rig==2.1", "maya==2026.1"))
    assert "release" not in {change.kind for change in conflict.changes}


def test_a_project_that_the_index_does_not_hold(desk: Desk) -> None:
    rigs(desk.wheels)
    fault, conflict = refusal(desk, desk.requiring("hero-rgi", "maya"))
    assert "the index holds no hero-rgi" in str(fault)
    assert proposals(conflict) == [("remove", "sh010", "")]


def test_a_version_that_does_not_exist(desk: Desk) -> None:
    rigs(desk.wheels)
    _, conflict = refusal(desk, desk.requiring("maya>=2030"))
    assert proposals(conflict) == [("loosen", "sh010", "maya 2026.1")]


def test_a_packl_edited_here_in_a_version_that_another_one_refuses(desk: Desk) -> None:
    make_wheel(desk.wheels, "layout", "1.0", requires=["hero_anim>=5"])
    desk.edit("hero_anim", [])
    _, conflict = refusal(desk, desk.requiring("layout"))
    (packl,) = conflict.packages
    assert [(one.version, one.reasons) for one in packl.versions] == [
        ("0.1", ("layout 1.0 requires hero_anim>=5",))
    ]


def asked(desk: Desk, *requirements: str) -> tuple[Workspace, Resolve]:
    workspace = desk.requiring(*requirements)
    return workspace, locking.wanted(workspace)


def test_without_time_the_resolvers_words_remain(desk: Desk) -> None:
    rigs(desk.wheels)
    workspace, wanted = asked(desk, "hero-rig==2.1", "maya==2026.1")
    fault = Unresolvable("Because hero-rig and maya clash.")
    with pytest.raises(Unresolvable) as caught:
        explaining.solved_otherwise(fault, workspace, wanted, desk.installer, limit_s=0)
    assert str(caught.value).endswith("Because hero-rig and maya clash.")
    assert "no time to try more" in str(caught.value)


def test_pip_is_explained_too(desk: Desk) -> None:
    rigs(desk.wheels)
    workspace, wanted = asked(desk, "hero-rig==2.1", "maya==2026.1")
    pip = choose(PIP, desk.environ)
    with pytest.raises(Unresolvable) as first:
        pip.resolve(wanted)
    with pytest.raises(Unresolvable) as caught:
        explaining.solved_otherwise(first.value, workspace, wanted, pip, limit_s=120)
    conflict = caught.value.conflict
    assert isinstance(conflict, Conflict)
    assert ("sh010 requires hero-rig==2.1", "hero-rig 2.1 requires maya<2026") in conflict.chains
    assert ("loosen", "sh010", "hero-rig 2.0") in proposals(conflict)
