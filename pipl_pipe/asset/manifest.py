"""The manifest of a folder or sequence: its files, in canonical JSON, itself an object.

The same files give the same bytes, so that a manifest's digest is the asset's revision. Of a
file's mode only the owner's execute bit counts; empty folders are not kept. Numbered files
with one name, digit count and mode are kept as frames: a range, not an entry each.

    {"algorithm": "blake3", "format": "pipl-manifest/2",
     "files": [["readme.txt", 12, "644", "<hex>"], …],
     "frames": [{"head": "maps/beauty.", "digits": 4, "tail": ".exr", "mode": "644",
                 "range": "1001-1100,1105", "sizes": [[50000, 101]], "digests": "<hex><hex>…"}]}
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Tuple

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.digest import ALGORITHMS, HEX_DIGITS, Digest
from pipl_pipe.asset.frames import Frames, in_ranges, numbers
from pipl_pipe.asset.names import path_problem
from pipl_pipe.asset.reference import MAX_SIZE_BYTES, Reference
from pipl_pipe.errors import AssetDamaged

FORMAT = "pipl-manifest/2"
MAX_BYTES = 256_000_000
MAX_FILES = 2_000_000
MODES = {"644": 0o644, "755": 0o755}
_FRAME = re.compile(r"(?P<head>(?:.*/)?[^/]*?)(?P<frame>\d{1,9})(?P<tail>\.[^./]+)")
_HEX = re.compile(r"(?:[0-9a-f]{64})*")


class Entry(NamedTuple):
    """A file of a folder asset; `path` is relative and posix, `mode` 0o644 or 0o755."""

    path: str
    size: int
    mode: int
    digest: Digest


class Manifest(NamedTuple):
    """Entries sorted by path, all of one algorithm."""

    entries: Tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Of all files together, in bytes."""
        return sum(entry.size for entry in self.entries)

    def render(self) -> bytes:
        frames, single = grouped(self.entries)
        document = {
            "format": FORMAT,
            "algorithm": self.entries[0].digest.algorithm if self.entries else digests.default(),
            "files": [[one.path, one.size, f"{one.mode:o}", one.digest.hex] for one in single],
            "frames": [_frames_document(name, group) for name, group in sorted(frames.items())],
        }
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8")


def made(entries: Iterable[Entry]) -> Manifest:
    """Of entries in any order."""
    return Manifest(tuple(sorted(entries)))


def grouped(entries: Iterable[Entry]) -> Tuple[Dict[Frames, List[Entry]], List[Entry]]:
    """Entries that are frames, by what they have in common, in frame order; and the others."""
    found: Dict[Frames, List[Entry]] = {}
    single: List[Entry] = []
    for one in sorted(entries):
        match = _FRAME.fullmatch(one.path)
        if match is None:
            single.append(one)
        else:
            name = Frames(match["head"], len(match["frame"]), match["tail"], one.mode)
            found.setdefault(name, []).append(one)
    for name in [name for name, group in found.items() if len(group) < 2]:
        single += found.pop(name)
    return found, sorted(single)


def verified(content: bytes, reference: Reference, *, where: str) -> Manifest:
    """The manifest that a reference names, its content compared with the revision and size.

    Where its algorithm is missing the content is believed. Raises AssetDamaged.
    """
    digest = reference.digest
    if digests.available(digest.algorithm):
        found = digests.of_bytes(content, digest.algorithm)
        if found != digest:
            raise AssetDamaged(reference.revision, where, f"its manifest has digest {found}")
    listed = parse(content, revision=reference.revision, where=where)
    if listed.size != reference.size:
        said = f"its manifest says {listed.size} bytes, the product {reference.size}"
        raise AssetDamaged(reference.revision, where, said)
    return listed


