"""Each example of Path Partout's document, literally; where it contradicts itself, we say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipl_pipe.errors import MissingFields, NoConfiguration, NotOnThisSystem
from pipl_pipe.path.notations import partout as pathpartout
from pipl_pipe.path.notations.partout import auto_arbo

SHOT = "P:\\Pfffirates_Serie\\projet\\episode\\e0143_surgonflette\\shot\\s005\\p016\\clean\\wip\\e0143_s005_p016_clean_v001.blend"  # noqa: E501  # the document's
INFO = {'episode_name': 'surgonflette', 'task': 'clean', 'variant': 'clean', 'version_number': '001', 'asset_type_name': None, 'asset_name': None, 'season_number': '01', 'episode_number': '43', 'sequence_number': '005', 'asset_description': None, 'asset_type': None, 'extension': 'blend', 'project_name': 'Pfffirates_Serie', 'letter': 'P', 'shot_number': '016'}  # fmt: skip  # noqa: E501
LABELS = ["asset_push_folder", "pushed", "asset_working_file", "shot_working_file"]


@pytest.fixture
def first(use: Any) -> None:
    use({"P:/path_partout.conf": "first"})


@pytest.fixture
def series(use: Any) -> None:
    files = {"C:/conf/series.conf": "series", "i:/path_partout.conf": "movies"}
    use(files, ("C:/conf",))


@pytest.mark.usefixtures("first")
class TestFirstExample:
    def test_a_pushed_asset_is_understood(self) -> None:
        path = r"P:\son_teaser\asset\am\sunset001\push\sunset001_high1.blend"
        info = pathpartout.tree.get_from_label("pushed", path).info
        assert (info["project_name"], info["asset_name"], info["step"]) == (
            "son_teaser", "sunset001", "high1",
        )  # fmt: skip

    def test_and_a_path_is_made(self) -> None:
        tree_path = pathpartout.tree.get_from_config("P:/path_partout.conf")
        tree_path.populate_info({
            "project_name": "pfffirates_series", "asset_type": "ch", "asset_name": "mosquito001",
            "step": "modeling", "working_file_extension": "blend",
        })  # fmt: skip
        expected = r"P:\pfffirates_series\asset\ch\mosquito001\push\mosquito001_modeling.blend"
        assert tree_path.get_label_path("pushed") == expected

    def test_a_label_with_an_empty_text_targets_its_folder_and_reads_it(self) -> None:
        path = r"P:\son_teaser\asset\am\sunset001\push"
        tree_path = pathpartout.tree.get_from_label("asset_push_folder", path)
        assert tree_path.info["asset_name"] == "sunset001"
        assert tree_path.get_label_path("asset_push_folder") == path
        assert pathpartout.tree.is_label_matching_path("asset_push_folder", path + "\\")

    def test_the_same_path_with_slashes(self) -> None:
        path = "p:/son_teaser/asset/am/sunset001/push/sunset001_high1.blend"
        tree_path = pathpartout.tree.get_from_label("pushed", path)
        assert tree_path.get_label_path("pushed") == "P:" + path[2:].replace("/", "\\")

    def test_case_counts(self) -> None:
        path = r"P:\son_teaser\Asset\am\sunset001\push\sunset001_high1.blend"
        assert not pathpartout.tree.is_label_matching_path("pushed", path)

    def test_both_kinds_of_paths(self) -> None:
        shot = r"P:\son\projet\episode\e0143_surgonflette\shot_ab\e0143_s005_p016_clean_v001.blend"
        asset = r"P:\son\asset\ch\pim\rig\wip\ch_pim_rig_v012.blend"
        matching = pathpartout.tree.is_label_matching_path
        assert matching("shot_working_file", shot) and not matching("shot_working_file", asset)
        both = ["shot_working_file", "asset_working_file"]
        assert pathpartout.tree.get_from_labels(both, asset).info["version_number"] == "012"
        assert pathpartout.tree.get_from_labels(both, shot).info["shot_type"] == "ab"

    def test_an_optional_variable_may_be_missing(self) -> None:
        shot = r"P:\son\projet\episode\e0143_surgonflette\shot_\e0143_s005_p016_clean_v001.blend"
        tree_path = pathpartout.tree.get_from_label("shot_working_file", shot)
        assert tree_path.info["shot_type"] is None
        assert tree_path.get_label_path("shot_working_file") == shot

    def test_available(self) -> None:
        tree_path = pathpartout.tree.get_from_path("P:/path/file.ext")
        assert {"project_name", "asset_name", "episode_number"} <= set(tree_path.available_info)
        assert tree_path.available_label == tree_path.available_labels == LABELS
        assert set(tree_path.info.values()) == {None}
        assert tree_path.config_filepath == "P:/path_partout.conf"

    def test_what_is_missing_is_said_all_at_once(self) -> None:
        tree_path = pathpartout.tree.get_from_config("P:/path_partout.conf")
        tree_path.info["project_name"] = "pfffirates_serie"
        tree_path.info["asset_name"] = "mosquito001"
        with pytest.raises(MissingFields) as caught:
            tree_path.get_label_path("pushed")
        assert caught.value.keys == ("asset_type", "step", "working_file_extension")


class TestFindingTheConfiguration:
    PATH = r"P:\son_teaser\asset\am\sunset001\push\sunset001_high1.blend"

    def test_the_first_one_going_up_and_only_that(self, use: Any) -> None:
        inner = '"p:":\n  "{{show}}":\n    anything: ""\n'
        use({"P:/path_partout.conf": "first", "P:/son_teaser/path_partout.conf": inner})
        tree_path = pathpartout.tree.get_from_path(self.PATH)
        assert tree_path.config_filepath == "P:/son_teaser/path_partout.conf"
        assert tree_path.available_labels == ["anything"]
        assert (
            pathpartout.tree.get_from_path("P:/other/a").config_filepath == "P:/path_partout.conf"
        )

    def test_none_is_an_error(self, use: Any) -> None:
        use({})
        with pytest.raises(NoConfiguration):
            pathpartout.tree.get_from_path(self.PATH)

    def test_the_most_specific_scope(self, use: Any) -> None:
        wide = 'scopes: ["P:/"]\n"p:":\n  wide: ""\n'
        narrow = 'scopes: ["P:/son"]\n"p:":\n  narrow: ""\n'
        use({"C:/my/path/1/a.conf": wide, "C:/my/path/2/deep/b.conf": narrow},
            ("C:/my/path/1/", "C:/my/path/2/"))  # fmt: skip
        found = pathpartout.tree.get_from_path
        assert found("P:/son/asset/my_file.ext").available_labels == ["narrow"]
        assert found("P:/asset/my_file.ext").available_labels == ["wide"]
        assert found("P:/sonata/my_file.ext").available_labels == ["wide"]

    def test_the_hierarchy_wins_where_both_are_as_near(self, use: Any) -> None:
        filed = 'scopes: ["P:/son"]\n"p:":\n  filed: ""\n'
        beside = '"p:":\n  beside: ""\n'
        use({"C:/c/a.conf": filed, "P:/son/path_partout.conf": beside}, ("C:/c",))
        assert pathpartout.tree.get_from_path("P:/son/a").available_labels == ["beside"]
        use({"C:/c/a.conf": filed, "P:/path_partout.conf": beside}, ("C:/c",))
        assert pathpartout.tree.get_from_path("P:/son/a").available_labels == ["filed"]

    def test_search_terms_and_names(self, use: Any) -> None:
        terms = 'search_term:\n  "projects":\n    - "son_teaser"\n    - "WLC"\nname: teaser\n'
        use({"C:/c/a.conf": terms + '"p:":\n  all: ""\n'}, ("C:/c",))
        search = pathpartout.config_folders.search_config_path
        assert search("projects", "son_teaser") == search("projects", "WLC") == "C:/c/a.conf"
        assert pathpartout.config_folders.get_config_path_by_name("teaser") == "C:/c/a.conf"


class TestLinked:
    # As in the document, where a label is written without a space before its text.
    P = '"p:":\n  "{{project_name}}":\n    label:""\nlinked:\n  - "i:/path_partout.conf"\n'
    I = '"i:":\n  "{{asset_name}}":\n    other:""\nlinked:\n  - "p:/path_partout.conf"\n'  # noqa: E741

    def test_linked_files_are_one(self, use: Any) -> None:
        use({"P:/path_partout.conf": self.P, "I:/path_partout.conf": self.I})
        for path in ("P:/son", "I:/pim"):
            tree_path = pathpartout.tree.get_from_path(path)
            assert set(tree_path.available_labels) == {"label", "other"}
            tree_path.populate_info({"project_name": "son", "asset_name": "pim"})
            assert tree_path.get_label_path("label") == "P:\\son"
            assert tree_path.get_label_path("other") == "I:\\pim"


class TestRoots:
    CONFIG = """
