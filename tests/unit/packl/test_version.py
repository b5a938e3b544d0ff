import pytest
from packaging.version import Version

from pipl.packl.version import bumped, next_post


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("0.0.1rc0", "patch", "0.0.1"),
        ("1.3.0rc1", "minor", "1.3.0"),
        ("1.3.1rc1", "minor", "1.4.0"),
        ("2.0.0.dev2", "major", "2.0.0"),
        ("1.2.3.post1", "patch", "1.2.4"),
        ("1", "minor", "1.1.0"),
        ("1!2.3.4", "minor", "1!2.4.0"),
    ],
)
def test_bumped(before: str, part: str, after: str) -> None:
    assert bumped(before, part) == after  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1.2.0", "1.2.0.post1"),
        ("1.2.0.post1", "1.2.0.post2"),
        ("1.2.0.post9.dev1", "1.2.0.post10"),
        ("1!2.0", "1!2.0.post1"),
        ("1.0+local", "1.0.post1"),
        ("1.0rc1", "1.0rc1.post1"),
    ],
)
def test_the_next_post_release(before: str, after: str) -> None:
    assert next_post(before) == after
    assert Version(after) > Version(before)