def parse(content: bytes, *, revision: str, where: str) -> Manifest:
    """Read a manifest object, trusting nothing in it. Raises AssetDamaged naming the revision."""
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"its manifest is larger than {MAX_BYTES} bytes")
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(f"its manifest's format is {document['format']!r}, not {FORMAT}")
        algorithm = document["algorithm"]
        if algorithm not in ALGORITHMS:
            raise ValueError(f"its manifest's algorithm is {str(algorithm)[:100]!r}")
        if len(document["files"]) > MAX_FILES:
            raise ValueError(f"its manifest lists more than {MAX_FILES} files")
        entries = [_entry(algorithm, *one) for one in document["files"]]
        for one in document["frames"]:
            entries += _frame_entries(algorithm, one, room=MAX_FILES - len(entries))
        problem = path_problem([one.path for one in entries])
        if problem:
            raise ValueError(problem)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        found = f"not a manifest ({type(fault).__name__}: {fault})"
        raise AssetDamaged(revision, where, found) from fault
    return made(entries)


def _entry(algorithm: str, path: Any, size: Any, mode: Any, hex: Any) -> Entry:
    """An entry of a manifest that anybody may have written. Raises ValueError."""
    if not isinstance(path, str) or not isinstance(hex, str) or len(hex) != HEX_DIGITS:
        raise ValueError("a file's path or digest is no text")
    if not _HEX.fullmatch(hex):
        raise ValueError(f"{path[:100]!r} has no digest")
    return Entry(path, _size(size), _mode(mode), Digest(algorithm, hex))


def _frame_entries(algorithm: str, one: Dict[str, Any], *, room: int) -> Iterator[Entry]:
    head, digits, tail, hexes = one["head"], one["digits"], one["tail"], one["digests"]
    if not all(isinstance(text, str) for text in (head, tail, hexes, one["range"])):
        raise ValueError("a sequence's names or digests are no text")
    if type(digits) is not int or not 1 <= digits <= 9:
        raise ValueError("a sequence's frames have a wrong number of digits")
    count = len(hexes) // HEX_DIGITS
    if count > room:
        raise ValueError(f"its manifest lists more than {MAX_FILES} files")
    sizes = _run_lengths(one["sizes"], count)
    frames = list(numbers(one["range"], limit=count))
    if not len(frames) == len(sizes) == count or not _HEX.fullmatch(hexes):
        raise ValueError(f"the sequence {head[:100]!r} has not one size and digest per frame")
    mode = _mode(one["mode"])
    for number, size, at in zip(frames, sizes, range(0, len(hexes), HEX_DIGITS)):
        digest = Digest(algorithm, hexes[at : at + HEX_DIGITS])
        yield Entry(f"{head}{number:0{digits}d}{tail}", size, mode, digest)


def _frames_document(name: Frames, group: List[Entry]) -> Dict[str, Any]:
    at = slice(len(name.head), len(name.head) + name.digits)
    sizes: List[List[int]] = []
    for one in group:
        if sizes and sizes[-1][0] == one.size:
            sizes[-1][1] += 1
        else:
            sizes.append([one.size, 1])
    return {
        "head": name.head,
        "digits": name.digits,
        "tail": name.tail,
        "mode": f"{name.mode:o}",
        "range": in_ranges(int(one.path[at]) for one in group),
        "sizes": sizes,
        "digests": "".join(one.digest.hex for one in group),
    }


def _run_lengths(runs: Any, count: int) -> List[int]:
    """Sizes from `[[size, how many], …]`, `count` in all. Raises ValueError."""
    sizes: List[int] = []
    for size, many in runs:
        if type(many) is not int or not 1 <= many <= count - len(sizes):
            raise ValueError("a sequence has not one size per frame")
        sizes += [_size(size)] * many
    return sizes


def _size(size: Any) -> int:
    if type(size) is not int or not 0 <= size <= MAX_SIZE_BYTES:
        raise ValueError("a file's size is not a number of bytes")
    return size


def _mode(mode: Any) -> int:
    if not isinstance(mode, str) or mode not in MODES:
        raise ValueError("a file's mode is neither 644 nor 755")
    return MODES[mode]
