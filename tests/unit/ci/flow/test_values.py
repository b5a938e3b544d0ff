"""What a flow says of a packl, of a run, and of itself."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from pipl.ci import flow
from pipl.ci.flow import DEFAULT_FLOW, Facts, HandlerStep
from pipl.errors.ci import InvalidFlow
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")
FULL = {
    "indexes": {
        "root/testing": {
            "handlers": [
                "qa",
                {
                    "handler": "render",
                    "kinds": ["task"],
                    "types": ["lighting"],
                    "names": ["sh0*", "Hero_*"],
                    "timeout_s": 3600,
                    "retries": 0,
                    "pause_s": 2,
                    "resources": {"maya": 1, "memory_gb": 8.5},
                    "user": "farm",
                    "on_failure": "fail",
                },
            ],
            "promote": "root/processing",
            "on_failure": "hold",
            "notify": ["td-mail"],
        },
        "root/processing": {"handlers": ["process"], "products": "root/PROJ"},
        "root/PROJ": {"follow": "root/testing"},
    },
    "timeout_s": 60,
    "retries": 3,
    "pause_s": 0.25,
    "notifiers": {
        "td-mail": {"use": "email", "to": ["td@example.com"], "on": ["failed"], "handlers": ["qa"]},
        "hook": {"use": "webhook", "url": "https://example.com/ci", "secret": "hook"},
    },
}


@pytest.mark.parametrize("config", [FULL, DEFAULT_FLOW.to_json()])
def test_a_flow_written_out_is_read_as_the_same_flow(config) -> None:
    parsed = flow.parse(config)
    again = flow.parse(parsed.to_json())
    assert again == parsed
    assert again.version == parsed.version
    assert pickle.loads(pickle.dumps(parsed)) == parsed


def test_steps_take_the_limits_of_the_flow_and_the_failure_of_their_stage() -> None:
    stage = flow.parse(FULL).stage(TESTING)
    assert stage.handlers[0] == HandlerStep(
        "qa", timeout_s=60, retries=3, pause_s=0.25, on_failure="hold"
    )
    render = stage.handlers[1]
    assert (render.timeout_s, render.retries, render.pause_s) == (3600, 0, 2)
    assert render.resources == (("maya", 1), ("memory_gb", 8.5))
    assert (render.user, render.on_failure) == ("farm", "fail")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts("sh010-light", "task", "lighting"), ("qa", "render")),
        (Facts("hero-light", "task", "lighting"), ("qa", "render")),
        (Facts("SH010.light", "task", "lighting"), ("qa", "render")),
        (Facts("crowd-light", "task", "lighting"), ("qa",)),
        (Facts("sh010-anim", "task", "animation"), ("qa",)),
        (Facts("sh010-tools", "code", ""), ("qa",)),
        (Facts("sh010-light", "task", ""), ("qa",)),
        (Facts("sh010-light", "task", None), ("qa", "render")),
        (Facts("sh010-light"), ("qa", "render")),
    ],
)
def test_all_filters_must_fit_and_what_is_unknown_does(facts, expected) -> None:
    assert flow.parse(FULL).stage(TESTING).handlers_for(facts) == expected


def test_only_filters_by_what_is_inside_a_wheel_make_it_be_read() -> None:
    named = {"indexes": {"root/a": {"handlers": [{"handler": "qa", "names": ["a*"]}]}}}
    (stage,) = flow.parse(named).stages
    assert (stage.filters, stage.handlers[0].filters) == (False, True)
    typed = {"indexes": {"root/a": {"handlers": [{"handler": "qa", "types": ["a"]}]}}}
    assert flow.parse(typed).stages[0].filters


@pytest.mark.parametrize(
    ("index", "handler", "state", "expected"),
    [
        ("root/testing", "qa", "failed", ["td-mail"]),
        ("root/testing", "render", "failed", []),
        ("root/testing", "qa", "held", []),
        ("root/processing", "qa", "failed", []),
        ("root/elsewhere", "qa", "failed", []),
    ],
)
def test_a_rule_tells_of_its_states_and_handlers_where_a_stage_names_it(
    index, handler, state, expected
) -> None:
    told = flow.parse(FULL).told(IndexName.parse(index), handler, state)
    assert [rule.name for rule in told] == expected


def test_the_version_changes_with_what_is_done_and_not_with_how_it_is_written() -> None:
    parsed = flow.parse(FULL)
    assert len(parsed.version) == 12
    turned = dict(reversed(FULL.items())) | {
        "indexes": dict(reversed(FULL["indexes"].items())),
    }
    assert flow.parse(turned).version == parsed.version
    assert flow.parse(FULL | {"retries": 4}).version != parsed.version
    assert replace(parsed, stages=parsed.stages[1:]).version != parsed.version


def test_a_step_that_is_not_named_runs_by_the_limits_of_the_flow() -> None:
    step = flow.parse(FULL).step(TESTING, "promote")
    assert (step.handler, step.timeout_s, step.retries, step.pause_s) == ("promote", 60, 3, 0.25)


def test_every_problem_of_steps_limits_and_rules_is_reported() -> None:
    config = {
        "indexes": {
            "root/a": {
                "handlers": [
                    {
                        "handler": "qa",
                        "types": "lighting",
                        "names": [""],
                        "timeout_s": 0,
                        "retries": -1,
                        "pause_s": float("nan"),
                        "resources": {"maya": -1},
                        "user": "a/b",
                        "on_failure": "explode",
                    },
                    "follow",
                ],
                "follow": 3,
                "on_failure": "ignore",
                "notify": ["nobody", "td"],
            }
        },
        "retries": 1.5,
        "pause_s": float("inf"),
        "notifiers": {
            "td": {"use": "pigeon", "on": ["running"], "handlers": "qa", "server": {"port": 1}},
            "x": {},
            "y": [],
        },
    }
    with pytest.raises(InvalidFlow) as caught:
        flow.parse(config, handlers=["qa"], notifiers=["email", "webhook"])
    found = caught.value.problems
    step = "root/a: handler 'qa': "
    for part in (
        step + "`types` must be a list of texts",
        step + "`names` must be a list of texts",
        step + "`timeout_s` must be a number above 0",
        step + "`retries` must be a whole number from 0 to 100",
        step + "`pause_s` must be a number above 0",
        step + "`resources` must be a table from name to a number",
        step + "`user` must be the name of a user",
        step + "`on_failure` must be one of: fail, hold",
        "root/a: 'follow' is no handler; write `follow = INDEX`",
        "root/a: `follow`: '3' is not an index name",
        "root/a: `on_failure` must be one of",
        "root/a: `notify`: there is no rule 'nobody'",
        "the `ci` config: `retries` must be a whole number",
        "the `ci` config: `pause_s` must be",
        "notifier 'td': unknown notifier 'pigeon'; there are: email, webhook",
        "notifier 'td': `on` must be of: passed, failed, held, cancelled; not 'running'",
        "notifier 'td': `handlers` must be a list of texts",
        "notifier 'td': `server` must be a text",
        "notifier 'x': `use` must name a notifier",
        "notifier 'y': must be a table",
    ):
        assert any(part in problem for problem in found), part
    assert len(found) == 21  # `use` of y too
