"""Programs that run as if they were pipl itself."""

from __future__ import annotations

import sys

import pytest

from pipl import process
from pipl.errors.program import ProgramMissing


def test_it_has_our_streams_and_its_own_status(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os, sys; print(os.environ['SHOW']); print('away', file=sys.stderr); sys.exit(7)"
    assert process.run_here([sys.executable, "-c", code], env={"SHOW": "Hero"}) == 7
    assert capfd.readouterr() == ("Hero\n", "away\n")


def test_one_that_is_not_there_is_named() -> None:
    with pytest.raises(ProgramMissing, match="no-such-program"):
        process.run_here(["no-such-program"], env={})
