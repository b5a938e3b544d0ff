"""The flow that a `ci` config describes."""

from __future__ import annotations

import pytest

from pipl.ci import flow
from pipl.ci.flow import DEFAULT_FLOW, Facts, HandlerStep, Stage
from pipl.errors.ci import InvalidFlow
from pipl.index.name import IndexName

TESTING = IndexName("root", "testing")
PROCESSING = IndexName("root", "processing")
PROJECT = IndexName("root", "PROJ")

DOCUMENTED = {
    "indexes": {
        "root/testing": {"handlers": ["qa"], "promote": "root/processing"},
        "root/processing": {
            "handlers": [{"handler": "process", "kinds": ["task"]}],
            "products": "root/PROJ",
            "promote": "root/PROJ",
        },
        "root/PROJ": {"follow": "root/testing"},
    },
    "timeout_s": 600,
}


def problems(config: object, **options: object) -> tuple[str, ...]:
    with pytest.raises(InvalidFlow) as caught:
        flow.parse(config, **options)
    return caught.value.problems


def test_the_documented_config_is_the_default_flow() -> None:
    assert flow.parse(DOCUMENTED, handlers=["qa", "process"]) == DEFAULT_FLOW


def test_an_index_that_is_not_named_is_not_watched() -> None:
    parsed = flow.parse(DOCUMENTED)
    assert parsed.stage(TESTING) == Stage(TESTING, (HandlerStep("qa"),), promote=PROCESSING)
    assert parsed.stage(IndexName("root", "elsewhere")) is None


def test_a_handler_runs_for_its_kinds_and_for_a_packl_of_unknown_kind() -> None:
    stage = flow.parse(DOCUMENTED).stage(PROCESSING)
    assert stage is not None
    assert stage.handlers_for(Facts("hero", "task")) == ("process",)
    assert stage.handlers_for(Facts("hero")) == ("process",)


def test_where_no_handler_is_for_a_packl_it_is_promoted_at_once() -> None:
    stage = flow.parse(DOCUMENTED).stage(PROCESSING)
    assert stage is not None
    assert stage.handlers_for(Facts("hero", "code")) == ("promote",)
    assert Stage(PROCESSING).handlers_for(Facts("hero", "code")) == ()


def test_every_problem_is_reported_at_once() -> None:
    found = problems(
        {
            "indexes": {
                "testing": {"handlers": ["qa"]},
                "root/a": {"handlers": ["qaa", "qa", "qa"], "promte": "root/b"},
                "root/b": {"handlers": [{"handler": "qa", "kinds": ["tsak"]}, 3]},
                "root/c": {"handlers": ["process", "promote"], "promote": "c"},
                "root/d": [],
            },
            "timeout_s": True,
            "extra": 1,
        },
        handlers=["qa", "process"],
    )
    text = "\n".join(found)
    for part in (
        "unknown key 'extra'",
        "a watched index: 'testing' is not an index name",
        "root/a: unknown handler 'qaa'; there are: process, qa",
        "root/a: handler 'qa' is listed twice",
        "root/a: unknown key 'promte'",
        "root/b: handler 'qa': `kinds` must be of: code",
        "root/b: a handler is a name",
        "root/c: the handler 'process' needs `products`",
        "root/c: 'promote' is no handler",
        "root/c: `promote`: 'c' is not an index name",
        "root/d: must be a table",
        "`timeout_s` must be a number above 0",
    ):
        assert part in text
    assert len(found) == 12


def test_a_promotion_in_a_circle_is_refused_with_its_path() -> None:
    (found,) = problems(
        {
            "indexes": {
                "root/a": {"promote": "root/b"},
                "root/b": {"promote": "root/c"},
                "root/c": {"promote": "root/b"},
                "root/d": {"promote": "root/a"},
            }
        }
    )
    assert found == "promotion runs in a circle: root/b -> root/c -> root/b"


@pytest.mark.parametrize("config", [None, [], "qa", {"indexes": "root/testing"}, {1: 2}, {}])
def test_a_config_that_is_no_table_is_refused(config: object) -> None:
    assert problems(config)
