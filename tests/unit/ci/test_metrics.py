"""Figures for Prometheus, as its own parser reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pipl.ci import metrics
from pipl.ci.ledger import ending, leases, queue, steering
from pipl.ci.ledger.database import Ledger
from pipl.ci.run import NewRun, Outcome
from pipl.errors.ci import LedgerAway, NotLoopback
from pipl.index.name import IndexName

NEW = NewRun(IndexName("root", "testing"), "hero", "1.0", "hero-1.0.whl", "0" * 64, "qa")
NOW = 1000.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite3") as ledger:
        yield ledger


class Scraper:
    def __init__(self, ledger: Ledger) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(metrics.LedgerMetrics(ledger, "Show", clock=lambda: NOW))

    def __call__(self) -> dict[tuple[str, ...], float]:
        """Each value by its name and labels."""
        text = generate_latest(self._registry).decode("utf-8")
        return {
            (sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items()))): (
                sample.value
            )
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def ran(ledger: Ledger, number: int, *, at: float, takes: float, passed: bool = True) -> int:
    since = queue.cursor(ledger)
    new = replace(NEW, sha256=f"{number:064x}")
    queue.ingest(ledger, [new], since=since, serial=since + 1, now=at)
    run = queue.claim(ledger, now=at, host="here")
    assert run is not None
    outcome = Outcome.passed() if passed else Outcome("failed")
    ending.finish(ledger, run, outcome, now=at + takes)
    return run.id


def test_runs_queue_feed_and_runners_are_told(ledger: Ledger) -> None:
    runner = leases.enter(ledger, host="farm", pid=1, now=1.0)
    leases.beat(ledger, runner, now=2.0)
    ran(ledger, 1, at=900.0, takes=4.0)
    ran(ledger, 2, at=910.0, takes=40.0, passed=False)
    queue.ingest(ledger, [NEW], since=2, serial=9, now=990.0)
    found = Scraper(ledger)()
    assert found["pipl_ci_ledger_up",] == 1
    assert found["pipl_ci_info", "project=Show"] == 1
    assert found["pipl_ci_runs", "handler=qa", "state=passed"] == 1
    assert found["pipl_ci_runs", "handler=qa", "state=queued"] == 1
    assert found["pipl_ci_queue_age_seconds",] == 10
    assert found["pipl_ci_feed_serial",] == 9
    assert found["pipl_ci_runner_beats_total", "host=farm", f"runner={runner}"] == 1
    assert found["pipl_ci_run_duration_seconds_count", "handler=qa"] == 2
    assert found["pipl_ci_run_duration_seconds_sum", "handler=qa"] == 44
    assert found["pipl_ci_run_duration_seconds_bucket", "handler=qa", "le=5.0"] == 1
    assert found["pipl_ci_run_duration_seconds_bucket", "handler=qa", "le=+Inf"] == 2


def test_each_end_is_counted_once_and_late_ones_are_not_missed(ledger: Ledger) -> None:
    scrape = Scraper(ledger)
    name = ("pipl_ci_run_duration_seconds_count", "handler=qa")
    first = ran(ledger, 1, at=500.0, takes=10.0)
    assert scrape()[name] == scrape()[name] == 1
    ran(ledger, 2, at=480.0, takes=10.0)  # by another machine's clock
    assert scrape()[name] == 2
    ran(ledger, 3, at=700.0, takes=10.0, passed=False)
    assert scrape()[name] == 3
    steering.retry(ledger, first + 2, now=711.0)
    assert scrape()[name] == 3  # a histogram never shrinks
    again = queue.claim(ledger, now=712.0, host="here")
    assert again is not None
    ending.finish(ledger, again, Outcome.passed(), now=713.0)
    assert scrape()[name] == 4


def test_a_ledger_that_is_away_is_told_instead_of_failing() -> None:
    class Away:
        def reading(self) -> object:
            raise LedgerAway("ledger", "connection refused")

    assert Scraper(Away())() == {("pipl_ci_ledger_up",): 0}  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "studio.example", ""])
def test_addresses_that_others_reach_are_refused(ledger: Ledger, host: str) -> None:
    with pytest.raises(NotLoopback):
        metrics.serve(ledger, "Show", host=host, port=0, is_open=False, clock=lambda: NOW)
