"""What integration and conformance tests share. Unit tests use none of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from pipl.testing.servers import RunningServer
from pipl.testing.servers import devpi_server as running_devpi_server


@pytest.fixture(scope="session")
def devpi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server for the whole session. Make users and indexes of your own; never stop it."""
    with running_devpi_server(tmp_path_factory.mktemp("devpi") / "Shared") as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the cache of assets of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIPL_CACHE_DIR", str(tmp_path_factory.mktemp("machine")))
        yield


def pytest_sessionstart() -> None:
    """Let programs that tests start be interrupted, also where the suite runs in the background.

    Shells start background jobs with SIGINT ignored, which every program below inherits.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


MISSING = ("not installed", "could not import")
"""What the reasons of skips say where a program or library is missing."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With PIPL_FAIL_ON_SKIP, as in CI, a test that skips for something missing is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    missing = [one for one in skipped if any(text in str(one.longrepr) for text in MISSING)]
    if missing and os.environ.get("PIPL_FAIL_ON_SKIP") and session.exitstatus == 0:
        reporter.write_line(f"{len(missing)} skipped, which PIPL_FAIL_ON_SKIP forbids", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
