"""Choosing an installer."""

from __future__ import annotations

import pytest

from pipl.env.choice import choose
from pipl.env.install import PIP, UV
from pipl.errors.env import UnknownInstaller


def test_uv_is_the_default_and_pip_can_be_asked_for() -> None:
    assert choose(None, {}).name == UV
    assert choose(UV, {}).name == UV
    assert choose(PIP, {}).name == PIP


def test_an_unknown_one_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownInstaller) as caught:
        choose("conda", {})
    assert "conda" in str(caught.value)
    assert "uv; pip" in str(caught.value)
