"""What else goes wrong: two runners, files taken away, backups, Ctrl-C at a bad moment."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipl.ci.ledger.deliveries import DELIVER
from pipl.project import server
from pipl.testing.proxy import proxy_to
from pipl.testing.seen import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


def test_a_second_runner_on_one_sqlite_ledger(bench) -> None:
    first = bench.start()
    bench.publish("alone")
    assert eventually(lambda: bench.ended() > 0), first.said
    second = bench.start()
    assert second.running.wait(60) == 1
    assert "ci.runner-busy" in second.said
    assert eventually(lambda: bench.ended() == 4), first.said
    assert first.stop() == 130
    bench.settle()
    bench.assert_all_well(["alone"], checked=["alone"])


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_runner_ended_in_the_middle_of_a_delivery(bench, sign) -> None:
    """What the job has made lies in the ledger: it is delivered, and not made again."""
    bench.set_flow(bench.flow(testing=[], processing=["waits"]))
    with proxy_to(bench.running.project.port) as proxy:
        bench.port = proxy.port
        runner = bench.start()
        bench.publish("under-way")
        bench.begun("under-way")
        proxy.cut()
        bench.go()
        assert eventually(lambda: bench.run("under-way", "waits").step == DELIVER), runner.said
        runner.signal(sign)
        assert runner.running.wait(30) == (130 if sign == signal.SIGINT else -sign)
    bench.port = 0
    shutil.rmtree(bench.place.folder / "runs")
    bench.settle()
    assert not (bench.asides / "under-way-2.begun").exists()
    bench.assert_all_well(["under-way"], made_by="waits")


def test_a_ledger_that_is_taken_away_while_the_runner_works(bench) -> None:
    """The runner says so and ends; the next one makes a new ledger out of what the index has."""
    runner = bench.start()
    bench.publish("before")
    assert eventually(lambda: bench.ended() == 4), runner.said
    bench.ledger.close()
    del bench.ledger
    for path in bench.place.folder.glob("ledger.sqlite3*"):
        path.unlink()
    bench.publish("after")
    assert runner.running.wait(60) == 1
    assert "ci.ledger-gone" in runner.said
    assert "Traceback" not in runner.said
    bench.settle()
    bench.assert_all_well(["before", "after"], checked=["before", "after"])


def test_a_server_replaced_by_the_backup_of_yesterday(bench, devpi) -> None:
    """With more on it than there was, when the runner looks again."""
    folder = bench.running.project.server
    bench.publish("kept")
    bench.settle()
    with stopped(bench, devpi):
        shutil.copytree(folder, bench.folder / "backup")
    bench.publish("forgotten")
    bench.settle()
    with stopped(bench, devpi):
        shutil.rmtree(folder)
        shutil.move(bench.folder / "backup", folder)
    later = [f"later-{number}" for number in range(12)]
    with bench.publishing(later):
        pass
    bench.settle()
    handled = {run.project for run in bench.runs() if run.handler == "make"}
    assert handled == {"kept", "forgotten", *later}
    assert {run.state for run in bench.runs()} == {"passed"}
    bench.assert_products_once(["kept", *later])


@contextmanager
def stopped(bench, devpi) -> Iterator[None]:
    """The server is down for as long as this lasts."""
    server.stop(bench.running.project)
    yield
    devpi.start()
