"""Sending assets to a remote and reading them there, before wheels go out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.ci import publishing
from pipl_pipe.asset.buckets.memory import MemoryBucket
from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.places import RemotePlace
from pipl_pipe.asset.remotes.bucket import BucketRemote
from pipl_pipe.errors import AssetDamaged
from pipl_pipe.testing.asset_remote import add, many_files

PLACE = RemotePlace("studio", "memory://studio")


class Spoiling(MemoryBucket):
    """Each of the first `times` packs that are read is damaged then."""

    def __init__(self, times: int) -> None:
        super().__init__("studio")
        self.times = times

    def read(self, key: str, start: int = 0, length: int | None = None):  # type: ignore[no-untyped-def]
        if key.startswith("packs") and not key.endswith(".index") and self.times:
            self.times -= 1
            content = self.content[key]
            self.content[key] = content[:-100] + b"?" * 100
        yield from super().read(key, start, length)


def send(tmp_path: Path, bucket: MemoryBucket) -> tuple[BucketRemote, list[str]]:
    near = Objects(tmp_path / "near", "near", parents=True)
    reference = add(near, many_files(tmp_path / "source", 20))
    remote = BucketRemote(bucket)
    said: list[str] = []
    note = tmp_path / "note.txt"
    publishing._send([reference], near, PLACE, remote, note, frozenset(), said.append)
    remote.verify(reference)
    assert not note.exists()
    return remote, said


def test_what_arrived_is_read(tmp_path: Path) -> None:
    _, said = send(tmp_path, MemoryBucket("studio"))
    assert not any("sent again" in line for line in said)


def test_what_is_damaged_there_is_sent_again(tmp_path: Path) -> None:
    _, said = send(tmp_path, Spoiling(1))
    assert any("sent again" in line and "studio" in line for line in said)


def test_a_remote_that_damages_all_keeps_the_wheel_back(tmp_path: Path) -> None:
    with pytest.raises(AssetDamaged):
        send(tmp_path, Spoiling(1000))
    assert (tmp_path / "note.txt").exists()  # the next attempt reads it again
