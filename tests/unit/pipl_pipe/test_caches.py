from __future__ import annotations

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
