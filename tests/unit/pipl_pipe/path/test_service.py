"""The `path` service: catalogs of installed packls."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, List

import pytest

from pipl_pipe import registry, services
from pipl_pipe.errors import (
    BrokenExtension,
    InvalidCatalog,
    InvalidConfig,
    PathMismatch,
    SeveralTemplates,
    UnknownExtension,
)
from pipl_pipe.path.document import from_plain
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.partout.notation import partout
from pipl_pipe.path.service import Paths

from ..conftest import Site

PLATFORM = "linux" if sys.platform.startswith("linux") else sys.platform
STUDIO = f"""
STUDIO = {{
    "roots": {{"primary": {{"{PLATFORM}": "/show"}}}},
    "keys": {{"Asset": {{"type": "str"}}, "Step": {{"type": "str"}}}},
    "paths": {{"maya_asset_project": "assets/{{Asset}}/{{Step}}/work"}},
}}
"""


@pytest.fixture
def studio(site: Site) -> Site:
    site.install_pipe()
    site.install(
        "studio-pipe",
        requires=["pipl-pipe"],
        entry_points={"pipl_pipe.config": {"path.studio": "studio_pipe:STUDIO"}},
        modules={"studio_pipe/__init__.py": STUDIO},
    )
    return site


def install(site: Site, name: str, entries: str, **modules: str) -> None:
    """A packl whose `path.NAME` entries are these lines `NAME = {…}`."""
    names = [line.split(" = ")[0] for line in entries.splitlines() if " = " in line]
    package = name.replace("-", "_")
    site.install(
        name,
        requires=["pipl-pipe", "studio-pipe"],
        entry_points={
            "pipl_pipe.config": {
                ("path" if one == "use" else f"path.{one}"): f"{package}:{one}" for one in names
            }
        },
        modules={f"{package}/__init__.py": entries, **modules},
    )
    registry.forget()


def test_templates_from_a_path(studio: Site) -> None:
    """The document's example."""
    path = "/show/assets/Car/Anim/work"
    found = services.path.templates_from_path(path)
    assert [one.name for one in found] == ["maya_asset_project"]
    assert services.path.template_from_path(path) is services.path.templates["maya_asset_project"]
    assert services.path.template_from_path(Path(path)) is found[0]
    assert services.path.template_from_path("/show/nothing") is None
    assert services.path.templates_from_path("/show/nothing") == []


def test_a_file_in_a_packl_extends_another_packls_catalog(studio: Site) -> None:
    install(
        studio,
        "show-pipe",
        "show = {'file': 'show_pipe:config/templates.yml', 'extends': 'studio'}\n",
        **{
            "show_pipe/config/templates.yml": (
                "keys: {Step: {type: str, choices: [Anim]}}\n"
                "paths: {publish: '@maya_asset_project/publish'}\n"
            )
        },
    )
    assert set(services.path.templates) == {"maya_asset_project", "publish"}
    assert services.path.template_from_path("/show/assets/Car/Anim/work/publish") is not None
    assert services.path.template_from_path("/show/assets/Car/Model/work") is None


def test_an_entry_of_the_same_name_is_replaced_by_a_packl_that_depends_on_it(studio: Site) -> None:
    install(studio, "show-pipe", "studio = {'paths': {}}\n")
    assert list(services.path.templates) == []


def test_unrelated_catalogs_are_used_together(studio: Site) -> None:
    install(studio, "show-pipe", f"show = {{'roots': {{'r': {{'{PLATFORM}': '/s'}}}},"
            " 'paths': {'x': 'x'}}\n")  # fmt: skip
    assert set(services.path.templates) == {"maya_asset_project", "x"}


def test_one_catalog_can_be_chosen(studio: Site) -> None:
    install(studio, "show-pipe", "show = {'paths': {}}\nuse = {'use': ['show']}\n")
    assert list(services.path.templates) == []


def test_several_templates_for_one_path(studio: Site) -> None:
    install(studio, "show-pipe", "show = {'extends': ['studio'],"
            " 'paths': {'all': 'assets/{Asset}/{Step}/{Asset}',"
            " 'work': 'assets/{Asset}/Anim/work'}}\n")  # fmt: skip
    with pytest.raises(SeveralTemplates) as caught:
        services.path.template_from_path("/show/assets/Car/Anim/work")
    assert caught.value.templates == ("maya_asset_project", "work")


@pytest.mark.parametrize(
    ("entry", "error", "says"),
    [
        ("show = {'paths': {'x': '{'}}", InvalidCatalog, "config entry path.show"),
        ("show = {'extends': ['show']}", InvalidCatalog, "show extends show"),
        ("show = {'extends': ['nope']}", InvalidCatalog, "path.nope, which there is not"),
        ("show = {'file': 'show_pipe:no.yml'}", InvalidCatalog, "there is no file"),
        ("show = {'file': 'relative.yml'}", InvalidCatalog, "there is no file"),
        ("show = {'file': 'x:y', 'paths': {}}", InvalidConfig, "a file and also paths"),
        ("show = {'file': 3}", InvalidConfig, "file is no text"),
        ("show = {'extends': 3}", InvalidConfig, "extends is no list"),
        ("show = {'roots': 3}", InvalidConfig, "roots maps"),
        ("show = {'notation': 3}", InvalidConfig, "notation is no name"),
        ("show = {'notation': 'nope'}", UnknownExtension, "nope"),
        ("show = {'paths': {'x': object()}}", InvalidCatalog, "a object cannot stand"),
        ("show = 3", BrokenExtension, "not a dict"),
    ],
)
def test_a_broken_catalog_leaves_the_others(
    studio: Site, entry: str, error: type, says: str
) -> None:
    install(studio, "show-pipe", f"{entry}\n")
    assert "maya_asset_project" in services.path.templates
    assert [type(one) for one in services.path.broken] == [error]
    assert says in str(services.path.broken[0])
    with pytest.raises(error):
        services.path.reload_templates()
    assert "maya_asset_project" in services.path.templates


