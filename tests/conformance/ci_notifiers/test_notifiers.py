"""What every notifier does, whatever its server does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from pipl.ci.notify.message import Message
from pipl.ci.notify.notifier import Notifier
from pipl.errors.ci import InvalidNotifier, NotifierFailed

from .conftest import MESSAGE


@dataclass
class Case:
    """A notifier over a real server, which can be made to refuse and to hang."""

    notifier: Notifier
    came: Callable[[], list[str]]
    refuse: Callable[[], None]
    hang: Callable[[], None]
    nowhere: Notifier
    broken: Callable[[], object]


@pytest.fixture(params=["webhook", "email"])
def case(request, make, certificate) -> Iterator[Case]:
    if request.param == "webhook":
        http = request.getfixturevalue("http")

        def hang_http() -> None:
            http.hangs = True

        def refuse_http() -> None:
            http.status, http.reply = 503, b"down for maintenance"

        yield Case(
            make("webhook", url=http.url, timeout_s=1),
            lambda: [post.body.decode() for post in http.posts],
            refuse_http,
            hang_http,
            make("webhook", url="http://127.0.0.1:9", timeout_s=1),
            lambda: make("webhook", url=3, secret="none", wrong=1),
        )
        return
    smtp = request.getfixturevalue("smtp")
    known = {"to": ("td@example.com",), "server": "127.0.0.1", "ca": str(certificate.certificate)}

    def hang_smtp() -> None:
        smtp.hangs = True

    def refuse_smtp() -> None:
        smtp.answer = "451 down for maintenance"

    yield Case(
        make("email", port=smtp.port, timeout_s=1, **known),
        lambda: [
            mail["Subject"] + mail.get_payload(decode=True).decode("utf-8") for mail in smtp.mails
        ],
        refuse_smtp,
        hang_smtp,
        make("email", port=9, timeout_s=1, **known),
        lambda: make("email", to=(), secret="none", wrong=1),
    )


def test_a_message_says_what_happened_and_what_to_do(case: Case) -> None:
    case.notifier.send(MESSAGE)
    (text,) = case.came()
    for said in ("Show", "hero-model", "1.0.0", "qa", "root/testing", "failed", "étape 2"):
        assert said in text
    for said in (MESSAGE.hint, MESSAGE.log):
        assert said in text


def test_two_messages_arrive_apart(case: Case) -> None:
    case.notifier.send(MESSAGE)
    case.notifier.send(replace(MESSAGE, id="8", state="passed"))
    first, second = case.came()
    assert "failed" in first
    assert "passed" in second


def test_a_server_that_refuses_is_quoted(case: Case) -> None:
    case.refuse()
    with pytest.raises(NotifierFailed, match=r"'td' .*down for maintenance"):
        case.notifier.send(MESSAGE)


def test_a_server_that_hangs_is_given_up_on(case: Case) -> None:
    case.hang()
    with pytest.raises(NotifierFailed):
        case.notifier.send(MESSAGE)


def test_a_server_that_is_away_is_said(case: Case) -> None:
    with pytest.raises(NotifierFailed, match=r"cannot be reached|refused"):
        case.nowhere.send(MESSAGE)


def test_settings_that_do_not_do_are_refused_all_at_once(case: Case) -> None:
    with pytest.raises(InvalidNotifier) as caught:
        case.broken()
    problems = "\n".join(caught.value.problems)
    for part in ("must be a", "there is no secret 'none'", "unknown key 'wrong'"):
        assert part in problems


def test_a_test_message_says_that_it_is_one(case: Case) -> None:
    case.notifier.send(Message.test(project="Show", at=1.0))
    (text,) = case.came()
    assert "this is a test" in text
