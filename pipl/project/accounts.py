"""Users of the project and who a command acts as."""

from __future__ import annotations

from dataclasses import dataclass

from pipl.errors.access import LoginNeeded
from pipl.errors.server import UnexpectedReply
from pipl.errors.usage import InUse, PasswordNeeded
from pipl.index.client import IndexClient, User
from pipl.index.devpi import DevpiClient
from pipl.index.login import LoginStore
from pipl.project import secrets
from pipl.project.binding import Binding

ROOT_USER = "root"
CI_USER = "ci"


@dataclass(frozen=True)
class Credentials:
    """A user and a password, which is never printed."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, password=***)"


def connect_as(binding: Binding, credentials: Credentials) -> DevpiClient:
    """A client logged in with a password. Raises WrongPassword, ServerDown."""
    client = DevpiClient(binding.url)
    try:
        client.log_in(credentials.user, credentials.password)
    except BaseException:
        client.close()
        raise
    return client


def connect(
    binding: Binding, logins: LoginStore, *, user: str | None = None, doing: str = ""
) -> DevpiClient:
    """A client acting as the stored login; without one, anonymous.

    With `user`, or with `doing` (what needs a login), an anonymous client will not do: where
    the login is another user's or missing, the project's own secret of `user` serves where
    this machine sees it. Raises PasswordNeeded, LoginNeeded.
    """
    login = logins.get(binding.url)
    if login is not None and user in (None, login.user):
        return DevpiClient(binding.url, login)
    if user is not None:
        secret = project_secret(binding, user)
        if secret is None:
            raise PasswordNeeded(user)
        expect_project(binding)
        return connect_as(binding, Credentials(user, secret))
    if doing:
        raise LoginNeeded(binding.url, doing)
    return DevpiClient(binding.url)


def expect_project(binding: Binding) -> None:
    """Make sure that it is this project's server before a secret is sent to it.

    Raises UnexpectedReply, ServerDown.
    """
    with DevpiClient(binding.url) as client:
        answer = client.get_json("/+pipl/", timeout_s=30)
    served = answer.get("project") if isinstance(answer, dict) else None
    if served != binding.name:
        raise UnexpectedReply(binding.url, 200, f"it serves {served}, not {binding.name}")


def project_secret(binding: Binding, user: str) -> str | None:
    """The password that the project keeps of `user`, such as root's generated one."""
    if binding.folder is None:
        return None
    return secrets.read(binding.folder / "system" / "secrets", user)


def people(client: IndexClient) -> tuple[User, ...]:
    """The users, without the account that CI acts as."""
    return tuple(user for user in client.users() if user.name != CI_USER)


def change_user(
    client: IndexClient,
    binding: Binding,
    name: str,
    *,
    password: str | None = None,
    email: str | None = None,
) -> None:
    """Change a user. What the project keeps of a changed password is no longer true and goes;
    the CI user's is kept anew where it was kept, as by projects made before CI had a token.

    Raises UserNotFound, NotAllowed.
    """
    client.modify_user(name, password=password, email=email)
    if password is None or binding.folder is None:
        return
    folder = binding.folder / "system" / "secrets"
    if name == CI_USER and secrets.read(folder, CI_USER) is not None:
        secrets.write(folder, CI_USER, password)
    elif name == ROOT_USER:
        secrets.forget(folder, ROOT_USER)


def remove_user(client: IndexClient, name: str) -> None:
    """Delete a user and the indexes they own.

    Raises InUse for root, for CI's, and where an index of another owner inherits from theirs;
    nothing is deleted then. Raises UserNotFound.
    """
    if name in (ROOT_USER, CI_USER):
        raise InUse("user", name, "the project needs it")
    for config in client.indexes():
        needed = [str(base) for base in config.bases if base.user == name]
        if needed and config.name.user != name:
            raise InUse("user", name, f"{config.name} inherits from {needed[0]}")
    client.delete_user(name)
