"""SMTP to hosts that people typed: the checked address is the one connected to; TLS still checks the name."""

import smtplib
import socket
from typing import Any

from core.outbound.http import Guard, open_socket


def guarded_smtp(guard: Guard, *, tls: bool) -> type[smtplib.SMTP]:
    """Return a connection that asks the guard once; `tls`: it speaks TLS from the first byte."""

    class Guarded(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
            return open_socket(guard, host, port, timeout)

    class GuardedTls(smtplib.SMTP_SSL, Guarded):
        """`SMTP_SSL` wraps the socket that comes next in the order of its classes."""

    return GuardedTls if tls else Guarded
