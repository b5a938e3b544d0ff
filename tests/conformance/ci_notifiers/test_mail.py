"""Mail: secured, logged in, and the same when it comes twice."""

from __future__ import annotations

from dataclasses import replace
from email.header import decode_header, make_header

import pytest

from pipl.ci.notify.notifier import FOLDER
from pipl.errors.ci import InvalidNotifier, NotifierFailed
from pipl.project import secrets

from .conftest import MESSAGE, SECRET, Maker, SmtpServer


@pytest.fixture
def mailer(make: Maker, smtp: SmtpServer, certificate, security):
    """A mailer to the server of the test, as `security` says."""

    def made(**settings: object):
        known = {"to": ("td@example.com",), "server": "127.0.0.1", "port": smtp.port}
        known |= {"security": security, "from_": "ci@example.com", "timeout_s": 5}
        if security != "none":
            known["ca"] = str(certificate.certificate)
        return make("email", **(known | settings))

    return made


@pytest.mark.parametrize("security", ["starttls", "ssl", "none"])
def test_mail_arrives_however_it_is_secured(mailer, smtp) -> None:
    mailer(to=("td@example.com", "lead@example.com")).send(MESSAGE)
    (mail,) = smtp.mails
    assert smtp.envelopes == [("ci@example.com", ("td@example.com", "lead@example.com"))]
    assert mail["Subject"] == "[Show] failed: qa of hero-model 1.0.0 on root/testing"
    assert (mail["From"], mail["To"]) == ("ci@example.com", "td@example.com, lead@example.com")
    assert mail.get_content_type() == "text/plain"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_the_login_goes_by_the_encrypted_line_only(mailer, smtp) -> None:
    mailer(user="pipl", secret="hook").send(MESSAGE)
    assert smtp.logins == [("pipl", SECRET)]
    assert SECRET not in str(smtp.mails[0])


def test_a_wrong_login_is_said_without_the_password(mailer, smtp, make) -> None:
    secrets.write(make.secrets / FOLDER, "old", "gefilte")
    with pytest.raises(NotifierFailed, match="refuses the login of pipl") as caught:
        mailer(user="pipl", secret="old").send(MESSAGE)
    assert "gefilte" not in str(caught.value)
    assert smtp.mails == []


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_certificate_that_nobody_vouches_for_is_refused(mailer, smtp, make, security) -> None:
    untrusting = make(
        "email", to=("td@example.com",), server="127.0.0.1", port=smtp.port, security=security
    )
    with pytest.raises(NotifierFailed, match="no trusted connection"):
        untrusting.send(MESSAGE)
    assert smtp.mails == []


@pytest.mark.parametrize("security", ["none"])
def test_a_server_without_tls_is_not_mailed_in_the_clear_where_tls_was_asked_for(
    mailer, smtp
) -> None:
    with pytest.raises(NotifierFailed, match="STARTTLS"):
        mailer(security="starttls").send(MESSAGE)
    assert smtp.mails == []


def test_a_message_that_comes_twice_is_the_same_and_those_of_a_run_are_a_thread(
    mailer, smtp
) -> None:
    notifier = mailer()
    notifier.send(MESSAGE)
    notifier.send(MESSAGE)
    notifier.send(replace(MESSAGE, id="9", state="passed"))
    notifier.send(replace(MESSAGE, id="10", run=13))
    notifier.send(replace(MESSAGE, project="Other"))
    first, again, later, other, elsewhere = smtp.mails
    assert first["Message-ID"] == again["Message-ID"] != later["Message-ID"]
    assert first["References"] == later["References"] != other["References"]
    assert elsewhere["Message-ID"] != first["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")


def test_addresses_that_are_refused_do_not_keep_the_others_from_mail(mailer, smtp) -> None:
    smtp.refused = ("gone@example.com",)
    mailer(to=("gone@example.com", "td@example.com")).send(MESSAGE)
    assert [tuple(to) for _, to in smtp.envelopes] == [("td@example.com",)]
    with pytest.raises(NotifierFailed, match=r"gone@example\.com: nobody of that name"):
        mailer(to=("gone@example.com",)).send(MESSAGE)


def test_texts_of_strangers_add_no_headers_and_no_mails(mailer, smtp) -> None:
    nasty = "1\r\nBcc: x@example.com\r\n\r\n.\r\nMAIL FROM:<x@example.com>"
    mailer().send(replace(MESSAGE, packl=nasty, version=nasty, reason=nasty))
    (mail,) = smtp.mails
    assert mail["Bcc"] is None
    assert smtp.envelopes == [("ci@example.com", ("td@example.com",))]
    assert "MAIL FROM" in mail.get_payload(decode=True).decode()


def test_a_subject_in_any_language_arrives(mailer, smtp) -> None:
    mailer().send(replace(MESSAGE, project="Dämmerung 夜"))
    subject = str(make_header(decode_header(smtp.mails[0]["Subject"])))
    assert subject.startswith("[Dämmerung 夜] failed")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"to": ("nobody",)}, "'nobody' is not an e-mail address"),
        ({"to": ("a@b.c\r\nBcc: x@y.z",)}, "must be a list of texts"),
        ({"to": "td@example.com", "from_": "x y@z"}, "is not an e-mail address"),
        ({"to": ("td@example.com",), "security": "maybe"}, "must be one of: starttls, ssl, none"),
        ({"to": ("td@example.com",), "port": 0}, "`port` must be a number"),
        ({"to": ("td@example.com",), "user": "pipl"}, "`user` and `secret` belong together"),
        (
            {
                "to": ("td@example.com",),
                "user": "pipl",
                "secret": "hook",
                "security": "none",
                "server": "mail.example.com",
            },
            "a login is sent only with",
        ),
        ({"to": ("td@example.com",), "ca": "/gone.pem"}, "`ca` cannot be read"),
    ],
)
def test_settings_that_do_not_do_are_refused(make, settings, problem) -> None:
    with pytest.raises(InvalidNotifier, match=problem):
        make("email", **settings)
