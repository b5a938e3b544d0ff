from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipl.env.environment import Environment
from pipl.errors.asset import StoreMisconfigured, StoreReplaced
from pipl.errors.base import FrameworkError
from pipl.errors.env import EnvironmentDamaged, NotInstalled
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.workspace import placed
from pipl.workspace.place import Place, write_context
from pipl_pipe.asset import reference
from pipl_pipe.asset.places import Places
from pipl_pipe.asset.places import config as place_config
from pipl_pipe.asset.reference import ProductAssets, Reference
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.testing.asset_store import make_folder, reference_to


@dataclass
class Told:
    """A Progress that remembers."""

    phases: list[str] = field(default_factory=list)
    steps: list[tuple[int, int | None]] = field(default_factory=list)

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def advance(self, done: int, total: int | None, unit: str = "bytes") -> None:
        self.steps.append((done, total))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A workspace whose environment is there, of a project that is seen here."""
    (tmp_path / "Show").mkdir()
    binding = Binding("Show", "http://127.0.0.1:9", IndexName("root", "PROJ"), tmp_path / "Show")
    environ = {"PIPL_CACHE_DIR": str(tmp_path / "machine")}
    made = Place(tmp_path / "work", binding, environ)
    made.environment.python.parent.mkdir(parents=True)
    made.environment.python.touch()
    (made.environment.folder / "pyvenv.cfg").touch()
    write_context(made)
    return made


@pytest.fixture
def store(place: Place, tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "Show" / "system" / "assets", parents=True)


@pytest.fixture
def textures(store: FolderStore, tmp_path: Path) -> Reference:
    stored = store.add(make_folder(tmp_path / "source"), product="hero_geo")
    return reference_to(stored, "textures", "folder")


def report(place: Place, *assets: Reference, **changes: Any) -> dict[str, object]:
    """What the environment answers to `settle`."""
    content = ProductAssets("hero_geo", "product", "1.0", assets)
    return {
        "env": [],
        "broken": [],
        "products": [{"package": "hero_geo", "content": json.loads(reference.render(content))}],
        "places": own_places(place).to_json(),
        "store": "",
        "problem": "",
        **changes,
    }


def own_places(place: Place) -> Places:
    folder = place.binding.folder
    assert folder is not None
    return place_config.of_project("Show", folder, place.binding.url, place.environ)


def test_places_and_products_are_as_the_environment_said(place: Place, textures: Reference) -> None:
    placed.write(place.environment, report(place, textures))
    assert placed.places_of(place.environment, {}) == own_places(place)
    (product,) = placed.assets_of(place.environment)
    assert (product.package, product.content.assets) == ("hero_geo", (textures,))


def test_where_no_packl_has_anything_to_say_the_projects_folder_counts(place: Place) -> None:
    placed.write(place.environment, report(place))
    placed.write(place.environment, None)
    found = placed.places_of(place.environment, place.environ)
    assert found.store == own_places(place).store
    assert found.workspace == place.folder
    assert placed.assets_of(place.environment) == ()


def test_a_replaced_store_and_a_broken_config_are_told(place: Place, textures: Reference) -> None:
    placed.write(place.environment, report(place, places=None, store="show-pipe"))
    with pytest.raises(StoreReplaced, match="show-pipe"):
        placed.places_of(place.environment, {})
    broken = report(place, textures, places=None, problem="cache is no text")
    placed.write(place.environment, broken)
    with pytest.raises(StoreMisconfigured, match="cache is no text"):
        placed.places_of(place.environment, {})
    with pytest.raises(StoreMisconfigured):
        placed.lay(place)


def test_an_environment_that_is_not_there(tmp_path: Path) -> None:
    nothing = Environment(tmp_path / "work" / ".VENV")
    with pytest.raises(NotInstalled):
        placed.places_of(nothing, {})
    with pytest.raises(NotInstalled):
        placed.assets_of(nothing)


@pytest.mark.parametrize(
    "damaged",
    ["", "[]", "{", '{"places": 3, "products": [3]}', '{"places": {"x": 1}, "products": 3}',
     '{"places": [], "products": [{"package": "p", "content": {}}]}'],
)  # fmt: skip
def test_a_damaged_report_is_named(place: Place, damaged: str) -> None:
    (place.environment.folder / placed.NAME).write_text(damaged, encoding="utf-8")
    with pytest.raises((EnvironmentDamaged, StoreMisconfigured)):
        placed.places_of(place.environment, {})
    with pytest.raises(EnvironmentDamaged, match=r"pipl-assets\.json"):
        placed.assets_of(place.environment)


def test_pipl_lays_the_view_with_progress(place: Place, textures: Reference) -> None:
    placed.write(place.environment, report(place, textures))
    told = Told()
    placed.lay(place, progress=told)
    assert (place.assets / "hero_geo" / "textures" / "readme.txt").is_file()
    assert told.phases == ["laying the asset view"]
    assert told.steps[-1] == (textures.size, textures.size)
    placed.write(place.environment, None)
    placed.lay(place)
    assert not (place.assets / "hero_geo").exists()


def test_without_assets_nothing_is_laid(place: Place) -> None:
    told = Told()
    placed.write(place.environment, report(place))
    placed.lay(place, progress=told)
    assert (told.phases, place.assets.exists()) == ([], False)


@pytest.mark.parametrize("missing", [("places",), ("places", "store", "problem", "products")])
def test_what_the_environment_has_laid_itself_stays(
    place: Place, textures: Reference, missing: tuple[str, ...]
) -> None:
    """A store of a packl's own; or a framework older than this, which says nothing of places."""
    placed.write(place.environment, report(place, textures))
    placed.lay(place)
    said = report(place, textures, store="show-pipe")
    placed.write(place.environment, {key: said[key] for key in said if key not in missing})
    placed.lay(place)
    assert (place.assets / "hero_geo" / "textures" / "readme.txt").is_file()


def test_an_asset_that_no_place_holds_is_reported_as_the_framework_does(
    place: Place, store: FolderStore, textures: Reference
) -> None:
    store.objects.path(textures.digest).unlink()
    placed.write(place.environment, report(place, textures))
    with pytest.raises(FrameworkError, match="hero_geo/textures") as caught:
        placed.lay(place)
    assert caught.value.reported == "asset.missing"
