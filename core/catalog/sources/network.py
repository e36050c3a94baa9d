"""The way to a database server whose host a person typed: the outbound guard, and TLS that checks the typed name."""

import hashlib
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import certifi

from core.catalog.sources.connector import ConnectionField
from core.domain.field import FieldType
from core.errors import InvalidAddress, InvalidInput, SourceUnavailable
from core.net import guard_host
from core.settings import Settings

#: How long a server may take to answer a connection.
CONNECT_TIMEOUT_S = 10
#: And for what is no work at all, as beginning a transaction. One that is stopped never answers.
QUICK_S = 10.0
#: TLS with the certificate checked against the host's name; TLS with any certificate; none.
TLS_VERIFY, TLS_ANY, TLS_NONE = "verify", "encrypt", "none"
_TLS_CHOICES = (TLS_VERIFY, TLS_ANY, TLS_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Everything that a server asks for."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: str
    certificate: str = ""  #: PEM text of the authority that signed the server's certificate; empty: the usual ones
    schema: str = ""

    @property
    def place(self) -> str:
        """Host and port in words."""
        return f"{self.host}:{self.port}"


def connection_fields(*, port: int, has_schema: bool) -> tuple[ConnectionField, ...]:
    """The form of a server that is reached by host and port."""
    schema = ConnectionField(
        name="schema",
        label="Default schema",
        help="Tables of this schema are named without it. Empty: public.",
        is_required=False,
    )
    return (
        ConnectionField(name="host", label="Host", help="Name or address of the server, without a port."),
        ConnectionField(name="port", label="Port", type=FieldType.INTEGER, default=port, is_required=False),
        ConnectionField(name="database", label="Database"),
        ConnectionField(name="user", label="User", help="A user that may only read is best."),
        ConnectionField(name="password", label="Password", is_secret=True, is_required=False),
        ConnectionField(
            name="tls",
            label="Encryption",
            help="verify: TLS, and the certificate must be the host's. encrypt: TLS, any certificate. none: no TLS.",
            choices=_TLS_CHOICES,
            default=TLS_VERIFY,
            is_required=False,
        ),
        ConnectionField(
            name="certificate",
            label="Certificate authority",
            help="PEM text, where the server's certificate is signed by an authority of your own.",
            is_required=False,
        ),
        *((schema,) if has_schema else ()),
        ConnectionField(
            name="replica_host",
            label="Read replica: host",
            help="Reports are read from it; empty: from the server itself.",
            is_required=False,
        ),
        ConnectionField(
            name="replica_port", label="Read replica: port", type=FieldType.INTEGER, default=port, is_required=False
        ),
        ConnectionField(
            name="max_connections",
            label="Connections at most",
            type=FieldType.INTEGER,
            default=4,
            is_required=False,
        ),
    )


def logins_of(
    connection: Mapping[str, str | int | bool], secrets: Mapping[str, str], *, port: int
) -> tuple[Login, Login]:
    """The logins of the server and of the one that reports are read from, which is its replica where there is one.

    Raises InvalidInput naming the field that cannot be.
    """
    texts = {
        name: _text(connection.get(name), name)
        for name in ("host", "database", "user", "tls", "certificate", "schema", "replica_host")
    }
    tls = texts["tls"] or TLS_VERIFY
    if tls not in _TLS_CHOICES:
        raise InvalidInput(f"'{tls}' is not a kind of encryption. Known: {', '.join(_TLS_CHOICES)}.", place="tls")

    def login(host: str, given: object, place: str) -> Login:
        return Login(
            host=host,
            port=_port(given, port, place),
            database=texts["database"],
            user=texts["user"],
            password=_text(secrets.get("password"), "password", is_exact=True),
            tls=tls,
            certificate=texts["certificate"],
            schema=texts["schema"],
        )

    server = login(texts["host"], connection.get("port"), "port")
    if not texts["replica_host"]:
        return server, server
    return server, login(texts["replica_host"], connection.get("replica_port"), "replica_port")


def address_of(login: Login, settings: Settings) -> str:
    """The IP address to connect to. Raises SourceUnavailable where there is none or it is not allowed."""
    try:
        return guard_host(login.host, login.port, allowed=settings.allow_private_hosts)
    except InvalidAddress as error:
        raise SourceUnavailable(error.user_message) from error


def tls_context(login: Login) -> ssl.SSLContext | None:
    """The TLS settings of a login, for drivers written in Python."""
    if login.tls == TLS_NONE:
        return None
    context = ssl.create_default_context(cadata=login.certificate or None)
    if not login.certificate:
        context.load_verify_locations(certifi.where())
    if login.tls == TLS_ANY:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def authorities_file(login: Login, settings: Settings) -> Path:
    """The file of trusted authorities, for drivers that bring a TLS library of their own."""
    if not login.certificate:
        return Path(ssl.get_default_verify_paths().cafile or certifi.where())
    folder = settings.data_dir / "certificates"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha256(login.certificate.encode()).hexdigest()}.pem"
    if not file.exists():
        half = file.with_suffix(f".{os.getpid()}")
        half.write_text(login.certificate)
        half.replace(file)
    return file


def may_write_words(login: Login) -> str:
    """What is said of a user that could do more than read."""
    return (
        f"The user '{login.user}' may change data. Broadsheet only reads, in read-only transactions; "
        "a user that may only SELECT is safer still."
    )


def _text(value: object, place: str, *, is_exact: bool = False) -> str:
    text = "" if value is None else str(value)
    if "\0" in text:
        raise InvalidInput("It holds a character that no server takes.", place=place)
    return text if is_exact else text.strip()


def _port(value: object, default: int, place: str) -> int:
    try:
        port = default if value in (None, "") else int(str(value))
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise InvalidInput(f"'{value}' is not a port: use 1 to 65535.", place=place)
    return port
