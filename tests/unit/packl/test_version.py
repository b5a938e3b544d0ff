import pytest

from pipl.packl.version import bumped


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
