"""What is installed is not always what the resolver was told."""

from __future__ import annotations

from pipl.testing.simple_index import make_wheel
from pipl.workspace import agreement, locking
from pipl.workspace.place import Place

from .conftest import Desk


def synced(desk: Desk, *requirements: str) -> tuple[str, ...]:
    """What does not agree after a sync."""
    place = Place(desk.workspace.folder, desk.workspace.binding, desk.environ)
    locking.sync(desk.requiring(*requirements), desk.installer, place)
    return agreement.read(place.environment)


def test_a_wheel_that_says_otherwise_than_the_index(desk: Desk) -> None:
    wheel = make_wheel(desk.wheels, "liar", "1.0", requires=["maya>=2026", "ghost"])
    make_wheel(desk.wheels, "maya", "2025.0")
    told = "Metadata-Version: 2.1\nName: liar\nVersion: 1.0\nRequires-Dist: maya\n\n"
    wheel.with_name(f"{wheel.name}.metadata").write_text(told, encoding="utf-8")
    otherwise = "; the wheel's METADATA is not what the index says of it"
    assert synced(desk, "liar") == (
        f"liar 1.0 requires maya>=2026, 2025.0 is there{otherwise}",
        f"liar 1.0 requires ghost, which is not installed{otherwise}",
    )
    desk.workspace.lock_path.unlink()
    assert synced(desk, "maya") == ()


def test_a_package_that_excludes_this_python(desk: Desk) -> None:
    """uv does not mind upper limits."""
    make_wheel(desk.wheels, "old-tool", "1.0", requires_python="<3.10")
    (told,) = synced(desk, "old-tool")
    assert told.startswith("old-tool 1.0 requires Python <3.10, not 3.")


def test_what_agrees(desk: Desk) -> None:
    """Extras, other platforms and packages that require each other are no disagreement."""
    make_wheel(
        desk.wheels,
        "left",
        "1.0",
        requires=["right", 'nt-only; sys_platform == "nosuch"'],
        extras={"fast": ["absent"]},
    )
    make_wheel(desk.wheels, "right", "1.0", requires=["left>=1"])
    assert synced(desk, "left") == ()