def test_two_catalogs_with_one_template(studio: Site) -> None:
    install(studio, "show-pipe", "show = {'roots': {'r': {'%s': '/s'}},"
            " 'paths': {'maya_asset_project': 'x'}}\n" % PLATFORM)  # fmt: skip
    with pytest.raises(InvalidCatalog, match="let one extend the other"):
        services.path.templates["maya_asset_project"]


def test_the_services_own_entry_is_checked(studio: Site) -> None:
    install(studio, "show-pipe", "use = {'uses': []}\n")
    with pytest.raises(InvalidConfig, match="uses is unknown"):
        services.path.templates  # noqa: B018  # making it is what fails


def test_no_catalogs_at_all(site: Site) -> None:
    site.install_pipe()
    assert isinstance(services.path, Paths)
    assert len(services.path.templates) == 0


def test_reloading_reads_the_files_again(studio: Site) -> None:
    install(
        studio, "show-pipe",
        f"show = {{'file': 'show_pipe:t.yml', 'roots': {{'r': {{'{PLATFORM}': '/r'}}}}}}\n",
        **{"show_pipe/t.yml": "paths: {x: one}"},
    )  # fmt: skip
    file = studio.folder / "show_pipe" / "t.yml"
    assert services.path.templates["x"].definition == "one"
    file.write_text("paths: {x: two}", encoding="utf-8")
    assert services.path.templates["x"].definition == "one"
    services.path.reload_templates()
    assert services.path.templates["x"].definition == "two"
    file.write_text("paths: {x: '{'}", encoding="utf-8")
    with pytest.raises(InvalidCatalog):
        services.path.reload_templates()
    assert services.path.templates["x"].definition == "two"


class TestLabels:
    """Labels of Path Partout's trees answer as templates do."""

    @pytest.fixture
    def paths(self, tmp_path: Path) -> Paths:
        tree = {
            str(tmp_path): {
                "e{{ep:2}}": {"work": "x{{ep:3}}_v{{version:3}}{{more?}}"},
                "{{any?}}": {"other": "y"},
            },
            "{{letter}}:": {"drive": "{{name}}.ma"},
        }
        catalog = partout([Source("test", from_plain(tree, "test"))], "linux")
        for name in ("e43/x043_v001", "e44/x044_v002", "e44/x043_v002", "e44/x044_v002.a"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        return Paths(lambda: ([catalog], []))

    @pytest.mark.parametrize(
        ("fields", "options", "names"),
        [
            ({"ep": "43"}, {}, ["e43/x043_v001"]),
            ({"ep": 44}, {}, ["e44/x044_v002"]),
            ({"ep": "044", "more": ".a"}, {}, ["e44/x044_v002.a"]),
            ({}, {}, ["e43/x043_v001", "e44/x044_v002"]),
            (
                {"ep": "43", "version": "002"},
                {"skip_keys": ["ep"], "skip_missing_optional_keys": True},
                ["e44/x044_v002", "e44/x044_v002.a"],
            ),
        ],
    )
    def test_a_variable_in_two_lengths_is_looked_for_as_one(
        self, paths: Paths, tmp_path: Path, fields: Any, options: Any, names: List[str]
    ) -> None:
        work = paths.templates["work"]
        found = sorted(paths.paths_from_template(work, fields, **options))
        assert found == [f"{tmp_path}/{name}" for name in names]
        if not options:
            assert sorted(paths.abstract_paths_from_template(work, fields)) == found

    def test_a_variable_in_two_lengths_that_disagree_is_no_path_of_it(
        self, paths: Paths, tmp_path: Path
    ) -> None:
        good, bad = f"{tmp_path}/e43/x043_v001", f"{tmp_path}/e44/x043_v001"
        assert paths.template_from_path(good) is paths.templates["work"]
        assert paths.template_from_path(bad) is None
        with pytest.raises(PathMismatch):
            paths.templates["work"].get_fields(bad)

    def test_a_label_on_any_drive_is_found(self, paths: Paths) -> None:
        assert paths.template_from_path("Q:\\hero.ma") is paths.templates["drive"]


THIRD = """
import re
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.compiled import Compiled
from pipl_pipe.path.keys import StringKey
from pipl_pipe.path.parts import Slot, Text


class Line:
    def __init__(self, name, definition):
        self.name, self.definition = name, definition
        pieces = re.split(r"<(\\w+)>", definition)
        parts = [Text(one) if n % 2 == 0 else Slot(StringKey(one)) for n, one in enumerate(pieces)]
        self.compiled = Compiled(name, tuple(parts))


def colons(sources, platform):
    entries = (entry for source in sources for entry in source.document.items())
    return Catalog(Line(name, node.value) for name, _, node in entries)


SHOW = {"notation": "colons", "work": "/show/<Shot>/work_<Step>"}
"""


def test_a_packl_can_bring_a_notation_of_its_own(site: Site) -> None:
    site.install_pipe()
    site.install(
        "colons-pipe",
        requires=["pipl-pipe"],
        entry_points={
            "pipl_pipe.path_notations": {"colons": "colons_pipe:colons"},
            "pipl_pipe.config": {"path.show": "colons_pipe:SHOW"},
        },
        modules={"colons_pipe/__init__.py": THIRD},
    )
    found = services.path.template_from_path("/show/sh010/work_comp")
    assert found is services.path.templates["work"]
    assert found.compiled.read("/show/sh010/work_comp") == {"Shot": "sh010", "Step": "comp"}
    assert services.path.template_from_path("/show/sh010") is None
