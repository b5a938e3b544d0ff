"""The wheels of a bundle as a simple index (PEP 503) on this machine, while it is unbundled.

Installers then do what they always do, checking each file; nothing listens beyond loopback.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipl.env.locked import normalised
from pipl.index.name import IndexName

INDEX = IndexName("root", "bundle")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class ServedWheels:
    """Where the wheels are served; `url` is the root of the server."""

    url: str

    def file_url(self, name: str) -> str:
        return f"{self.url}/files/{name}"


@contextmanager
def served(wheels: Mapping[Path, str]) -> Iterator[ServedWheels]:
    """Serve files, given with their sha256, within the block."""
    pages: dict[str, bytes] = {}
    links: dict[str, list[str]] = {}
    for path, sha256 in wheels.items():
        name = html.escape(path.name)
        link = f'<a href="/files/{name}#sha256={sha256}">{name}</a><br>'
        links.setdefault(normalised(path.name.partition("-")[0]), []).append(link)
    for project, found in links.items():
        page = f"<!DOCTYPE html><html><body>{''.join(found)}</body></html>"
        pages[f"/{INDEX}/+simple/{project}/"] = page.encode("utf-8")
    files = {f"/files/{path.name}": path for path in wheels}

    class Handler(BaseHTTPRequestHandler):
        """Answers for what is in these two tables, and nothing else."""

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, *, body: bool) -> None:
            page, file = pages.get(self.path), files.get(self.path)
            if page is None and file is None:
                self.send_error(404)
                return
            size = len(page) if page is not None else file.stat().st_size if file else 0
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if page else "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            if page is not None and body:
                self.wfile.write(page)
            elif file is not None and body:
                with file.open("rb") as content:
                    while chunk := content.read(_CHUNK_BYTES):
                        self.wfile.write(chunk)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the installer says what is wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ServedWheels(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
