"""Sending what the ledger says is to be told: each notice at least once, or given up on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pipl.ci.flow import Flow, NotifierRule
from pipl.ci.ledger import notices
from pipl.ci.ledger.database import Ledger
from pipl.ci.ledger.notices import DueNotice
from pipl.ci.notify.message import Message
from pipl.ci.notify.notifier import LONGEST_TIMEOUT_S, Given, Notifier, NotifierFactory
from pipl.errors.ci import NotifierFailed, NotifierUnknown
from pipl_pipe.errors import DesignedError

MAX_TRIES = 10
"""After so many tries in vain a notice is given up on: after some 9 hours."""
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 2 * 3600.0
LEASE_S = LONGEST_TIMEOUT_S * 3
"""For how long a notice is left to the runner that has taken it."""


@dataclass(frozen=True)
class Delivery:
    """Sends notices of one project, from one thread.

    `factories` are the notifiers by name (the entry points); `clock` gives seconds since the
    epoch; `tell` takes a line for people.
    """

    ledger: Ledger
    project: str
    secrets: Path
    host: str
    factories: Mapping[str, object]
    clock: Callable[[], float]
    tell: Callable[[str], None]

    def deliver(self, flow: Flow, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, by the rules of `flow`; returns how many notices were sent.

        One that fails is due again after a pause, or given up on, with a line for people. Where
        this process ends between sending and noting so, the notice is sent once more.
        Raises LedgerAway, DiskFull.
        """
        sent = 0
        for notice in notices.due(self.ledger, now=self.clock()):
            if stopping():
                break
            if notices.take(self.ledger, notice, until=self.clock() + LEASE_S):
                sent += self._send(notice, flow)
        return sent

    def _send(self, notice: DueNotice, flow: Flow) -> bool:
        message = Message.of(
            notice.run, project=self.project, id=f"{notice.id}", state=notice.state
        )
        try:
            rule = flow.notifier(notice.notifier)
            if rule is None:
                raise NotifierUnknown(notice.notifier, tuple(one.name for one in flow.notifiers))
            self.notifier(rule).send(message)
        except DesignedError as fault:
            self._failed(notice, str(fault))
            return False
        except Exception as fault:  # noqa: BLE001  # a stranger's: others are told nevertheless
            reason = f"{type(fault).__name__}: {fault}"
            self._failed(notice, str(NotifierFailed(notice.notifier, reason)))
            return False
        notices.sent(self.ledger, notice)
        return True

    def notifier(self, rule: NotifierRule) -> Notifier:
        """What sends by a rule. Raises InvalidNotifier, UnknownExtension, BrokenExtension."""
        return made(rule, self.factories, secrets=self.secrets, host=self.host)

    def _failed(self, notice: DueNotice, reason: str) -> None:
        tries = notice.tries + 1
        told = f"that {notice.run.title} has {notice.state} was not told"
        if tries >= MAX_TRIES:
            notices.give_up(self.ledger, notice, reason)
            self.tell(f"{told}, after {tries} tries: {reason}")
            return
        pause_s = min(FIRST_PAUSE_S * 2**notice.tries, LONGEST_PAUSE_S)
        notices.postpone(self.ledger, notice, due_at=self.clock() + pause_s, reason=reason)
        if not notice.tries:
            self.tell(f"{told} yet: {reason}")


def made(
    rule: NotifierRule, factories: Mapping[str, object], *, secrets: Path, host: str
) -> Notifier:
    """What sends by a rule. Raises InvalidNotifier, UnknownExtension, BrokenExtension."""
    factory = cast(NotifierFactory, factories[rule.use])
    return factory(Given.of(rule, secrets=secrets, host=host))
