"""SMTP connections: to hosts that people typed, the checked address is the one connected to; TLS checks the name."""

import smtplib
import socket
from typing import Any

from core.outbound.http import Guard, open_socket


def smtp_connection(guard: Guard | None, *, tls: bool) -> type[smtplib.SMTP]:
    """Return a kind of connection; `guard` None: the host is trusted. `tls`: it speaks TLS from the first byte."""

    class Connection(smtplib.SMTP):
        def _get_socket(self, host: str, port: Any, timeout: Any) -> socket.socket:
            if guard is None:
                return super()._get_socket(host, port, timeout)  # type: ignore[misc,no-any-return]
            return open_socket(guard, host, int(port), timeout)  # yagmail hands the port over as text

        def ehlo(self, name: str = "") -> tuple[int, bytes]:
            """Raise where the server says "not now": smtplib would go on as if it offered nothing."""
            code, reply = super().ehlo(name)
            if 400 <= code < 500:
                raise smtplib.SMTPHeloError(code, reply)
            return code, reply

    class TlsConnection(smtplib.SMTP_SSL, Connection):
        """`SMTP_SSL` wraps the socket that comes next in the order of its classes."""

    return TlsConnection if tls else Connection
