"""The server goes away while CI works, and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipl.ci.runner.parts import Timing
from pipl.errors.access import TokenRefused
from pipl.errors.ci import NoCIUser
from pipl.errors.server import ServerError
from pipl.index import tokens
from pipl.project import ci_account, ci_token, secrets, server
from pipl.testing.projects import STAGE
from pipl.testing.simple_index import make_wheel

QUICK_PAUSE_S = 0.05


@pytest.fixture
def down(studio):
    """The server is down, and up again at the latest after the test."""
    server.stop(studio.project)
    yield studio
    if not server.status(studio.project).answers:
        server.start_background(studio.project, studio.running.environ)


def test_a_runner_waits_for_a_server_that_stops_while_it_works(studio) -> None:
    flag = studio.folder / "server-is-down"
    body = f"""
        import pathlib, time
        (job.scratch / "begun").touch()
        while not pathlib.Path({str(flag)!r}).exists():
            time.sleep(0.02)
        path = job.scratch / "model.txt"
        path.write_text(f"{{self.name}} {{job.version}}")
        job.product("PRODUCT", "product").add("model", "File", path)
"""
    studio.task("patient", body=body)
    runner = studio.runner(timing=Timing(pause_s=QUICK_PAUSE_S))
    working = threading.Thread(target=runner.run, kwargs={"once": True}, daemon=True)
    working.start()
    runs = studio.place.folder / "runs"
    wait_until(lambda: any(runs.glob("*/scratch-*/process/begun")), "process() runs")
    server.stop(studio.project)
    flag.touch()
    await_notice(studio, "queued again: process")
    await_notice(studio, "waiting for the server: ")
    server.start_background(studio.project, studio.running.environ)
    working.join(60)
    assert not working.is_alive()
    assert "the server is back" in said(studio)
    run = studio.only("patient", "process")
    assert (run.state, run.faults) == ("passed", 0)
    assert studio.products("patient_geo") == ["1.0.0"]


def test_a_runner_says_at_its_start_that_the_server_is_down(down) -> None:
    with pytest.raises(ServerError):
        down.settle()


def test_a_waiting_runner_takes_up_what_comes(studio) -> None:
    runner = studio.runner()
    working = threading.Thread(target=runner.run, daemon=True)
    working.start()
    await_notice(studio, "the flow is")
    time.sleep(0.5)
    began = time.monotonic()
    path = make_wheel(studio.folder / "dist", "sudden", "1.0.0")
    studio.client.upload(STAGE, path)
    await_notice(studio, "started: qa of sudden")
    took_s = time.monotonic() - began
    await_notice(studio, "passed: promote of sudden 1.0.0 on root/processing")
    runner.stop()
    working.join(30)
    assert not working.is_alive()
    assert took_s < 2.0, "it was told at once, not at the next look"


def test_a_runner_says_at_its_start_that_its_token_is_not_good(studio) -> None:
    kept = ci_token.kept(studio.project.secrets)
    try:
        ci_token.keep(studio.project.secrets, replace(kept, secret=kept.secret[:-4] + "AAAA"))
        with pytest.raises(TokenRefused):
            studio.settle()
        secrets.forget(studio.project.secrets, ci_token.NAME)
        with pytest.raises(NoCIUser):
            studio.settle()
    finally:
        ci_token.keep(studio.project.secrets, kept)


def test_a_running_runner_goes_on_with_a_new_token(studio) -> None:
    """Also after a time in which there was none that is good."""
    runner = studio.runner(timing=Timing(pause_s=QUICK_PAUSE_S))
    working = threading.Thread(target=runner.run, daemon=True)
    working.start()
    await_notice(studio, "the flow is")
    rotate(studio)
    studio.client.upload(STAGE, make_wheel(studio.folder / "dist", "rotated", "1.0.0"))
    await_notice(studio, "passed: promote of rotated 1.0.0 on root/processing")
    token = ci_token.kept(studio.project.secrets)
    tokens.revoke(studio.client.connection, "ci", token.id)
    studio.client.upload(STAGE, make_wheel(studio.folder / "dist", "refused", "1.0.0"))
    await_notice(studio, "waiting for the server: the token of ci is no longer good")
    rotate(studio)
    await_notice(studio, "passed: promote of refused 1.0.0 on root/processing")
    assert working.is_alive()
    runner.stop()
    working.join(30)
    assert not working.is_alive()


def test_no_secret_reaches_what_ci_keeps(studio) -> None:
    studio.task("discreet")
    studio.settle()
    secret = ci_token.kept(studio.project.secrets).secret
    for path in studio.project.ci.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert secret.encode() not in path.read_bytes(), path


def rotate(studio) -> None:
    ci_account.rotate(studio.client, studio.project.secrets, now=time.time())


def said(studio) -> str:
    return "\n".join(notice.text for notice in studio.notices)


def await_notice(studio, text: str) -> None:
    wait_until(lambda: text in said(studio), text)


def wait_until(holds: Callable[[], object], what: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.01)
