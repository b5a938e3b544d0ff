from __future__ import annotations

from typing import Dict, List

import pytest

from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.remotes.server import pulling as server_pull
from pipl_pipe.asset.remotes.server.pulling import grouped
from pipl_pipe.asset.transfer import pack


def sizes_of(*sizes: int) -> Dict[Digest, int]:
    return {Digest("sha256", f"{number:064x}"): size for number, size in enumerate(sizes)}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([0], [[0]]),
        ([0, 0], [[0, 0]]),
        ([5, 5, 1], [[5, 5], [1]]),
        ([11], [[11]]),
        ([4, 11, 4], [[4], [11], [4]]),
        ([3, 3, 3, 3], [[3, 3, 3], [3]]),
    ],
)
def test_packs_are_about_as_large_as_wanted(sizes: List[int], expected: List[List[int]]) -> None:
    groups, singles = grouped(sizes_of(*sizes), 10)
    assert [[member.size for member in group] for group in groups] == expected
    assert singles == []


def test_packs_have_so_many_members_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_pull, "PACK_OBJECTS", 2)
    groups, _ = grouped(sizes_of(0, 0, 0, 0, 0), 10)
    assert [len(group) for group in groups] == [2, 2, 1]


def test_what_is_large_travels_alone() -> None:
    groups, singles = grouped(sizes_of(1, pack.MAX_MEMBER_BYTES, pack.MAX_MEMBER_BYTES + 1), 10)
    assert [len(group) for group in groups] == [1, 1]
    assert [one.size for one in singles] == [pack.MAX_MEMBER_BYTES + 1]
