"""The mail server: reached, secured and signed in to as for a mail, without sending one."""

import smtplib
import ssl

from core.address import parse_sender
from core.deliver.email_channel import operator_server
from core.deliver.smtp_words import translated
from core.domain.mail_server import SmtpServer
from core.outbound.smtp import smtp_connection
from core.services.checkup.finding import Finding, fail, ok, warn
from core.settings import Settings

_TIMEOUT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_mail(settings: Settings, *, tls_context: ssl.SSLContext | None = None) -> Finding:
    """Connect as a delivery does. `tls_context`: None verifies against the system's authorities."""
    if not settings.smtp_host:
        return warn(
            "mail",
            f"There is no mail server: mail is written to {settings.outbox_dir} and reaches nobody.",
            "Set SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD and MAIL_FROM.",
        )
    server = operator_server(settings)
    try:
        _sign_in(server, tls_context or ssl.create_default_context())
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        reason = translated(error, server).user_message
        return fail("mail", reason, "Correct SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USER or SMTP_PASSWORD.")
    place = f"{server.host}:{server.port}"
    if server.security == "none" and server.host not in _LOOPBACK:
        return warn("mail", f"{place} answers, but mail travels readable.", "Set SMTP_SECURITY to starttls or tls.")
    how = f", signed in as {server.user}" if server.user else ""
    return ok(
        "mail", f"{place} answers ({server.security}){how}; mails come from {parse_sender(server.sender).address}."
    )


def _sign_in(server: SmtpServer, context: ssl.SSLContext) -> None:
    with_tls = {"context": context} if server.security == "tls" else {}
    connection = smtp_connection(None, tls=server.security == "tls")
    with connection(server.host, server.port, timeout=_TIMEOUT_S, **with_tls) as smtp:  # type: ignore[arg-type]
        smtp.ehlo()
        if server.security == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        smtp.noop()
