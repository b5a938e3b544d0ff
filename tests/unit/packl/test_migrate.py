"""A prototype's packl becomes a pyproject.toml that says the same."""

from pathlib import Path

import pytest

from pipl import toml
from pipl.errors.usage import NotMigratable, PathExists
from pipl.packl.migrate import migrate

SETUPL = """
name = 'my_pipe'
version = '0.2.0rc1'
author = 'dee'
include_package_data = True
test_suite = 'nose.collector'
install_requires = ['pipl-pipe', 'six>=1.10']
extra_requires = {'edit': ['maya-tools']}
entry_points = {
    'console_scripts': ['OpenScene = my_pipe.scene:open_scene'],
    'pipl_pip.config': ['asset_store = my_pipe.config:ASSET_STORE'],
}
classifiers = ['Framework :: pipl', 'Development Status :: 3 - Alpha']
"""


def packl_of_2019(folder: Path, text: str = SETUPL) -> Path:
    packl = folder / "my_pipe"
    (packl / "my_pipe").mkdir(parents=True)
    (packl / "my_pipe" / "__setupl__.py").write_text(text, encoding="utf-8")
    return packl


def test_metadata_dependencies_and_entry_points_are_carried_over(tmp_path: Path) -> None:
    target, notes = migrate(packl_of_2019(tmp_path))
    written = toml.read(target)
    project = written["project"]
    assert isinstance(project, dict)
    assert project["name"] == "my-pipe"
    assert project["version"] == "0.2.0rc1"
    assert project["authors"] == [{"name": "dee"}]
    assert project["dependencies"] == ["pipl-pipe", "six>=1.10"]
    assert project["optional-dependencies"] == {"edit": ["maya-tools"]}
    assert project["scripts"] == {"OpenScene": "my_pipe.scene:open_scene"}
    assert project["entry-points"] == {
        "pipl_pipe.config": {"asset_store": "my_pipe.config:ASSET_STORE"}
    }
    assert project["classifiers"] == ["Development Status :: 3 - Alpha"]
    assert written["tool"]["pipl"]["kind"] == "config"  # type: ignore[index]
    assert notes == ("test_suite = 'nose.collector' was not carried over",)


def test_a_second_migration_does_not_overwrite(tmp_path: Path) -> None:
    packl = packl_of_2019(tmp_path)
    migrate(packl)
    with pytest.raises(PathExists):
        migrate(packl)


@pytest.mark.parametrize(
    "line",
    [
        "version = 'latest'",
        "install_requires = ['not a requirement!']",
        "name = 3",
        "name = '../x y'",
    ],
)
def test_values_that_no_index_would_take_are_refused(tmp_path: Path, line: str) -> None:
    packl = packl_of_2019(tmp_path, line + "\n")
    with pytest.raises(NotMigratable):
        migrate(packl)
    assert not (packl / "pyproject.toml").exists()


def test_a_folder_without_setupl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotMigratable, match="__setupl__"):
        migrate(tmp_path)
