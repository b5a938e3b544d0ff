"""A serial that this server's log does not have yet: a replica may be behind its primary."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import (  # type: ignore[import-untyped]  # publishes no types
    HTTPConflict,
    HTTPServiceUnavailable,
)

GRACE_S = 2.0
"""How long a replica is given to come up to what its primary has."""
ASKING_S = 5.0
"""How long the primary may take to say how far it is."""
RETRY_S = 5


def feed_id(xom: Any) -> str | None:
    """Whose log it is: the primary's uuid, also on its replicas. It changes with the database,
    whose serials no other's can be compared with. None on a replica that never met its primary.
    """
    found = xom.config.get_primary_uuid()
    return str(found) if found else None


def catch_up(xom: Any, serial: int) -> None:
    """Return once the log, as the transaction sees it, has the serial.

    Raises HTTPConflict where there is no such serial, HTTPServiceUnavailable where a replica
    cannot tell or is late.
    """
    if serial <= xom.keyfs.get_current_serial():
        return
    if not xom.is_replica():
        raise _no_such(serial)
    arrived = xom.keyfs.wait_tx_serial(
        serial, timeout=GRACE_S, recheck_callback=xom.thread_pool.exit_if_shutdown
    )
    if not arrived:
        known = _serial_of_primary(xom)
        if known is not None and known < serial:
            raise _no_such(serial)
        raise not_in_touch("is behind" if known is not None else "cannot reach its primary")
    xom.keyfs.restart_read_transaction()


def not_in_touch(why: str) -> HTTPServiceUnavailable:
    return HTTPServiceUnavailable(
        explanation=f"this replica {why}", headers=[("Retry-After", str(RETRY_S))]
    )


def another(serial: int) -> HTTPConflict:
    return HTTPConflict(explanation=f"serial {serial} is another change in this log")


def _no_such(serial: int) -> HTTPConflict:
    return HTTPConflict(explanation=f"the log ends before serial {serial}")


def _serial_of_primary(xom: Any) -> int | None:
    """What the primary says at this moment; None without an answer from it."""
    url = xom.config.primary_url.joinpath("+api").url
    reply = xom.replica_thread.http.get(url, allow_redirects=False, timeout=ASKING_S)
    said = reply.headers.get("X-DEVPI-SERIAL", "") if reply.status_code == 200 else ""
    is_same = reply.status_code == 200 and reply.headers.get("X-DEVPI-PRIMARY-UUID") == feed_id(xom)
    return int(said) if is_same and said.isdecimal() else None
