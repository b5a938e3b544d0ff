"""Who takes a new version, what it would set off, and circles refused, by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipl.build import wheel
from pipl.ci.ledger import ending, queue
from pipl.ci.ledger.database import Ledger
from pipl.ci.place import CIPlace
from pipl.ci.run import NewRun, Outcome
from pipl.index.name import IndexName
from pipl.testing.commands import Shell
from pipl.testing.projects import STAGE, RunningProject
from pipl.testing.simple_index import make_wheel

PROJECT = IndexName("root", "PROJ")
LOCK = """\
lock-version = "1.0"
created-by = "pipl"
[[packages]]
name = "{name}"
version = "{version}"
wheels = [{{ url = "{url}/root/PROJ/+f/1/2/x.whl", hashes = {{ sha256 = "{sha}" }} }}]
[tool.pipl]
origin = "{url}"
"""


class Show:
    """Packls on the project's index."""

    def __init__(self, running: RunningProject, folder: Path) -> None:
        self.running = running
        self.folder = folder
        self.running.client.modify_index(PROJECT, {"acl_upload": ["root", "ci"]})

    def product(self, name: str, version: str, by: str, *requires: str) -> None:
        path = make_wheel(self.folder, name, version, requires=requires)
        members = {
            "pipl.json": json.dumps({"kind": "product", "type": "product"}),
            "provenance.json": json.dumps({"task": {"name": by}}),
        }
        wheel.add(path, members)
        self.running.client.upload(PROJECT, path)

    def task(
        self, name: str, *requires: str, follow: str = "auto", locked: tuple[str, str] | None = None
    ) -> None:
        path = make_wheel(self.folder, name, "1.0.0", requires=requires)
        members = {"pipl.json": json.dumps({"kind": "task", "type": "task", "follow": follow})}
        if locked is not None:
            url = self.running.client.url
            members["pylock.toml"] = LOCK.format(
                name=locked[0], version=locked[1], url=url, sha="0" * 64
            )
        wheel.add(path, members)
        self.running.client.upload(PROJECT, path)


@pytest.fixture(scope="module")
def show(running: RunningProject, tmp_path_factory: pytest.TempPathFactory) -> Show:
    show = Show(running, tmp_path_factory.mktemp("show"))
    show.task("pmodel")
    show.product("pgeo", "1.4.0", "pmodel")
    show.task("prig", "pgeo>=1.2,<2", locked=("pgeo", "1.3.0"))
    show.product("pbones", "1.0.0", "prig")
    show.task("panim", "pbones", "pgeo", locked=("pgeo", "1.3.0"))
    show.task("pold", "pgeo==1.3.0", locked=("pgeo", "1.3.0"))
    show.task("pmanual", "pgeo", follow="manual", locked=("pgeo", "1.3.0"))
    return show


def test_who_takes_a_new_version(show: Show) -> None:
    found = show.running.shell.json("packl", "dependents", "Pgeo")
    assert (found["name"], found["version"], found["maker"]) == ("pgeo", "1.4.0", "pmodel")
    rows = found["dependents"]
    assert isinstance(rows, list)
    assert {one["name"]: (one["mode"], one["admits"], one["standing"]) for one in rows} == {
        "panim": ("push", True, "follows"),
        "pmanual": ("push", True, "outdated"),
        "pold": ("pull", False, "held"),
        "prig": ("semi-push", True, "follows"),
    }
    text = show.running.shell.pipl("packl", "dependents", "pgeo", "--version", "2.0")
    rows = {line.split()[0]: line for line in text.splitlines()[2:]}
    assert "pgeo<2,>=1.2" in rows["prig"]
    assert rows["prig"].endswith("held by its specifier")
    assert rows["panim"].endswith("CI follows")


def test_over_others(show: Show) -> None:
    text = show.running.shell.pipl("packl", "dependents", "pmodel", "--transitive")
    rows = {line.split()[0]: line for line in text.splitlines()[2:]}
    assert rows.keys() == {"pgeo", "prig", "pbones", "panim", "pold", "pmanual"}
    assert rows["pbones"].endswith("over prig")


def test_the_impact_in_waves_with_times(show: Show) -> None:
    place = CIPlace(show.running.project.ci)
    place.folder.mkdir(parents=True, exist_ok=True)
    with Ledger.open(place.ledger) as ledger:
        new = NewRun(PROJECT, "prig", "1.0.0", "prig.whl", "f" * 64, "process")
        cursor = queue.cursor(ledger)
        queue.ingest(ledger, [new], since=cursor, serial=cursor, now=0.0)
        run = queue.claim(ledger, now=100.0, host="here")
        assert run is not None
        ending.finish(ledger, run, Outcome.passed(), now=107.5)
    found = show.running.shell.json("ci", "impact", "pgeo")
    waves = found["waves"]
    assert isinstance(waves, list)
    assert [[one["task"] for one in wave] for wave in waves] == [["prig"], ["panim"]]
    assert (waves[0][0]["seconds"], waves[1][0]["seconds"]) == (7.5, None)
    assert (found["version"], found["work_s"], found["unknown"]) == ("1.4.1", 7.5, 1)
    outdated = found["outdated"]
    assert isinstance(outdated, list)
    assert [one["name"] for one in outdated] == ["pmanual", "pold"]
    text = show.running.shell.pipl("ci", "impact", "pmodel", "--version", "1.5.0")
    assert "7.5 s of work, 7.5 s at least, and 1 of unknown duration" in text
    assert "outdated: pold 1.0.0 (admits only pgeo==1.3.0)" in text


def test_an_unknown_packl(show: Show) -> None:
    for command in (("packl", "dependents"), ("ci", "impact")):
        done = show.running.shell.attempt(*command, "nothing")
        assert done.status == 5
        assert "root/PROJ gives no packl nothing" in done.stderr
        assert "hint: " in done.stderr


def test_a_circle_is_refused_before_anything_is_uploaded(show: Show, workspace: Shell) -> None:
    workspace.pipl("packl", "create", "--template", "task", "cmodel")
    pyproject = workspace.cwd / "cmodel" / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(
        text.replace("# products = []", 'products = ["cgeo"]').replace("# follow", "follow"),
        encoding="utf-8",
    )
    show.product("cbones", "1.0.0", "crig")
    show.task("crig", "cgeo")
    workspace.pipl("packl", "add", "cbones", "-p", "cmodel")
    done = workspace.attempt("packl", "publish", "--to", str(STAGE))
    assert done.status == 5
    assert "cmodel -> cbones -> crig -> cgeo -> cmodel" in done.stderr
    assert "Traceback" not in done.stderr
    assert show.running.client.releases(STAGE, "cmodel") == ()
    assert not (workspace.cwd / "cmodel" / "dist").exists()
    shown = workspace.pipl("packl", "show")
    assert "by itself (follow = auto)" in shown
    assert "makes cgeo" in shown
    assert "edited here, follows by itself" in workspace.pipl("work", "status")

    pyproject.write_text(
        pyproject.read_text(encoding="utf-8").replace('products = ["cgeo"]', ""), encoding="utf-8"
    )
    workspace.pipl("packl", "publish", "--to", str(STAGE))
    facts = show.running.client.requirements(STAGE).packls["cmodel"].facts
    assert (facts.kind, facts.follow, facts.locked.get("cbones")) == ("task", "auto", "1.0.0")
