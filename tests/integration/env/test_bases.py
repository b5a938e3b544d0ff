"""Environments that are cloned from a shared one: real installers, real file systems."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pipl.env import choice, python
from pipl.env.base import Wanted
from pipl.env.bases import LIMIT, Bases
from pipl.env.environment import Environment
from pipl.env.install import Resolve
from pipl.env.installed import installed
from pipl.testing.simple_index import SimpleIndex, make_wheel, simple_index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is shared there")
SAYS = "import hero_pipe; print(hero_pipe.__version__)"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleIndex]:
    folder = tmp_path_factory.mktemp("index")
    scripts = {"console_scripts": {"hero": "hero_pipe:main"}}
    for version in ("1.0", "2.0"):
        code = f"import sys\n__version__ = {version!r}\ndef main():\n    print(sys.prefix)\n"
        files = {"hero_pipe/__init__.py": code, "hero_pipe/data.txt": "x" * 1000}
        make_wheel(folder, "hero-pipe", version, files=files, entry_points=scripts)
    with simple_index(folder) as serving:
        yield serving


@dataclass
class Shop:
    """Bases in a cache, and what they say."""

    index: SimpleIndex
    folder: Path
    installer: str
    limit: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def bases(self) -> Bases:
        found = Bases.below(
            self.folder / "cache", {**os.environ, LIMIT: self.limit}, say=self.said.append
        )
        assert found is not None
        return found

    def wanted(self, version: str = "1.0") -> Wanted:
        installer = choice.choose(self.installer, os.environ)
        lock = installer.resolve(
            Resolve((f"hero-pipe=={version}",), self.folder, self.index.url, python.running())
        )
        return Wanted(lock, python.running(), installer, self.index.url)

    def clone(self, name: str, wanted: Wanted) -> Environment:
        (self.folder / name).mkdir()
        made = self.bases.clone(wanted, self.folder / name / ".VENV")
        assert made is not None, self.said
        return made

    @property
    def made(self) -> int:
        return sum("making" in line for line in self.said)


@pytest.fixture(params=["uv", "pip"])
def shop(index: SimpleIndex, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    return Shop(index, tmp_path, request.param)


@pytest.fixture
def uv_shop(index: SimpleIndex, tmp_path: Path) -> Shop:
    return Shop(index, tmp_path, "uv")


def said_by(environment: Environment, *args: str) -> str:
    done = subprocess.run(args, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def module_of(environment: Environment) -> Path:
    return environment.site_packages / "hero_pipe" / "__init__.py"


def test_a_clone_is_an_environment_of_its_own(shop: Shop) -> None:
    wanted = shop.wanted()
    one, other = shop.clone("one", wanted), shop.clone("other", wanted)
    assert shop.made == 1
    for environment in (one, other):
        assert said_by(environment, str(environment.python), "-c", SAYS) == "1.0"
        script = environment.scripts / "hero"
        assert said_by(environment, str(script)) == str(environment.folder)
        assert installed(environment)["hero-pipe"].version == "1.0"
        cached = list(module_of(environment).parent.glob("__pycache__/*.pyc"))
        assert cached != []
        texts = [path.read_bytes() for path in environment.scripts.iterdir() if path.is_file()]
        assert not any(b"shared environments" in text for text in texts if len(text) < 10**6)
    activate = '. "$1"/bin/activate && echo "$VIRTUAL_ENV" && echo "$VIRTUAL_ENV_PROMPT"'
    shown = said_by(one, "bash", "-c", activate, "bash", str(one.folder)).splitlines()
    assert shown == [str(one.folder), "one"]


def test_what_is_installed_in_a_clone_reaches_no_other(shop: Shop) -> None:
    wanted = shop.wanted()
    one, newer = shop.clone("one", wanted), shop.wanted("2.0")
    newer.installer.sync(one, newer.lock, root=shop.folder, index_url=shop.index.url)
    assert said_by(one, str(one.python), "-c", SAYS) == "2.0"
    other = shop.clone("other", wanted)
    assert said_by(other, str(other.python), "-c", SAYS) == "1.0"
    assert shop.made == 1


def test_nothing_is_compiled_in_a_clone(uv_shop: Shop) -> None:
    environment = uv_shop.clone("one", uv_shop.wanted())
    before = {path: path.stat().st_mtime_ns for path in environment.folder.rglob("*.pyc")}
    said_by(environment, str(environment.python), "-c", SAYS)
    after = {path: path.stat().st_mtime_ns for path in environment.folder.rglob("*.pyc")}
    assert after == before != {}


def test_shared_files_are_read_only_and_not_the_installers(uv_shop: Shop) -> None:
    environment = uv_shop.clone("one", uv_shop.wanted())
    module = module_of(environment)
    if module.stat().st_nlink > 1:  # else its blocks are shared, and it may be written
        assert module.stat().st_mode & 0o222 == 0
        assert module.stat().st_nlink == 2  # the base and this clone, no cache of an installer


@pytest.mark.parametrize("harm", ["changed", "removed", "added", "manifest"])
def test_a_base_that_was_harmed_is_made_again(uv_shop: Shop, harm: str) -> None:
    wanted = uv_shop.wanted()
    uv_shop.clone("one", wanted)
    (module,) = uv_shop.bases.folder.glob("*/env/lib/*/site-packages/hero_pipe/__init__.py")
    if harm == "changed":
        module.chmod(0o644)
        module.write_text("__version__ = 'evil'\n")
    elif harm == "removed":
        module.unlink()
    elif harm == "added":
        module.with_name("more.py").write_text("")
    else:
        next(uv_shop.bases.folder.glob("*/manifest.json")).write_text("{")
    other = uv_shop.clone("other", wanted)
    assert said_by(other, str(other.python), "-c", SAYS) == "1.0"
    assert not (module_of(other).parent / "more.py").exists()
    assert uv_shop.made == 2
    assert any("made again" in line for line in uv_shop.said)


def test_several_may_want_one_at_once(uv_shop: Shop) -> None:
    wanted = uv_shop.wanted()
    made: list[Environment] = []
    threads = [
        threading.Thread(target=lambda name=name: made.append(uv_shop.clone(name, wanted)))
        for name in ("a", "b", "c", "d")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert {said_by(one, str(one.python), "-c", SAYS) for one in made} == {"1.0"}
    assert uv_shop.made == 1


def test_what_was_not_used_for_longest_goes_first(uv_shop: Shop) -> None:
    old, new = uv_shop.wanted("1.0"), uv_shop.wanted("2.0")
    first = uv_shop.clone("one", old)
    for used in uv_shop.bases.folder.glob("*/used"):
        os.utime(used, (0, 0))
    uv_shop.limit = "0.000001"
    uv_shop.clone("two", new)
    assert len(list(uv_shop.bases.folder.glob("*/env"))) == 1
    assert said_by(first, str(first.python), "-c", SAYS) == "1.0"  # it lives on
    uv_shop.clone("three", old)
    assert uv_shop.made == 3


def test_one_that_was_just_used_stays(uv_shop: Shop) -> None:
    uv_shop.limit = "0.000001"
    uv_shop.clone("one", uv_shop.wanted("1.0"))
    uv_shop.clone("two", uv_shop.wanted("2.0"))
    assert len(list(uv_shop.bases.folder.glob("*/env"))) == 2


def test_where_it_cannot_be_had_there_is_none(uv_shop: Shop, tmp_path: Path) -> None:
    wanted = uv_shop.wanted()
    (tmp_path / "O'Brien").mkdir()
    assert uv_shop.bases.clone(wanted, tmp_path / "O'Brien" / ".VENV") is None
    (package,) = wanted.lock.packages
    edited = replace(package, version=None, files=(), directory="hero_pipe")
    folder = replace(wanted, lock=wanted.lock.with_package(edited))
    assert uv_shop.bases.clone(folder, tmp_path / ".VENV") is None
    lost = replace(package.files[0], url=f"{uv_shop.index.origin}/gone.whl", sha256="0" * 64)
    gone = replace(wanted, lock=wanted.lock.with_package(replace(package, files=(lost,))))
    assert uv_shop.bases.clone(gone, tmp_path / ".VENV") is None
    assert "no environment is shared" in uv_shop.said[-1]
    (tmp_path / "cache" / "shared environments").rename(tmp_path / "kept")
    (tmp_path / "cache" / "shared environments").touch()
    assert uv_shop.bases.clone(wanted, tmp_path / ".VENV") is None
    assert not (tmp_path / ".VENV").exists()


def test_a_limit_of_nothing_keeps_none(tmp_path: Path) -> None:
    said: list[str] = []
    assert Bases.below(tmp_path, {LIMIT: "0"}, say=said.append) is None
    assert Bases.below(tmp_path / "höhle", {}, say=said.append) is None
    found = Bases.below(tmp_path, {LIMIT: "much"}, say=said.append)
    assert found is not None
    assert said == [f"{LIMIT} is no number: 'much'"]
