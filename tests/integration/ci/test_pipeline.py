"""The flow comes from the project's pipeline packls, and follows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipl.build import wheel
from pipl.errors.base import FrameworkError
from pipl.errors.ci import InvalidFlow
from pipl.index.name import IndexName
from pipl.packl.publish import KIND_MEMBER
from pipl.project import folder
from pipl.testing.simple_index import make_wheel

PROJECT = IndexName("root", "PROJ")
TESTING = IndexName("root", "testing")


@pytest.fixture
def following(studio, request):
    """Runners that follow the packl `pipe` plus the test's number."""
    name = f"pipe-{abs(hash(request.node.name)) % 10**6}"
    project = folder.with_pipeline(studio.project, (name,))
    running = replace(studio.running, project=project)
    changed = type(studio)(running, studio.folder)
    changed.__dict__["lock"] = studio.lock
    yield changed, name
    folder.save(studio.project)


def publish_pipeline(
    studio,
    name: str,
    version: str,
    config: object,
    index: IndexName,
    *,
    code: str = "",
    also: Sequence[str] = (),
) -> None:
    module = name.replace("-", "_")
    path = make_wheel(
        studio.folder / "dist",
        name,
        version,
        requires=["pipl-pipe", *also],
        files={f"{module}/configs.py": f"{code}CI = {config!r}\n"},
        entry_points={"pipl_pipe.config": {"ci": f"{module}.configs:CI"}},
    )
    wheel.add(path, {KIND_MEMBER: json.dumps({"format": "pipl-packl/1", "kind": "config"})})
    studio.client.upload(index, path)


def flow_to(index: str, **more: object) -> dict[str, object]:
    return {"indexes": {"root/testing": {"handlers": ["qa"], "promote": index}}, **more}


def said(studio) -> str:
    return "\n".join(notice.text for notice in studio.notices)


def test_until_the_pipeline_is_there_the_default_flow_holds(following) -> None:
    studio, name = following
    studio.settle()
    assert f"the flow is the default, as root/PROJ holds no {name} yet" in said(studio)


def test_the_pipeline_is_published_through_ci_and_then_followed(following) -> None:
    studio, name = following
    publish_pipeline(studio, name, "1.0", flow_to("root/PROJ"), TESTING)
    studio.settle()
    assert f"the flow is {name}==1.0" in said(studio)
    studio.task("follower")
    studio.settle()
    assert {key[1:] for key in studio.runs("follower")} == {
        ("qa", "root/testing"),
        ("promote", "root/testing"),
    }
    assert studio.client.release(PROJECT, "follower", "1.0.0").wheel is not None


def test_a_new_release_of_the_pipeline_holds_at_once(following) -> None:
    studio, name = following
    publish_pipeline(studio, name, "1.0", flow_to("root/PROJ"), PROJECT)
    studio.settle()
    publish_pipeline(studio, name, "1.1", flow_to("root/nowhere"), PROJECT)
    studio.task("thereafter")
    studio.settle()
    assert f"the flow is {name}==1.1" in said(studio)
    run = studio.runs("thereafter")["1.0.0", "promote", "root/testing"]
    assert (run.state, run.code) == ("failed", "index.index-not-found")


def test_a_pipeline_without_a_flow_leaves_the_default(following) -> None:
    studio, name = following
    path = make_wheel(studio.folder / "dist", name, "1.0", requires=["pipl-pipe"])
    studio.client.upload(PROJECT, path)
    studio.settle()
    assert f"the default, as {name}==1.0 has no `ci` config" in said(studio)


def test_a_wrong_flow_is_refused_with_all_that_is_wrong(following) -> None:
    studio, name = following
    config = {"indexes": {"root/testing": {"handlers": ["qua"], "promote": "PROJ"}}}
    publish_pipeline(studio, name, "1.0", config, PROJECT)
    with pytest.raises(InvalidFlow) as caught:
        studio.settle()
    assert len(caught.value.problems) == 2
    assert "unknown handler 'qua'; there are: process, qa" in str(caught.value)


@pytest.mark.parametrize("broken", ["invalid", "unloadable", "unresolvable"])
def test_a_pipeline_that_turns_wrong_leaves_the_old_flow_in_force(following, broken) -> None:
    studio, name = following
    publish_pipeline(studio, name, "1.0", flow_to("root/PROJ"), PROJECT)
    studio.settle()
    config = flow_to("PROJ") if broken == "invalid" else flow_to("root/processing")
    code = "raise ImportError('no studio_library')\n" if broken == "unloadable" else ""
    also = ["nowhere-to-be-found"] if broken == "unresolvable" else []
    publish_pipeline(studio, name, "1.1", config, PROJECT, code=code, also=also)
    studio.task(f"unmoved_{broken}")
    studio.settle()
    assert f"the flow stays {name}==1.0: " in said(studio)
    run = studio.runs(f"unmoved_{broken}")["1.0.0", "promote", "root/testing"]
    assert run.reason == "now on root/PROJ"


def test_a_first_pipeline_that_does_not_load_is_named(following) -> None:
    studio, name = following
    code = "raise ImportError('no studio_library')\n"
    publish_pipeline(studio, name, "1.0", flow_to("root/PROJ"), PROJECT, code=code)
    with pytest.raises(FrameworkError, match=f"'ci' of {name} .* no studio_library"):
        studio.settle()
