"""One connection to a MySQL or MariaDB server through PyMySQL, and what its errors mean in plain words."""

import logging
import math
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pymysql
from pymysql.connections import Connection
from pymysql.constants import COMMAND
from pymysql.converters import escape_string

from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.mysql_errors import connect_words, translated
from core.catalog.sources.mysql_wire import Wire, WireColumn
from core.catalog.sources.network import CONNECT_TIMEOUT_S, QUICK_S, Login, address_of, tls_context
from core.catalog.sources.placeholders import filled
from core.errors import QueryFailed, SourceUnavailable
from core.settings import Settings

_log = logging.getLogger(__name__)

_BATCH_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 18
_LONGEST_PACKET = 0xFFFFFF
_MODES = "ANSI_QUOTES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_UNSIGNED_SUBTRACTION,NO_ENGINE_SUBSTITUTION"
#: Everything that a session of ours has otherwise than others, in one go.
_SETTINGS = f"""
SET SESSION sql_mode = '{_MODES}', time_zone = '+00:00', group_concat_max_len = 4294967295, max_error_count = 65535,
    net_write_timeout = 3600, lock_wait_timeout = 15
"""
#: What a server does without an error although the result is not what was asked: cut texts, clipped numbers.
_LOSSES = frozenset({1260, 1264, 1301, 1406, 1441, 1690, 1916})


