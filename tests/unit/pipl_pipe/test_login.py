from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest

from pipl.index.login import LoginStore
from pipl_pipe import login
from pipl_pipe.login import Login

LATER = time.time() + 3600
LOGIN = Login("http://h:3141", "bob", "s3cret-token", LATER)


@pytest.fixture
def environ(tmp_path: Path) -> Dict[str, str]:
    return {"PIPL_CONFIG_DIR": str(tmp_path / "logins")}


def test_what_pipl_keeps_is_found(environ: Dict[str, str]) -> None:
    LoginStore(Path(environ["PIPL_CONFIG_DIR"])).put(LOGIN)
    assert login.find("http://h:3141/", environ) == LOGIN
    assert login.find("http://other", environ) is None


def test_nothing_kept(environ: Dict[str, str]) -> None:
    assert login.find(LOGIN.url, environ) is None


def test_an_expired_login_is_none(environ: Dict[str, str]) -> None:
    LoginStore(Path(environ["PIPL_CONFIG_DIR"])).put(replace(LOGIN, expires_at=time.time() - 1))
    assert login.find(LOGIN.url, environ) is None


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_what_others_may_read_or_write_is_not_used(environ: Dict[str, str], mode: int) -> None:
    store = LoginStore(Path(environ["PIPL_CONFIG_DIR"]))
    store.put(LOGIN)
    store.path.chmod(mode)
    assert login.find(LOGIN.url, environ) is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other/1"},
        {"logins": None},
        {"logins": ["x"]},
        {"logins": [{"url": LOGIN.url}]},
        {"logins": [{**vars(LOGIN), "token": 5}]},
        {"logins": [{**vars(LOGIN), "user": "bob\r\nX-Other: 1"}]},
        {"logins": [{**vars(LOGIN), "expires_at": "never"}]},
        {"logins": [{**vars(LOGIN), "expires_at": True}]},
    ],
)
def test_a_damaged_file_gives_no_login(environ: Dict[str, str], change: Dict[str, Any]) -> None:
    document = {"format": login.FORMAT, "logins": [vars(LOGIN)], **change}
    with pytest.raises(ValueError):
        login.parse(json.dumps(document))
    store = LoginStore(Path(environ["PIPL_CONFIG_DIR"]))
    store.put(LOGIN)
    store.path.write_text(json.dumps(document), encoding="utf-8")
    assert login.find(LOGIN.url, environ) is None


def test_the_token_stays_out_of_messages() -> None:
    assert LOGIN.token not in f"{LOGIN!r} {LOGIN}"


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, "~/.config/pipl"),
        ("linux", {"XDG_CONFIG_HOME": "/conf"}, "/conf/pipl"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, "~/.config/pipl"),
        ("darwin", {}, "~/Library/Application Support/pipl"),
        ("win32", {}, "~/AppData/Local/pipl/pipl"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/pipl/pipl"),
        ("linux", {"PIPL_CONFIG_DIR": "/here"}, "/here"),
        ("win32", {"PIPL_CONFIG_DIR": "/here"}, "/here"),
    ],
)
def test_where_logins_are(platform: str, environ: Dict[str, str], expected: str) -> None:
    assert login.folder(environ, platform) == Path(expected).expanduser()


def test_it_is_where_they_were_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """pipl 1.0.0a1 asked platformdirs; nobody is to log in again."""
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert login.folder({}) == Path(platformdirs.user_config_dir("pipl"))
