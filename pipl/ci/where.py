"""Where a project's CI keeps what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from pipl.ci.ledger import database
from pipl.ci.ledger.database import Ledger
from pipl.ci.place import CIPlace
from pipl.project import secrets
from pipl.project.folder import Project

VARIABLE = "PIPL_CI_LEDGER"
"""The URL of the ledger, in place of the one in the project's mark."""
SECRET = "ledger"  # noqa: S105  a name
"""The name under which the project's secrets hold the password of the ledger's database."""


def place(project: Project, environ: Mapping[str, str]) -> CIPlace:
    """The CI folder; several runners may share a ledger that is in PostgreSQL."""
    return CIPlace(project.ci, is_alone=_url(project, environ) is None)


def open_ledger(project: Project, environ: Mapping[str, str]) -> Ledger:
    """The project's ledger: a file in its CI folder, or the database that it names.

    Raises InvalidLedgerUrl, LedgerAway, UnknownLedger, InvalidFile, ExtraNeeded.
    """
    return Ledger.open(_url(project, environ) or ledger_file(project))


def has_ledger(project: Project, environ: Mapping[str, str]) -> bool:
    """Whether CI has begun: looking does not make a ledger."""
    return _url(project, environ) is not None or ledger_file(project).exists()


def ledger_file(project: Project) -> Path:
    return CIPlace(project.ci).ledger


def _url(project: Project, environ: Mapping[str, str]) -> URL | None:
    given = environ.get(VARIABLE) or project.ledger
    if not given:
        return None
    return database.parse_url(given).set(password=secrets.read(project.secrets, SECRET))
