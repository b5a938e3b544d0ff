"""Each notifier, and the real server that it sends to, which can be made to misbehave."""

from __future__ import annotations

import asyncio
import datetime
import email
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipl import extension
from pipl.ci.flow import NotifierRule
from pipl.ci.notify import delivery
from pipl.ci.notify.message import Message
from pipl.ci.notify.notifier import FOLDER, Notifier
from pipl.project import secrets

SECRET = "swordfish"
MESSAGE = Message(
    id="7",
    project="Show",
    packl="hero-model",
    version="1.0.0",
    handler="qa",
    index="root/testing",
    state="failed",
    run=12,
    attempt=2,
    at=1_700_000_000.0,
    reason="the tests of hero-model failed: 1 of 3\nétape 2",
    hint="read the log",
    log="pipl ci log 12",
)


@dataclass
class Post:
    """What came by HTTP."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class HttpServer:
    """Keeps what is posted; `status` and `reply` are its answer, `hangs` gives none."""

    posts: list[Post] = field(default_factory=list)
    status: int = 204
    reply: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@pytest.fixture
def http() -> Iterator[HttpServer]:
    state = HttpServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            state.posts.append(Post(self.path, dict(self.headers), self.rfile.read(length)))
            if state.hangs:
                state.released.wait(30)
                return
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.reply)

        def do_GET(self) -> None:
            state.posts.append(Post(self.path, dict(self.headers), b""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield state
        finally:
            state.released.set()
            server.shutdown()
            thread.join()


@dataclass
class SmtpServer:
    """Keeps what is mailed; `answer`, where given, is what it says instead of taking it."""

    mails: list[Mail] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    answer: str = ""
    refused: tuple[str, ...] = ()
    hangs: bool = False
    port: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.hangs:
            await asyncio.sleep(5)
        if self.answer:
            return self.answer
        self.mails.append(email.message_from_bytes(envelope.content))
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        return "250 OK"

    def log_in(self, server, session, envelope, mechanism, given) -> AuthResult:
        self.logins.append((given.login.decode(), given.password.decode()))
        success = given.password.decode() == SECRET
        return AuthResult(success=success, handled=success)


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that signs itself, and its key; both PEM files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / "cert.pem", folder / "key.pem")
    found.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return found


@pytest.fixture
def smtp(certificate: Certificate, security: str) -> Iterator[SmtpServer]:
    state = SmtpServer()
    options: dict[str, Any] = {"authenticator": state.log_in, "auth_require_tls": True}
    if security == "ssl":
        options |= {"ssl_context": certificate.context(), "auth_require_tls": False}
    elif security == "starttls":
        options |= {"tls_context": certificate.context(), "require_starttls": True}
    controller = Controller(state, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    state.port = controller.port
    try:
        yield state
    finally:
        controller.stop()


@pytest.fixture
def security() -> str:
    """How mails of the test are secured; tests parametrise it."""
    return "starttls"


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@dataclass
class Maker:
    """Makes notifiers as the entry points do."""

    secrets: Path

    def __call__(self, use: str, **settings: object) -> Notifier:
        values = tuple(sorted((key.rstrip("_"), value) for key, value in settings.items()))
        rule = NotifierRule("td", use, settings=values)
        factories = extension.ci_notifiers()
        return delivery.made(rule, factories, secrets=self.secrets, host="studio.example")


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Beside it is kept one secret, `hook`."""
    secrets.write(tmp_path / FOLDER, "hook", SECRET)
    return Maker(tmp_path)
