"""Turns for events: questions over time, places for those who wait."""

from __future__ import annotations

import pytest

from pipl.web.turns import MAX_CLIENTS, Limits, NotYet, Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def turns(clock: Clock, *, rate: float = 2.0, waiting: int = 4) -> Turns:
    return Turns(Limits(rate, waiting), clock)


def allowed(turns: Turns, client: str, attempts: int) -> int:
    count = 0
    for _ in range(attempts):
        try:
            turns.take(client)
        except NotYet:
            continue
        count += 1
    return count


def test_after_a_burst_the_rate_counts(clock: Clock) -> None:
    asked = turns(clock)
    assert allowed(asked, "ci@here", 50) == 20  # ten seconds' worth
    clock.now += 3
    assert allowed(asked, "ci@here", 50) == 6
    clock.now += 1000
    assert allowed(asked, "ci@here", 50) == 20


def test_clients_do_not_take_each_others_turns(clock: Clock) -> None:
    asked = turns(clock)
    allowed(asked, "ci@here", 50)
    assert allowed(asked, "ann@here", 1) == 1


def test_when_to_ask_again_is_when_it_is_allowed(clock: Clock) -> None:
    asked = turns(clock, rate=0.25)
    allowed(asked, "ci@here", 50)
    with pytest.raises(NotYet, match=r"0\.25 questions per second") as caught:
        asked.take("ci@here")
    assert (caught.value.retry_after_s, caught.value.is_full) == (2, False)
    clock.now += caught.value.retry_after_s
    asked.take("ci@here")


def test_refused_questions_cost_nothing(clock: Clock) -> None:
    asked = turns(clock)
    allowed(asked, "ci@here", 1000)
    clock.now += 0.5
    assert allowed(asked, "ci@here", 1000) == 1


def test_a_client_leaves_places_to_others(clock: Clock) -> None:
    asked = turns(clock, waiting=4)
    with asked.wait("ci@here"), asked.wait("ci@here"):
        with pytest.raises(NotYet) as caught, asked.wait("ci@here"):
            pytest.fail("a third one waits")
        assert not caught.value.is_full
        with asked.wait("ann@here"), asked.wait("bob@here"):
            with pytest.raises(NotYet, match="4 readers wait") as full, asked.wait("eve@here"):
                pytest.fail("a fifth one waits")
            assert full.value.is_full
    with asked.wait("ci@here"), asked.wait("ci@here"):
        pass


def test_a_place_is_free_again_after_a_fault(clock: Clock) -> None:
    asked = turns(clock, waiting=1)
    with pytest.raises(KeyError), asked.wait("ci@here"):
        raise KeyError
    with asked.wait("ann@here"):
        pass


def test_it_remembers_a_bounded_number_of_clients(clock: Clock) -> None:
    asked = turns(clock)
    allowed(asked, "busy@here", 50)
    for number in range(MAX_CLIENTS + 5):
        asked.take(f"{number}@there")
        if number % 1000 == 0:
            with pytest.raises(NotYet):  # who goes on asking is not the one forgotten
                asked.take("busy@here")
    assert len(asked._left) == MAX_CLIENTS


@pytest.mark.parametrize(
    ("given", "threads", "waiting", "each"),
    [(None, 50, 16, 8), (None, 2, 1, 1), (40, 50, 40, 20), (99, 50, 49, 24), (0, 50, 1, 1)],
)
def test_threads_remain_for_others(
    given: int | None, threads: int, waiting: int, each: int
) -> None:
    limits = Limits.of(None, given, threads=threads)
    assert (limits.waiting, limits.waiting_each) == (waiting, each)
    assert limits.rate > 0
