"""The network between runner and server: cut, and broken."""

from __future__ import annotations

import time

from pipl.testing.proxy import proxy_to
from pipl.testing.seen import eventually

CUT_S = 30.0


def test_a_network_that_is_cut_for_half_a_minute(bench) -> None:
    before = [f"before-{number}" for number in range(5)]
    during = [f"during-{number}" for number in range(5)]
    everything = [*before, *during]
    with proxy_to(bench.running.project.port) as proxy:
        bench.port = proxy.port
        runner = bench.start()
        with bench.publishing(before):
            assert eventually(lambda: bench.ended() >= 3), bench.states()
            proxy.cut()
        with bench.publishing(during):
            time.sleep(CUT_S)
        proxy.mend()
        assert eventually(lambda: bench.ended() == 4 * len(everything)), runner.said
        assert runner.stop() == 130
        bench.settle()
    bench.assert_all_well(everything, checked=everything)


def test_connections_that_break_again_and_again(bench) -> None:
    published = [f"broken-{number}" for number in range(8)]
    with proxy_to(bench.running.project.port) as proxy:
        bench.port = proxy.port
        runner = bench.start()
        with bench.publishing(published):
            while bench.ended() < 3 * len(published):
                assert runner.running.poll() is None, runner.said
                time.sleep(0.3)
                proxy.drop()
        assert eventually(lambda: bench.ended() == 4 * len(published)), runner.said
        assert runner.stop() == 130
        bench.settle()
    bench.assert_all_well(published, checked=published)
