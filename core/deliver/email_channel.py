"""E-mail over SMTP: one connection and one transaction a recipient, and an honest answer about what became of it."""

import contextlib
import logging
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence

import yagmail

from core.address import parse_email, parse_sender
from core.deliver.mime import build_mime, message_id, too_large
from core.domain.delivery import Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUnknown, SettingError
from core.settings import Settings

logger = logging.getLogger(__name__)

_TIMEOUT_S = 60.0
#: RFC 5321 4.5.3.2.6 asks for ten minutes after the final dot: giving up sooner makes duplicates.
_FINAL_TIMEOUT_S = 600.0
_QUIT_TIMEOUT_S = 5.0


class EmailChannel:
    """Sends through SMTP_HOST, which the operator sets and which is therefore trusted (see `core.net`).

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
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = _TIMEOUT_S,
        final_timeout_s: float = _FINAL_TIMEOUT_S,
    ) -> None:
        """`tls_context`: None verifies the server's certificate against the system's authorities."""
        if not settings.smtp_host:
            raise SettingError("SMTP_HOST is not set.", place="SMTP_HOST")
        self._settings = settings
        self._sender = parse_sender(settings.mail_from)
        self._tls_context = tls_context
        self._timeout_s = timeout_s
        self._final_timeout_s = final_timeout_s

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
        return too_large(files, self._settings.mail_max_bytes)

    def reference(self, message: Message, _recipient: Recipient, _place: Place | None = None) -> str:
        """The Message-ID."""
        return message_id(message, self._sender)

    def send(self, message: Message, recipient: Recipient, _place: Place | None = None) -> str:
        """Send to one recipient and return the server's answer to the final dot."""
        address = parse_email(recipient.address)
        content = build_mime(message, address, self._sender)
        try:
            with self._connection() as smtp:
                self._hand_over(smtp, address, content)
                return self._finish(smtp)
        except DeliveryError as error:
            logger.warning("mail_not_sent message_id=%s code=%s", message_id(message, self._sender), error.code)
            raise
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            # Nothing was accepted: whatever happens once the final dot was sent is translated in `_finish`.
            translated = _translated(error)
            # The error's own text may hold the address.
            known, code, cause = message_id(message, self._sender), translated.code, type(error).__name__
            logger.warning("mail_not_sent message_id=%s code=%s cause=%s", known, code, cause)
            raise translated from error

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """A connection that is secured and signed in as the settings say."""
        settings, secured = self._settings, self._settings.smtp_security
        # Without a context of our own neither yagmail nor smtplib would look at the certificate.
        context = None if secured == "none" else self._tls_context or ssl.create_default_context()
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
        client = yagmail.SMTP(
            user={settings.smtp_user or "": ""},
            password=password,  # never None: yagmail would ask for it on the terminal
            host=settings.smtp_host,
            port=settings.smtp_port,
            smtp_starttls={"context": context} if secured == "starttls" else False,
            smtp_ssl=secured == "tls",
            smtp_skip_login=not settings.smtp_user,
            soft_email_validation=False,
            timeout=self._timeout_s,
            **({"context": context} if secured == "tls" else {}),
        )
        try:
            client.login()
            yield client.smtp
        finally:
            client.is_closed = True
            _close(client.smtp)

    def _hand_over(self, smtp: smtplib.SMTP, address: str, content: bytes) -> None:
        """Everything up to the final dot. Until that is sent the server cannot have accepted the mail."""
        smtp.ehlo_or_helo_if_needed()
        options = [f"size={len(content)}"] if smtp.has_extn("size") else []
        _expect(smtp.mail(self._sender.address, options), 250)
        _expect(smtp.rcpt(address), 250, 251)
        _expect(smtp.docmd("DATA"), 354)
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
            return _said(code, reply)
        if code // 100 not in (4, 5):
            raise DeliveryUnknown(f"The mail server gave an answer that makes no sense ({_said(code, reply)}).")
        raise _answer(code, reply)


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    """Raise for any answer but the expected ones."""
    if answer[0] not in codes:
        raise _answer(*answer)


def _answer(code: int, reply: bytes | str) -> DeliveryError:
    """A negative answer: 5xx is for good, anything else may heal."""
    said = _said(code, reply)
    if 500 <= code < 600:
        return DeliveryRefused(f"The mail server refused the mail: {said}")
    return DeliveryDeferred(f"The mail server does not take the mail now: {said}")


def _translated(error: Exception) -> DeliveryError:
    """Errors of connecting, securing and signing in, and connections lost before the final dot."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = _said(error.smtp_code, error.smtp_error)
        if error.smtp_code >= 500:
            return DeliveryRefused(f"The mail server refused the sign-in. Check SMTP_USER and SMTP_PASSWORD: {said}")
        return DeliveryDeferred(f"The mail server cannot check the sign-in now: {said}")
    if isinstance(error, UnicodeError):
        return DeliveryRefused("SMTP_HOST, SMTP_USER or SMTP_PASSWORD hold letters the mail server cannot take.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryRefused("The mail server does not offer what SMTP_SECURITY or SMTP_USER ask for.")
    if isinstance(error, smtplib.SMTPResponseException) and not isinstance(error, smtplib.SMTPConnectError):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryDeferred("The mail server's certificate is not trusted, so nothing was sent to it.")
    if isinstance(error, TimeoutError):
        return DeliveryDeferred("The mail server did not answer in time.")
    return DeliveryDeferred("The mail server cannot be reached, or it broke off before the mail was handed over.")


def _said(code: int, reply: bytes | str) -> str:
    """The server's answer on one line, printable and at most 200 characters."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    printable = "".join(character if character.isprintable() else " " for character in text)
    return f"{code} {' '.join(printable.split())}"[:200].rstrip()


def _close(smtp: smtplib.SMTP | None) -> None:
    """Take leave of the server; what it says to that changes nothing."""
    if smtp is None:
        return
    with contextlib.suppress(smtplib.SMTPException, OSError):
        if smtp.sock is not None:
            smtp.sock.settimeout(_QUIT_TIMEOUT_S)
            smtp.quit()
    # An error here must not turn an accepted mail into one that is sent again.
    with contextlib.suppress(OSError):
        smtp.close()
