from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipl.index.distribution import Distribution, UnreadableDistribution
from pipl.progress import SILENT
from pipl.testing.distributions import make_sdist

METADATA = """\
Metadata-Version: 2.4
Name: Hero_Model
Version: 1.0
Summary: A hero
Keywords: one,two
Classifier: A :: B
Classifier: C :: D
Requires-Dist: pipl-pipe>=1
Requires-Dist: usd-core; extra == "usd"
Requires-Python: >=3.9
Provides-Extra: usd
Project-URL: Home, https://example.org/, with a comma
License-Expression: LGPL-3.0-or-later
License-File: COPYING

The description.
"""
WHEEL = "hero_model-1.0-py3-none-any.whl"


def wheel(folder: Path, text: str | None = METADATA, *, name: str = WHEEL) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hero_model/__init__.py", "")
        archive.writestr("hero_model/other.dist-info/METADATA", "Name: other\n")
        if text is not None:
            archive.writestr("hero_model-1.0.dist-info/METADATA", text)
    return path


def values(distribution: Distribution, key: str) -> list[str]:
    return [value for name, value in distribution.fields if name == key]


def test_the_fields_of_an_upload(tmp_path: Path) -> None:
    found = Distribution.read(wheel(tmp_path))
    assert (found.name, found.version) == ("Hero_Model", "1.0")
    assert values(found, "filetype") == ["bdist_wheel"]
    assert values(found, "pyversion") == ["py3"]
    assert values(found, "requires_dist") == ["pipl-pipe>=1", 'usd-core; extra == "usd"']
    assert values(found, "requires_python") == [">=3.9"]
    assert values(found, "provides_extras") == ["usd"]
    assert values(found, "classifiers") == ["A :: B", "C :: D"]
    assert values(found, "keywords") == ["one,two"]
    assert values(found, "project_urls") == ["Home, https://example.org/, with a comma"]
    assert values(found, "license_file") == ["COPYING"]
    assert values(found, "description") == ["The description.\n"]


def test_an_sdist(tmp_path: Path) -> None:
    found = Distribution.read(make_sdist(tmp_path, "hero-model", "1.0"))
    assert (found.name, found.version) == ("hero-model", "1.0")
    assert (values(found, "filetype"), values(found, "pyversion")) == (["sdist"], ["source"])


def test_the_form_holds_the_file_as_it_is(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    with Distribution.read(path).form(SILENT) as (body, content_type):
        sent = body.read()
    assert content_type.startswith("multipart/form-data; boundary=")
    assert path.read_bytes() in sent
    assert b'name=":action"' in sent


@pytest.mark.parametrize(
    "name", ["notes.txt", "hero.whl", "hero-1.0.exe", "hero-1.0-py3-none.whl", "hero.tar.gz"]
)
def test_names_that_are_no_distribution(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UnreadableDistribution):
        Distribution.read(tmp_path / name)


def test_wheels_without_usable_metadata(tmp_path: Path) -> None:
    for text in (None, "", "Name: x\n", "Version: 1.0\n"):
        with pytest.raises(UnreadableDistribution):
            Distribution.read(wheel(tmp_path, text))


def test_truncated_files(tmp_path: Path) -> None:
    noise = bytes(value * 7919 % 251 for value in range(50_000))
    for path in (wheel(tmp_path), make_sdist(tmp_path, "hero-model", "1.0", payload=noise)):
        content = path.read_bytes()
        path.write_bytes(content[:40])
        with pytest.raises(UnreadableDistribution):
            Distribution.read(path)


def test_huge_metadata_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipl.index.distribution.MAX_METADATA_BYTES", 50)
    with pytest.raises(UnreadableDistribution, match="bytes"):
        Distribution.read(wheel(tmp_path))


def test_a_link_for_metadata_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "hero_model-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("hero_model-1.0/PKG-INFO")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(entry, io.BytesIO())
    with pytest.raises(UnreadableDistribution):
        Distribution.read(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDistribution):
        Distribution.read(tmp_path / WHEEL)
