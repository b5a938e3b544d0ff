"""Making a project's server database: `python -m pipl.project.founding SYSTEM_FOLDER`.

A process of its own, which ends with devpi in it. Beside root it makes the user that CI acts
as, and its first token; over REST only a running server could.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from devpi_server.config import get_pluginmanager, parseoptions
from devpi_server.init import init
from devpi_server.main import xom_from_config
from devpi_tokens.restrictions import (  # type: ignore[import-untyped]  # publishes no types
    AllowedRestriction,
    ExpiresRestriction,
)
from devpi_tokens.server import TokenUtility  # type: ignore[import-untyped]

from pipl.project import ci_token
from pipl.project.accounts import CI_USER
from pipl.project.ci_token import CIToken
from pipl.project.server import CONFIG_NAME, INIT_NAME


def found(system: Path) -> int:
    """Initialise the server as the two files of settings say. Returns the exit status."""
    init_arguments = ["devpi-init", "--configfile", str(system / INIT_NAME)]
    status = init(argv=init_arguments)  # type: ignore[no-untyped-call]  # devpi is typed in parts
    if status:
        return int(status)
    arguments = ["devpi-server", "--configfile", str(system / CONFIG_NAME)]
    config = parseoptions(get_pluginmanager(), arguments)
    xom = xom_from_config(config)  # type: ignore[no-untyped-call]
    now = time.time()
    ends = int(now + ci_token.LIFETIME_DAYS * ci_token.DAY_S)
    rights = (AllowedRestriction(list(ci_token.RIGHTS)), ExpiresRestriction(ends))
    with xom.keyfs.write_transaction():
        user = xom.model.create_user(CI_USER, password=None)  # no password lets it in
        secret = TokenUtility(xom).new_token(user, rights)
    token = CIToken.of(secret, made_at=now, expires_at=float(ends))
    ci_token.keep(system / "secrets", token)
    return 0


if __name__ == "__main__":
    sys.exit(found(Path(sys.argv[1])))
