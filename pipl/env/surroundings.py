"""The variables that installers run with: nothing of the user's that changes what is installed."""

from __future__ import annotations

import os
from collections.abc import Mapping

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_DROPPED = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")
_KEPT_PIP = (
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_NO_CACHE_DIR",
    "PIP_PROXY",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_USE_FEATURE",
)
_KEPT_UV = (
    "UV_CACHE_DIR",
    "UV_CONCURRENT_BUILDS",
    "UV_CONCURRENT_DOWNLOADS",
    "UV_CONCURRENT_INSTALLS",
    "UV_HTTP_CONNECT_TIMEOUT",
    "UV_HTTP_RETRIES",
    "UV_HTTP_TIMEOUT",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_NO_CACHE",
    "UV_SYSTEM_CERTS",
)


def of_index(url: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """What an installer runs with that takes packages from `url`; None: the user's own settings."""
    if url is not None:
        return clean(environ)
    return {key: value for key, value in environ.items() if key not in _DROPPED}


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without indexes, settings files and other environments.

    Certificates, proxies, timeouts and cache folders stay; loopback is never proxied.
    """
    kept = {
        key: value
        for key, value in environ.items()
        if key not in _DROPPED
        and (not key.startswith("PIP_") or key in _KEPT_PIP)
        and (not key.startswith("UV_") or key in _KEPT_UV)
    }
    return {**kept, **unproxied_loopback(environ), "PIP_CONFIG_FILE": os.devnull}


def unproxied_loopback(environ: Mapping[str, str]) -> dict[str, str]:
    """Both spellings of NO_PROXY, with loopback added."""
    given = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    hosts = [host for host in given.split(",") if host]
    value = ",".join([*hosts, *(host for host in LOOPBACK if host not in hosts)])
    return {"NO_PROXY": value, "no_proxy": value}
