"""CI's figures for Prometheus, read from the ledger at each scrape."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from pipl.ci.ledger import overview, queue, scrape, statistics
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.overview import Filter
from pipl.errors.base import DiskFull
from pipl.errors.ci import ExtraNeeded, LedgerAway, NotLoopback
from pipl.errors.server import PortTaken

if TYPE_CHECKING:
    from prometheus_client import Metric

BUCKETS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
LIVE = ("queued", "running", "held")
QUICK_S = 0.1
OVERLAP_S = 120.0
"""How far back a scrape looks again: runners that end runs do so by their own clocks."""


@dataclass
class Durations:
    """A histogram of one handler, which only grows: counts by bucket, each of its own."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0

    def add(self, took_s: float) -> None:
        place = next((n for n, most in enumerate(BUCKETS_S) if took_s <= most), len(BUCKETS_S))
        self.counts[place] += 1
        self.total_s += took_s

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus wants them: how many took at most so long."""
        sums, so_far = [], 0
        limits = (*(str(float(most)) for most in BUCKETS_S), "+Inf")
        for most, count in zip(limits, self.counts, strict=True):
            so_far += count
            sums.append((most, float(so_far)))
        return sums


class LedgerMetrics:
    """A collector of prometheus-client's over a ledger. Scrapes come one at a time.

    Durations are counted once for each end of a run, from the ledger's whole past on.
    """

    def __init__(
        self,
        ledger: Ledger,
        project: str,
        *,
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._project = project
        self._clock = clock
        self._monotonic = monotonic
        self._all: dict[tuple[str, str], int] = {}
        self._recount_at = 0.0
        self._durations: dict[str, Durations] = {}
        self._counted: set[tuple[int, int]] = set()
        self._order: deque[tuple[float, tuple[int, int]]] = deque()
        self._since = 0.0
        self._guard = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        with self._guard:
            up = GaugeMetricFamily("pipl_ci_ledger_up", "Whether the ledger can be read.")
            try:
                families = list(self._families())
            except (LedgerAway, DiskFull):
                families = []
            up.add_metric([], float(bool(families)))
            yield up
            yield from families

    def _families(self) -> Iterator[Metric]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        now = self._clock()
        yield InfoMetricFamily("pipl_ci", "The project.", value={"project": self._project})
        runs = GaugeMetricFamily("pipl_ci_runs", "Runs.", labels=["state", "handler"])
        for (state, handler), count in sorted(self._counts().items()):
            runs.add_metric([state, handler], count)
        yield runs
        seen = overview.look(self._ledger, Filter(), now=now, ended=0)
        since = seen.waits_since
        age_s = 0.0 if since is None else max(now - since, 0.0)
        text = "How long the longest waiting run that is due has waited."
        yield GaugeMetricFamily("pipl_ci_queue_age_seconds", text, value=age_s)
        text = "The last serial of the feed whose runs are in the ledger."
        cursor = queue.cursor(self._ledger)
        yield GaugeMetricFamily("pipl_ci_feed_serial", text, value=cursor)
        text = "How long attempts took that passed or failed."
        took = HistogramMetricFamily("pipl_ci_run_duration_seconds", text, labels=["handler"])
        self._count_ends()
        for handler, one in sorted(self._durations.items()):
            took.add_metric([handler], buckets=one.buckets(), sum_value=one.total_s)
        yield took
        labels = ["runner", "host"]
        beats = CounterMetricFamily("pipl_ci_runner_beats", "Signs of life.", labels=labels)
        text = "When it was seen last, by its own clock."
        at = GaugeMetricFamily("pipl_ci_runner_seen_timestamp_seconds", text, labels=labels)
        for runner in scrape.runners_at_work(self._ledger):
            beats.add_metric([runner.id, runner.host], runner.beat)
            at.add_metric([runner.id, runner.host], runner.seen_at)
        yield beats
        yield at
        told = GaugeMetricFamily("pipl_ci_notices", "Notices.", labels=["state"])
        for state, count in sorted(scrape.notices_by_state(self._ledger).items()):
            told.add_metric([state], count)
        yield told

    def _counts(self) -> dict[tuple[str, str], int]:
        """What waits and runs as of now; what has ended, as of a while ago where there is much.

        Counting a million runs takes a second, and no more than a tenth of the time goes to it.
        """
        now = self._monotonic()
        if now >= self._recount_at:
            self._all = statistics.counts(self._ledger)
            took_s = self._monotonic() - now
            self._recount_at = now + took_s * 10 if took_s > QUICK_S else now
            return self._all
        live = statistics.counts(self._ledger, states=LIVE)
        ended = {key: count for key, count in self._all.items() if key[0] not in LIVE}
        return ended | live

    def _count_ends(self) -> None:
        newest = self._since
        for end in scrape.ends(self._ledger, since=self._since - OVERLAP_S):
            name = (end.run, end.attempt)
            if name in self._counted:
                continue
            self._durations.setdefault(end.handler, Durations()).add(end.took_s)
            self._counted.add(name)
            self._order.append((end.ended_at, name))
            newest = max(newest, end.ended_at)
        self._since = newest
        while self._order and self._order[0][0] < newest - OVERLAP_S:
            self._counted.discard(self._order.popleft()[1])


@dataclass(frozen=True)
class MetricsServer:
    """A server in a thread of its own, until the block ends."""

    url: str
    stop: Callable[[], None]

    def __enter__(self) -> MetricsServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait(self) -> None:
        """Until Ctrl-C."""
        threading.Event().wait()


def serve(
    ledger: Ledger,
    project: str,
    *,
    host: str,
    port: int,
    is_open: bool,
    clock: Callable[[], float],
) -> MetricsServer:
    """Serve the figures at an address of this machine; at others only where `is_open`.

    Port 0 is any free one. Raises NotLoopback, PortTaken, ExtraNeeded.
    """
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ModuleNotFoundError as fault:
        raise ExtraNeeded(str(fault.name), "metrics") from None
    if not is_open and not _is_loopback(host):
        raise NotLoopback(host)
    registry = CollectorRegistry()
    registry.register(LedgerMetrics(ledger, project, clock=clock))
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as fault:
        raise PortTaken(port) from fault

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    shown = f"[{host}]" if ":" in host else host
    return MetricsServer(f"http://{shown}:{server.server_port}/metrics", stop)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
