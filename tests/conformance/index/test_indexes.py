"""Making, changing and deleting indexes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipl.errors.access import LoginNeeded, NotAllowed
from pipl.errors.index import AlreadyExists, IndexNotFound, IndexRefused, UserNotFound
from pipl.index.client import IndexConfig
from pipl.index.name import IndexName
from pipl.testing.distributions import make_sdist

from .conftest import Server

MISSING = IndexName("root", "not-there")


def test_an_index_is_read_back_as_it_was_made(server: Server) -> None:
    base = server.index()
    config = IndexConfig(
        name=server.index_name(),
        type="pipl",
        bases=(base,),
        volatile=False,
        acl_upload=("root", ":AUTHENTICATED:"),
        acl_toxresult_upload=("root",),
        title="A stage",
    )
    server.root.create_index(config)
    assert server.root.index(config.name) == config
    assert config in server.root.indexes()


def test_anybody_may_look(server: Server) -> None:
    name = server.index()
    assert server.connect().index(name).name == name


def test_a_missing_one(server: Server) -> None:
    with pytest.raises(IndexNotFound) as caught:
        server.root.index(MISSING)
    assert caught.value.index == str(MISSING)
    with pytest.raises(IndexNotFound):
        server.root.projects(MISSING)
    with pytest.raises(IndexNotFound):
        server.root.modify_index(MISSING, {"title": "x"})
    with pytest.raises(IndexNotFound):
        server.root.delete_index(MISSING)


def test_a_name_is_given_once(server: Server) -> None:
    with pytest.raises(AlreadyExists):
        server.root.create_index(IndexConfig(server.index(), "pipl"))


def test_a_base_must_be_there(server: Server) -> None:
    config = IndexConfig(server.index_name(), "pipl", bases=(MISSING,))
    with pytest.raises(IndexNotFound) as caught:
        server.root.create_index(config)
    assert caught.value.index == str(MISSING)


def test_its_user_must_be_there(server: Server) -> None:
    with pytest.raises(UserNotFound):
        server.root.create_index(IndexConfig(IndexName("nobody-here", "x"), "pipl"))


def test_users_make_their_own_only(server: Server) -> None:
    client = server.connect(name := server.user_name())
    client.create_index(IndexConfig(server.index_name(name), "pipl"))
    with pytest.raises(NotAllowed):
        client.create_index(IndexConfig(server.index_name(), "pipl"))
    with pytest.raises(LoginNeeded):
        server.connect().create_index(IndexConfig(server.index_name(), "pipl"))


def test_changes(server: Server) -> None:
    name, base = server.index(), server.index()
    server.root.modify_index(
        name,
        {"acl_upload": ["root", "ci"], "bases": str(base), "volatile": True, "title": "Changed"},
    )
    config = server.root.index(name)
    assert (config.acl_upload, config.bases) == (("root", "ci"), (base,))
    assert (config.volatile, config.title) == (True, "Changed")
    server.root.modify_index(name, {"acl_upload": "bob,eve"})
    assert server.root.index(name).acl_upload == ("bob", "eve")


def test_an_unknown_key_is_refused_by_name(server: Server) -> None:
    with pytest.raises(IndexRefused, match="colour"):
        server.root.modify_index(server.index(), {"colour": "blue"})


def test_only_its_owner_changes_or_deletes_it(server: Server) -> None:
    name, client = server.index(), server.connect(server.user_name())
    with pytest.raises(NotAllowed):
        client.modify_index(name, {"acl_upload": "everybody"})
    with pytest.raises(NotAllowed):
        client.delete_index(name)


def test_deleting_takes_the_releases_along(server: Server, tmp_path: Path) -> None:
    name = server.index()
    server.root.upload(name, make_sdist(tmp_path, "hero-model", "1.0"))
    server.root.delete_index(name)
    with pytest.raises(IndexNotFound):
        server.root.index(name)
    server.root.create_index(IndexConfig(name, "pipl"))
    assert server.root.projects(name) == ()
