from pathlib import Path

from pipl.project import secrets
from pipl.project.accounts import Credentials


def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = secrets.write(tmp_path / "secrets", "root", "s3cret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert secrets.read(tmp_path / "secrets", "root") == "s3cret"


def test_a_forgotten_secret_is_gone(tmp_path: Path) -> None:
    secrets.write(tmp_path, "root", "s3cret")
    secrets.forget(tmp_path, "root")
    assert secrets.read(tmp_path, "root") is None


def test_generated_secrets_differ() -> None:
    assert len({secrets.generate() for _ in range(100)}) == 100


def test_credentials_do_not_show_the_password() -> None:
    assert "s3cret" not in repr(Credentials("root", "s3cret"))
