"""The project's server as a remote, where something else answers in its place."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipl_pipe.asset.objects import Objects
from pipl_pipe.asset.remotes.server import ServerRemote
from pipl_pipe.errors import AssetDamaged, StoreUnreachable
from pipl_pipe.testing.asset_remote import add

Raw = Callable[[bytes], ServerRemote]


@pytest.fixture
def answering() -> Iterator[Raw]:
    """A remote whose server answers just these bytes to whatever it is asked."""
    with contextlib.ExitStack() as stack:

        def serve(said: bytes) -> ServerRemote:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            threading.Thread(target=_answer, args=(listening, said), daemon=True).start()
            remote = ServerRemote(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=5.0)
            stack.callback(remote.close)
            return remote

        yield serve


def _answer(listening: socket.socket, said: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            asking, _ = listening.accept()
            with asking, contextlib.suppress(OSError):
                asking.recv(1 << 16)
                asking.sendall(said)
                asking.shutdown(socket.SHUT_WR)
                while asking.recv(1 << 16):
                    continue


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://[evil/\r\nContent-Length: 0\r\n\r\n",
        b"\x1b[31m\x00\xff" * 500,
        b"HTTP/1.1 500 \x1b[31m\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_said_is_fit_for_a_terminal(answering: Raw, said: bytes) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        list(answering(said).revisions())
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_a_list_of_revisions_that_is_cut_is_no_list(answering: Raw) -> None:
    line = b"sha256:" + b"0" * 64 + b"\n"
    said = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + line * 3
    assert len(list(answering(said).revisions())) == 3
    with pytest.raises(StoreUnreachable):
        list(answering(said[:-5]).revisions())


class TestAnswersOfUnknownLength:
    """Such as those of a proxy that packs them anew."""

    @pytest.fixture
    def near(self, tmp_path: Path) -> Objects:
        return Objects(tmp_path / "near", "near", parents=True)

    def said(self, content: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + content

    def test_they_are_read(self, answering: Raw, near: Objects, tmp_path: Path) -> None:
        content = os.urandom(5_000_000)
        (tmp_path / "cache.abc").write_bytes(content)
        reference = add(near, tmp_path / "cache.abc")
        far = Objects(tmp_path / "far", "far", parents=True)
        answering(self.said(content)).pull(reference, far)
        assert far.path(reference.digest).read_bytes() == content

    def test_no_more_than_there_should_be(
        self, answering: Raw, near: Objects, tmp_path: Path
    ) -> None:
        content = os.urandom(5_000_000)
        (tmp_path / "cache.abc").write_bytes(content)
        reference = add(near, tmp_path / "cache.abc")
        far = Objects(tmp_path / "far", "far", parents=True)
        with pytest.raises(AssetDamaged):
            answering(self.said(content + b"x")).pull(reference, far)
        with pytest.raises(StoreUnreachable):
            answering(self.said(content[:-1])).pull(reference, far)
        assert list(far.digests()) == []


def test_a_server_that_accepts_and_is_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        remote = ServerRemote(url, timeout_s=0.2)
        with contextlib.closing(remote), pytest.raises(StoreUnreachable, match=url):
            list(remote.revisions())
