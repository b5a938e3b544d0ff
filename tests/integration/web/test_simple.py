"""Simple pages of a real server, as uv, pip and people read them."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from uv import find_uv_bin

from pipl import process
from pipl.env import python
from pipl.env.choice import choose
from pipl.env.install import ALL, PIP, UV, Resolve
from pipl.errors.env import Unresolvable
from pipl.index.client import AUTHENTICATED
from pipl.index.devpi import DevpiClient
from pipl.index.name import IndexName
from pipl.index.pages import TIME_FORMAT
from pipl.process import Completed
from pipl.testing.servers import RunningServer
from pipl.testing.simple_index import make_wheel

MakeIndex = Callable[..., IndexName]
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class Place:
    """A stage that inherits from an index on which `hero-geo` 1.0 came before, 1.1 after `then`.

    The stage holds `hero-rig` 1.0, which requires `hero-geo`.
    """

    server: RunningServer
    root: DevpiClient
    base: IndexName
    stage: IndexName
    then: str
    folder: Path

    @property
    def url(self) -> str:
        return f"{self.server.url}/{self.stage}/+simple/"

    def page(self, name: str = "hero-geo", accept: str = JSON, url: str = "") -> requests.Response:
        return requests.get(f"{url or self.url}{name}/", headers={"Accept": accept}, timeout=30)

    @property
    def environ(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "UV_CACHE_DIR": str(self.folder / "uv"),
            "PIP_CACHE_DIR": str(self.folder / "pip"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "no_proxy": "127.0.0.1",
        }

    def run(self, *args: str | Path) -> Completed:
        return process.run(args, env=self.environ, cwd=self.folder, check=False, timeout_s=120)

    def uv(self, *args: str, asked: str = "hero-rig") -> Completed:
        path = self.folder / "asked.in"
        path.write_text(asked, encoding="utf-8")
        where = ("--default-index", self.url, "--no-header", "--no-annotate", "--no-config")
        return self.run(find_uv_bin(), "pip", "compile", path, *where, *args)

    def pip(self, *args: str, asked: str = "hero-rig") -> Completed:
        where = ("--index-url", self.url, "--dry-run", "--ignore-installed", asked)
        return self.run(sys.executable, "-m", "pip", "install", *where, *args)


@pytest.fixture
def place(
    devpi_server: RunningServer, root: DevpiClient, make_index: MakeIndex, tmp_path: Path
) -> Place:
    base = make_index()
    stage = make_index(bases=(base,))
    wheels = tmp_path / "wheels"
    root.upload(base, make_wheel(wheels, "hero-geo", "1.0", requires_python=">=3.9"))
    root.upload(stage, make_wheel(wheels, "hero-rig", "1.0", requires=["hero-geo"]))
    now = int(time.time())
    while int(time.time()) == now:  # the server counts in seconds
        time.sleep(0.05)
    then = time.strftime(TIME_FORMAT, time.gmtime(now + 1))
    root.upload(base, make_wheel(wheels, "hero-geo", "1.1"))
    return Place(devpi_server, root, base, stage, then, tmp_path)


def test_pages_tell_sizes_times_and_versions(place: Place) -> None:
    answer = place.page()
    page = answer.json()
    assert answer.headers["Content-Type"] == JSON
    assert (page["meta"]["api-version"], page["versions"]) == ("1.1", ["1.0", "1.1"])
    first, second = page["files"]
    assert first["size"] == (place.folder / "wheels" / first["filename"]).stat().st_size
    assert first["upload-time"] < place.then <= second["upload-time"]
    assert (first["requires-python"], first["core-metadata"]) == (">=3.9", True)
    assert "yanked" not in first
    file = requests.get(requests.compat.urljoin(answer.url, first["url"]), timeout=30)
    assert len(file.content) == first["size"]
    text = place.page(accept="text/html").text
    assert f'data-size="{first["size"]}"' in text
    assert f'data-upload-time="{first["upload-time"]}"' in text
    assert 'data-requires-python="&gt;=3.9"' in text


def test_installers_choose_nothing_that_came_later(place: Place) -> None:
    assert "hero-geo==1.1" in place.uv().stdout
    assert "hero-geo==1.0" in place.uv("--exclude-newer", place.then).stdout
    assert "hero-geo-1.1" in place.pip().stdout
    assert "hero-geo-1.0" in place.pip("--uploaded-prior-to", place.then).stdout


def test_what_is_yanked_is_chosen_by_nobody_new(place: Place) -> None:
    newest = place.root.release(place.base, "hero-geo", "1.1")
    place.root.yank(newest, 'flipped "normals" & <more>')
    assert place.page().json()["files"][1]["yanked"] == 'flipped "normals" & <more>'
    html = place.page(accept="text/html").text
    assert re.findall('data-yanked="([^"]*)"', html) == [
        "flipped &quot;normals&quot; &amp; &lt;more&gt;"
    ]
    assert "hero-geo==1.0" in place.uv().stdout
    assert "hero-geo-1.0" in place.pip().stdout
    asked = "hero-geo==1.1"
    assert "flipped" in place.pip(asked=asked).stderr
    assert "flipped" in place.uv(asked=asked).stderr
    assert place.root.requirements(place.stage).packls["hero-geo"].version == "1.0"
    place.root.yank(newest, None)
    assert "hero-geo==1.1" in place.uv("--refresh").stdout
    assert place.root.requirements(place.stage).packls["hero-geo"].version == "1.1"


def test_a_yank_needs_no_reason(place: Place) -> None:
    place.root.yank(place.root.release(place.base, "hero-geo", "1.1"), "")
    assert place.page().json()["files"][1]["yanked"] is True
    assert place.root.release(place.base, "hero-geo", "1.1").yanked == ""


@pytest.mark.parametrize("name", [UV, PIP])
def test_what_is_locked_stays_though_it_is_yanked(place: Place, name: str) -> None:
    installer = choose(name, place.environ)
    wanted = Resolve(("hero-rig",), place.folder, place.url, python.find())
    before = installer.resolve(wanted)
    place.root.yank(place.root.release(place.base, "hero-geo", "1.1"), "flipped normals")
    kept = Resolve(("hero-rig",), place.folder, place.url, python.find(), prefer=before)
    assert str(installer.resolve(kept).versions["hero-geo"]) == "1.1"
    moved = Resolve(
        ("hero-rig",), place.folder, place.url, python.find(), prefer=before, upgrade=ALL
    )
    assert str(installer.resolve(moved).versions["hero-geo"]) == "1.0"


@pytest.mark.parametrize("name", [UV, PIP])
def test_a_lock_as_of_a_time(place: Place, name: str) -> None:
    installer = choose(name, place.environ)
    then = Resolve(("hero-rig",), place.folder, place.url, python.find(), as_of=place.then)
    lock = installer.resolve(then)
    assert {name: str(version) for name, version in lock.versions.items()} == {
        "hero-geo": "1.0",
        "hero-rig": "1.0",
    }
    assert (lock.index_url, lock.as_of) == (place.url, place.then)
    urls = {file.url.partition("/+f/")[0] for package in lock.packages for file in package.files}
    assert urls == {f"{place.server.url}/{place.base}", f"{place.server.url}/{place.stage}"}
    before = Resolve(
        ("hero-rig",), place.folder, place.url, python.find(), as_of="2001-01-01T00:00:00Z"
    )
    with pytest.raises(Unresolvable, match="hero-rig"):
        installer.resolve(before)


def test_a_time_that_is_none(place: Place) -> None:
    url = f"{place.server.url}/+pipl/as-of/yesterday/{place.stage}/+simple/"
    answer = place.page(url=url)
    assert (answer.status_code, "yesterday" in answer.text) == (400, True)


def test_names_that_the_project_has_not(place: Place) -> None:
    assert place.page("no-such-thing").status_code == 404
    url = f"{place.server.url}/+pipl/as-of/{place.then}/{place.stage}/+simple/"
    assert place.page("no-such-thing", url=url).status_code == 404


def ask_to_yank(place: Place, document: Any, **settings: Any) -> requests.Response:
    index = settings.pop("index", str(place.base))
    return requests.post(
        f"{place.server.url}/+pipl/yanked?index={index}", json=document, timeout=30, **settings
    )


def test_who_may_not_upload_may_not_yank(place: Place) -> None:
    document = {"project": "hero-geo", "version": "1.1", "reason": "envy"}
    assert ask_to_yank(place, document).status_code == 401
    place.root.create_user("envious", password="s3cret-and-more")
    login = place.server.log_in("envious", "s3cret-and-more")
    assert ask_to_yank(place, document, auth=(login.user, login.token)).status_code == 403
    assert "yanked" not in place.page().text
    place.root.modify_index(place.base, {"acl_upload": [AUTHENTICATED]})
    assert ask_to_yank(place, document, auth=(login.user, login.token)).status_code == 200
    assert "envy" in place.page().text


def test_requests_to_yank_that_make_no_sense(place: Place) -> None:
    place.root.modify_index(place.base, {"acl_upload": [":ANONYMOUS:"]})
    held = {"project": "hero-geo", "version": "1.1", "reason": ""}
    documents: list[tuple[Any, int]] = [
        ({**held, "reason": "two\nlines"}, 400),
        ({**held, "reason": "x" * 1001}, 400),
        ({**held, "reason": 7}, 400),
        ({"project": "hero-geo"}, 400),
        (["hero-geo"], 400),
        ({**held, "version": "9"}, 404),
    ]
    statuses = [ask_to_yank(place, document).status_code for document, _ in documents]
    assert statuses == [status for _, status in documents]
    assert ask_to_yank(place, held, index="root/nowhere").status_code == 404
    assert ask_to_yank(place, held, index="nonsense").status_code == 404
    assert "yanked" not in place.page().text
