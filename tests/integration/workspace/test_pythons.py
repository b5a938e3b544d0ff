"""Which of the machine's Pythons a workspace gets, and who is named where none fits."""

from __future__ import annotations

import dataclasses
import os
import sys

import pytest

from pipl.env import discovery, managed, python
from pipl.env.interpreter import Interpreter
from pipl.errors.env import NoCommonInterpreter
from pipl.testing.simple_index import make_wheel
from pipl.workspace import interpreters, locking
from pipl.workspace.place import Place

from .conftest import Desk


@pytest.fixture(scope="module")
def newer() -> Interpreter:
    """A Python after the one that runs this."""
    for minor in range(discovery.NEWEST_MINOR, sys.version_info.minor, -1):
        found = discovery.look_up(f"3.{minor}", None)
        if found is not None:
            return found
    pytest.skip("this machine has no newer Python")


def test_a_packl_that_is_edited_here_chooses(desk: Desk, newer: Interpreter) -> None:
    desk.edit("hero_anim", [], python=f"~={newer.minor}.0")
    assert locking.interpreter_for(desk.requiring()).minor == newer.minor


def test_a_packl_that_is_required_chooses_and_the_environment_moves(
    desk: Desk, newer: Interpreter
) -> None:
    make_wheel(desk.wheels, "sim", "1.0", requires_python=f">={newer.minor}")
    make_wheel(desk.wheels, "geo", "1.0")
    place = Place(desk.workspace.folder, desk.workspace.binding, desk.environ)
    workspace = desk.requiring("geo")
    locking.sync(workspace, desk.installer, place)
    before = place.environment.interpreter
    assert before is not None and before.minor == python.running().minor
    locking.add(workspace, ("sim",), desk.installer, place)
    after = place.environment.interpreter
    assert after is not None and after.minor == newer.minor
    assert interpreters.of_lock(workspace) == (interpreters.Asker("sim", f">={newer.minor}"),)
    # and it stays, with no further question
    again = dataclasses.replace(workspace, requirements=("geo", "sim"))
    assert locking.interpreter_for(again).minor == newer.minor
    assert locking.sync(again, desk.installer, place).changes == ()
    locking.lock(again, desk.installer)
    assert interpreters.of_lock(again) == (interpreters.Asker("sim", f">={newer.minor}"),)


def test_none_fits_and_all_who_asked_are_named(desk: Desk) -> None:
    desk.edit("hero_anim", [], python=">=3.10")
    make_wheel(desk.wheels, "sim", "1.0", requires_python=">=3.90")
    with pytest.raises(NoCommonInterpreter) as caught:
        locking.resolve(desk.requiring("sim"), desk.installer)
    assert caught.value.asked == ("hero_anim requires Python >=3.10", "sim requires Python >=3.90")
    assert str(python.running().version) in str(caught.value)


def test_edited_packls_that_exclude_each_other(desk: Desk) -> None:
    desk.edit("old", [], python="<3.10")
    desk.edit("new", [], python=">=3.11")
    with pytest.raises(NoCommonInterpreter, match=r"new requires Python >=3\.11; old"):
        locking.interpreter_for(desk.requiring())


def test_a_python_that_was_asked_for_is_not_exchanged(desk: Desk) -> None:
    desk.edit("new", [], python=">=3.90")
    workspace = dataclasses.replace(desk.requiring(), python=python.running().minor)
    with pytest.raises(NoCommonInterpreter, match=f"sh010 requires Python {workspace.python}"):
        locking.interpreter_for(workspace)


def test_pythons_of_pyenv_are_found_on_no_path(newer: Interpreter) -> None:
    environ = {"PATH": "/nowhere", "HOME": os.environ.get("HOME", "")}
    if managed.executables(newer.minor, environ):
        assert discovery.look_up(newer.minor, environ) is not None
    assert discovery.look_up("3.90", environ) is None
