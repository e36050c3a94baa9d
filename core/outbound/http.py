"""HTTP to hosts that people typed: the checked address is the one connected to, and a redirect is only an answer."""

import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import certifi
import urllib3
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Timeout
from urllib3.util.connection import create_connection

from core.clock import Clock
from core.errors import InvalidAddress
from core.net import guard_host, host_name

_MOST_ANSWER = 64 * 1024

#: Answers the address to connect to for a host and a port. Raises InvalidAddress.
Guard = Callable[[str, int], str]


def guard_of(allowed: tuple[str, ...]) -> Guard:
    """The outbound guard with the private hosts that the operator allows."""
    return lambda host, port: guard_host(host, port, allowed=allowed)


def open_socket(guard: Guard, host: str, port: int, timeout: Any, **options: Any) -> socket.socket:
    """Connect to the address that the guard answers, which is asked once. Raises InvalidAddress and OSError."""
    return create_connection((guard(host, port), port), timeout, **options)


def check_url(text: str) -> None:
    """Check the address of a server when it is saved; touches no network. Raises InvalidAddress."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InvalidAddress(f'"{text[:80]}" is not an address such as https://hooks.example.com/reports.') from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise InvalidAddress(f'"{text[:80]}" is not an address such as https://hooks.example.com/reports.')
    if parts.username is not None or parts.password is not None:
        raise InvalidAddress("A name or password in an address would be shown and logged: leave it out.")
    if any(not "!" <= character <= "~" for character in text):
        raise InvalidAddress("An address holds no spaces, line breaks or letters beyond ASCII.")
    host_name(parts.hostname)


def guarded(connection: type[HTTPConnection], guard: Guard) -> type[HTTPConnection]:
    """The same kind of connection, held to the guard. TLS still checks the name that was asked for."""

    class Guarded(connection):  # type: ignore[valid-type,misc]
        def _new_conn(self) -> socket.socket:
            try:
                return open_socket(
                    guard,
                    self.host,
                    self.port or 80,
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except TimeoutError as error:
                raise ConnectTimeoutError(self, "the host does not answer") from error
            except OSError as error:
                raise NewConnectionError(self, str(error)) from error

    return Guarded


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said; `text` is cut where it is long."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> dict[str, Any]:
        """The answer as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def retry_after_s(self, clock: Clock) -> int | None:
        """How long the server asks to be left alone, in seconds or until an instant (RFC 9110 section 10.2.3)."""
        said = self.headers.get("Retry-After", "").strip()
        if said.isdecimal():
            return int(said)
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return None
        return None if until.tzinfo is None else max(0, round((until - clock.now()).total_seconds()))


class HttpWay:
    """Sends requests one at a time, each over a connection of its own."""

    def __init__(self, guard: Guard, *, connect_s: float = 10.0, read_s: float = 60.0) -> None:
        self._guard = guard
        self._timeout = Timeout(connect=connect_s, read=read_s)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | BinaryIO | None = None,
    ) -> Answer:
        """Send one request, once, to that server alone. Raises InvalidAddress and urllib3's HTTPError."""
        parts = urllib3.util.parse_url(url)
        with self._pool(parts) as pool:
            response = pool.urlopen(
                method,
                parts.request_uri,
                body=body,
                headers=dict(headers),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            content = response.read(_MOST_ANSWER)
            response.release_conn()
            return Answer(
                status=response.status, headers=response.headers, text=content.decode("utf-8", errors="replace")
            )

    def _pool(self, parts: urllib3.util.Url) -> HTTPConnectionPool:
        if parts.scheme == "https":
            pool: HTTPConnectionPool = HTTPSConnectionPool(
                parts.host or "", parts.port, timeout=self._timeout, ssl_context=_tls()
            )
            pool.ConnectionCls = guarded(HTTPSConnection, self._guard)
        else:
            pool = HTTPConnectionPool(parts.host or "", parts.port, timeout=self._timeout)
            pool.ConnectionCls = guarded(HTTPConnection, self._guard)
        return pool


@cache
def _tls() -> ssl.SSLContext:
    """The machine's authorities and the usual ones; reading them takes a while."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
