"""How CI gets at the server: as its own user, by a kept token or by the kept password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipl.errors import NoCIUser
from pipl.index.devpi import DevpiClient
from pipl.index.login import Login, LoginStore
from pipl.project import secrets
from pipl.project.binding import Binding

LEFT_S = 3600.0
"""How long a token must still be good for to be used: longer than a job may take."""


@dataclass(frozen=True)
class Access:
    """The user that CI acts as, and the folder that holds their password and last token.

    A password takes the server a tenth of a second to check, a token nothing. `clock` gives
    seconds since the epoch.
    """

    binding: Binding
    user: str
    secrets: Path
    clock: Callable[[], float]

    def connect(self, *, renew: bool = False) -> DevpiClient:
        """A client that is logged in; with `renew`, by the password, which gives a new token.

        Raises NoCIUser, WrongPassword, ServerDown.
        """
        return DevpiClient(self.binding.url, self.login(renew=renew))

    def login(self, *, renew: bool = False) -> Login:
        """What `connect` acts as, good for longer than a job may take. Raises as it does."""
        logins = LoginStore(self.secrets)
        login = None if renew else logins.get(self.binding.url)
        if login and login.user == self.user and login.expires_at > self.clock() + LEFT_S:
            return login
        secret = secrets.read(self.secrets, self.user)
        if secret is None:
            raise NoCIUser(self.binding.name)
        with DevpiClient(self.binding.url) as client:
            login = client.log_in(self.user, secret)
        logins.put(login)
        return login
