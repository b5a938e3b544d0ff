"""A package index on loopback that serves a folder, with paths and headers as devpi has them.

For tests and benchmarks of what resolves and installs, without a devpi server: simple pages
(PEP 503) under `/root/PROJ/+simple/`, core metadata beside the wheels (PEP 658).
"""

from __future__ import annotations

import hashlib
import html
import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from packaging.utils import canonicalize_name
from virtualenv.seed.wheels.embed import get_embed_wheel

from pipl_pipe.product.wheel import Metadata, wheel_name, write_wheel

_INDEX = "/root/PROJ"
_FOREVER = "max-age=365000000, immutable, public"


class SimpleIndex(ThreadingHTTPServer):
    """An index that answers as long as its `simple_index` context lasts.

    `asked` lists the paths of all requests so far, in order.
    """

    daemon_threads = True
    request_queue_size = 128  # uv asks for everything at once

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.asked: list[str] = []

    def files(self) -> list[Path]:
        """The distributions; a `.metadata` beside a wheel stands in for what it declares."""
        return [one for one in sorted(self.folder.iterdir()) if one.suffix != ".metadata"]

    @property
    def origin(self) -> str:
        """The root of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The simple index (PEP 503)."""
        return f"{self.origin}{_INDEX}/+simple/"


@contextmanager
def simple_index(folder: Path) -> Iterator[SimpleIndex]:
    """Serve the distributions in `folder`; what is added while it runs is seen."""
    with SimpleIndex(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    requires_python: str = "",
    files: Mapping[str, str] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
) -> Path:
    """Write a wheel into `folder`: a package that knows its version, and `files`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wheel_name(name, version)
    module = canonicalize_name(name).replace("-", "_")
    optional = [
        f'{requirement}; extra == "{extra}"'
        for extra, requirements in (extras or {}).items()
        for requirement in requirements
    ]
    texts = {f"{module}/__init__.py": f"__version__ = {version!r}\n", **(files or {})}
    write_wheel(
        path,
        name=name,
        version=version,
        files={member: text.encode("utf-8") for member, text in texts.items()},
        metadata=Metadata(
            requires=(*requires, *optional),
            extras=tuple(extras or ()),
            requires_python=requires_python,
        ),
        entry_points=entry_points or {},
    )
    return path


def add_setuptools(folder: Path) -> Path:
    """Put into `folder` the setuptools that virtualenv brings, so that packls can be built."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wheel = get_embed_wheel("setuptools", version)
    assert wheel is not None
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(wheel.path, folder))


@dataclass(frozen=True)
class _File:
    path: Path
    sha256: str

    @classmethod
    def at(cls, path: Path) -> _File:
        return cls(path, hashlib.sha256(path.read_bytes()).hexdigest())

    @property
    def project(self) -> str:
        return canonicalize_name(self.path.name.split("-")[0])

    @property
    def link(self) -> str:
        digest = self.sha256
        name = html.escape(self.path.name)
        href = f"../../+f/{digest[:3]}/{digest[3:16]}/{name}#sha256={digest}"
        metadata = f' data-core-metadata="sha256={_sha256_of_metadata(self.path)}"'
        return f'<a href="{href}"{metadata if name.endswith(".whl") else ""}>{name}</a><br>'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SimpleIndex

    def do_GET(self) -> None:  # the name http.server asks for
        path = unquote(self.path)  # pip quotes the plus
        self.server.asked.append(path)
        folder, _, name = path.rstrip("/").rpartition("/")
        if folder == f"{_INDEX}/+simple":
            self._send_page(canonicalize_name(name))
        elif folder.startswith(f"{_INDEX}/+f/"):
            self._send_file(name)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"")

    def log_message(self, format: str, *args: object) -> None:
        """Silence: `asked` holds it."""

    def _send_page(self, project: str) -> None:
        files = [_File.at(path) for path in self.server.files()]
        links = [file.link for file in files if file.project == project]
        page = "\n".join(["<!DOCTYPE html>", "<html><body>", *links, "</body></html>"])
        status = HTTPStatus.OK if links else HTTPStatus.NOT_FOUND
        self._send(status, page.encode("utf-8"), content_type="text/html; charset=utf-8")

    def _send_file(self, name: str) -> None:
        path = self.server.folder / name.removesuffix(".metadata")
        if not path.is_file():
            self._send(HTTPStatus.NOT_FOUND, b"")
        elif name.endswith(".metadata"):
            self._send(HTTPStatus.OK, _metadata(path), cached=_FOREVER)
        else:
            self._send(HTTPStatus.OK, path.read_bytes(), cached=_FOREVER)

    def _send(
        self,
        status: HTTPStatus,
        content: bytes,
        *,
        content_type: str = "application/octet-stream",
        cached: str = "no-cache, no-store",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", cached)
        self.end_headers()
        self.wfile.write(content)


def _metadata(path: Path) -> bytes:
    beside = path.with_name(f"{path.name}.metadata")
    if beside.exists():
        return beside.read_bytes()
    with zipfile.ZipFile(path) as archive:
        (member,) = (
            name
            for name in archive.namelist()
            if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        )
        return archive.read(member)


def _sha256_of_metadata(path: Path) -> str:
    return hashlib.sha256(_metadata(path)).hexdigest() if path.suffix == ".whl" else ""
