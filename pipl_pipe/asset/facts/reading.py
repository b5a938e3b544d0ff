"""Asking the libraries about files, in a process of its own and for a bounded time."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from pipl_pipe.asset.facts import image, sequence, usd
from pipl_pipe.asset.facts.bounds import Fact, bounded, plain

LIMIT_S = 30.0
"""For each of the two answers about a file."""
LIMIT_ALL_S = 180.0
_MAX_LINE_BYTES = 200_000
_LIBRARIES = {"image": "OpenImageIO", "usd": "pxr"}
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.readline());"
    " from pipl_pipe.asset.facts.child import main; main()"
)


@dataclass(frozen=True)
class Subject:
    """What there is to be read of an asset.

    `facts` are known from its names already; `file`, if any, is asked about, by the library
    of `kind` ("image" or "usd"), and shown where `thumbnail` says where to. `note` says why
    nothing can be asked.
    """

    facts: Mapping[str, Fact]
    file: Optional[Path] = None
    kind: str = ""
    thumbnail: Optional[Path] = None
    note: str = ""


@dataclass(frozen=True)
class Found:
    """Facts fit for a reference; the thumbnail's file, if one was written; notes for people."""

    facts: Mapping[str, Fact]
    thumbnail: Optional[Path] = None
    notes: Tuple[str, ...] = ()


def subject(source: Path, shape: str, *, thumbnail: Optional[Path] = None) -> Subject:
    """What can be read of a file, folder or sequence; of a sequence the middle frame.

    Raises OSError for a source that cannot be read at all.
    """
    if shape == "file":
        kind = _kind(source)
        if kind == "usd" and not usd.starts_as_layer(source):
            return Subject({}, note=f"{source}: it does not start as a USD layer")
        return Subject({}, source if kind else None, kind, thumbnail)
    if shape != "sequence":
        return Subject({})
    names = sequence.frames_in(os.listdir(source))  # noqa: PTH208  # 20,000 names, no Path each
    facts = sequence.facts_of(names)
    ordered = list(names.values())
    middle = source / ordered[len(ordered) // 2] if ordered else source
    if not ordered or _kind(middle) != "image":
        return Subject(facts)
    return Subject(facts, middle, "image", thumbnail)


def facts_of(source: Path, shape: str) -> Dict[str, Fact]:
    """The facts of one asset, without what cannot be read."""
    return dict(read([subject(source, shape)])[0].facts)


def read(
    subjects: Sequence[Subject], *, limit_s: float = LIMIT_S, limit_all_s: float = LIMIT_ALL_S
) -> List[Found]:
    """What the libraries tell, a Found for each subject, in order.

    Nothing is started where no library is installed that would be asked. A file that cannot
    be read, crashes its library or takes longer than the limit (in seconds) has a note. After
    `limit_all_s` for all together the others are not asked any more.
    """
    found = [
        Found(bounded(one.facts)[0], notes=(one.note,) if one.note else ()) for one in subjects
    ]
    asked = [number for number, one in enumerate(subjects) if _is_asked(one)]
    if not asked:
        return found
    ends = time.monotonic() + limit_all_s
    with _Libraries() as libraries:
        for number in asked:
            one, before = subjects[number], found[number]
            left_s = min(limit_s, ends - time.monotonic())
            if left_s <= 0:
                note = f"{one.file}: not read, the time for facts is over"
                found[number] = replace(before, notes=(*before.notes, note))
            else:
                found[number] = libraries.ask(one, left_s)
    return found


class _Libraries:
    """The process that has loaded them: started when asked, and anew after it broke."""

    def __init__(self) -> None:
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._lines: queue.Queue[bytes] = queue.Queue()

    def __enter__(self) -> _Libraries:
        return self

    def __exit__(self, *fault: object) -> None:
        self._stop()

    def ask(self, one: Subject, limit_s: float) -> Found:
        request = {
            "path": str(one.file),
            "kind": one.kind,
            "thumbnail": str(one.thumbnail) if one.thumbnail and one.kind == "image" else "",
        }
        self._send(json.dumps(request))
        told = self._answer("facts", limit_s)
        notes = [told["note"]]
        facts, unfit = bounded({**one.facts, **told["facts"]})
        shown = self._answer("thumbnail", limit_s) if self._process else {"thumbnail": ""}
        if shown.get("note") and not told["note"]:
            notes.append(f"no thumbnail: {shown['note']}")
        notes = [f"{one.file}: {note}" for note in (*notes, *unfit) if note]
        made = one.thumbnail if shown["thumbnail"] else None
        return Found(facts, made, tuple(notes))

    def _send(self, line: str) -> None:
        process = self._process or self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
        except OSError:
            return  # it ended; the answer will say so

    def _answer(self, name: str, limit_s: float) -> Dict[str, Any]:
        nothing: Dict[str, Any] = {"facts": {}, "thumbnail": ""}
        try:
            line = self._lines.get(timeout=limit_s)
        except queue.Empty:
            self._stop()
            return {**nothing, "note": f"it takes longer than {limit_s:.0f} s to read"}
        try:
            answer = json.loads(line)
            if isinstance(answer[name], type(nothing[name])) and isinstance(answer["note"], str):
                return {**nothing, **answer, "note": plain(answer["note"])}
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        self._stop()
        return {**nothing, "note": "reading it broke the library"}

    def _started(self) -> subprocess.Popen[bytes]:
        """Isolated from the current folder; modules are found where this process finds them."""
        environ = {name: text for name, text in os.environ.items() if name != "OCIO"}
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
        )
        self._process, self._lines = process, queue.Queue()
        threading.Thread(target=_pass_on, args=(process, self._lines), daemon=True).start()
        self._send(json.dumps(_import_path()))
        return process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)


def _import_path() -> List[str]:
    """Where this process finds modules, without its current folder."""
    return [path for path in sys.path if isinstance(path, str) and Path(path).is_absolute()]


def _pass_on(process: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    """Its lines, and an empty one at the end."""
    stdout = process.stdout
    assert stdout is not None
    with contextlib.suppress(OSError, ValueError):  # closed under us: it was stopped
        for line in iter(lambda: stdout.readline(_MAX_LINE_BYTES), b""):
            lines.put(line)
    lines.put(b"")


def _close(pipe: Any) -> None:
    with contextlib.suppress(OSError):  # what was to be written to a process that ended
        pipe.close()


def _kind(path: Path) -> str:
    """Whom to ask about a file; nobody about what only looks like one, such as a named pipe."""
    if not path.is_file():
        return ""
    extension = path.suffix[1:].lower()
    if extension in image.EXTENSIONS:
        return "image"
    return "usd" if extension in usd.EXTENSIONS else ""


def _is_asked(one: Subject) -> bool:
    if one.file is None or not Path(sys.executable or "").name.lower().startswith("python"):
        return False  # the executable of a content creation tool would start that
    try:
        return importlib.util.find_spec(_LIBRARIES[one.kind]) is not None
    except (ImportError, ValueError):
        return False
