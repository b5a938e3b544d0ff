"""A server that does not do what it should."""

from __future__ import annotations

from typing import ClassVar

from pipl.errors.base import PiplError


class ServerError(PiplError):
    """The project's server does not do what it should."""

    code: ClassVar[str] = "server"
    exit_code: ClassVar[int] = 3


class ServerDown(ServerError):
    url: str
    code = "server.down"
    says = "no server answers at {url}"
    hint = "start it with `pipl proj start --background`"


class ServerStopped(ServerError):
    url: str
    doing: str
    code = "server.stopped"
    says = "the server at {url} went away while {doing}"
    hint = (
        "start it with `pipl proj start --background` and run the command again; "
        "nothing half-done counts"
    )


class ServerSlow(ServerError):
    url: str
    doing: str
    timeout_s: float
    code = "server.slow"
    says = "the server at {url} said nothing for {timeout_s:g} s while {doing}"
    hint = "try again; look at the server's load and log with `pipl proj status`"


class ServerBusy(ServerError):
    """It asks to be left alone for a while (HTTP's 429 and 503 with Retry-After)."""

    url: str
    doing: str
    retry_after_s: float
    code = "server.busy"
    says = "the server at {url} wants to be asked again in {retry_after_s:g} s ({doing})"
    hint = "wait and try again; too many may be asking, or one of them too often"


class ServerUntrusted(ServerError):
    url: str
    reason: str
    code = "server.untrusted"
    says = "no trusted connection to {url}: {reason}"
    hint = "give the certificate of its authority in the variable REQUESTS_CA_BUNDLE"


class PortTaken(ServerError):
    port: int
    code = "server.port-taken"
    says = "port {port} is taken by another program"
    hint = "choose another with --port, or --port 0 for any free one"


class ServerDied(ServerError):
    log: str
    reason: str
    code = "server.died"
    says = "the server did not start: {reason}"
    hint = "read {log}"


class AlreadyRunning(ServerError):
    url: str
    pid: int
    code = "server.already-running"
    says = "the server of this project runs already at {url} (process {pid})"
    hint = "stop it with `pipl proj stop`"


class NotRunning(ServerError):
    path: str
    code = "server.not-running"
    says = "the server of the project {path} does not run"
    hint = "start it with `pipl proj start --background`"


class UnexpectedReply(ServerError):
    url: str
    status: int
    reason: str
    code = "server.unexpected-reply"
    says = "{url} answered {status}: {reason}"
    hint = "look into the server log with `pipl proj status`"
