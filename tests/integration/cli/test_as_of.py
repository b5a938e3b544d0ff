"""Yanking and resolving as of a time, by commands."""

from __future__ import annotations

import time
from pathlib import Path

from pipl.testing.commands import Shell
from pipl.testing.projects import STAGE, RunningProject
from pipl.testing.simple_index import make_wheel


def versions(shell: Shell) -> list[str]:
    return [
        line.split()[1] for line in shell.pipl("work", "status").splitlines() if "yank-" in line
    ]


def test_yanked_and_as_of(running: RunningProject, workspace: Shell, tmp_path: Path) -> None:
    index = running.project.index
    running.client.upload(index, make_wheel(tmp_path, "yank-me", "1.0"))
    workspace.pipl("work", "add", "yank-me")
    now = int(time.time())
    while int(time.time()) <= now:
        time.sleep(0.05)
    then = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(now + 1))
    running.client.upload(index, make_wheel(tmp_path, "yank-me", "1.1"))
    workspace.pipl("work", "update")
    assert versions(workspace) == ["1.1"]
    workspace.pipl("work", "update", "--as-of", then)
    assert versions(workspace) == ["1.0"]
    assert "as-of = " in (workspace.cwd / "pylock.toml").read_text(encoding="utf-8")
    area = workspace.in_("..")
    area.pipl("work", "create", "then", "--add", "yank-me", "--as-of", then)
    assert versions(area.in_("then")) == ["1.0"]
    assert "lock 1.0 -> 1.1" not in workspace.pipl("work", "lock")  # the pin stays
    workspace.pipl("work", "update")
    root = running.project.folder
    refused = workspace.json("packl", "yank", "yank-me==1.1", str(root))
    assert refused["error"]["code"] == "access.not-allowed"  # type: ignore[index]
    running.client.yank(running.client.release(index, "yank-me", "1.1"), "flipped normals")
    assert "yanked: flipped normals" in workspace.pipl("work", "status")
    workspace.pipl("work", "lock")
    assert versions(workspace) == ["1.1"]
    workspace.pipl("work", "update")
    assert versions(workspace) == ["1.0"]
    assert "up to date" in workspace.pipl("work", "status")
    running.client.yank(running.client.release(index, "yank-me", "1.0"), "flipped too")
    assert "yanked: flipped too" in workspace.pipl("work", "status")  # and nothing is left of it


def test_the_owner_of_a_stage_yanks_there(
    running: RunningProject, workspace: Shell, tmp_path: Path
) -> None:
    running.client.upload(STAGE, make_wheel(tmp_path, "yank-there", "1.0"))
    stage = ("-i", str(STAGE))
    said = workspace.pipl("packl", "yank", "yank-there==1.0", *stage, "--reason", "too big")
    assert said == f"Yanked yank-there 1.0 on {STAGE}: too big\n"
    assert running.client.release(STAGE, "yank-there", "1.0").yanked == "too big"
    workspace.pipl("packl", "yank", "yank-there==1.0", *stage, "--undo")
    assert running.client.release(STAGE, "yank-there", "1.0").yanked is None
    missing = workspace.json("packl", "yank", "yank-there==9", *stage)
    assert missing["error"]["code"] == "index.release-not-found"  # type: ignore[index]


def test_times_that_are_none(workspace: Shell) -> None:
    for command in ("lock", "update"):
        answer = workspace.json("work", command, "--as-of", "last tuesday")
        assert answer["error"]["code"] == "usage.invalid-time"  # type: ignore[index]
