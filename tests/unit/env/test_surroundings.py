"""What installers see of a user's variables."""

from __future__ import annotations

import os

from pipl.env import surroundings

USER = {
    "PATH": "/bin",
    "HOME": "/home/bob",
    "SSL_CERT_FILE": "/certs",
    "https_proxy": "http://proxy:3128",
    "PIP_CERT": "/certs",
    "PIP_PROXY": "http://proxy:3128",
    "PIP_CONFIG_FILE": "/home/bob/pip.conf",
    "PIP_INDEX_URL": "http://elsewhere",
    "PIP_EXTRA_INDEX_URL": "http://elsewhere",
    "PIP_FIND_LINKS": "/wheels",
    "PIP_TARGET": "/home/bob/lib",
    "PIP_CONSTRAINT": "/home/bob/constraints.txt",
    "UV_CACHE_DIR": "/cache",
    "UV_INDEX": "http://elsewhere",
    "UV_OVERRIDE": "/home/bob/overrides.txt",
    "UV_PYTHON": "3.9",
    "PYTHONPATH": "/home/bob",
    "VIRTUAL_ENV": "/home/bob/venv",
}


def test_other_indexes_are_dropped_and_certificates_stay() -> None:
    cleaned = surroundings.clean(USER)
    proxies = {"NO_PROXY", "no_proxy"}
    assert cleaned.keys() - proxies == {
        "PATH",
        "HOME",
        "SSL_CERT_FILE",
        "https_proxy",
        "PIP_CERT",
        "PIP_PROXY",
        "PIP_CONFIG_FILE",
        "UV_CACHE_DIR",
    }
    assert cleaned["PIP_CONFIG_FILE"] == os.devnull


def test_loopback_is_never_proxied() -> None:
    cleaned = surroundings.clean({"NO_PROXY": "farm,localhost"})
    assert cleaned["NO_PROXY"] == cleaned["no_proxy"] == "farm,localhost,127.0.0.1,::1"


def test_without_an_index_the_users_own_settings_count() -> None:
    assert surroundings.of_index(None, USER)["PIP_INDEX_URL"] == "http://elsewhere"
    assert "PIP_INDEX_URL" not in surroundings.of_index("http://ours", USER)
