"""The token by which CI acts, on a real project: what it may, and how it is replaced."""

from __future__ import annotations

import json
import os
import random
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipl import process
from pipl.ci.access import Access, Reminder
from pipl.errors.access import LoginExpired, NotAllowed, TokenRefused, WrongPassword
from pipl.errors.base import PiplError
from pipl.errors.ci import NoCIUser
from pipl.errors.usage import InvalidFile, NotWritable
from pipl.index import tokens
from pipl.index.client import IndexConfig
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.project import accounts, ci_account, ci_token, indexes, secrets
from pipl.project.accounts import CI_USER, Credentials
from pipl.project.folder import DEFAULT_INDEX
from pipl.testing.distributions import make_sdist
from pipl.testing.projects import PROCESSING, STAGE, RunningProject, running_project

CLOSED = IndexName("root", "closed")
RESULT = {"reportversion": "1"}


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProject]:
    folder = tmp_path_factory.mktemp("token") / "Show"
    with running_project(folder, os.environ, mirror=False) as running:
        running.client.create_index(IndexConfig(CLOSED, "pipl", acl_upload=("root",)))
        yield running


@pytest.fixture
def access(show: RunningProject) -> Access:
    return Access(show.project.binding, CI_USER, show.project.secrets, time.time)


@pytest.fixture
def ci(access: Access) -> Iterator[DevpiClient]:
    with access.connect() as client:
        yield client


def rotate(show: RunningProject, **options: float) -> ci_token.CIToken:
    return ci_account.rotate(show.client, show.project.secrets, now=time.time(), **options)


def kept(show: RunningProject) -> ci_token.CIToken:
    token = ci_token.kept(show.project.secrets)
    assert token is not None
    return token


def test_it_is_made_with_the_project(tmp_path: Path) -> None:
    """Before its server has run at all, and no password is kept."""
    shell_environ = {**os.environ, "PIPL_CONFIG_DIR": str(tmp_path / "logins")}
    command = [sys.executable, "-m", "pipl", "proj", "create", str(tmp_path / "New")]
    process.run(command, env=shell_environ, timeout_s=120)
    folder = tmp_path / "New" / "system" / "secrets"
    assert sorted(path.name for path in folder.iterdir()) == ["ci.token", "root", "server"]
    assert stat.S_IMODE((folder / "ci.token").stat().st_mode) == 0o600
    token = ci_token.kept(folder)
    assert token is not None
    assert token.days_left(time.time()) == ci_token.LIFETIME_DAYS
    assert token.secret not in repr(token)


def test_the_server_takes_the_one_that_was_made_with_the_project(show: RunningProject) -> None:
    """`create-default` has made no other one."""
    assert tokens.ids(show.client.connection, CI_USER) == (kept(show).id,)
    assert not (show.project.secrets / CI_USER).exists()


def test_it_lets_ci_do_its_work(show: RunningProject, ci: DevpiClient, tmp_path: Path) -> None:
    path = make_sdist(tmp_path, "hero-model", "1.0")
    ci.upload(STAGE, path)
    ci.push(ci.release(STAGE, "hero-model", "1.0"), PROCESSING)
    ci.push(ci.release(PROCESSING, "hero-model", "1.0"), DEFAULT_INDEX)
    (file,) = ci.release(DEFAULT_INDEX, "hero-model", "1.0").files
    ci.upload_test_result(file, RESULT)
    assert ci.download(file, tmp_path / "arrived").read_bytes() == path.read_bytes()
    assert ci.get_json("/+pipl/events?since=-1", timeout_s=30)


def test_it_reads_an_index_that_only_ci_may_read(show: RunningProject, ci: DevpiClient) -> None:
    hidden = IndexName("root", "hidden")
    show.client.create_index(IndexConfig(hidden, "pipl", acl_upload=("root",)))
    show.client.modify_index(hidden, {"acl_pkg_read": "ci"})
    since = last_serial(ci)
    show.client.upload(hidden, make_sdist(show.project.folder / "d", "hidden-model", "1.0"))
    assert [event["index"] for event in events(ci, since)] == ["root/hidden"]
    with DevpiClient(show.project.url) as nobody:
        assert events(nobody, since) == []


