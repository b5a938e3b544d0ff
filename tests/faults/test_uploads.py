"""Many uploads at once, and the same release twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from pipl.errors.index import VersionTaken

BURST = 200


def test_two_hundred_uploads_at_once(bench) -> None:
    names = [f"burst-{number}" for number in range(BURST)]
    paths = {name: bench.wheel(name) for name in names}
    own = threading.local()

    def upload(name: str) -> None:
        if not hasattr(own, "client"):
            own.client = bench.connect()
        own.client.upload(bench.testing, paths[name])

    bench.set_flow(
        {
            "indexes": {
                str(bench.testing): {
                    "handlers": [{"handler": "check", "names": ["*-*00", "*-*50"]}],
                    "promote": str(bench.processing),
                }
            }
        }
    )
    runner = bench.start()
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(upload, names)) == [None] * BURST
    assert runner.running.poll() is None
    assert runner.stop() == 130
    bench.settle()
    found = sorted((run.project, run.handler, run.state) for run in bench.runs())
    checked = [name for name in names if name.endswith(("00", "50"))]
    wanted = [(name, "promote", "passed") for name in names]
    assert found == sorted([*wanted, *((name, "check", "passed") for name in checked)])
    assert set(bench.running.client.projects(bench.processing)) == set(names)
    bench.assert_sound()


def test_the_same_release_by_two_users_at_once_on_two_stages(bench) -> None:
    """Same bytes: one of them is promoted, the other one is there already."""
    two = two_stages(bench)
    path = bench.wheel("twin")
    upload_at_once(bench, two, dict.fromkeys(two, path))
    bench.settle()
    found = sorted((str(run.index), run.handler, run.state) for run in bench.runs("twin"))
    assert found == sorted(
        [
            *((str(stage), handler, "passed") for stage in two for handler in ("check", "promote")),
            (str(bench.processing), "make", "passed"),
            (str(bench.processing), "promote", "passed"),
        ]
    )
    bench.assert_products_once(["twin"])
    bench.assert_sound()


def test_two_releases_of_one_name_by_two_users_at_once(bench) -> None:
    """Other bytes: one of them goes through, the other fails and says so."""
    two = two_stages(bench)
    upload_at_once(
        bench, two, {stage: bench.wheel("rival", content=str(stage).encode()) for stage in two}
    )
    bench.settle()
    promotions = [run for run in bench.runs("rival") if run.handler == "promote"]
    onwards = [run for run in promotions if run.index in two]
    assert sorted(run.state for run in onwards) == ["failed", "passed"]
    (failed,) = (run for run in onwards if run.state == "failed")
    assert failed.code == VersionTaken.code
    bench.assert_products_once(["rival"])
    bench.assert_sound()


def two_stages(bench):
    other = type(bench.testing)("root", f"other-{bench.name}")
    bench.make_index(other, ":AUTHENTICATED:")
    flow = bench.flow()
    flow["indexes"][str(other)] = flow["indexes"][str(bench.testing)]
    bench.set_flow(flow)
    return (bench.testing, other)


def upload_at_once(bench, stages, paths) -> None:
    clients = []
    for number, _ in enumerate(stages):
        user = f"{bench.name}-user{number}"
        bench.running.client.create_user(user, password="secret")
        client = bench.connect()
        client.log_in(user, "secret")
        clients.append(client)
    gate = threading.Barrier(len(stages))

    def upload(number: int) -> None:
        gate.wait()
        clients[number].upload(stages[number], paths[stages[number]])

    runner = bench.start()
    with ThreadPoolExecutor(len(stages)) as pool:
        list(pool.map(upload, range(len(stages))))
    assert runner.stop() == 130
