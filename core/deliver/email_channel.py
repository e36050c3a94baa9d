"""E-mail over SMTP: one transaction a recipient, and an honest answer about what became of it.

A connection is used again inside `MAIL_CONNECTIONS.keeping()` only, and only after a mail that the server took.
"""

import contextlib
import logging
import re
import smtplib
import socket
import ssl
from collections.abc import Sequence
from typing import Any

import yagmail

from core.address import parse_email, parse_sender
from core.deliver.dkim import sign
from core.deliver.kept_open import KeptOpen
from core.deliver.mime import build_mime, message_id, too_large
from core.deliver.smtp_words import expect, refused_or_deferred, said, translated
from core.domain.delivery import Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.mail_server import SmtpServer
from core.domain.schedule import Recipient
from core.errors import DeliveryError, DeliveryUnknown, InvalidAddress, SettingError
from core.outbound.http import Guard, guard_of
from core.outbound.smtp import smtp_connection
from core.settings import Settings

logger = logging.getLogger(__name__)

_TIMEOUT_S = 60.0
#: RFC 5321 4.5.3.2.6 asks for ten minutes after the final dot: giving up sooner makes duplicates.
_FINAL_TIMEOUT_S = 600.0
_QUIT_TIMEOUT_S = 5.0


class EmailChannel:
    """Sends through one mail server: the operator's, whose host is trusted, or an organization's behind the guard.

    yagmail connects and signs in. The transaction is ours: `yagmail.send` repeats a mail whose acceptance it does not
    know, and answers False instead of raising.
    """

    key = "email"
    label = "E-mail"
    form = ()
    address_help = "An e-mail address."

    def __init__(
        self,
        settings: Settings,
        *,
        server: SmtpServer | None = None,
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = _TIMEOUT_S,
        final_timeout_s: float = _FINAL_TIMEOUT_S,
        quit_timeout_s: float = _QUIT_TIMEOUT_S,
    ) -> None:
        """`server`: None is the operator's. `tls_context`: None verifies against the system's authorities."""
        self._server = server or operator_server(settings)
        self._most_bytes = settings.mail_max_bytes
        self._sender = parse_sender(self._server.sender)
        self._guard = guard_of(settings.allow_private_hosts)
        self._tls_context = tls_context
        self._timeout_s = timeout_s
        self._final_timeout_s = final_timeout_s
        self._quit_timeout_s = quit_timeout_s

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is one e-mail address."""
        parse_email(address)

    def own_settings(self) -> DestinationSettings | None:
        """There is one way for everybody."""
        return None

    def check_place(self, place: Place) -> None:
        """Nobody fills in a destination."""

    def linked(self, files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Files that a mail has no room for."""
        return too_large(files, self._most_bytes)

    def reference(self, message: Message, _recipient: Recipient, _place: Place | None = None) -> str:
        """The Message-ID."""
        return message_id(message, self._sender)

    def send(self, message: Message, recipient: Recipient, _place: Place | None = None) -> str:
        """Send to one recipient and return the server's answer to the final dot."""
        address = parse_email(recipient.address)
        content = build_mime(message, address, self._sender)
        if self._server.dkim is not None:
            content = sign(content, self._server.dkim)
        message.on_wire(content)
        try:
            return self._transaction(address, content)
        except DeliveryError as error:
            logger.warning("mail_not_sent message_id=%s code=%s", message_id(message, self._sender), error.code)
            raise
        except (smtplib.SMTPException, OSError, UnicodeError, InvalidAddress) as error:
            # Nothing was accepted: whatever happens once the final dot was sent is translated in `_finish`.
            outcome = translated(error, self._server)
            # The error's own text may hold the address.
            known, code, cause = message_id(message, self._sender), outcome.code, type(error).__name__
            logger.warning("mail_not_sent message_id=%s code=%s cause=%s", known, code, cause)
            raise outcome from error

    def _transaction(self, address: str, content: bytes) -> str:
        connection = self._begun(content)
        try:
            self._hand_over(connection.smtp, address, content)
            response = self._finish(connection.smtp)
        except BaseException:
            connection.close()
            raise
        MAIL_CONNECTIONS.give_back(self._server, connection)
        return response

    def _begun(self, content: bytes) -> "_Connection":
        """A connection on which the server takes a mail of ours.

        One that was used before may be closed by now, or its server may take no more on it. No recipient was named
        yet, so that a new connection may be asked.
        """
        kept = MAIL_CONNECTIONS.take(self._server)
        if kept is not None:
            try:
                self._begin(kept.smtp, content)
            except (DeliveryError, smtplib.SMTPException, OSError):
                kept.close()
            else:
                return kept
        connection = self._open()
        try:
            self._begin(connection.smtp, content)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self) -> "_Connection":
        """A new connection, secured and signed in as the server asks for."""
        server = self._server
        # Without a context of our own neither yagmail nor smtplib would look at the certificate.
        context = None if server.security == "none" else self._tls_context or ssl.create_default_context()
        client = _Client(
            None if server.is_trusted else self._guard,
            user={server.user: ""},
            password=server.password,  # never None: yagmail would ask for it on the terminal
            host=server.host,
            port=server.port,
            smtp_starttls={"context": context} if server.security == "starttls" else False,
            smtp_ssl=server.security == "tls",
            smtp_skip_login=not server.user,
            soft_email_validation=False,
            timeout=self._timeout_s,
            **({"context": context} if server.security == "tls" else {}),
        )
        connection = _Connection(client, quit_timeout_s=self._quit_timeout_s)
        try:
            client.login()
            if connection.smtp.sock is not None:
                # The final dot goes out alone, and would wait for what the server says to the packet before: 40 ms.
                connection.smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, smtp: smtplib.SMTP, content: bytes) -> None:
        """Say whose mail is to come and how large it is."""
        if smtp.sock is not None:
            smtp.sock.settimeout(self._timeout_s)
        smtp.ehlo_or_helo_if_needed()
        options = [f"size={len(content)}"] if smtp.has_extn("size") else []
        expect(smtp.mail(self._sender.address, options), 250, what=f"the sender {self._sender.address}")

    def _hand_over(self, smtp: smtplib.SMTP, address: str, content: bytes) -> None:
        """Everything up to the final dot. Until that is sent the server cannot have accepted the mail."""
        expect(smtp.rcpt(address), 250, 251, what="the mail")
        expect(smtp.docmd("DATA"), 354, what="the mail")
        smtp.send(re.sub(rb"(?m)^\.", b"..", content) + (b"" if content.endswith(b"\r\n") else b"\r\n"))

    def _finish(self, smtp: smtplib.SMTP) -> str:
        """Send the final dot and return the answer; without one the mail may or may not have been accepted."""
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._final_timeout_s)
            smtp.send(b".\r\n")
            code, reply = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryUnknown(
                "The connection to the mail server broke before it said whether it took the mail. It may have arrived."
            ) from error
        if 200 <= code < 300:
            return said(code, reply)
        if code // 100 not in (4, 5):
            raise DeliveryUnknown(f"The mail server gave an answer that makes no sense ({said(code, reply)}).")
        raise refused_or_deferred(code, reply)


