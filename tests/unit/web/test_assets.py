from __future__ import annotations

from pathlib import Path

import pytest

from pipl.web.assets import object_path

DIGEST = "ab" + "c" * 62


def test_an_object_is_found_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "system" / "assets" / "objects" / "sha256" / "ab" / ("c" * 62)
    path.parent.mkdir(parents=True)
    assert object_path(tmp_path, "sha256", DIGEST) is None
    path.write_bytes(b"x")
    assert object_path(tmp_path, "sha256", DIGEST) == path
    path.unlink()
    path.mkdir()
    assert object_path(tmp_path, "sha256", DIGEST) is None


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("sha256", DIGEST[:-1]),
        ("sha256", DIGEST.upper()),
        ("sha256", DIGEST + "\n"),
        ("sha256", "../" + "a" * 61),
        ("..", DIGEST),
        ("md5", DIGEST),
        ("", ""),
    ],
)
def test_nothing_else_is_looked_for(tmp_path: Path, algorithm: str, digest: str) -> None:
    assert object_path(tmp_path, algorithm, digest) is None
