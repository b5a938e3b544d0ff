"""The user that CI acts as: made without a password that anybody knows, let in by a token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from pipl.errors.access import TokenRefused
from pipl.errors.usage import InvalidFile, NotWritable
from pipl.index import tokens
from pipl.index.connection import Connection
from pipl.index.devpi import DevpiClient
from pipl.index.login import LoginStore
from pipl.project import ci_token, secrets
from pipl.project.accounts import CI_USER
from pipl.project.ci_token import CIToken

LOCK_NAME = "ci.lock"


def ensure(client: DevpiClient, folder: Path, *, now: float) -> None:
    """Make the user and a token where they are missing, or no longer good; for root.

    `folder` is that of the project's secrets. Raises as `rotate`.
    """
    try:
        token = ci_token.kept(folder)
    except InvalidFile:
        token = None
    if token is None or not is_good(client.url, token):
        rotate(client, folder, now=now)


def rotate(
    client: DevpiClient,
    folder: Path,
    *,
    now: float,
    lifetime_s: float = ci_token.LIFETIME_DAYS * ci_token.DAY_S,
) -> CIToken:
    """Make a new token and keep it, then revoke every other one of the CI user; for root.

    At any moment the token that is kept is good. Killed anywhere, the next rotation revokes
    what this one has left. A password that the project kept from earlier is changed to one that
    nobody knows. Raises NotWritable, NotAllowed, LoginExpired, ServerDown; TokenRefused where
    the server does not take its own new token.
    """
    with _turn(folder):
        _ensure_user(client)
        ends = now + lifetime_s
        secret = tokens.create(client.connection, CI_USER, rights=ci_token.RIGHTS, expires_at=ends)
        token = CIToken.of(secret, made_at=now, expires_at=float(int(ends)))
        if not is_good(client.url, token):
            raise TokenRefused(CI_USER, client.url)
        ci_token.keep(folder, token)
        for other in tokens.ids(client.connection, CI_USER):
            if other != token.id:
                tokens.revoke(client.connection, CI_USER, other)
        _forget_password(client, folder)
    return token


def is_good(url: str, token: CIToken) -> bool:
    """Whether the server lets it in. Raises ServerDown, ServerStopped."""
    connection = Connection(url, token.login(url))
    try:
        return connection.who() == token.user
    finally:
        connection.close()


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Two at once take turns. Raises NotWritable, before anything was made."""
    lock = FileLock(folder / LOCK_NAME)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except OSError as fault:
        raise NotWritable(str(folder), fault.strerror or str(fault)) from fault
    try:
        yield
    finally:
        lock.release()


def _ensure_user(client: DevpiClient) -> None:
    if all(user.name != CI_USER for user in client.users()):
        client.create_user(CI_USER, password=secrets.generate())


def _forget_password(client: DevpiClient, folder: Path) -> None:
    """Of projects made before CI had a token. On the server first: a file left is no harm."""
    if secrets.read(folder, CI_USER) is not None:
        client.modify_user(CI_USER, password=secrets.generate())
        secrets.forget(folder, CI_USER)
    LoginStore(folder).remove(client.url)
