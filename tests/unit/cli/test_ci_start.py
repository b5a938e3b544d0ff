"""`pipl ci start`: what it is told about engines."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pipl.cli.root import cli


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--option", "scheduler"], "'scheduler' is not like NAME=VALUE"),
        (["--option", "=x"], "'=x' is not like NAME=VALUE"),
        (["--resource", "maya=many"], "'many' is not an amount"),
        (["--resource", "maya=-1"], "'-1' is not an amount"),
        (["--resource", "maya=inf"], "'inf' is not an amount"),
    ],
)
def test_what_is_no_option_or_amount_is_refused(given: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, ["ci", "start", *given])
    assert done.exit_code == 2
    assert said in done.output


def test_engines_are_named_in_the_help() -> None:
    said = CliRunner().invoke(cli, ["ci", "start", "--help"]).output
    assert "--engine" in said
    assert "maya=2" in said