class MySqlLink:
    """An open connection, used by one thread at a time."""

    def __init__(self, login: Login, settings: Settings) -> None:
        """Connect. Raises SourceUnavailable."""
        self._login = login
        self._settings = settings
        self._connection = _connect(login, settings)
        self.is_streaming = False
        self._rest = b""
        self.is_mariadb = "mariadb" in self._connection.get_server_info().lower()
        try:
            self.execute(_SETTINGS)
            self.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        except BaseException:
            self.close()
            raise

    def execute(self, statement: str) -> None:
        """Run a statement of ours that gives no rows. Raises SourceError."""
        try:
            with self._soon():
                self._connection.query(statement)
        except (pymysql.Error, OSError) as error:
            raise translated(error) from error

    @contextmanager
    def _soon(self) -> Iterator[None]:
        """What takes a server no time takes one that is silent forever."""
        self._connection._sock.settimeout(QUICK_S)
        try:
            yield
        finally:
            if self._connection._sock is not None:
                self._connection._sock.settimeout(None)

    def fetch(self, query: CompiledQuery) -> pa.Table:
        """Run a query with a small result. Raises SourceError."""
        try:
            wire = Wire(self.ask(rendered(query)))
            return pa.Table.from_batches(list(self.batches(wire)), schema=wire.schema)
        except (pymysql.Error, OSError) as error:
            raise translated(error) from error

    def ask(self, text: str) -> list[WireColumn]:
        """Start a query and return its columns; its rows are those of `batches`. Raises the driver's errors."""
        connection = self._connection
        connection._execute_command(COMMAND.COM_QUERY, text.encode())
        result = pymysql.connections.MySQLResult(connection)
        result.init_unbuffered_query()
        # From here on the rows are read past the driver, which makes a Python object of every value.
        result.unbuffered_active = False
        if not result.field_count:
            raise QueryFailed("The source answered without rows.")
        self.is_streaming = True
        self._rest = b""
        return [
            WireColumn(
                name=field.name,
                code=field.type_code,
                flags=field.flags,
                length=field.length,
                scale=field.scale,
                charset=field.charsetnr,
            )
            for field in result.fields
        ]

    def batches(self, wire: Wire) -> Iterator[pa.RecordBatch]:
        """The rows of the query that was asked. Raises the driver's errors, and QueryFailed for a loss."""
        warnings = 0
        for data, starts, is_last in self._packets():
            if is_last:
                end = starts.pop()
                warnings = int(data[end + 1]) | int(data[end + 2]) << 8
            if starts:
                yield wire.batch(data, starts)
        if warnings:
            self._refuse_losses()

    def drain(self) -> None:
        """Read away what is left of a query that was stopped."""
        if not self.is_streaming:
            return
        try:
            for _ in self._packets():
                pass
        except pymysql.Error:
            _log.debug("mysql_query_abandoned")

    def stop(self) -> None:
        """End the query that runs, from another thread, by a connection of its own."""
        other = _connect(self._login, self._settings)
        try:
            other.query(f"KILL QUERY {int(self._connection.thread_id())}")
        finally:
            other.close()

    def sever(self) -> None:
        """End the connection from another thread without a word to the server; who waits for it gets an error."""
        way = self._connection._sock
        if way is not None:
            # Not the TLS layer's own, which would take itself away from under who reads.
            socket.socket.shutdown(way, socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection."""
        self._connection._force_close() if self.is_streaming else self._goodbye()

    def _goodbye(self) -> None:
        try:
            self._connection.close()
        except (pymysql.Error, OSError) as error:
            _log.info("mysql_close_failed error=%s", type(error).__name__)

    def _packets(self) -> "Iterator[tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], list[int], bool]]":
        """Bytes, where the packets of rows begin in them, and whether the last packet is the end of the result."""
        while True:
            data, starts, end, is_last = self._next_packets(self._rest)
            # Kept here, as somebody else may have to read on from the middle of a packet.
            self._rest = data[end:]
            if is_last:
                self.is_streaming = False
            yield np.frombuffer(data, dtype=np.uint8), starts, is_last
            if is_last:
                return

    def _next_packets(self, rest: bytes) -> tuple[bytes, list[int], int, bool]:
        """Enough whole packets for a batch, or all that are left."""
        data = bytearray(rest)
        starts: list[int] = []
        at = 0
        while at < _BATCH_BYTES:
            while at + 4 > len(data) or at + 4 + (size := int.from_bytes(data[at : at + 3], "little")) > len(data):
                data += self._more()
            if size == _LONGEST_PACKET:
                self.is_streaming = False
                self._connection._force_close()
                raise QueryFailed("A row of the result is larger than 16 MB. Leave out its longest text.")
            first = data[at + 4]
            if first == 0xFF:
                self.is_streaming = False
                packet = pymysql.protocol.MysqlPacket(bytes(data[at + 4 : at + 4 + size]), "utf8")
                packet.raise_for_error()
            starts.append(at + 4)
            at += 4 + size
            if first == 0xFE and size < 9:
                return bytes(data), starts, at, True
        return bytes(data), starts, at, False

    def _more(self) -> bytes:
        chunk: bytes = self._connection._rfile.read1(_CHUNK_BYTES)
        if not chunk:
            self.is_streaming = False
            raise pymysql.OperationalError(2013, "Lost connection to MySQL server during query")
        return chunk

    def _refuse_losses(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SHOW WARNINGS")
            codes = {int(code) for _, code, _ in cursor.fetchall()}
        if codes & _LOSSES:
            _log.warning("mysql_result_cut codes=%s", sorted(codes & _LOSSES))
            raise QueryFailed(
                "The source could not compute the result in full: a number does not fit, or there are more values "
                "than it can order for a median or percentile. Narrow it by a period or a filter."
            )


def rendered(query: CompiledQuery) -> str:
    """The statement with each value in its place, texts quoted by the driver."""
    return filled(query, _quoted)


def _quoted(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case int():
            return str(value)
        case float():
            if not math.isfinite(value):
                raise QueryFailed("A number of the filters is none that the source knows.")
            # Without an exponent it is exact, as it was typed.
            return repr(value)
        case Decimal():
            return f"{value:f}"
        case datetime():
            naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return f"'{naive.isoformat(sep=' ')}'"
        case date():
            return f"'{value.isoformat()}'"
        case _:
            return f"'{escape_string(str(value))}'"


def _connect(login: Login, settings: Settings) -> "Connection[pymysql.cursors.Cursor]":
    """Connect to the address that the guard allows, with TLS for the name. Raises SourceUnavailable."""
    address = address_of(login, settings)
    try:
        context = tls_context(login)
        connection = Connection(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password.encode(),
            database=login.database,
            charset="utf8mb4",
            ssl=context,
            ssl_disabled=context is None,
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=CONNECT_TIMEOUT_S,
            program_name="Broadsheet",
            defer_connect=True,
        )
        way = socket.create_connection((address, login.port), CONNECT_TIMEOUT_S)
        way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _keep_alive(way)
        connection.connect(way)
        connection._read_timeout = None
        connection._sock.settimeout(None)
    except (pymysql.Error, OSError, ssl.SSLError, ValueError) as error:
        _log.info("mysql_connect_failed error=%s", type(error).__name__)
        raise SourceUnavailable(connect_words(error, login)) from error
    return connection


def _keep_alive(way: socket.socket) -> None:
    """A peer that is gone without a word is noticed within a minute, where the system can do that."""
    way.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if (option := getattr(socket, name, None)) is not None:
            way.setsockopt(socket.IPPROTO_TCP, option, value)
