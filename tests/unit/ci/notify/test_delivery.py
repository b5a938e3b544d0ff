"""Notices: sent, tried again, given up on; and what a crash in between leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pipl.ci import flow
from pipl.ci.flow import Flow
from pipl.ci.ledger import ending, notices, queue
from pipl.ci.ledger.database import Ledger
from pipl.ci.notify.delivery import LEASE_S, MAX_TRIES, Delivery
from pipl.ci.notify.message import MAX_REASON, Message
from pipl.ci.run import NewRun, Outcome
from pipl.errors.ci import NotifierFailed
from pipl.index.name import IndexName

FLOW = flow.parse(
    {
        "indexes": {"root/testing": {"handlers": ["qa"], "notify": ["td", "wall"]}},
        "notifiers": {"td": {"use": "list"}, "wall": {"use": "list"}},
    }
)
NEW = NewRun(IndexName("root", "testing"), "hero", "1.0", "hero-1.0.whl", "0" * 64, "qa")


@dataclass
class Studio:
    """A ledger, a notifier that keeps what it is told, and who sends."""

    ledger: Ledger
    came: list[Message] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    now: float = 1000.0

    def send(self, message: Message) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.came.append(message)

    @property
    def delivery(self) -> Delivery:
        return Delivery(
            ledger=self.ledger,
            project="Show",
            secrets=Path("/nowhere"),
            host="here",
            factories={"list": lambda given: self},
            clock=lambda: self.now,
            tell=self.lines.append,
        )

    def deliver(self, by: Flow = FLOW) -> int:
        return self.delivery.deliver(by)

    def end(self, *notify: str, reason: str = "1 of 3 failed", sha256: str = "0" * 64) -> None:
        new = replace(NEW, sha256=sha256)
        since = queue.cursor(self.ledger)
        queue.ingest(self.ledger, [new], since=since, serial=since + 1, now=self.now)
        run = queue.claim(self.ledger, now=self.now, host="here")
        assert run is not None
        outcome = Outcome("failed", reason=reason, hint="mend it")
        ending.finish(self.ledger, run, outcome, now=self.now, notify=notify)

    def states(self) -> list[str]:
        with self.ledger.reading() as connection:
            found = connection.exec_driver_sql("SELECT state FROM notices ORDER BY id")
            return [str(row.state) for row in found]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Ledger.open(tmp_path / "ledger.sqlite3") as ledger:
        yield Studio(ledger)


def test_each_notifier_is_told_once(studio: Studio) -> None:
    studio.end("td", "wall")
    assert studio.deliver() == 2
    assert studio.deliver() == 0
    first, second = studio.came
    assert first.id != second.id
    assert (first.subject, first.reason) == (
        "[Show] failed: qa of hero 1.0 on root/testing",
        "1 of 3 failed",
    )
    assert "hint: mend it\n\nlog:  pipl ci log 1" in first.text
    assert studio.states() == ["sent", "sent"]


def test_what_fails_is_sent_later_and_others_are_not_kept_waiting(studio: Studio) -> None:
    studio.faults = [NotifierFailed("td", "it is away")]
    studio.end("td", "wall")
    assert studio.deliver() == 1
    assert studio.lines == [
        "that qa of hero 1.0 on root/testing has failed was not told yet: "
        "the notifier 'td' could not send: it is away"
    ]
    assert studio.deliver() == 0
    studio.now += 31
    assert studio.deliver() == 1
    assert studio.states() == ["sent", "sent"]


def test_what_always_fails_is_given_up_on_with_a_line_for_people(studio: Studio) -> None:
    studio.end("td")
    for number in range(MAX_TRIES + 3):
        studio.faults = [NotifierFailed("td", f"away {number}")]
        studio.deliver()
        studio.now += 3 * 3600
    assert studio.states() == ["given-up"]
    assert len(studio.lines) == 2
    assert f"after {MAX_TRIES} tries" in studio.lines[-1]
    assert studio.came == []


def test_a_strangers_notifier_that_crashes_is_reported(studio: Studio) -> None:
    studio.faults = [ZeroDivisionError("division by zero")]
    studio.end("td", "wall")
    assert studio.deliver() == 1
    assert "ZeroDivisionError: division by zero" in studio.lines[0]


def test_a_runner_that_dies_between_sending_and_noting_so_leads_to_a_second_copy(
    studio: Studio,
) -> None:
    studio.end("td")
    studio.faults = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        studio.deliver()
    assert studio.deliver() == 0  # it is the dead runner's for a while
    studio.now += LEASE_S + 1
    assert studio.deliver() == 1
    assert [message.id for message in studio.came] == ["1"]


def test_two_runners_do_not_send_the_same_notice(studio: Studio) -> None:
    studio.end("td")
    (notice,) = notices.due(studio.ledger, now=studio.now)
    assert studio.deliver() == 1
    assert not notices.take(studio.ledger, notice, until=studio.now + 1)


def test_a_notifier_that_the_flow_has_dropped_is_said(studio: Studio) -> None:
    studio.end("td")
    studio.deliver(replace(FLOW, notifiers=FLOW.notifiers[1:]))
    assert "no notifier 'td'; there are: wall" in studio.lines[0]
    assert studio.states() == ["due"]


def test_a_notifier_that_is_not_installed_is_said(studio: Studio) -> None:
    studio.end("td")
    rule = replace(FLOW.notifiers[0], use="pigeon")
    studio.delivery.deliver(replace(FLOW, notifiers=(rule,)))
    assert "pigeon" in studio.lines[0]


def test_stopping_leaves_the_rest_for_later(studio: Studio) -> None:
    studio.end("td", "wall")
    asked: list[bool] = []

    def stopping() -> bool:
        asked.append(True)
        return len(asked) > 1

    assert studio.delivery.deliver(FLOW, stopping=stopping) == 1
    assert studio.deliver() == 1


def test_a_long_reason_is_told_in_part(studio: Studio) -> None:
    studio.end("td", reason="x" * 100_000)
    studio.deliver()
    assert len(studio.came[0].reason) < MAX_REASON + 10
