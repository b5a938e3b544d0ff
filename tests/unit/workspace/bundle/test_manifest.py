"""The manifest of a bundle: what comes from a stranger leads nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipl.errors.env import InvalidBundle
from pipl.workspace.bundle import manifest as manifests
from pipl.workspace.bundle.manifest import Manifest

SHA = "a" * 64


def manifest(**files: str) -> Manifest:
    return Manifest(
        workspace="sh010",
        project="Show",
        url="http://pipeline:3141",
        index="root/PROJ",
        python="3.11",
        requirements=("hero-geo",),
        extras=("edit",),
        opened=None,
        products={},
        files={"pylock.toml": SHA, **files},
    )


def written(folder: Path, **changes: Any) -> Path:
    manifests.write(folder, manifest())
    document = json.loads((folder / manifests.NAME).read_text())
    document.update(changes)
    (folder / manifests.NAME).write_text(json.dumps(document))
    return folder


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files = {"wheels/a-1-py3-none-any.whl": SHA, "sources/rig/pyproject.toml": SHA}
    made = manifest(**files)
    manifests.write(tmp_path, made)
    assert manifests.read(tmp_path) == made
    assert (made.wheels, made.sources) == (("a-1-py3-none-any.whl",), ("rig",))


@pytest.mark.parametrize(
    "path",
    [
        "../pylock.toml",
        "/etc/passwd",
        "wheels/../../x.whl",
        "wheels/deep/x.whl",
        "sources/pyproject.toml",
        "sources/../x/y",
        "sources/rig\\..\\..\\x/y",
        "sources/C:/x/y",
        "elsewhere/x/y",
        "assets//x",
        "assets/\n",
        "",
    ],
)
def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, path: str) -> None:
    folder = written(tmp_path, files={"pylock.toml": SHA, path: SHA})
    with pytest.raises(InvalidBundle, match="is no path of a file in a bundle"):
        manifests.read(folder)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"format": "pipl-bundle/9"}, "its format is 'pipl-bundle/9', not pipl-bundle/1"),
        ({"files": {}}, "it lists no pylock.toml"),
        ({"files": {"pylock.toml": "md5"}}, "has no sha256"),
        ({"files": ["pylock.toml"]}, "cannot be read"),
        ({"python": "3.11 "}, "is no minor version of Python"),
        ({"python": 3}, "`python` holds something else than text"),
        ({"products": {"geo": {"format": "x"}}}, "geo"),
        ({"requirements": [1]}, "`requirements` holds something else than text"),
    ],
)
def test_what_is_no_manifest_is_refused(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidBundle) as caught:
        manifests.read(written(tmp_path, **changes))
    assert problem in str(caught.value)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle, match=r"it has no bundle\.json"):
        manifests.read(tmp_path)
    (tmp_path / manifests.NAME).write_text("[" * 100_000)
    with pytest.raises(InvalidBundle, match="cannot be read"):
        manifests.read(tmp_path)
