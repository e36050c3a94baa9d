"""A real SMTP server (aiosmtpd) on loopback whose answers can be scripted per phase; for every test that sends mail.

with MailServer() as server:
    settings = Settings(smtp_host=server.host, smtp_port=server.port, smtp_security="none", ...)
    server.faults["rcpt"] = "450 4.2.1 busy"   # or "drop", or "hang"; clear() heals it
    server.mails[0].content
"""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PHASES = ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "accepted", "quit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """A mail the server took, as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    over_tls: bool
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


class MailServer:
    """Takes mail between `__enter__` and `__exit__`. `faults` maps a phase to a reply line, "drop" or "hang".

    `rcpt:ann@example.com` is the phase of one recipient.

    "accepted" comes after the final dot: with "drop" and "hang" the mail is kept and the client is never told.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        tls_context: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
        size_limit: int = 50_000_000,
    ) -> None:
        self.port = 0
        self.faults: dict[str, str] = {}
        self.mails: list[ReceivedMail] = []
        self.connections = 0
        self.tls_context = tls_context
        self.implicit_tls = implicit_tls
        self.login = login
        self.size_limit = size_limit
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-server")
        self._protocols: list[_ScriptedSmtp] = []

    def __enter__(self) -> "MailServer":
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        context = self.tls_context if self.implicit_tls else None
        return await self._loop.create_server(lambda: self._protocol(), self.host, 0, ssl=context)

    def _protocol(self) -> "_ScriptedSmtp":
        self.connections += 1
        self._protocols.append(_ScriptedSmtp(self))
        return self._protocols[-1]

    async def _stop(self) -> None:
        self._server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # lets the aborted transports say goodbye to their protocols


class _Handler:
    """Keeps what arrives and checks the sign-in."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802 - the name aiosmtpd calls
        self, server: "_ScriptedSmtp", _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await server.fault("mail") or "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: "_ScriptedSmtp", _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = await server.fault(f"rcpt:{address}") or await server.fault("rcpt")
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: "_ScriptedSmtp", session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._server.faults.get("accepted")
        if fault in (None, "drop", "hang"):
            self._server.mails.append(
                ReceivedMail(
                    sender=str(envelope.mail_from),
                    recipients=tuple(str(address) for address in envelope.rcpt_tos),
                    content=bytes(envelope.content or b""),
                    over_tls=session.ssl is not None or self._server.implicit_tls,
                    signed_in=bool(session.authenticated),
                )
            )
        return await server.fault("accepted") or "250 2.0.0 queued as 4711"


class _ScriptedSmtp(SMTP):
    """aiosmtpd's server with a look at the script at the greeting and at DATA."""

    def __init__(self, server: MailServer) -> None:
        self._script = server
        asks_starttls = server.tls_context is not None and not server.implicit_tls
        super().__init__(
            _Handler(server),
            hostname="mail.test",
            data_size_limit=server.size_limit,
            tls_context=server.tls_context if asks_starttls else None,
            authenticator=self._sign_in if server.login else None,
            # Not required where aiosmtpd would warn: of implicit TLS it does not know. Tests look at `signed_in`.
            auth_required=server.login is not None and asks_starttls,
            auth_require_tls=asks_starttls,
            loop=server._loop,
        )

    def _sign_in(
        self, _server: object, _session: object, _envelope: object, _mechanism: str, data: object
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == self._script.login, handled=False)

    async def fault(self, phase: str) -> str | None:
        """The scripted reply of a phase; drops the connection or waits until the server stops."""
        fault = self._script.faults.get(phase)
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "drop":
            if self.transport is not None:
                self.transport.abort()
            return "421 gone"
        return fault

    async def _handle_client(self) -> None:
        reply = await self.fault("connect")
        if reply is None:
            await super()._handle_client()
            return
        if self.transport is not None and not self.transport.is_closing():
            await self.push(reply)
            self.transport.close()

    async def _scripted(self, phase: str, answer: Callable[[str], Awaitable[None]], argument: str) -> None:
        """Say what the script says, or what the server would."""
        reply = await self.fault(phase)
        await (answer(argument) if reply is None else self.push(reply))

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        await self._scripted("ehlo", super().smtp_EHLO, hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        await self._scripted("ehlo", super().smtp_HELO, hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self._scripted("starttls", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self._scripted("auth", super().smtp_AUTH, arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        await self._scripted("quit", super().smtp_QUIT, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        reply = await self.fault("data")
        if reply is None:
            await super().smtp_DATA(arg)
        else:
            await self.push(reply)


@contextmanager
def stopped_server() -> Iterator[int]:
    """A port at which nobody listens."""
    with MailServer() as server:
        port = server.port
    yield port


def self_signed_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server at 127.0.0.1 with a certificate made on the spot, and for a client that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate_file, key_file)
    return server, ssl.create_default_context(cafile=str(certificate_file))
