from __future__ import annotations

import hashlib
import io
import os
import sys
from pathlib import Path

import pytest

from pipl_pipe.asset import digest
from pipl_pipe.asset.disk import lease
from pipl_pipe.errors import AlgorithmMissing, InvalidDigest

EMPTY = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
"""Of the empty input, from the official test vectors of BLAKE3."""


def test_the_digests_are_the_published_ones() -> None:
    assert digest.of_bytes(b"", digest.BLAKE3).hex == EMPTY
    assert digest.of_bytes(b"abc", digest.SHA256).hex == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("algorithm", digest.ALGORITHMS)
@pytest.mark.parametrize("size", [0, 1, 100_000, digest.LARGE_BYTES, 40_000_001])
@pytest.mark.parametrize("leased", [True, False])
def test_a_file_is_hashed_as_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str, size: int, leased: bool
) -> None:
    if not leased:
        monkeypatch.setattr("pipl_pipe.asset.disk.lease.sys.platform", "other")
    content = os.urandom(1000) * (size // 1000) + b"x" * (size % 1000)
    (tmp_path / "file").write_bytes(content)
    assert digest.of_file(tmp_path / "file", algorithm) == digest.of_bytes(content, algorithm)


def test_without_its_package_new_content_is_hashed_by_sha256(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "blake3", None)
    digest.available.cache_clear()
    try:
        assert digest.of_bytes(b"x").algorithm == "sha256"
        with pytest.raises(AlgorithmMissing, match="blake3"):
            digest.of_bytes(b"x", digest.BLAKE3)
    finally:
        digest.available.cache_clear()


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:" + "0" * 63, "md5:" + "0" * 32, "blake3:" + "G" * 64]
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidDigest):
        digest.Digest.parse(text)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="leases are Linux's")
def test_a_file_that_is_being_written_gives_no_lease(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb"), io.FileIO(path) as file, lease.held(file) as held:
        assert not held
    with io.FileIO(path) as file, lease.held(file) as held:
        assert held
    path.write_bytes(b"the lease was given up")