class _Client(yagmail.SMTP):  # type: ignore[misc]
    """yagmail over a connection of ours."""

    def __init__(self, guard: Guard | None, **options: Any) -> None:
        super().__init__(**options)
        self._guard = guard

    @property
    def connection(self) -> type[smtplib.SMTP]:
        return smtp_connection(self._guard, tls=self.ssl)


class _Connection:
    """A client that is signed in."""

    def __init__(self, client: _Client, *, quit_timeout_s: float) -> None:
        self._client = client
        self._quit_timeout_s = quit_timeout_s

    @property
    def smtp(self) -> smtplib.SMTP:
        return self._client.smtp  # type: ignore[no-any-return]

    def close(self) -> None:
        """Take leave of the server; what it says to that changes nothing."""
        self._client.is_closed = True
        _close(self._client.smtp, self._quit_timeout_s)


#: By the server they lead to, password included: what is changed in the settings holds from the next mail on.
MAIL_CONNECTIONS: KeptOpen[_Connection] = KeptOpen()


def operator_server(settings: Settings) -> SmtpServer:
    """The mail server that the environment names. Raises SettingError where it names none."""
    if not settings.smtp_host:
        raise SettingError("SMTP_HOST is not set.", place="SMTP_HOST")
    return SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user or "",
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else "",
        sender=settings.mail_from,
        is_trusted=True,
    )


def _close(smtp: smtplib.SMTP | None, timeout_s: float) -> None:
    if smtp is None:
        return
    with contextlib.suppress(smtplib.SMTPException, OSError):
        if smtp.sock is not None:
            smtp.sock.settimeout(timeout_s)
            smtp.quit()
    # An error here must not turn an accepted mail into one that is sent again.
    with contextlib.suppress(OSError):
        smtp.close()
