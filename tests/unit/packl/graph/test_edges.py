"""Edges among packls: those in memory and those of a file agree, whatever has changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipl.index.requirements import IndexedPackl, Moved, Requirements
from pipl.index.wheel_facts import WheelFacts
from pipl.packl.graph import rows
from pipl.packl.graph.edges import Edges, EdgesOf
from pipl.packl.graph.rows import Damaged, Rows

NAMES = tuple(f"packl-{number}" for number in range(12))


def packl(name: str, chance: random.Random) -> IndexedPackl:
    kind = chance.choice(["task", "product", "code"])
    wanted = chance.choices(NAMES, k=3)
    return IndexedPackl(
        name,
        f"1.{chance.randrange(9)}",
        "root/PROJ",
        requires=tuple(f"{one}{chance.choice(['', '>=1', '<2'])}" for one in wanted),
        facts=WheelFacts(
            kind=kind,
            products=tuple(chance.choices(NAMES, k=2)),
            task=chance.choice(["", *NAMES]),
            locked=dict.fromkeys(wanted, "1.0"),
        ),
    )


def kept(path: Path, serial: int, packls: Mapping[str, IndexedPackl]) -> Rows:
    rows.write(path, Requirements("feed", "root/PROJ", serial, ("root/PROJ",), packls))
    return Rows(path)


def told(edges: Edges) -> list[object]:
    return [
        (list(edges.wanting(name)), edges.maker(name), edges.products_of(name))
        for name in (*NAMES, "unheard-of")
    ]


@pytest.mark.parametrize("seed", range(20))
def test_a_file_tells_what_memory_tells(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    packls: dict[str, IndexedPackl] = {name: packl(name, chance) for name in NAMES[:8]}
    found = kept(tmp_path / "one", 1, packls)
    for serial in range(2, 6):
        assert dict(found) == packls
        assert told(found) == told(EdgesOf(packls))
        changed = {name: packl(name, chance) for name in chance.sample(NAMES, 2)}
        gone = frozenset(chance.sample(NAMES, 2)) - changed.keys()
        moved = Moved(found, changed, gone)
        packls = {name: one for name, one in packls.items() if name not in gone} | changed
        assert dict(moved) == packls
        assert told(EdgesOf(moved)) == told(EdgesOf(packls))
        found = kept(tmp_path / "one", serial, moved)
        assert found.state().serial == serial


def test_a_single_one_is_looked_up(tmp_path: Path) -> None:
    chance = random.Random(0)
    found = kept(tmp_path / "one", 1, {name: packl(name, chance) for name in NAMES})
    assert found["packl-3"].name == "packl-3"
    assert len(found) == len(NAMES)
    assert "unheard-of" not in found


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"packl-3", b"packl-4", 1),
        lambda content: content[:60] + b"\0\0\0\0" + content[64:],
        lambda content: content[:68] + b"\0\0\0\1" + content[72:],
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    chance = random.Random(0)
    kept(tmp_path / "one", 1, {name: packl(name, chance) for name in NAMES})
    content = (tmp_path / "one").read_bytes()
    (tmp_path / "two").write_bytes(damage(content))
    with pytest.raises(Damaged):
        Rows(tmp_path / "two")


def test_nothing_remains_of_a_failure(tmp_path: Path) -> None:
    twice = IndexedPackl("same", "1.0", "root/PROJ")
    with pytest.raises(OSError, match="UNIQUE"):
        kept(tmp_path / "one", 1, {"a": twice, "b": twice})
    assert list(tmp_path.iterdir()) == []
