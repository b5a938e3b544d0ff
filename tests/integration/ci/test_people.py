"""People see, steer and hear of a project's CI by the commands, on a real server."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipl import process
from pipl.ci import flow as ci_flow
from pipl.ci.flow import DEFAULT_FLOW
from pipl.index.name import IndexName
from pipl.testing.commands import Shell

FAILING = {"tests/test_it.py": "def test_it():\n    assert 'render' == 'lookdev'\n"}


@pytest.fixture
def shell(studio, tmp_path: Path) -> Shell:
    """In the project's folder, logged in as nobody."""
    return Shell.at(studio.project.folder, studio.running.environ, tmp_path / "config")


@pytest.fixture
def posts() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """The URL of a web server, and what was posted there."""
    came: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/ci", came
        finally:
            server.shutdown()
            thread.join()


def telling(url: str):
    """The default flow, and a rule for what fails."""
    config = DEFAULT_FLOW.to_json()
    indexes = config["indexes"]
    assert isinstance(indexes, dict)
    indexes["root/testing"]["notify"] = ["wall"]
    rule = {"use": "webhook", "url": url, "secret": "wall", "on": ["failed"]}
    return ci_flow.parse(config | {"notifiers": {"wall": rule}})


def test_a_failure_is_told_seen_read_and_retried(studio, shell: Shell, posts) -> None:
    url, came = posts
    shell.pipl("ci", "notify", "secret", "wall", stdin="swordfish\n")
    studio.task("lookdev", tests=FAILING)
    studio.settle(flow=telling(url))

    ((headers, body),) = came
    told = json.loads(body)
    assert (told["packl"], told["state"], told["handler"]) == ("lookdev", "failed", "qa")
    signed = headers["X-Pipl-Timestamp"].encode() + b"." + body
    expected = hmac.new(b"swordfish", signed, hashlib.sha256).hexdigest()
    assert headers["X-Pipl-Signature"] == f"sha256={expected}"
    run = told["run"]

    seen = shell.pipl("ci", "status", "--packl", "lookdev", "--state", "failed")
    assert f"log:  {told['log']}" in seen
    assert told["reason"] in seen
    assert "assert 'render' == 'lookdev'" in shell.pipl(*told["log"].split()[1:])
    followed = shell.attempt("ci", "log", str(run), "--follow")
    assert "assert 'render' == 'lookdev'" in followed.stdout
    assert "failed" in followed.stderr

    assert f"Queued again: run {run}" in shell.pipl("ci", "retry", "--packl", "lookdev")
    refused = shell.attempt("ci", "retry", str(run), "999999")
    assert refused.status == 8
    assert "there is no CI run 999999" in refused.stderr
    assert f"Held: run {run}" in shell.pipl("ci", "hold", str(run))
    studio.settle(flow=telling(url))
    assert shell.json("ci", "status", "--state", "held")["runs"][0]["id"] == run
    shell.pipl("ci", "release", str(run))
    studio.settle(flow=telling(url))
    assert len(came) == 2
    assert f"Queued again: run {run}" in shell.pipl("ci", "retry", str(run))
    assert f"Cancelled: run {run}" in shell.pipl("ci", "cancel", str(run))


def test_what_is_kept_of_a_run_is_shown(studio, shell: Shell) -> None:
    studio.task("kept")
    studio.settle()
    run = studio.only("kept", "process")
    shown = shell.pipl("ci", "show", str(run.id))
    assert f"run {run.id}: process of kept 1.0.0 on root/processing" in shown
    assert "kept_geo-1.0.0-py3-none-any.whl on root/PROJ" in shown
    found = shell.json("ci", "show", str(run.id))
    assert found["records"] == ["lock", "published", "statement"]
    (published,) = found["published"]
    (release,) = studio.client.releases(IndexName("root", "PROJ"), "kept-geo")
    assert published["sha256"] == release.wheel.sha256
    lock = shell.pipl("ci", "show", str(run.id), "--record", "lock")
    assert 'name = "pipl-pipe"' in lock
    refused = shell.attempt("ci", "show", str(run.id), "--record", "nix")
    assert (refused.status, "nothing is kept as 'nix'" in refused.stderr) == (2, True)


def test_nothing_that_was_not_named_is_steered(shell: Shell) -> None:
    for command in ("retry", "cancel", "hold", "release"):
        assert shell.attempt("ci", command).status == 2
    assert "There is none" in shell.pipl("ci", "cancel", "--packl", "nobody")