scopes:
  - "{{root:fabrication}}"
trees:
  "{{root:fabrication}}":
    "{{project_name}}":
      "projet":
        "asset":
          "{{asset_type}}_{{asset_type_name}}":
            ...
        "episode":
          ...
        all: ""
  "{{root:rendu}}":
    rendered: ""
"""

    @pytest.mark.parametrize(
        ("text", "path"),
        [("fabrication=D:&rendu=G:", r"D:\son\projet"),
         ("fabrication=/mnt/d&rendu=/mnt/g", "/mnt/d/son/projet")],
    )  # fmt: skip
    def test_roots_differ_by_machine(self, use: Any, text: str, path: str) -> None:
        from pipl_pipe.path.notations.partout.current import roots_of

        roots = roots_of({"PATH_PARTOUT_ROOTS": text})
        use({"C:/c/a.conf": self.CONFIG}, ("C:/c",), roots)
        tree_path = pathpartout.tree.get_from_label("all", path)
        assert tree_path.info["project_name"] == "son"
        assert tree_path.get_label_path("all") == path
        assert tree_path.get_label_path("rendered").rstrip("\\") == roots["rendu"]


@pytest.mark.usefixtures("series")
class TestUseCases:
    def test_a_path_gives_its_info(self) -> None:
        tree_path = pathpartout.tree_path.get_from_label("shot_working_file", SHOT)
        assert tree_path.info == INFO

    def test_another_path_of_the_same_shot(self) -> None:
        tree_path = pathpartout.tree_path.get_from_label("shot_working_file", SHOT)
        assert "episode_mov" in tree_path.available_labels
        # The document writes this one path with slashes, and every other one on a drive with
        # backslashes. We write a drive's paths with backslashes throughout.
        expected = "I:/Pfffirates_Serie/projet/episode/e0143_surgonflette/shot/s005/p016/clean/v001/all/e0143_s005_p016_clean.mov"  # noqa: E501
        assert tree_path.get_label_path("episode_mov") == expected.replace("/", "\\")

    def test_info_gives_a_path(self) -> None:
        info = {name: value for name, value in INFO.items() if value is not None}
        config_path = pathpartout.config_folders.search_config_path("projects", "Pfffirates_serie")
        tree_path = pathpartout.config_folders.get_from_config(config_path)
        tree_path.populate_info(info)
        assert tree_path.get_label_path("shot_working_file") == SHOT

    def test_the_next_version(self) -> None:
        tree_path = pathpartout.tree_path.get_from_label("shot_working_file", SHOT)
        tree_path.info["version_number"] = "002"
        assert tree_path.get_label_path("shot_working_file") == SHOT.replace("v001", "v002")

    def test_filling_by_label_and_aggregate(self) -> None:
        tree_path = pathpartout.tree.get_from_path(SHOT)
        tree_path.fill_with_label("shot_working_file", SHOT)
        # The document fills `s{{season_number:2}}e{{episode_number:3}}_…` from
        # "e0143_surgonflette", which it cannot have made; "s01e043_surgonflette" it can.
        tree_path.fill_with_aggregate("episode_full_name", "s01e043_surgonflette")
        assert tree_path.info["episode_name"] == "surgonflette"
        assert tree_path.get_label_path("shot_working_file") == SHOT

    def test_an_aggregate(self) -> None:
        """The episode of the path has two digits and that of the aggregate three: the number
        takes zeros, or gives them up, to fit its place."""
        tree_path = pathpartout.tree_path.get_from_label("shot_working_file", SHOT)
        assert tree_path.info["episode_number"] == "43"
        assert tree_path.get_aggregate("episode_full_name") == "s01e043_surgonflette"


class TestAutoArbo:
    CONFIG = """
