"""What runner and job tell each other through a run's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipl.ci import job_folder
from pipl.ci.job_folder import JobSpec
from pipl.ci.run import Outcome
from pipl.errors import ci
from pipl.errors.base import DiskFull, FrameworkError
from pipl.errors.index import VersionTaken
from pipl.errors.server import ServerDown
from pipl.errors.usage import InvalidFile
from pipl.index.name import IndexName
from pipl.project.binding import Binding

SPEC = JobSpec(
    run_id=7,
    attempt=2,
    handler="process",
    index=IndexName("root", "processing"),
    project="hero-model",
    version="1.0",
    filename="hero_model-1.0-py3-none-any.whl",
    sha256="a" * 64,
    binding=Binding("Show", "http://localhost:1", IndexName("root", "PROJ"), Path("/show")),
    user="ci",
    products=IndexName("root", "PROJ"),
    installer="uv",
)


def test_an_order_arrives_as_it_was_given(tmp_path: Path) -> None:
    job_folder.write_spec(tmp_path / "7", SPEC)
    assert job_folder.read_spec(tmp_path / "7") == SPEC


def test_what_is_not_known_stays_so(tmp_path: Path) -> None:
    bare = JobSpec(
        **{
            **vars(SPEC),
            "products": None,
            "installer": None,
            "binding": Binding("Show", "http://localhost:1", IndexName("root", "PROJ")),
        }
    )
    job_folder.write_spec(tmp_path, bare)
    assert job_folder.read_spec(tmp_path) == bare


@pytest.mark.parametrize("text", ["", "[]", '{"format": "pipl-run/1"}', '{"format": "pipl-run/9"}'])
def test_a_damaged_order_is_said_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InvalidFile, match=r"run\.json"):
        job_folder.read_spec(tmp_path)


def test_a_verdict_counts_for_its_attempt_only(tmp_path: Path) -> None:
    outcome = Outcome("failed", "1 failed", "fix it", "ci.tests-failed")
    job_folder.write_outcome(tmp_path, 2, outcome)
    assert job_folder.read_outcome(tmp_path, 2) == outcome
    assert job_folder.read_outcome(tmp_path, 3) is None


def test_an_order_takes_an_older_verdict_away(tmp_path: Path) -> None:
    job_folder.write_outcome(tmp_path, 2, Outcome.passed())
    job_folder.write_spec(tmp_path, SPEC)
    assert job_folder.read_outcome(tmp_path, 2) is None


def test_a_verdict_of_another_shape_is_said_so(tmp_path: Path) -> None:
    verdict = {"format": "pipl-result/1", "attempt": 2, "status": "fine"}
    (tmp_path / "result.json").write_text(json.dumps(verdict))
    with pytest.raises(InvalidFile):
        job_folder.read_outcome(tmp_path, 2)


def test_only_the_infrastructure_is_tried_again() -> None:
    down = Outcome.of_error(ServerDown("http://localhost:1"))
    assert (down.state, down.again, down.code) == ("failed", True, "server.down")
    assert Outcome.of_error(DiskFull("/show")).again
    full = FrameworkError("asset.store-full", "no space left", "free space")
    assert (Outcome.of_error(full).again, Outcome.of_error(full).code) == (True, "asset.store-full")
    raised = FrameworkError("task.process-failed", "process() failed", "read the log")
    assert not Outcome.of_error(raised).again
    for fault in (ci.TestsFailed("hero", "1 failed"), VersionTaken("root/PROJ", "hero", "1.0")):
        assert not Outcome.of_error(fault).again
    assert Outcome.of_error(VersionTaken("root/PROJ", "hero", "1.0")).hint.startswith("run `pipl")