def test_the_figures_are_those_of_the_ledger(studio, shell: Shell) -> None:
    studio.task("figures")
    studio.settle()
    stats = shell.json("ci", "stats", "--since", "1h")
    assert stats["overall"]["passed"] == sum(one["passed"] for one in stats["handlers"]) > 0
    assert {"qa", "process", "promote"} <= {one["handler"] for one in stats["handlers"]}
    assert "failing" in shell.pipl("ci", "stats")
    assert shell.attempt("ci", "stats", "--since", "soon").status == 2

    args = [sys.executable, "-m", "pipl", "ci", "metrics", "--port", "0"]
    with subprocess.Popen(
        args, cwd=shell.cwd, env=dict(shell.environ), stdout=subprocess.PIPE, text=True
    ) as serving:
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+/metrics", serving.stdout.readline())
            assert found is not None
            with urllib.request.urlopen(found[0], timeout=30) as reply:
                text = reply.read().decode()
            serving.send_signal(signal.SIGINT)
            assert serving.wait(30) == 130
        finally:
            process.kill_group(serving) if serving.poll() is None else None
    samples = {
        (sample.name, sample.labels.get("handler"), sample.labels.get("state")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["pipl_ci_ledger_up", None, None] == 1
    assert samples["pipl_ci_runs", "process", "passed"] >= 1
    assert shell.attempt("ci", "metrics", "--host", "0.0.0.0").status == 8


def test_after_work_the_ledger_is_sound_and_old_logs_can_go(studio, shell: Shell) -> None:
    studio.task("sound")
    studio.settle()
    assert shell.json("ci", "fsck") == {"faults": []}
    (studio.place.folder / "runs" / "987654").mkdir(parents=True)
    found = shell.attempt("ci", "fsck", "--offline")
    assert (found.status, "orphan-folder" in found.stdout) == (8, True)
    assert shell.attempt("ci", "fsck", "--repair").status == 0
    would = shell.json("ci", "prune", "--keep", "1s", "--dry-run")["pruned"]["runs"]
    assert studio.only("sound", "qa").id in would
    assert shell.json("ci", "prune", "--keep", "30d")["pruned"]["runs"] == []
    assert shell.json("ci", "fsck") == {"faults": []}


def test_the_flow_is_shown_checked_and_drawn(shell: Shell, tmp_path: Path) -> None:
    shown = shell.json("ci", "flow", "show")
    assert (shown["version"], shown["flow"]) == (DEFAULT_FLOW.version, DEFAULT_FLOW.to_json())
    assert "as the project names no pipeline" in shell.pipl("ci", "flow", "show")
    assert "0 problem(s), 0 warning(s)" in shell.pipl("ci", "flow", "check")
    assert "root/processing" in shell.pipl("ci", "flow", "graph")
    assert shell.pipl("ci", "flow", "graph", "--format", "svg").startswith("<svg")

    file = tmp_path / "ci.toml"
    file.write_text(
        '[indexes."root/testing"]\nhandlers = ["qa"]\npromote = "root/gone"\nnotify = ["td"]\n'
        '[indexes."root/PROJ"]\nhandlers = [{ handler = "qa", user = "farm" }]\n'
        '[notifiers.td]\nuse = "email"\nto = "td"\n'
    )
    checked = shell.attempt("ci", "flow", "check", "--file", str(file))
    assert checked.status == 8
    for part in (
        "root/testing: `promote`: there is no index root/gone on the server",
        "root/PROJ: qa: the user farm has no secret",
        "notifier 'td': 'td' is not an e-mail address",
        "3 problem(s), 0 warning(s)",
    ):
        assert part in checked.stdout
    file.write_text('[indexes."root/testing"]\nhandlers = ["qaa"]\npromot = "root/x"\n')
    both = shell.json("ci", "flow", "check", "--file", str(file))["findings"]
    assert len(both) == 2
    file.write_text("indexes = [")
    assert shell.attempt("ci", "flow", "check", "--file", str(file)).status == 2


def test_a_notifier_can_be_tried(shell: Shell) -> None:
    tried = shell.attempt("ci", "notify", "test", "td-mail")
    assert (tried.status, "no notifier 'td-mail'" in tried.stderr) == (8, True)
    assert shell.attempt("ci", "notify", "secret", "../root", stdin="x\n").status == 2