REFUSED: dict[str, Callable[[DevpiClient, Path], object]] = {
    "upload elsewhere": lambda ci, folder: ci.upload(CLOSED, make_sdist(folder, "a-model", "1.0")),
    "push elsewhere": lambda ci, _: ci.push(
        ci.release(DEFAULT_INDEX, "pipl-pipe", _pipe(ci)), CLOSED
    ),
    "create an index": lambda ci, _: ci.create_index(IndexConfig(IndexName("ci", "own"), "pipl")),
    "change an index": lambda ci, _: ci.modify_index(PROCESSING, {"volatile": True}),
    "delete an index": lambda ci, _: _ask(ci, "DELETE", "/root/processing"),
    "delete a project": lambda ci, _: _ask(ci, "DELETE", "/root/PROJ/pipl-pipe"),
    "delete a release": lambda ci, _: _ask(ci, "DELETE", f"/root/PROJ/pipl-pipe/{_pipe(ci)}"),
    "create a user": lambda ci, _: ci.create_user("eve", password="a password"),
    "change its own password": lambda ci, _: ci.modify_user(CI_USER, password="a password"),
    "change its own mail": lambda ci, _: ci.modify_user(CI_USER, email="ci@example.org"),
    "delete itself": lambda ci, _: _ask(ci, "DELETE", "/ci"),
    "make a token": lambda ci, _: tokens.create(
        ci.connection, CI_USER, rights=("index_modify",), expires_at=time.time() + 1000
    ),
    "list tokens": lambda ci, _: tokens.ids(ci.connection, CI_USER),
    "revoke a token": lambda ci, _: tokens.revoke(ci.connection, CI_USER, "aaaaaaaa"),
}


@pytest.mark.parametrize("doing", REFUSED)
def test_it_is_refused_everything_else(
    show: RunningProject,
    ci: DevpiClient,
    doing: str,
    tmp_path: Path,
) -> None:
    before = (show.client.indexes(), show.client.users(), show.client.projects(DEFAULT_INDEX))
    with pytest.raises(NotAllowed):
        REFUSED[doing](ci, tmp_path)
    after = (show.client.indexes(), show.client.users(), show.client.projects(DEFAULT_INDEX))
    assert after == before


def test_it_is_no_password(show: RunningProject) -> None:
    """It cannot be exchanged for a session, which would not be restricted."""
    with DevpiClient(show.project.url) as client, pytest.raises(WrongPassword):
        client.log_in(CI_USER, kept(show).secret)


def test_a_new_one_replaces_the_old_one(show: RunningProject) -> None:
    old = kept(show)
    stray = tokens.create(
        show.client.connection, CI_USER, rights=("upload",), expires_at=time.time() + 1000
    )
    new = rotate(show)
    assert kept(show) == new
    assert tokens.ids(show.client.connection, CI_USER) == (new.id,)
    assert ci_account.is_good(show.project.url, new)
    assert not ci_account.is_good(show.project.url, old)
    assert tokens.id_of(stray) != new.id
    assert stat.S_IMODE((show.project.secrets / "ci.token").stat().st_mode) == 0o600


def test_who_works_by_the_old_one_goes_on_with_the_new_one(
    show: RunningProject, access: Access, tmp_path: Path
) -> None:
    """Whatever is asked first: reading, waiting, sending a file, attaching a result."""
    path = make_sdist(tmp_path, "patient-model", "1.0")
    with access.connect() as first, access.connect() as second, access.connect() as third:
        rotate(show)
        first.upload(STAGE, path)
        assert events(second, -1)
        (file,) = third.release(STAGE, "patient-model", "1.0").files
        rotate(show)
        third.upload_test_result(file, RESULT)
        first.push(first.release(STAGE, "patient-model", "1.0"), PROCESSING)


def test_one_that_has_ended_says_what_to_do(show: RunningProject, access: Access) -> None:
    rotate(show, lifetime_s=4.0)
    time.sleep(4.1)
    try:
        with pytest.raises(TokenRefused, match="token of ci") as caught:
            access.connect(renew=True)
        assert "pipl ci token rotate" in caught.value.advice
        assert isinstance(caught.value, LoginExpired), "which runners wait for the end of"
        with access.connect() as client, pytest.raises(TokenRefused):
            client.get_json("/+pipl/events?since=-1", timeout_s=30)
    finally:
        rotate(show)
    access.connect(renew=True).close()


def test_people_are_told_before_it_ends(show: RunningProject) -> None:
    token, told = kept(show), []
    clock = [token.made_at]
    access = Access(show.project.binding, CI_USER, show.project.secrets, lambda: clock[0])
    reminder = Reminder(access, told.append)
    for days in (0, 149, 151, 151.5, 152.1, 181):
        clock[0] = token.made_at + days * ci_token.DAY_S
        reminder.remind()
    assert [text.partition(";")[0] for text in told] == [
        "CI's token ends in 29 days",
        "CI's token ends in 28 days",
        "CI's token has ended",
    ]


def test_killed_at_any_moment_there_is_a_good_one(show: RunningProject, tmp_path: Path) -> None:
    """kill -9 of `pipl ci token rotate`; what is left over on the server goes with the next."""
    command = [sys.executable, "-m", "pipl", "ci", "token", "rotate"]
    began = time.monotonic()
    process.run(command, cwd=show.project.folder, env=show.environ, timeout_s=120)
    usual_s = time.monotonic() - began
    for _ in range(12):
        with (tmp_path / "log").open("ab") as log:
            running = process.start(command, cwd=show.project.folder, env=show.environ, log=log)
        time.sleep(random.uniform(0.3, 1.1) * usual_s)
        process.kill_group(running)
        assert ci_account.is_good(show.project.url, kept(show))
    new = rotate(show)
    assert tokens.ids(show.client.connection, CI_USER) == (new.id,)


