"""A package index (PEP 503, with PEP 658 metadata) on loopback, serving a folder of wheels.

For tests and benchmarks of everything that resolves and installs, without a devpi server.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.utils import canonicalize_name

from pipl.build import wheel


@dataclass(frozen=True)
class RunningIndex:
    """An index that answers at `url` as long as its context lasts.

    `asked` lists the paths of all requests so far, in order.
    """

    url: str
    folder: Path
    asked: list[str] = field(default_factory=list)


@contextmanager
def simple_index(folder: Path) -> Iterator[RunningIndex]:
    """Serve the distributions in `folder`; what is added while it runs is seen."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}/simple/"
    index = RunningIndex(url, folder)
    server.index = index  # type: ignore[attr-defined]  # how handlers get at it
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    requires_python: str | None = None,
    files: Mapping[str, str] | None = None,
    entry_points: str = "",
) -> Path:
    """Write a pure wheel into `folder`, with a module that says its version, and `files`."""
    module = canonicalize_name(name).replace("-", "_")
    headers = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if requires_python:
        headers.append(f"Requires-Python: {requires_python}")
    headers += [f"Requires-Dist: {text}" for text in requires]
    for extra, texts in (extras or {}).items():
        headers.append(f"Provides-Extra: {extra}")
        headers += [f'Requires-Dist: {text}; extra == "{extra}"' for text in texts]
    dist_info = f"{module}-{version}.dist-info"
    members = {
        f"{module}/__init__.py": f"__version__ = {version!r}\n",
        **(files or {}),
        f"{dist_info}/METADATA": "\n".join(headers) + "\n",
        f"{dist_info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    if entry_points:
        members[f"{dist_info}/entry_points.txt"] = entry_points
    record = [_record_line(member, text) for member, text in members.items()]
    members[f"{dist_info}/RECORD"] = "\n".join([*record, f"{dist_info}/RECORD,,"]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(zipfile.ZipInfo(member), text)
    return path
