"""Logins kept for the person at this machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipl import durable
from pipl.errors.usage import InvalidFile, NotWritable
from pipl_pipe import login as kept
from pipl_pipe.login import Login as Login

if TYPE_CHECKING:
    from filelock import BaseFileLock


@dataclass(frozen=True)
class LoginStore:
    """Logins by server URL, in a file for the owner alone (mode 0600, in a folder of 0700)."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / kept.NAME

    def get(self, url: str) -> Login | None:
        """The login at a server, expired or not. Raises InvalidFile."""
        return self._read().get(kept.plain(url))

    def put(self, login: Login) -> None:
        """Keep a login, in place of an earlier one at the same server."""
        with self._locked():
            logins = self._read()
            logins[kept.plain(login.url)] = login
            self._write(logins)

    def remove(self, url: str) -> None:
        """Forget the login at a server; without one nothing happens."""
        if not self.path.exists():
            return
        with self._locked():
            logins = self._read()
            if logins.pop(kept.plain(url), None) is not None:
                self._write(logins)

    def _locked(self) -> BaseFileLock:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as fault:
            raise NotWritable(str(self.folder), fault.strerror or str(fault)) from fault
        from filelock import FileLock  # slow to import, and most commands only read

        return FileLock(self.folder / "logins.lock")

    def _read(self) -> dict[str, Login]:
        try:
            return kept.parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as fault:
            raise InvalidFile(str(self.path), f"no logins in it ({fault})") from fault

    def _write(self, logins: dict[str, Login]) -> None:
        document = {"format": kept.FORMAT, "logins": [asdict(login) for login in logins.values()]}
        try:
            durable.write_text(self.path, json.dumps(document, indent=1) + "\n", mode=0o600)
        except OSError as fault:
            raise NotWritable(str(self.path), fault.strerror or str(fault)) from fault
