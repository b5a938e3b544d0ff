"""Rewriting the paths of an environment that was moved."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipl.env import moved
from pipl.env.environment import Environment
from pipl.errors.env import NotRelocated

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="refused there")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """At `now`, made at `was`, with everything that holds a path."""
    folder = tmp_path / "now" / ".VENV"
    packages = folder / "lib" / "python3.11" / "site-packages"
    (packages / "rig-1.dist-info").mkdir(parents=True)
    (folder / "bin").mkdir()
    was = tmp_path / "was"
    (folder / "bin" / "task").write_text(f"#!{was}/.VENV/bin/python\nrun()\n")
    (folder / "bin" / "task").chmod(0o755)
    (folder / "bin" / "activate").write_text(f"VIRTUAL_ENV='{was}/.VENV'\nOTHER='{was}2'\n")
    (folder / "bin" / "program").write_bytes(b"\0ELF" + str(was).encode())
    (folder / "bin" / "tool").symlink_to(was / ".VENV" / "bin" / "task")
    (packages / "rig.pth").write_text(f"{was}/rig\n")
    url = f'{{"url": "{was.as_uri()}/rig", "dir_info": {{"editable": true}}}}'
    (packages / "rig-1.dist-info" / "direct_url.json").write_text(url)
    return Environment(folder)


def text(environment: Environment, path: str) -> str:
    return (environment.folder / path).read_text()


def test_every_path_leads_to_where_it_is_now(environment: Environment, tmp_path: Path) -> None:
    was, now = tmp_path / "was", tmp_path / "now"
    assert moved.rewrite(environment, was, now) == 5
    assert text(environment, "bin/task") == f"#!{now}/.VENV/bin/python\nrun()\n"
    assert (environment.folder / "bin" / "task").stat().st_mode & 0o777 == 0o755
    activate = text(environment, "bin/activate")
    assert activate == f"VIRTUAL_ENV='{now}/.VENV'\nOTHER='{was}2'\n"  # another folder stays
    packages = "lib/python3.11/site-packages"
    assert text(environment, f"{packages}/rig.pth") == f"{now}/rig\n"
    direct_url = text(environment, f"{packages}/rig-1.dist-info/direct_url.json")
    assert f'"{now.as_uri()}/rig"' in direct_url
    assert (environment.folder / "bin" / "tool").readlink() == now / ".VENV" / "bin" / "task"
    program = (environment.folder / "bin" / "program").read_bytes()
    assert program == b"\0ELF" + str(was).encode()
    assert moved.rewrite(environment, was, now) == 0


@pytest.mark.parametrize("name", ["x" * 120, "with space"])
def test_a_first_line_that_no_kernel_reads_is_left_to_a_shell(
    environment: Environment, tmp_path: Path, name: str
) -> None:
    now = tmp_path / name
    moved.rewrite(environment, tmp_path / "was", now)
    lines = text(environment, "bin/task").splitlines()
    assert lines[:2] == ["#!/bin/sh", f'\'\'\'exec\' "{now}/.VENV/bin/python" "$0" "$@"']
    compile("\n".join(lines), "task", "exec")


def test_files_shared_with_a_cache_are_not_written_to(
    environment: Environment, tmp_path: Path
) -> None:
    shared = tmp_path / "cached"
    shared.hardlink_to(environment.folder / "bin" / "task")
    before = shared.read_text()
    moved.rewrite(environment, tmp_path / "was", tmp_path / "now")
    assert shared.read_text() == before


@pytest.mark.parametrize("name", ["it's", "a$b", "ü"])
def test_paths_that_shells_quote_are_refused(
    environment: Environment, tmp_path: Path, name: str
) -> None:
    with pytest.raises(NotRelocated, match="shells quote"):
        moved.rewrite(environment, tmp_path / "was", tmp_path / name)
    with pytest.raises(NotRelocated, match="shells quote"):
        moved.rewrite(environment, tmp_path / name, tmp_path / "now")
