"""What strangers add to the tool."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlib_metadata import Distribution, PathDistribution

from pipl.extension import CI_HANDLERS, TEMPLATES, Templates, extensions
from pipl_pipe.errors import AmbiguousExtension, BrokenExtension, UnknownExtension

OTHER_GROUPS = "[console_scripts]\nstudio = studio:main\n\n"


def installed(
    folder: Path, name: str, entry_points: str, requires: tuple[str, ...] = ()
) -> Distribution:
    """A distribution as an installer leaves it."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(OTHER_GROUPS + entry_points, encoding="utf-8")
    return PathDistribution(info)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.startswith("studio_")]:
        del sys.modules[name]


def test_a_strangers_template_is_the_folder_of_its_package(tmp_path: Path, packages: Path) -> None:
    skeleton = packages / "studio_skeletons" / "rig"
    skeleton.mkdir(parents=True)
    (skeleton / "README.md.tmpl").write_text("$name", encoding="utf-8")
    entry_points = "[pipl.templates]\nrig = studio_skeletons.rig\nold = studio_gone.rig\n"
    found = extensions(TEMPLATES, distributions=[installed(tmp_path, "Studio_Rigs", entry_points)])
    templates = Templates(found)

    assert set(templates) == {"rig", "old"}
    assert [path.name for path in templates["rig"].iterdir()] == ["README.md.tmpl"]
    with pytest.raises(BrokenExtension, match=r"'old' of studio-rigs .*studio_gone"):
        templates["old"]
    with pytest.raises(UnknownExtension, match="old; rig"):
        templates["prop"]


def test_a_template_that_names_an_object_is_broken(tmp_path: Path, packages: Path) -> None:
    (packages / "studio_skeletons.py").write_text("RIG = 'rig'\n", encoding="utf-8")
    entry_points = "[pipl.templates]\nrig = studio_skeletons:RIG\n"
    found = extensions(TEMPLATES, distributions=[installed(tmp_path, "studio-rigs", entry_points)])
    with pytest.raises(BrokenExtension, match="a template is a package"):
        Templates(found)["rig"]


def test_of_two_with_one_name_the_dependent_wins(tmp_path: Path, packages: Path) -> None:
    (packages / "studio_ci.py").write_text("def handle(job): ...\n", encoding="utf-8")
    ours = installed(tmp_path, "pipl", "[pipl.ci_handlers]\nqa = pipl.ci.handlers.qa:handle\n")
    entry_points = "[pipl.ci_handlers]\nqa = studio_ci:handle\n"
    stranger = installed(tmp_path, "studio-ci", entry_points)
    with pytest.raises(AmbiguousExtension, match="pipl; studio-ci"):
        extensions(CI_HANDLERS, distributions=[ours, stranger])["qa"]

    dependent = installed(tmp_path, "studio-qa", entry_points, ("pipl>=1; python_version>'3'",))
    found = extensions(CI_HANDLERS, distributions=[ours, dependent])
    assert found["qa"].distribution == "studio-qa"
    assert found["qa"].load().__module__ == "studio_ci"


def test_what_is_not_for_the_tool_is_left_out(tmp_path: Path) -> None:
    one = installed(tmp_path, "studio", "[pipl_pipe.tasks]\nhero = studio:TASK\n")
    assert not extensions("console_scripts", distributions=[one])
    assert not extensions("pipl_pipe.tasks", distributions=[one])
