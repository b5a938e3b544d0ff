"""Users and logins."""

from __future__ import annotations

import pytest

from pipl.errors.access import LoginExpired, LoginNeeded, NotAllowed, WrongPassword
from pipl.errors.index import AlreadyExists, UserNotFound
from pipl.errors.usage import InvalidName
from pipl.index.client import IndexConfig, User

from .conftest import PASSWORD, Server


class TestLoggingIn:
    def test_a_client_then_acts_as_the_user(self, server: Server) -> None:
        name = server.user_name()
        server.root.create_user(name, password=PASSWORD)
        client = server.connect()
        assert not client.user
        login = client.log_in(name, PASSWORD)
        assert (client.user, login.user, login.url) == (name, name, client.url)
        client.modify_user(name, email="somebody@example.org")

    def test_a_wrong_password_changes_nothing(self, server: Server) -> None:
        client = server.connect(name := server.user_name())
        with pytest.raises(WrongPassword) as caught:
            client.log_in(name, "guessed")
        assert caught.value.user == name
        assert client.user == name

    def test_an_unknown_user_is_told_the_same(self, server: Server) -> None:
        with pytest.raises(WrongPassword):
            server.connect().log_in("nobody-here", "guessed")

    def test_the_token_shows_in_no_representation(self, server: Server) -> None:
        client = server.connect(name := server.user_name())
        login = client.log_in(name, PASSWORD)
        assert login.token
        assert login.token not in repr(login)

    def test_an_expired_login_says_so(self, server: Server) -> None:
        client = server.expired(name := server.user_name())
        with pytest.raises(LoginExpired) as caught:
            client.create_index(IndexConfig(server.index_name(name), "pipl"))
        assert caught.value.user == name
        assert name in caught.value.advice


class TestUsers:
    def test_they_are_listed_with_their_addresses(self, server: Server) -> None:
        bob, eve = server.user_name(), server.user_name()
        server.root.create_user(bob, password=PASSWORD, email="bob@example.org")
        server.root.create_user(eve, password=PASSWORD)
        users = server.root.users()
        assert User(bob, "bob@example.org") in users
        assert User(eve, None) in users
        assert sorted(user.name for user in users) == [user.name for user in users]

    def test_a_name_is_given_once(self, server: Server) -> None:
        name = server.user_name()
        server.root.create_user(name, password=PASSWORD)
        with pytest.raises(AlreadyExists):
            server.root.create_user(name, password="another")
        server.connect().log_in(name, PASSWORD)

    @pytest.mark.parametrize("name", ["a/b", "", "..", "a b", "+api", "what?", "%2e%2e"])
    def test_a_name_must_fit_into_a_path(self, server: Server, name: str) -> None:
        with pytest.raises(InvalidName):
            server.root.create_user(name, password=PASSWORD)

    def test_a_changed_password_counts(self, server: Server) -> None:
        client = server.connect(name := server.user_name())
        client.modify_user(name, password="another-one")
        with pytest.raises(WrongPassword):
            server.connect().log_in(name, PASSWORD)
        server.connect().log_in(name, "another-one")

    def test_others_may_not_change_one(self, server: Server) -> None:
        victim, client = server.user_name(), server.connect(server.user_name())
        server.root.create_user(victim, password=PASSWORD)
        with pytest.raises(NotAllowed) as caught:
            client.modify_user(victim, password="stolen")
        assert caught.value.user == client.user
        with pytest.raises(LoginNeeded):
            server.connect().modify_user(victim, password="stolen")
        server.connect().log_in(victim, PASSWORD)

    def test_one_who_is_not_there(self, server: Server) -> None:
        with pytest.raises(UserNotFound):
            server.root.modify_user("nobody-here", email="x@example.org")
        with pytest.raises(UserNotFound):
            server.root.delete_user("nobody-here")

    def test_deleting_one_takes_their_indexes_along(self, server: Server) -> None:
        client = server.connect(name := server.user_name())
        client.create_index(IndexConfig(index := server.index_name(name), "pipl", volatile=False))
        server.root.delete_user(name)
        assert name not in [user.name for user in server.root.users()]
        assert index not in [config.name for config in server.root.indexes()]
