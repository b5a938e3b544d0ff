"""Tokens of a user (devpi-tokens): made with restrictions, listed and revoked over REST."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pipl.errors.index import UserNotFound
from pipl.index import devpi_json
from pipl.index.connection import TOKEN_PREFIX, Connection, Reply


def create(connection: Connection, user: str, *, rights: Sequence[str], expires_at: float) -> str:
    """A new token that acts as `user` with these of devpi's permissions only; a secret.

    `expires_at` is in seconds since the epoch. Raises UserNotFound; NotAllowed, LoginExpired and
    LoginNeeded for whom may not change the user.
    """
    doing = f"making a token of {user}"
    reply = connection.send(
        "POST",
        f"/{quote(user, safe='@')}/+token-create",
        document={"allowed": list(rights), "expires": int(expires_at)},
        doing=doing,
    )
    match _result(connection, reply, user, doing):
        case {"token": str(secret)}:
            return secret
    raise reply.unexpected("no token in it")


def ids(connection: Connection, user: str) -> tuple[str, ...]:
    """The ids of a user's tokens, those that have ended included. Raises as `create`."""
    doing = f"listing the tokens of {user}"
    reply = connection.get(f"/{quote(user, safe='@')}/+tokens", doing=doing)
    match _result(connection, reply, user, doing):
        case {"tokens": dict(tokens)}:
            return tuple(sorted(str(token_id) for token_id in tokens))
    raise reply.unexpected("no tokens in it")


def revoke(connection: Connection, user: str, token_id: str) -> None:
    """End a token at once; one that is gone already stays so. Raises as `create`."""
    doing = f"revoking a token of {user}"
    path = f"/{quote(user, safe='@')}/+tokens/{quote(token_id, safe='')}"
    reply = connection.send("DELETE", path, doing=doing)
    if reply.status not in (200, 404):
        raise connection.refusal(reply, doing)


def id_of(secret: str) -> str:
    """The id that the server knows a token by; no secret."""
    from pymacaroons import Macaroon  # type: ignore[import-untyped]  # slow to import

    macaroon = Macaroon.deserialize(secret.removeprefix(TOKEN_PREFIX))
    _, _, token_id = macaroon.identifier.decode("ascii").rpartition("-")
    return str(token_id)


def _result(connection: Connection, reply: Reply, user: str, doing: str) -> object:
    if reply.status == 404:
        raise UserNotFound(user, connection.url)
    if reply.status != 200:
        raise connection.refusal(reply, doing)
    return devpi_json.result(reply)
