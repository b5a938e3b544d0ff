"""Explanations of resolvers: whole, and without the noise around them."""

from __future__ import annotations

import pytest

from pipl.env.installers import pip_words, uv_words
from pipl.process import Completed

REASON = (
    "Because hero-rig>=2.1 depends on maya<2026 and you require hero-rig>=2.1, we can conclude.\n"
    "And because you require maya==2026.1, your requirements are unsatisfiable."
)


@pytest.mark.parametrize(
    "stderr",
    [
        "error: No solution found when resolving dependencies\n  cause: Because hero-rig>=2.1 "
        "depends on maya<2026 and you require hero-rig>=2.1, we can conclude.\n"
        "         And because you require maya==2026.1, your requirements are unsatisfiable.\n",
        "  \u00d7 No solution found when resolving dependencies:\n  ╰─▶ Because hero-rig>=2.1 "
        "depends on maya<2026 and you require hero-rig>=2.1, we can conclude.\n"
        "      And because you require maya==2026.1, your requirements are unsatisfiable.\n",
    ],
    ids=["uv since 0.13", "uv before"],
)
def test_uv_explains_a_conflict(stderr: str) -> None:
    done = Completed(1, "", stderr)
    assert uv_words.is_about_requirements(done)
    assert uv_words.explained(done) == REASON


def test_hints_of_uv_are_kept() -> None:
    stderr = (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because there are no versions of pre, nothing fits.\n\n"
        "hint: Pre-releases are available for `pre`\n"
    )
    assert "hint: Pre-releases" in uv_words.explained(Completed(1, "", stderr))


def test_another_error_of_uv_is_kept_whole() -> None:
    done = Completed(2, "", "error: Failed to fetch: http://x\n  cause: 502 Bad Gateway\n")
    assert not uv_words.is_about_requirements(done)
    assert uv_words.explained(done) == "error: Failed to fetch: http://x\n  cause: 502 Bad Gateway"


def test_pip_explains_a_conflict() -> None:
    stdout = (
        "Looking in indexes: http://x\nCollecting hero-rig\n  Downloading hero_rig.whl (75 bytes)\n"
        "\nThe conflict is caused by:\n    The user requested maya==2026.1\n"
        "    hero-rig 2.1 depends on maya<2026\n"
    )
    stderr = (
        "WARNING: Retrying (Retry(total=4)) after connection broken\n"
        "ERROR: Cannot install hero-rig and maya==2026.1 because of conflicts.\n"
        "ERROR: ResolutionImpossible: for help visit https://pip.example\n"
    )
    done = Completed(1, stdout, stderr)
    assert pip_words.is_about_requirements(done)
    assert pip_words.explained(done) == (
        "ERROR: Cannot install hero-rig and maya==2026.1 because of conflicts.\n\n"
        "The conflict is caused by:\n    The user requested maya==2026.1\n"
        "    hero-rig 2.1 depends on maya<2026"
    )


def test_a_crash_of_pip_is_one_line() -> None:
    stderr = (
        "ERROR: Exception:\nTraceback (most recent call last):\n"
        '  File "x.py", line 1, in run\n    crash()\nValueError: it broke\n'
    )
    assert pip_words.explained(Completed(2, "", stderr)) == "pip stopped at ValueError: it broke"
