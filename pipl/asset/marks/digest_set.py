"""A set of digests for a million objects: 32 bytes each, without an object around each."""

from __future__ import annotations

from collections.abc import Iterator

from pipl_pipe.asset.digest import Digest


class DigestSet:
    """Digests by algorithm; `hex` is as file names have it."""

    def __init__(self) -> None:
        self._values: dict[str, set[bytes]] = {}

    def add(self, digest: Digest) -> bool:
        """Whether it is new."""
        values = self._values.setdefault(digest.algorithm, set())
        before = len(values)
        values.add(bytes.fromhex(digest.hex))
        return len(values) > before

    def update(self, other: DigestSet) -> None:
        for algorithm, values in other._values.items():
            self._values.setdefault(algorithm, set()).update(values)

    def __iter__(self) -> Iterator[Digest]:
        for algorithm, values in self._values.items():
            for value in values:
                yield Digest(algorithm, value.hex())

    def holds(self, algorithm: str, hex: str) -> bool:
        """Whether the digest is in, given as its parts."""
        return bytes.fromhex(hex) in self._values.get(algorithm, ())

    def __contains__(self, digest: Digest) -> bool:
        return self.holds(digest.algorithm, digest.hex)

    def __len__(self) -> int:
        return sum(map(len, self._values.values()))
