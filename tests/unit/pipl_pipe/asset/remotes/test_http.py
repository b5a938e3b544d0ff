from __future__ import annotations

from typing import Dict

import pytest

from pipl_pipe.asset.remotes.server import ServerRemote, address
from pipl_pipe.asset.remotes.server.http import Connections
from pipl_pipe.errors import InvalidBucket


@pytest.mark.parametrize(
    "url",
    [
        "", "host", "ftp://host", "file:///etc", "http://", "http:///path", "http://h:port",
        "http://h:99999", "http://h/?query", "http://h/#part", "http://h/a b", "http://h/\r\nX: 1",
        "http://[broken",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_server(url: str) -> None:
    with pytest.raises(InvalidBucket):
        ServerRemote(url)


@pytest.mark.parametrize(
    "url", ["http://bob:s3cret@host/p", "https://bob@host", "http://:s3cret@h"]
)
def test_an_address_with_a_login_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InvalidBucket) as caught:
        ServerRemote(url)
    assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.fields}"


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Dict[str, str]:
    """The proxies of the environment, none at first."""
    found: Dict[str, str] = {}
    monkeypatch.setattr(address, "getproxies", lambda: found)
    monkeypatch.setattr(address, "proxy_bypass", lambda host: host == "inside")
    return found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://far/", "proxy"),
        ("https://far/", None),
        ("http://inside/", None),
        ("http://localhost:3141/", None),
        ("http://127.0.0.1:3141/", None),
        ("http://[::1]:3141/", None),
    ],
)
def test_proxies_are_the_environments(environ: Dict[str, str], url: str, expected: str) -> None:
    environ["http"] = "http://proxy:8080"
    found = Connections(url, lambda: None)._proxy
    assert (found.hostname if found else None) == expected


def test_a_proxy_may_be_written_without_a_scheme(environ: Dict[str, str]) -> None:
    environ["http"] = "proxy:8080"
    found = Connections("http://far", lambda: None)._proxy
    assert found is not None and address.place(found) == ("proxy", 8080)


def test_nothing_is_asked_before_the_first_request() -> None:
    def authorize() -> None:
        raise AssertionError("asked")

    remote = ServerRemote("https://far:9/base/", authorize)
    assert remote.name == "https://far:9/base"
    assert repr(remote) == "ServerRemote('https://far:9/base')"
    remote.close()
