"""Publishing by command: half-done uploads are completed, and only as they were begun."""

from __future__ import annotations

import threading
from pathlib import Path

from pipl.testing.commands import Shell
from pipl.testing.projects import STAGE, RunningProject


def test_an_upload_that_stopped_halfway_is_completed(
    running: RunningProject, workspace: Shell
) -> None:
    workspace.pipl("packl", "create", "halfway")
    built = workspace.json("packl", "build")
    sdist = Path(str(built["sdist"]))
    running.client.upload(STAGE, sdist)  # and then the network went away
    workspace.pipl("packl", "publish", "--to", str(STAGE))
    release = running.client.release(STAGE, "halfway", "1.0.0")
    assert release.wheel is not None
    assert {file.filename for file in release.files} == {sdist.name, release.wheel.filename}


def test_what_is_begun_with_other_content_is_not_mixed(
    running: RunningProject, workspace: Shell
) -> None:
    workspace.pipl("packl", "create", "mixed")
    built = workspace.json("packl", "build")
    running.client.upload(STAGE, Path(str(built["sdist"])))
    source = workspace.cwd / "mixed" / "mixed" / "__init__.py"
    source.write_text("CHANGED = True\n", encoding="utf-8")
    workspace.pipl("packl", "build")
    done = workspace.attempt("packl", "publish", "--to", str(STAGE))
    assert done.status == 5
    assert "refuses overwriting" in done.stderr
    assert running.client.release(STAGE, "mixed", "1.0.0").wheel is None


def test_two_publishes_at_once_give_one_release(running: RunningProject, workspace: Shell) -> None:
    """Both may be told that it worked, or one that the version is taken; it is there once."""
    workspace.pipl("packl", "create", "raced")
    workspace.pipl("packl", "build")
    done: list[int] = []
    publish = ("packl", "publish", "--to", str(STAGE))
    threads = [
        threading.Thread(target=lambda: done.append(workspace.attempt(*publish).status))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 in done
    assert set(done) <= {0, 5}
    release = running.client.release(STAGE, "raced", "1.0.0")
    assert len(release.files) == 2


def test_the_only_stage_is_chosen_and_several_are_named(
    running: RunningProject, workspace: Shell
) -> None:
    workspace.pipl("packl", "create", "chooses")
    assert "to root/testing" in workspace.pipl("packl", "publish")
    running.shell.pipl("proj", "index", "create-sub", "", "second")
    try:
        workspace.pipl("packl", "bump", "patch")
        done = workspace.attempt("packl", "publish")
        assert done.status == 2
        assert "root/second" in done.stderr
    finally:
        running.shell.pipl("proj", "index", "delete", "", "root/second", "--yes")