def test_a_project_from_before_works_and_is_told(
    show: RunningProject, access: Access, tmp_path: Path
) -> None:
    """It holds a password; a rotation replaces that, also for who works by it."""
    folder = show.project.secrets
    show.client.modify_user(CI_USER, password="from before")
    secrets.write(folder, CI_USER, "from before")
    (folder / "ci.token").unlink()
    try:
        assert access.warning() == "CI acts by a password; make a token with `pipl ci token rotate`"
        with access.connect(renew=True) as client, access.connect() as again:
            client.upload(STAGE, make_sdist(tmp_path, "old-model", "1.0"))
            assert again.connection.login == client.connection.login
            accounts.change_user(show.client, show.project.binding, CI_USER, password="changed")
            access.connect(renew=True).close()
    finally:
        rotate(show)
    assert access.warning() == ""
    assert secrets.read(folder, CI_USER) is None
    for password in ("from before", "changed"):
        with pytest.raises(WrongPassword):
            accounts.connect_as(show.project.binding, Credentials(CI_USER, password))
    assert "ci" not in (folder / "logins.json").read_text(encoding="utf-8")
    accounts.change_user(show.client, show.project.binding, CI_USER, password="by hand")
    assert secrets.read(folder, CI_USER) is None, "where there is a token, none is kept"


def test_what_is_missing_is_made_again(show: RunningProject, access: Access) -> None:
    (show.project.secrets / "ci.token").unlink()
    with pytest.raises(NoCIUser):
        access.connect()
    show.client.delete_user(CI_USER)
    indexes.create_default(show.client, show.project, mirror_url=None)
    access.connect(renew=True).close()


def test_it_is_no_other_users(show: RunningProject, access: Access) -> None:
    """A flow may name another user to act as; CI's token must not stand in for theirs."""
    assert access.login().user == CI_USER
    with pytest.raises(NoCIUser):
        replace(access, user="farm").login()


def test_a_damaged_file_is_named_without_what_is_in_it(
    show: RunningProject, access: Access
) -> None:
    path = show.project.secrets / "ci.token"
    good = path.read_text(encoding="utf-8")
    try:
        for text in ("", "devpi-secret", "[]", '{"format": "pipl-token/2"}', good[:-9]):
            path.write_text(text, encoding="utf-8")
            with pytest.raises(InvalidFile) as caught:
                access.connect()
            assert str(path) in str(caught.value)
            assert "devpi-" not in str(caught.value)
    finally:
        path.write_text(good, encoding="utf-8")


def test_commands_never_show_it(show: RunningProject) -> None:
    shown = show.shell.pipl("ci", "token", "show")
    rotated = show.shell.pipl("ci", "token", "rotate", "--days", "10", "--json")
    token = kept(show)
    document = json.loads(rotated)
    assert document["id"] == token.id
    assert document["ends_soon"] is True
    assert document["rights"] == ["pkg_read", "toxresult_upload", "upload"]
    assert round((document["expires_at"] - document["made_at"]) / 86400) == 10
    assert "in 180 days" in shown
    assert "devpi-" not in shown + rotated
    rotate(show)


def test_only_root_makes_one(show: RunningProject) -> None:
    show.client.create_user("bob", password="a password")
    bob = Credentials("bob", "a password")
    before = kept(show)
    with accounts.connect_as(show.project.binding, bob) as client, pytest.raises(PiplError):
        ci_account.rotate(client, show.project.secrets, now=time.time())
    assert kept(show) == before


def test_where_it_cannot_be_kept_none_is_made(show: RunningProject, tmp_path: Path) -> None:
    """The old one goes on."""
    folder = tmp_path / "secrets"
    folder.write_text("no folder")
    before = kept(show)
    with pytest.raises(NotWritable, match="secrets"):
        ci_account.rotate(show.client, folder, now=time.time())
    assert tokens.ids(show.client.connection, CI_USER) == (before.id,)


def events(client: DevpiClient, since: int) -> list[dict[str, object]]:
    page = client.get_json(f"/+pipl/events?since={since}", timeout_s=30)
    assert isinstance(page, dict)
    return list(page["events"])


def last_serial(client: DevpiClient) -> int:
    page = client.get_json("/+pipl/events?since=-1", timeout_s=30)
    assert isinstance(page, dict)
    return int(page["serial"])


def _pipe(client: DevpiClient) -> str:
    return client.releases(DEFAULT_INDEX, "pipl-pipe")[0].version


def _ask(client: DevpiClient, method: str, path: str) -> None:
    reply = client.connection.send(method, path, doing="trying")
    if reply.status not in (200, 201):
        raise client.connection.refusal(reply, "trying")
