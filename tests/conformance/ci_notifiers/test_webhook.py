"""The webhook's signature, and what it does not do."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from pipl.ci.notify.notifier import FOLDER
from pipl.errors.ci import InvalidNotifier, NotifierFailed
from pipl.project import secrets

from .conftest import MESSAGE, SECRET


def test_what_is_posted_is_the_documented_form_and_signed(http, make) -> None:
    make("webhook", url=http.url + "/ci?room=7", secret="hook").send(MESSAGE)
    (post,) = http.posts
    assert post.path == "/ci?room=7"
    assert post.document == {
        "format": "pipl-notice/1",
        "id": "7",
        "project": "Show",
        "packl": "hero-model",
        "version": "1.0.0",
        "handler": "qa",
        "index": "root/testing",
        "state": "failed",
        "run": 12,
        "attempt": 2,
        "at": 1_700_000_000.0,
        "reason": MESSAGE.reason,
        "hint": "read the log",
        "log": "pipl ci log 12",
    }
    stamp = post.headers["X-Pipl-Timestamp"]
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + post.body, hashlib.sha256)
    assert post.headers["X-Pipl-Signature"] == f"sha256={signed.hexdigest()}"
    assert post.headers["X-Pipl-Delivery"] == "7"
    assert SECRET not in str(post)


def test_without_a_secret_nothing_is_signed(http, make) -> None:
    make("webhook", url=http.url).send(MESSAGE)
    (post,) = http.posts
    assert "X-Pipl-Signature" not in post.headers


def test_a_redirect_is_not_followed(http, make) -> None:
    http.status, http.headers = 307, {"Location": http.url + "/elsewhere"}
    with pytest.raises(NotifierFailed, match="307, a redirect"):
        make("webhook", url=http.url).send(MESSAGE)
    assert [post.path for post in http.posts] == ["/"]


def test_a_long_reply_is_cut_short(http, make) -> None:
    http.status, http.reply = 500, b"x" * 5_000_000 + b"\x1b[31m"
    with pytest.raises(NotifierFailed) as caught:
        make("webhook", url=http.url).send(MESSAGE)
    assert len(str(caught.value)) < 500


def test_the_login_of_a_netrc_file_is_not_sent(http, make, tmp_path, monkeypatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    make("webhook", url=http.url).send(MESSAGE)
    assert "Authorization" not in http.posts[0].headers


def test_a_url_may_be_a_secret_and_is_never_shown(http, make) -> None:
    secrets.write(make.secrets / FOLDER, "room", http.url + "/s3cret")
    notifier = make("webhook", url_secret="room")
    http.status = 404
    with pytest.raises(NotifierFailed) as caught:
        notifier.send(MESSAGE)
    assert http.posts[0].path == "/s3cret"
    assert "s3cret" not in str(caught.value)
    secrets.write(make.secrets / FOLDER, "gone", "http://127.0.0.1:9/s3cret")
    with pytest.raises(NotifierFailed) as caught:
        make("webhook", url_secret="gone").send(MESSAGE)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.com", "must begin with https"),
        ("http://example.com/ci", "as it leaves this machine"),
        ("https://", "must begin with https:// and a host"),
        ("https://me:pw@example.com", "must not hold a login"),
        ("https://example.com:99999", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("", "must be a text"),
    ],
)
def test_a_url_that_does_not_do_is_refused(make, url, problem) -> None:
    with pytest.raises(InvalidNotifier, match=problem) as caught:
        make("webhook", url=url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("name", ["../root", "/etc/passwd", "", 3, "."])
def test_only_secrets_of_notifiers_can_be_named(make, name) -> None:
    secrets.write(make.secrets, "root", "the password of root")
    with pytest.raises(InvalidNotifier, match="must be the name of a secret"):
        make("webhook", url="https://example.com", secret=name)
    with pytest.raises(InvalidNotifier, match="there is no secret 'root'"):
        make("webhook", url="https://example.com", secret="root")


def test_a_secret_that_others_may_read_is_refused(make) -> None:
    (make.secrets / FOLDER / "hook").chmod(0o640)
    with pytest.raises(InvalidNotifier, match="chmod 600"):
        make("webhook", url="https://example.com", secret="hook")
