"""QA: what a release must pass before it is promoted, and what people then see."""

from __future__ import annotations

import urllib.request

import pytest

from pipl.ci.ledger import steering
from pipl.ci.ledger.database import Ledger
from pipl.index.name import IndexName
from pipl.testing.simple_index import make_wheel

PROJECT = IndexName("root", "PROJ")
PROCESSING = IndexName("root", "processing")
TESTING = IndexName("root", "testing")
FAILING = "import os\n\ndef test_it():\n    assert not os.environ.get('HOME')\n"


def page(studio, name: str) -> str:
    """The test results of a wheel, as devpi-web shows them."""
    release = studio.client.release(TESTING, name, "1.0.0")
    url = f"{studio.project.url}/root/testing/{name}/1.0.0/+toxresults/{release.wheel.filename}"
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as reply:
        return reply.read().decode("utf-8")


def test_failing_tests_keep_a_release_out_and_show_on_its_page(studio) -> None:
    studio.task("failing", tests={"tests/test_it.py": FAILING})
    studio.settle()
    assert list(studio.runs("failing")) == [("1.0.0", "qa", "root/testing")]
    run = studio.only("failing", "qa")
    assert (run.state, run.code) == ("failed", "ci.tests-failed")
    assert run.reason.startswith("the tests of failing failed: 1 failed")
    assert "pipl ci log" in run.hint
    assert "assert not '/" in studio.log(run)
    assert "hint: read the log" in studio.log(run)
    assert studio.client.releases(PROCESSING, "failing") == ()
    assert "Tests failed" in page(studio, "failing")


def test_a_retry_runs_it_again(studio) -> None:
    flag = studio.folder / "may-pass"
    tests = f"import pathlib\n\ndef test_it():\n    assert pathlib.Path({str(flag)!r}).exists()\n"
    studio.task("again", tests={"tests/test_it.py": tests})
    studio.settle()
    run = studio.only("again", "qa")
    assert run.state == "failed"
    flag.touch()
    with Ledger.open(studio.place.ledger) as ledger:
        steering.retry(ledger, run.id, now=0.0)
    studio.settle()
    assert {run.state for run in studio.runs("again").values()} == {"passed"}
    assert "--- attempt 1" in studio.log(run)
    assert "--- attempt 2" in studio.log(run)
    assert studio.products("again_geo") == ["1.0.0"]


def test_passed_tests_show_on_the_page(studio) -> None:
    studio.task("shown")
    studio.settle()
    assert 'class="passed"' in page(studio, "shown")
    assert "Tests failed" not in page(studio, "shown")


@pytest.mark.parametrize(
    ("name", "sources", "said"),
    [
        ("untested", {}, "no tests in the sdist"),
        ("emptytest", {"tests/test_it.py": "x = 1\n"}, "no tests collected"),
    ],
)
def test_a_packl_without_tests_passes_and_says_so(studio, name, sources, said) -> None:
    studio.task(name, tests=sources)
    studio.settle()
    assert (studio.only(name, "qa").state, studio.only(name, "qa").reason) == ("passed", said)


def test_a_release_without_an_sdist_passes_and_says_so(studio) -> None:
    path = make_wheel(studio.folder / "dist", "wheelonly", "1.0.0")
    studio.client.upload(TESTING, path)
    studio.settle()
    assert studio.only("wheelonly", "qa").reason == "no sdist, and so no tests"


def test_the_tests_run_against_the_wheel_in_a_private_home(studio) -> None:
    tests = """
import os, pathlib, NAME

def test_it():
    assert 'site-packages' in NAME.__file__
    assert os.environ['HOME'].startswith(os.environ['PIPL_WORKSPACE'].rsplit('/', 1)[0])
    assert os.environ['TMPDIR'].startswith(os.path.dirname(os.environ['HOME']))
"""
    studio.task("installed", tests={"NAME/__init__.py": "raise SystemExit", "test_it.py": tests})
    studio.settle()
    assert studio.only("installed", "qa").reason.startswith("1 passed")


def test_a_packl_without_a_lock_is_resolved_with_its_test_extra(studio) -> None:
    studio.client.upload(PROJECT, make_wheel(studio.folder / "dist", "helping", "2.0"))
    path = make_wheel(studio.folder / "dist", "lockless", "1.0.0", extras={"test": ["helping>=1"]})
    tests = {"test_it.py": "import helping\n\ndef test_it():\n    assert helping.__version__\n"}
    studio.publish(path, "lockless", "1.0.0", tests, TESTING)
    studio.settle()
    assert studio.only("lockless", "qa").reason.startswith("1 passed")
    assert studio.runs("lockless")["1.0.0", "promote", "root/processing"].state == "passed"


def test_a_test_extra_is_installed_beside_the_lock(studio) -> None:
    studio.client.upload(PROJECT, make_wheel(studio.folder / "dist", "beside", "2.0"))
    tests = {"test_it.py": "import beside\n\ndef test_it():\n    assert beside.__version__\n"}
    studio.task("extra", tests=tests, extras={"test": ["beside"]})
    studio.settle()
    assert studio.only("extra", "qa").reason.startswith("1 passed")
    assert "resolving beside" in studio.log(studio.only("extra", "qa"))


def test_a_dependency_that_nobody_has_fails_with_the_resolvers_words(studio) -> None:
    path = make_wheel(studio.folder / "dist", "lonely", "1.0.0", requires=["nowhere-to-be-found"])
    studio.publish(path, "lonely", "1.0.0", {}, TESTING)
    studio.settle()
    run = studio.only("lonely", "qa")
    assert (run.state, run.code) == ("failed", "env.unresolvable")
    assert "nowhere-to-be-found" in run.reason
    assert "Setup failed" in page(studio, "lonely")
    assert "Traceback" not in studio.log(run)


def test_tox_runs_where_the_packl_says_how(studio) -> None:
    tox = """
[tox]
env_list = unit
[testenv]
deps = pytest
commands = pytest {posargs}
"""
    tests = "import NAME\n\ndef test_it():\n    assert NAME.TASK.workspace.project == 'Show'\n"
    studio.task("toxic", tests={"tox.ini": tox, "tests/test_it.py": tests})
    studio.settle()
    run = studio.only("toxic", "qa")
    assert run.state == "passed", studio.log(run)
    assert "tox run" in studio.log(run)
    assert "1 passed" in studio.log(run)
    assert "unit" in page(studio, "toxic")


def test_a_damaged_sdist_fails(studio) -> None:
    path = make_wheel(studio.folder / "dist", "damaged", "1.0.0")
    sdist = studio.folder / "dist" / "damaged-1.0.0.tar.gz"
    studio.publish(path, "damaged", "1.0.0", {"../../evil.py": ""}, TESTING)
    assert sdist.exists()
    studio.settle()
    run = studio.only("damaged", "qa")
    assert (run.state, run.code) == ("failed", "build.invalid-sdist")
