"""Choosing the running interpreter (finding others: tests/integration/env)."""

from __future__ import annotations

import sys

from pipl.env import python


def test_the_running_interpreter_is_taken_where_it_fits() -> None:
    found = python.find(None, ">=3.10")
    assert found == python.running()
    assert found.minor == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_it_is_not_the_one_of_an_environment() -> None:
    """An environment may be removed; those made from it have to live on."""
    path = python.running().path
    assert path.exists()
    assert not (path.parent.parent / "pyvenv.cfg").exists()
