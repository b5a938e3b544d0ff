"""Who you are, and what you may do."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


class AccessError(PiplError):
    """Who you are and what you may do."""

    code: ClassVar[str] = "access"
    exit_code: ClassVar[int] = 4


class WrongPassword(AccessError):
    user: str
    url: str
    code = "access.wrong-password"
    says = "wrong password for {user} at {url}"
    hint = "try again; root can set a new one with `pipl proj user set`"


class LoginExpired(AccessError):
    user: str
    url: str
    code = "access.login-expired"
    says = "the login of {user} at {url} has expired"
    hint = "log in again with `pipl login {user}`"


class TokenRefused(LoginExpired):
    """A token of devpi-tokens, by which programs act, that has ended or was revoked."""

    code = "access.token-refused"
    says = "the token of {user} is no longer good at {url}"
    hint = "make a new one; for CI with `pipl ci token rotate`, which a running runner takes up"


class LoginNeeded(AccessError):
    url: str
    doing: str
    code = "access.login-needed"
    says = "{doing} at {url} needs a login"
    hint = "log in with `pipl login USER`"


class NotAllowed(AccessError):
    user: str
    doing: str
    code = "access.not-allowed"
    says = "{user} may not do this: {doing}"
    hint = (
        "ask the owner of the index, or publish to a stage with --to (see `pipl proj "
        "index list-indexes`)"
    )