"p:":
  "{{project_name}}":
    "projet":
      "asset":
        "{{asset_type}}_{{asset_type_name}}":
          ...
      "episode":
        ...
auto_arbo:
  - "project_name"
"""

    def test_the_folders_of_a_project(self, use: Any) -> None:
        use({"P:/path_partout.conf": self.CONFIG})
        path = "P:/path_partout.conf"
        required_info = auto_arbo.get_required_info(path)
        assert required_info == auto_arbo.get_info_needed("P:/some/place") == {"project_name": None}
        required_info["project_name"] = "my-new-project-name"
        assert auto_arbo.planned(path, required_info) == (
            r"P:\my-new-project-name",
            r"P:\my-new-project-name\projet",
            r"P:\my-new-project-name\projet\asset",
            r"P:\my-new-project-name\projet\episode",
        )

    def test_a_drive_is_not_made_where_there_are_none(self, use: Any) -> None:
        use({"P:/path_partout.conf": self.CONFIG})
        with pytest.raises(NotOnThisSystem):
            auto_arbo.generate("P:/path_partout.conf", {"project_name": "a"})

    def test_they_are_made(self, use: Any, tmp_path: Path) -> None:
        config = self.CONFIG.replace('"p:"', f'"{tmp_path}"')
        use({"/c/path_partout.conf": config})
        made = auto_arbo.generate("/c", {"project_name": "new"})
        assert made == [
            str(tmp_path / "new" / one) for one in ("", "projet", "projet/asset", "projet/episode")
        ]
        assert (tmp_path / "new/projet/episode").is_dir()
        assert auto_arbo.generate("/c", {"project_name": "new"}) == []

    def test_what_is_required_is_asked_for(self, use: Any) -> None:
        use({"P:/path_partout.conf": self.CONFIG})
        with pytest.raises(MissingFields, match="project_name"):
            auto_arbo.generate("P:/path_partout.conf", {"project_name": None})
