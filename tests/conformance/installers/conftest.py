"""Every installer, over an index on loopback, with a user's settings that must not count."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipl.env import python, venv
from pipl.env.choice import choose
from pipl.env.environment import Environment
from pipl.env.install import PIP, UV, Installer, Resolve
from pipl.env.installed import installed
from pipl.env.lock import Lock
from pipl.testing.simple_index import SimpleIndex, make_wheel, simple_index


@pytest.fixture(scope="session")
def blanks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blanks")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """What a user with other indexes in mind has in their environment."""
    elsewhere = "http://127.0.0.1:9/elsewhere/"
    home = tmp_path / "home"
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text(f'index-url = "{elsewhere}"\n')
    (home / ".config" / "pip").mkdir()
    (home / ".config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {elsewhere}\n")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        "PIP_INDEX_URL": elsewhere,
        "PIP_EXTRA_INDEX_URL": elsewhere,
        "PIP_FIND_LINKS": str(tmp_path / "links"),
        "PIP_NO_INDEX": "1",
        "UV_INDEX_URL": elsewhere,
        "UV_EXTRA_INDEX_URL": elsewhere,
        "UV_FIND_LINKS": elsewhere,
        "UV_OFFLINE": "1",
        "http_proxy": elsewhere,
        "ALL_PROXY": elsewhere,
        "PYTHONPATH": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path / "other"),
    }


@pytest.fixture(params=[UV, PIP])
def installer(request: pytest.FixtureRequest, environ: dict[str, str]) -> Installer:
    return choose(request.param, environ)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SimpleIndex]:
    """An index with a small show on it."""
    folder = tmp_path / "index"
    for version in ("1.0", "1.1", "2.0"):
        make_wheel(folder, "hero-geo", version, requires=["Show.Config>=1"])
    make_wheel(folder, "show-config", "1.0")
    make_wheel(folder, "maya", "2025.0")
    make_wheel(folder, "maya", "2026.1")
    make_wheel(folder, "hero-rig", "2.0", requires=["hero-geo", "maya<2027"])
    make_wheel(folder, "hero-rig", "2.1", requires=["hero-geo", "maya<2026"])
    make_wheel(folder, "alpha-only", "1.0a1")
    make_wheel(folder, "next", "1.0")
    make_wheel(folder, "next", "2.0rc1")
    with simple_index(folder) as server:
        yield server


@dataclass
class Workshop:
    """A workspace folder with an installer: what the tests do, in their words."""

    root: Path
    index: SimpleIndex
    installer: Installer
    blanks: Path
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        return Environment(self.root / ".VENV")

    def resolve(self, *requirements: str, **settings: object) -> Lock:
        return self.installer.resolve(
            Resolve(
                requirements=requirements,
                root=self.root,
                index_url=self.index.url,
                python=python.find(),
                **settings,  # type: ignore[arg-type]
            )
        )

    def sync(self, lock: Lock) -> dict[str, str]:
        """Sync, and say what is installed: name to version."""
        if not self.environment.exists():
            interpreter = python.find()
            venv.create(self.environment.folder, interpreter, cache=self.blanks)
        self.installer.sync(self.environment, lock, root=self.root, index_url=self.index.url)
        return self.installed()

    def installed(self) -> dict[str, str]:
        return {name: found.version for name, found in installed(self.environment).items()}


@pytest.fixture
def workshop(tmp_path: Path, index: SimpleIndex, installer: Installer, blanks: Path) -> Workshop:
    root = tmp_path / "my workspace"
    root.mkdir()
    return Workshop(root, index, installer, blanks)
