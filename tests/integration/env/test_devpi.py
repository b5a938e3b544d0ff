"""Both installers against a real devpi index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipl.env import python, venv
from pipl.env.choice import choose
from pipl.env.install import PIP, UV, Resolve
from pipl.env.installed import installed
from pipl.errors.env import Unresolvable
from pipl.index.devpi import DevpiClient
from pipl.testing.servers import RunningServer
from pipl.testing.simple_index import make_wheel
from tests.integration.conftest import MakeIndex


@pytest.mark.parametrize("name", [UV, PIP])
def test_a_lock_of_an_inherited_index(
    name: str,
    devpi_server: RunningServer,
    root: DevpiClient,
    make_index: MakeIndex,
    tmp_path: Path,
) -> None:
    base = make_index()
    stage = make_index(bases=(base,))
    root.upload(base, make_wheel(tmp_path / "w", "hero-geo", "1.0"))
    root.upload(stage, make_wheel(tmp_path / "w", "hero-model", "1.0a1", requires=["hero-geo"]))
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
    }
    installer = choose(name, environ)
    index_url = f"{devpi_server.url}/{stage}/+simple/"
    interpreter = python.find()
    lock = installer.resolve(Resolve(("hero-model",), tmp_path, index_url, interpreter))
    assert lock.origin == devpi_server.url
    geo, model = lock.packages
    assert geo.files[0].url.startswith(f"{devpi_server.url}/{base}/+f/")
    assert model.files[0].url.startswith(f"{devpi_server.url}/{stage}/+f/")
    environment = venv.create(tmp_path / ".VENV", interpreter, cache=tmp_path / "cache")
    installer.sync(environment, lock, root=tmp_path, index_url=index_url)
    assert installed(environment).keys() == {"hero-geo", "hero-model"}
    with pytest.raises(Unresolvable, match="hero-geo"):
        installer.resolve(Resolve(("hero-model", "hero-geo>=2"), tmp_path, index_url, interpreter))
