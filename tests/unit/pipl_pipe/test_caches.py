from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from pipl_pipe import caches


@pytest.mark.parametrize(
    ("platform", "environ", "ends"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/pipl"),
        ("linux", {}, "/.cache/pipl"),
        ("darwin", {}, "/Library/Caches/pipl"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/pipl"),
        ("linux", {"PIPL_CACHE_DIR": "/mine"}, "/mine"),
    ],
)
def test_where_caches_are(platform: str, environ: Dict[str, str], ends: str) -> None:
    assert caches.folder(environ, platform).as_posix().endswith(ends)


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert caches.folder({"XDG_CACHE_HOME": "/x"}, "linux").as_posix() == "/x/pipl"
    nowhere = caches.folder({}, "linux")
    with pytest.raises(OSError, match="Not a directory"):
        nowhere.mkdir(parents=True)
