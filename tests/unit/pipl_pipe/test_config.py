from __future__ import annotations

import pytest

from pipl_pipe.config import config
from pipl_pipe.errors import BrokenExtension, UnknownExtension

from .conftest import Site

SOURCE = """
    PLAIN = {"path": "/mnt", "deep": {"list": [1]}}

    def made():
        return {"made": True}

    def fails():
        raise ValueError("no such show")

    LIST = [1]
"""


@pytest.fixture
def entries(site: Site) -> Site:
    names = {"plain": "PLAIN", "made": "made", "fails": "fails", "list": "LIST"}
    site.install(
        "show-config",
        entry_points={"pipl_pipe.config": {key: f"show_config:{v}" for key, v in names.items()}},
        modules={"show_config/__init__.py": SOURCE},
    )
    return site


def test_an_entry_is_a_dict_or_what_makes_one(entries: Site) -> None:
    assert config()["plain"]["path"] == "/mnt"
    assert config()["made"] == {"made": True}
    assert sorted(config()) == ["fails", "list", "made", "plain"]


def test_nobody_changes_anothers_config(entries: Site) -> None:
    found = config()
    found["plain"]["deep"]["list"].append(2)
    assert found["plain"]["deep"] == {"list": [1]}


def test_what_is_not_a_dict_is_broken_by_name(entries: Site) -> None:
    with pytest.raises(BrokenExtension, match=r"'list' of show-config .*list, not a dict"):
        config()["list"]
    with pytest.raises(BrokenExtension, match="no such show"):
        config()["fails"]
    values, broken = config().working()
    assert sorted(values) == ["made", "plain"]
    assert sorted(fault.fields["name"] for fault in broken) == ["fails", "list"]


def test_an_unknown_entry_is_a_key_error(entries: Site) -> None:
    with pytest.raises(UnknownExtension, match="made"):
        config()["nothing"]
    assert config().get("nothing") is None
    assert "nothing" not in config()
