"""A TCP proxy on loopback that can stop forwarding, as a network that is cut does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_PIECE = 65_536


@dataclass
class Proxy:
    """Forwards from `port` to `target`, unless it is cut: then nothing moves and nothing closes."""

    target: int
    port: int = 0
    _open: threading.Event = field(default_factory=threading.Event)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _live: set[socket.socket] = field(default_factory=set)

    def cut(self) -> None:
        """From now on, what is sent stays on the way; connections are made and hear nothing."""
        self._open.clear()

    def mend(self) -> None:
        """What was on the way arrives."""
        self._open.set()

    def drop(self) -> None:
        """Break every connection that there is, as a router does that was started again."""
        with self._guard:
            for one in self._live:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = listening.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self._open.wait()
        try:
            far = socket.create_connection((HOST, self.target))
        except OSError:
            near.close()
            return
        with self._guard:
            self._live |= {near, far}
        back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
        back.start()
        self._copy(near, far)
        back.join()
        with self._guard:
            self._live -= {near, far}
        near.close()
        far.close()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                self._open.wait()
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(target: int) -> Iterator[Proxy]:
    """A proxy to a port of this machine, as long as the context lasts."""
    with socket.create_server((HOST, 0)) as listening:
        proxy = Proxy(target, listening.getsockname()[1])
        proxy.mend()
        threading.Thread(target=proxy._serve, args=(listening,), daemon=True).start()
        try:
            yield proxy
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            proxy.mend()
            proxy.drop()
