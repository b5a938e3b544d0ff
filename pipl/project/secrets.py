"""Secrets of a project: one file each, mode 0600, in a folder of mode 0700."""

from __future__ import annotations

import secrets
from pathlib import Path

from pipl import durable
from pipl.errors.usage import NotWritable

ROOT = "root"
SERVER = "server"
"""Names of secrets: root's generated password and the server's signing key. Other users' are
kept under their names."""


def generate() -> str:
    """A new password (192 bits)."""
    return secrets.token_urlsafe(24)


def write(folder: Path, name: str, secret: str) -> Path:
    """Keep a secret, readable by the owner only."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as fault:
        raise NotWritable(str(folder), fault.strerror or str(fault)) from fault
    path = folder / name
    durable.write_text(path, secret, mode=0o600)
    return path


def read(folder: Path, name: str) -> str | None:
    """A kept secret, None where there is none or it may not be read."""
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return None


def forget(folder: Path, name: str) -> None:
    """Remove a secret that is no longer true."""
    (folder / name).unlink(missing_ok=True)
