"""A flow compared with a server."""

from __future__ import annotations

from pipl.ci import flow
from pipl.ci.flow import DEFAULT_FLOW
from pipl.ci.flow.checking import Seen, check
from pipl.index.client import AUTHENTICATED, MIRROR_TYPE, IndexConfig
from pipl.index.name import IndexName


def index(name: str, *upload: str, type: str = "pipl") -> IndexConfig:
    return IndexConfig(IndexName.parse(name), type, acl_upload=upload)


USUAL = (
    index("root/testing", AUTHENTICATED),
    index("root/processing", "ci"),
    index("root/PROJ", "root", "ci"),
)


def seen(*indexes: IndexConfig, **changes: object) -> Seen:
    known = {
        "indexes": indexes or USUAL,
        "has_secret": lambda user: user == "ci",
        "handler": lambda name: "",
        "notifier": lambda rule: (),
    }
    return Seen(**(known | changes))


def findings(config: object, given: Seen) -> list[str]:
    parsed = config if config is DEFAULT_FLOW else flow.parse(config)
    return [f"{one.level}: {one.where}: {one.text}" for one in check(parsed, given)]


def test_the_default_flow_does_on_a_project_as_it_is_created() -> None:
    assert findings(DEFAULT_FLOW, seen()) == []


def test_every_index_that_is_missing_is_named() -> None:
    found = findings(DEFAULT_FLOW, seen(index("root/PROJ", "ci")))
    assert found == [
        "problem: root/testing: there is no index of that name on the server",
        "problem: root/testing: `promote`: there is no index root/processing on the server",
        "problem: root/processing: there is no index of that name on the server",
        "problem: root/PROJ: `follow`: there is no index root/testing on the server",
    ]


def test_rights_that_are_missing_are_found() -> None:
    found = findings(
        DEFAULT_FLOW,
        seen(index("root/testing"), index("root/processing", "bob"), index("root/PROJ", "root")),
    )
    assert found == [
        "problem: root/testing: `promote`: ci may not upload to root/processing",
        "problem: root/processing: `promote`: ci may not upload to root/PROJ",
        "problem: root/processing: `products`: ci may not upload to root/PROJ",
        "problem: root/PROJ: `follow`: ci may not upload to root/testing",
    ]


def test_a_watched_index_that_nobody_can_upload_to_is_found() -> None:
    config = {"indexes": {"root/testing": {"handlers": ["qa"]}}}
    assert findings(config, seen(index("root/testing"))) == [
        "problem: root/testing: nobody can upload to it, and nothing is promoted or made there",
    ]


def test_a_mirror_takes_nothing() -> None:
    mirror = index("root/PROJ", AUTHENTICATED, type=MIRROR_TYPE)
    found = findings(DEFAULT_FLOW, seen(*USUAL[:2], mirror))
    assert [one for one in found if "may not upload to root/PROJ" in one] == found != []


def test_an_index_that_only_promotions_reach_may_refuse_uploads_of_people() -> None:
    config = {"indexes": {"root/testing": {"promote": "root/b"}, "root/b": {"handlers": ["qa"]}}}
    known = seen(index("root/testing", AUTHENTICATED), index("root/b", "ci"))
    assert findings(config, known) == []


def test_users_secrets_handlers_and_resources_are_looked_at() -> None:
    steps = [
        {"handler": "qa", "user": "farm", "resources": {"maya": 2, "memory_gb": 8}},
        {"handler": "lint", "user": "farm"},
    ]
    config = {"indexes": {"root/testing": {"handlers": steps}}}
    wrong = {"lint": "lint of studio-tools does not load"}
    found = findings(config, seen(handler=lambda name: wrong.get(name, "")))
    assert found == [
        "problem: root/testing: qa: the user farm has no secret with the project, so CI cannot "
        "act as it",
        "problem: root/testing: lint: lint of studio-tools does not load",
        "warning: root/testing: qa: it needs 2 maya, which no engine is known to offer",
    ]
    assert "maya" not in "".join(findings(config, seen(offered=("maya",))))


def test_rules_are_looked_at() -> None:
    rule = {"use": "webhook", "handlers": ["process"]}
    config = {
        "indexes": {"root/testing": {"handlers": ["qa"], "notify": ["told"]}},
        "notifiers": {"told": rule, "lonely": {"use": "email"}},
    }
    problems = {"told": ("`url` must be a text", "there is no secret 'x'"), "lonely": ()}
    assert findings(config, seen(notifier=lambda rule: problems[rule.name])) == [
        "problem: notifier 'told': `url` must be a text",
        "problem: notifier 'told': there is no secret 'x'",
        "warning: notifier 'told': none of its indexes runs process",
        "warning: notifier 'lonely': no index names it in `notify`, so nobody is told by it",
    ]


def test_following_to_where_nobody_watches_and_idle_indexes_are_found() -> None:
    config = {"indexes": {"root/PROJ": {"follow": "root/testing"}, "root/processing": {}}}
    assert findings(config, seen()) == [
        "problem: root/PROJ: tasks enter again on root/testing, which is not watched",
        "warning: root/processing: nothing happens there",
    ]
