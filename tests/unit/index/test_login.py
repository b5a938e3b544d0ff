from __future__ import annotations

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipl.errors.usage import InvalidFile, NotWritable
from pipl.index.login import Login, LoginStore

LOGIN = Login("http://h:3141", "bob", "s3cret-token", 1000.5)


def test_what_is_put_is_got(tmp_path: Path) -> None:
    store = LoginStore(tmp_path / "config" / "pipl")
    assert store.get(LOGIN.url) is None
    store.put(LOGIN)
    assert LoginStore(store.folder).get(LOGIN.url) == LOGIN
    assert store.get(LOGIN.url + "/") == LOGIN
    assert store.get("http://other") is None


def test_one_login_for_a_server(tmp_path: Path) -> None:
    store = LoginStore(tmp_path)
    eve = Login(LOGIN.url + "/", "eve", "t", 1.0)
    store.put(LOGIN)
    store.put(eve)
    assert store.get(LOGIN.url) == eve


def test_removing(tmp_path: Path) -> None:
    store = LoginStore(tmp_path / "pipl")
    store.remove(LOGIN.url)
    assert not store.folder.exists()
    store.put(LOGIN)
    store.remove(LOGIN.url)
    assert store.get(LOGIN.url) is None
    assert LOGIN.token not in store.path.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_for_the_owner_alone(tmp_path: Path) -> None:
    store = LoginStore(tmp_path / "pipl")
    store.put(LOGIN)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    store.folder.chmod(0o755)
    store.path.chmod(0o644)
    store.put(LOGIN)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    logins = [Login(f"http://h:{port}", "bob", "t", 1.0) for port in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda login: LoginStore(tmp_path).put(login), logins))
    assert [LoginStore(tmp_path).get(login.url) for login in logins] == logins


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": "other/1"}', '{"format": "pipl-logins/1"}',
     '{"format": "pipl-logins/1", "logins": [{"url": "u"}]}'],
)  # fmt: skip
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    store = LoginStore(tmp_path)
    store.path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        store.get(LOGIN.url)
    assert caught.value.path == str(store.path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable):
        LoginStore(tmp_path / "file" / "pipl").put(LOGIN)


def test_the_token_stays_out_of_messages() -> None:
    assert "s3cret-token" not in repr(LOGIN)
    assert "s3cret-token" not in str(LOGIN)
