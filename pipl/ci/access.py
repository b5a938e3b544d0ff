"""How CI gets at the server: as its own user, by the token that the project keeps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipl.errors.access import TokenRefused
from pipl.errors.ci import NoCIUser
from pipl.errors.usage import InvalidFile
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login, LoginStore
from pipl.project import ci_token, secrets
from pipl.project.binding import Binding
from pipl.project.ci_token import CIToken

LEFT_S = 3600.0
"""How long a login by password must still be good for to be used: longer than a job may take."""


@dataclass(frozen=True)
class Access:
    """The user that CI acts as, and the folder that holds what lets them in.

    That is a token (`pipl.project.ci_token`). Projects made before there was one hold the
    user's password, and the login that it last gave. `clock` gives seconds since the epoch.
    """

    binding: Binding
    user: str
    secrets: Path
    clock: Callable[[], float]

    def connect(self, *, renew: bool = False) -> DevpiClient:
        """A client that is logged in. One whose token is refused takes up the token kept then.

        With `renew` the server is asked whether it lets the token in, or for a new login.
        Raises NoCIUser, InvalidFile; with `renew` TokenRefused, WrongPassword, ServerDown.
        """
        token = self._token()
        if token is None:
            return self._connect_by_password(renew=renew)
        client = DevpiClient(self.binding.url, token.login(self.binding.url), fresh=self._fresh)
        if renew and client.connection.who() is None:
            client.close()
            raise TokenRefused(token.user, self.binding.url)
        return client

    def login(self) -> Login:
        """What a job acts as. A token that is replaced meanwhile ends the attempt, not the run.

        Raises NoCIUser, InvalidFile, WrongPassword, ServerDown.
        """
        token = self._token()
        if token is not None:
            return token.login(self.binding.url)
        with self._connect_by_password(renew=False) as client:
            assert client.connection.login is not None
            return client.connection.login

    def warning(self) -> str:
        """What people should do about the token before CI stops; empty where that is nothing.

        Raises InvalidFile.
        """
        token = self._token()
        if token is None:
            known = secrets.read(self.secrets, self.user) is not None
            return f"CI acts by a password; {_ROTATE}" if known else ""
        days = token.days_left(self.clock())
        if days < 0:
            return f"CI's token has ended; {_ROTATE}"
        return f"CI's token ends in {days} days; {_ROTATE}" if token.ends_soon(self.clock()) else ""

    def _token(self) -> CIToken | None:
        """The user's own; the one that is kept lets in none but who it was made for."""
        token = ci_token.kept(self.secrets)
        return token if token is not None and token.user == self.user else None

    def _fresh(self) -> Login | None:
        """The login by the token that is kept now."""
        try:
            token = self._token()
        except InvalidFile:
            return None
        return token.login(self.binding.url) if token else None

    def _connect_by_password(self, *, renew: bool) -> DevpiClient:
        """A password takes the server a tenth of a second to check, its login nothing."""
        logins = LoginStore(self.secrets)
        login = None if renew else logins.get(self.binding.url)
        if login and login.user == self.user and login.expires_at > self.clock() + LEFT_S:
            return DevpiClient(self.binding.url, login, fresh=self._fresh)
        secret = secrets.read(self.secrets, self.user)
        if secret is None:
            raise NoCIUser(self.binding.name)
        client = DevpiClient(self.binding.url, fresh=self._fresh)
        logins.put(client.log_in(self.user, secret))
        return client


class Reminder:
    """Tells people, once a day at most, that CI's token needs another one after it."""

    def __init__(self, access: Access, tell: Callable[[str], None]) -> None:
        self._access = access
        self._tell = tell
        self._next_at = 0.0

    def remind(self) -> None:
        now = self._access.clock()
        if now < self._next_at:
            return
        self._next_at = now + ci_token.DAY_S
        with suppress(InvalidFile):  # connecting says so
            if text := self._access.warning():
                self._tell(text)


_ROTATE = "make a token with `pipl ci token rotate`"
