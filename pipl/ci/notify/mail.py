"""The notifier `email`: a plain text message by SMTP."""

from __future__ import annotations

import hashlib
import ipaddress
import smtplib
import ssl
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate

from pipl.ci.notify.message import Message
from pipl.ci.notify.notifier import LONGEST_TIMEOUT_S, TIMEOUT_S, Given
from pipl.errors.ci import NotifierFailed

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_KEYS = ("to", "from", "server", "port", "security", "user", "secret", "ca", "timeout_s")


class Mail:
    """Mails messages to some addresses.

    All messages of a run are one thread; one that comes twice has the same Message-ID, so that
    mail programs show it once. Where the server takes only some addresses, that counts as
    sent: trying again would not change it.
    """

    def __init__(self, given: Given) -> None:
        given.only(_KEYS)
        self._to = given.texts("to")
        self._from = given.text("from", f"pipl-ci@{given.host}")
        for address in (*self._to, self._from):
            given.problems.extend(_wrong_with(address))
        self._server = given.text("server", "localhost")
        self._security = given.choice("security", tuple(PORTS), "starttls")
        self._port = int(given.number("port", PORTS[self._security], most=65535))
        self._user = given.text("user") if "user" in given.values else None
        self._secret = given.secret("secret")
        if (self._user is None) != ("secret" not in given.values):
            given.problems.append("`user` and `secret` belong together: a login and its password")
        if self._user and self._security == "none" and not _is_loopback(self._server):
            given.problems.append("a login is sent only with `security` starttls or ssl")
        self._timeout_s = given.number("timeout_s", TIMEOUT_S, most=LONGEST_TIMEOUT_S)
        self._tls = _tls(given)
        given.done()
        self._name = given.name
        self._host = given.host

    def send(self, message: Message) -> None:
        """Raises NotifierFailed."""
        mail = self._mail(message)
        try:
            with self._connected() as server:
                if self._security == "starttls":
                    server.starttls(context=self._tls)
                if self._user is not None and self._secret is not None:
                    server.login(self._user, self._secret)
                server.send_message(mail, self._from, self._to)
        except ssl.SSLError as fault:
            reason = f"no trusted connection to {self._server}: {fault.reason or fault}"
            raise NotifierFailed(self._name, reason) from None
        except smtplib.SMTPAuthenticationError:
            reason = f"{self._server} refuses the login of {self._user}"
            raise NotifierFailed(self._name, reason) from None
        except smtplib.SMTPRecipientsRefused as fault:
            refused = "; ".join(f"{who}: {_words(why[1])}" for who, why in fault.recipients.items())
            raise NotifierFailed(self._name, f"{self._server} refuses {refused}") from None
        except (smtplib.SMTPException, OSError) as fault:
            said = _words(getattr(fault, "smtp_error", str(fault)))
            raise NotifierFailed(self._name, f"{self._server}: {said}") from None

    def _connected(self) -> smtplib.SMTP:
        server, port, name = self._server, self._port, self._host
        limit_s = self._timeout_s
        if self._security == "ssl":
            return smtplib.SMTP_SSL(server, port, name, timeout=limit_s, context=self._tls)
        return smtplib.SMTP(server, port, name, timeout=limit_s)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.subject
        mail["From"] = self._from
        mail["To"] = ", ".join(self._to)
        mail["Date"] = formatdate(message.at, localtime=False)
        thread = self._id_of(message.project, "run", f"{message.run or message.id}")
        mail["Message-ID"] = self._id_of(message.project, "notice", message.id)
        mail["In-Reply-To"] = thread
        mail["References"] = thread
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail

    def _id_of(self, *what: str) -> str:
        digest = hashlib.sha256("\n".join(what).encode("utf-8")).hexdigest()[:24]
        return f"<pipl-{digest}@{self._from.rpartition('@')[2]}>"


def _tls(given: Given) -> ssl.SSLContext:
    """What is trusted: the system's authorities, or the one whose certificate `ca` names."""
    file = given.text("ca") if "ca" in given.values else None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as fault:
        given.problems.append(f"`ca` cannot be read: {fault}")
        return ssl.create_default_context()


def _wrong_with(address: str) -> list[str]:
    try:
        parsed = Address(addr_spec=address)
    except (ValueError, HeaderParseError, IndexError):
        parsed = None
    if parsed is None or not parsed.username or not parsed.domain:
        return [f"{address!r} is not an e-mail address"]
    return []


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return f"{' '.join(text.split()):.300}"
