"""What pip is told so that an environment becomes equal to a lock."""

from __future__ import annotations

from pathlib import Path

from pipl.env.installed import Installed
from pipl.env.installers import pip_sync
from pipl.env.lock import Lock, LockedFile, LockedPackage

SHA = "ab" * 32


def released(name: str, version: str, *filenames: str, marker: str | None = None) -> LockedPackage:
    files = tuple(
        LockedFile("wheel" if one.endswith(".whl") else "sdist", one, f"http://x/{one}", SHA)
        for one in filenames or (f"{name}-{version}-py3-none-any.whl",)
    )
    return LockedPackage(name, version, files, marker=marker)


def there(name: str, version: str, *, folder: Path | None = None, since: float = 0) -> Installed:
    return Installed(name, version, folder, since)


def names(packages: object) -> list[str]:
    return [package.name for package in packages]  # type: ignore[attr-defined]


def test_what_is_missing_is_installed_and_what_is_too_much_removed(tmp_path: Path) -> None:
    lock = Lock((released("same", "1"), released("moved", "2"), released("new", "1")))
    present = {
        one.name: one for one in (there("same", "1"), there("moved", "1"), there("old", "1"))
    }
    plan = pip_sync.plan(lock, present, tmp_path, afresh=False)
    assert names(plan.files) == ["moved", "new"]
    assert list(plan.removed) == ["old"]
    assert not plan.folders
    assert not plan.replaced


def test_afresh_everything_is_installed(tmp_path: Path) -> None:
    lock = Lock((released("same", "1"),))
    plan = pip_sync.plan(lock, {"same": there("same", "1")}, tmp_path, afresh=True)
    assert names(plan.files) == ["same"]


def test_a_release_replaces_what_was_edited_in_the_same_version(tmp_path: Path) -> None:
    lock = Lock((released("hero", "1"),))
    plan = pip_sync.plan(
        lock, {"hero": there("hero", "1", folder=tmp_path)}, tmp_path, afresh=False
    )
    assert list(plan.replaced) == ["hero"]
    assert names(plan.files) == ["hero"]


def test_an_edited_folder_is_installed_again_when_its_metadata_is_newer(tmp_path: Path) -> None:
    folder = tmp_path / "hero"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    changed = (folder / "pyproject.toml").stat().st_mtime
    lock = Lock((LockedPackage("hero", directory="hero", editable=True),))
    for since, expected in ((changed + 1, []), (changed - 1, ["hero"])):
        present = {"hero": there("hero", "1", folder=folder, since=since)}
        assert names(pip_sync.plan(lock, present, tmp_path, afresh=False).folders) == expected
    elsewhere = {"hero": there("hero", "1", folder=tmp_path, since=changed + 1)}
    assert names(pip_sync.plan(lock, elsewhere, tmp_path, afresh=False).folders) == ["hero"]


def test_every_file_of_a_package_may_be_taken_by_its_hash() -> None:
    package = released("a", "1", "a-1.tar.gz", "a-1-py3-none-any.whl", marker='os_name == "nt"')
    line = f'a==1 ; os_name == "nt" --hash=sha256:{SHA} --hash=sha256:{SHA}'
    assert pip_sync.requirement_line(package) == line
    archive = LockedPackage("a", "1", (LockedFile("archive", "a.whl", "http://x/a.whl", SHA),))
    assert pip_sync.requirement_line(archive) == f"a @ http://x/a.whl --hash=sha256:{SHA}"


def test_the_page_offers_the_locked_files() -> None:
    hostile = LockedFile("wheel", "<b>.whl", 'http://x/"><script>.whl', SHA)
    page = pip_sync.page([released("a", "1"), LockedPackage("b", "1", (hostile,))])
    assert f'<a href="http://x/a-1-py3-none-any.whl#sha256={SHA}">' in page
    assert "<script>" not in page
    assert "<b>" not in page


def test_the_index_is_needed_where_an_sdist_could_be_chosen() -> None:
    assert pip_sync.may_be_built(released("a", "1", "a-1.tar.gz"))
    assert pip_sync.may_be_built(released("a", "1", "a-1.tar.gz", "a-1-cp311-cp311-win32.whl"))
    assert not pip_sync.may_be_built(released("a", "1", "a-1.tar.gz", "a-1-py3-none-any.whl"))
    assert not pip_sync.may_be_built(released("a", "1", "a-1-cp311-cp311-win32.whl"))
