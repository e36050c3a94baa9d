"""What a mail server's answers and failures mean: refused for good or not now, in words that say what to do."""

import smtplib
import socket
import ssl

from core.domain.mail_server import SmtpServer
from core.errors import BroadsheetError, DeliveryDeferred, DeliveryError, DeliveryRefused, InvalidAddress

#: Said of a server that does not speak TLS where TLS was begun.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")


def expect(answer: tuple[int, bytes], *codes: int, what: str) -> None:
    """Raise for any answer but the expected ones; `what` is refused otherwise."""
    if answer[0] not in codes:
        raise refused_or_deferred(*answer, what=what)


def refused_or_deferred(code: int, reply: bytes | str, *, what: str = "the mail") -> DeliveryError:
    """A negative answer: 5xx is for good, anything else may heal."""
    if 500 <= code < 600:
        return DeliveryRefused(f"The mail server refused {what}: {said(code, reply)}")
    return DeliveryDeferred(f"The mail server does not take {what} now: {said(code, reply)}")


def translated(error: Exception, server: SmtpServer) -> BroadsheetError:
    """Errors of connecting, securing and signing in, and connections lost before the final dot."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _sign_in(error, server)
    if isinstance(error, InvalidAddress):
        return _guarded(error)
    if isinstance(error, UnicodeError):
        named = "SMTP_HOST, SMTP_USER or SMTP_PASSWORD" if server.is_trusted else "The user name or the password"
        return DeliveryRefused(f"{named} hold letters the mail server cannot take.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        named = "SMTP_SECURITY or SMTP_USER" if server.is_trusted else "the security or the user name"
        return DeliveryRefused(f"The mail server does not offer what {named} ask for.")
    if isinstance(error, smtplib.SMTPConnectError):
        return DeliveryDeferred(
            f"The mail server cannot be reached: it turns connections away ({said(error.smtp_code, error.smtp_error)})."
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return refused_or_deferred(error.smtp_code, error.smtp_error)
    return _unreachable(error, server)


def said(code: int, reply: bytes | str) -> str:
    """The server's answer on one line, printable and at most 200 characters."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    printable = "".join(character if character.isprintable() else " " for character in text)
    return f"{code} {' '.join(printable.split())}"[:200].rstrip()


def _sign_in(error: smtplib.SMTPAuthenticationError, server: SmtpServer) -> DeliveryError:
    answer = said(error.smtp_code, error.smtp_error)
    if error.smtp_code < 500:
        return DeliveryDeferred(f"The mail server cannot check the sign-in now: {answer}")
    check = "SMTP_USER and SMTP_PASSWORD" if server.is_trusted else "the user name and the password"
    return DeliveryRefused(f"The mail server refused the sign-in. Check {check}: {answer}")


def _guarded(error: InvalidAddress) -> DeliveryError:
    """What the outbound guard says: a name that was not found may be found later, a private network never is."""
    if isinstance(error.__cause__, OSError):
        return DeliveryDeferred(f"The mail server cannot be reached: {error.user_message}")
    return DeliveryRefused(error.user_message)


def _unreachable(error: Exception, server: SmtpServer) -> DeliveryError:
    """Names, ports, certificates and silence; all of them may heal."""
    where = f"{server.host}, port {server.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryDeferred(
            f"The mail server's certificate is not trusted, so nothing was sent to it: {error.verify_message[:120]}."
        )
    if isinstance(error, ssl.SSLError) and (error.reason or "") in _NO_TLS:
        return DeliveryDeferred(f"TLS failed: {where} does not speak TLS from the start. Try STARTTLS or port 465.")
    if isinstance(error, ssl.SSLError):
        return DeliveryDeferred(f"TLS failed with {where}: {(error.reason or 'no common protocol')[:60]}.")
    # smtplib makes a silence while it reads an answer look like a lost connection.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return DeliveryDeferred("The mail server did not answer in time.")
    if isinstance(error, socket.gaierror):
        return DeliveryDeferred(f'The mail server cannot be reached: the host "{server.host[:80]}" was not found.')
    if isinstance(error, ConnectionRefusedError):
        return DeliveryDeferred(f"The mail server cannot be reached: nothing listens at {where}.")
    return DeliveryDeferred("The mail server cannot be reached, or it broke off before the mail was handed over.")
