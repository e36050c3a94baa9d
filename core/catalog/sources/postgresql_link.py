"""One connection to a PostgreSQL server through its Arrow driver, and what its errors mean in plain words."""

import logging
import os
import re
import threading

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from adbc_driver_manager import Error as DriverError
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import DataError

from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.network import (
    CONNECT_TIMEOUT_S,
    QUICK_S,
    TLS_ANY,
    TLS_NONE,
    TLS_VERIFY,
    Login,
    address_of,
    authorities_file,
)
from core.catalog.sources.own_database import OWN_SCHEMAS, refuse_own_database
from core.catalog.sources.placeholders import filled
from core.catalog.sources.postgresql_copy import CopyLink
from core.catalog.sources.severing import sever
from core.errors import BroadsheetError, QueryFailed, QueryTimedOut, SourceBusy, SourceUnavailable
from core.settings import Settings

_log = logging.getLogger(__name__)

_TLS_MODES = {TLS_VERIFY: "verify-full", TLS_ANY: "require", TLS_NONE: "disable"}
#: What tells the connection from others to the same server.
_LOCAL_PORT = CompiledQuery(sql="SELECT inet_client_port()")
_STATE = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")


class PostgreSqlLink:
    """An open connection. `cursor` runs one query at a time; `stop` may be called from another thread."""

    #: What a second connection is busy with for this one, which waits meanwhile.
    beside: CopyLink | None = None
    #: Rows of a query that nobody wants any more are read away at once.
    is_streaming = False

    def __init__(self, login: Login, settings: Settings) -> None:
        """Connect. Raises SourceUnavailable."""
        self._address, self._port = address_of(login, settings), login.port
        self._local_port: int | None = None
        self.conninfo = _conninfo(login, settings, self._address)
        try:
            self._connection = adbc.connect(self.conninfo, autocommit=True)
        except DriverError as error:
            _log.info("postgresql_connect_failed error=%s", type(error).__name__)
            raise SourceUnavailable(connect_words(str(error), login)) from error
        self.cursor = self._connection.cursor()
        try:
            self._local_port = self.fetch(_LOCAL_PORT).column(0)[0].as_py()
            self.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            refuse_own_database(self.fetch(OWN_SCHEMAS))
        except BroadsheetError:
            self.close()
            raise

    def execute(self, statement: str) -> None:
        """Run a statement of ours that gives no rows. Raises SourceError."""
        # What takes a server no time takes one that is silent forever.
        timer = threading.Timer(QUICK_S, self.sever)
        timer.daemon = True
        timer.start()
        try:
            self.cursor.execute(statement)
        except DriverError as error:
            raise translated(error) from error
        finally:
            timer.cancel()

    def fetch(self, query: CompiledQuery) -> pa.Table:
        """Run a query of ours, whose types Arrow has as they are. Raises SourceError."""
        try:
            self.cursor.execute(rendered(query))
            return self.cursor.fetch_arrow_table()
        except (DriverError, pa.ArrowException, OSError) as error:
            raise translated(error) from error

    def rows(self, text: str) -> pa.RecordBatchReader:
        """Start a query and return its rows as they come; close it. Raises the driver's errors."""
        self.cursor.execute(text)
        # The reader that the cursor would hand out loses the server's error codes.
        reader: pa.RecordBatchReader = self.cursor._results.reader
        if not len(reader.schema):
            reader.close()
            raise QueryFailed("The source answered without rows.")
        return reader

    def sever(self) -> None:
        """End the connection from another thread without a word to the server; who waits for it gets an error.

        Where something between here and the server opens connections of its own, nothing can be severed.
        """
        if self._local_port is not None:
            sever(self._address, self._port, local_port=self._local_port)

    def stop(self) -> None:
        """Ask the server to end what runs, from any thread."""
        beside = self.beside
        if beside is not None:
            beside.cancel()
        else:
            self.cursor.adbc_cancel()

    def end_beside(self) -> None:
        """End the second connection, if there is one."""
        if self.beside is not None:
            self.beside.close()
            self.beside = None

    def close(self) -> None:
        """End the connection."""
        self.end_beside()
        try:
            self.cursor.close()
            self._connection.close()
        except (DriverError, RuntimeError) as error:
            _log.info("postgresql_close_failed error=%s", type(error).__name__)


def _conninfo(login: Login, settings: Settings, address: str) -> str:
    """How to connect, for libpq."""
    return make_conninfo(
        host=login.host,
        hostaddr=address,
        port=login.port,
        dbname=login.database,
        user=login.user,
        password=login.password,
        passfile=os.devnull,
        sslmode=_TLS_MODES[login.tls],
        sslrootcert=str(authorities_file(login, settings)) if login.tls == TLS_VERIFY else os.devnull,
        gssencmode="disable",
        connect_timeout=CONNECT_TIMEOUT_S,
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
        client_encoding="UTF8",
        application_name="Broadsheet",
    )


def rendered(query: CompiledQuery) -> str:
    """The statement with each value in its place, quoted by psycopg: COPY, which is what streams, binds none."""
    try:
        return filled(query, lambda value: sql.Literal(value).as_string(None))
    except DataError as error:
        raise QueryFailed("A text of the filters holds a character that PostgreSQL has no room for.") from error


def state_of(error: Exception) -> str:
    """The server's code for an error, or an empty text."""
    found = _STATE.search(str(error))
    return found[1] if found else str(getattr(error, "sqlstate", None) or "")


#: What the server says (its code, or the class of the code), and what people are told.
_WORDS: dict[str, tuple[type[BroadsheetError], str]] = {
    "42501": (QueryFailed, "The source's user may not read this table. Its administrator can grant SELECT on it."),
    "42": (
        QueryFailed,
        "The source has no such table or column any more, or its type changed. Refresh the dataset's fields.",
    ),
    "3F": (QueryFailed, "The source has no such schema any more. Refresh the dataset's fields."),
    "22": (QueryFailed, "A value does not fit the type it is read as, or a sum passes 64 bits."),
    "25006": (QueryFailed, "Broadsheet only reads: the query would change something."),
    "57014": (QueryTimedOut, "The source ended the query: it took longer than it allows."),
    "25P03": (QueryTimedOut, "The source ended the connection: the query took longer than it allows."),
    "53300": (SourceBusy, "The source has no connection left. Try again in a moment."),
    "53": (QueryFailed, "The query needs more memory or disk than the source has. Narrow it by a period or a filter."),
    "54": (QueryFailed, "The query is larger than the source takes. Use fewer columns or filter values."),
    "40": (SourceUnavailable, "The source interrupted the query, as replicas do while they catch up. Try again."),
    "57": (SourceUnavailable, "The source is shutting down or starting up. Try again in a moment."),
    "08": (SourceUnavailable, "The connection to the source broke."),
    "55P03": (SourceUnavailable, "The table is locked by a change at the source. Try again in a moment."),
}
_BROKEN = re.compile(
    r"terminat|server closed the connection|no connection|could not (send|receive)|lost|SSL", re.IGNORECASE
)


def translated(error: Exception) -> BroadsheetError:
    """What happened, in plain words; the server's text may hold values of rows and stays out."""
    state = state_of(error)
    _log.warning("postgresql_query_failed error=%s state=%s", type(error).__name__, state)
    if not state and _BROKEN.search(str(error)):
        state = "08000"
    kind, words = _WORDS.get(state) or _WORDS.get(state[:2]) or (QueryFailed, None)
    return kind(words)


def connect_words(message: str, login: Login) -> str:
    """Why there is no connection; `message` is what the driver says."""
    for pattern, words in _REASONS:
        if re.search(pattern, message, re.IGNORECASE):
            return words.format(place=login.place, host=login.host, user=login.user, database=login.database)
    return f"{login.place} cannot be connected to as a PostgreSQL server."


_REASONS = (
    (r"password authentication failed|no password supplied|28P01", "The user '{user}' or the password is wrong."),
    (r'database ".*" does not exist|3D000', "There is no database '{database}' at {place}."),
    (r"permission denied for database|CONNECT privilege|42501", "The user '{user}' may not connect to '{database}'."),
    (r'role ".*" does not exist', "The user '{user}' or the password is wrong."),
    (
        r"no pg_hba.conf entry.*no encryption",
        "{place} lets '{user}' in with encryption only. Set the encryption to verify.",
    ),
    (r"no pg_hba.conf entry|pg_hba.conf rejects", "{place} does not let '{user}' in from here."),
    (r"does not support SSL", "{place} does not offer TLS. Set the encryption to none if the way there is safe."),
    (
        r"certificate for .* does not match|server certificate for",
        "The certificate of {place} is not for the name '{host}'.",
    ),
    (
        r"certificate verify failed|self.signed|root certificate",
        "The certificate of {place} is not signed by an authority that is known. Enter the authority's certificate.",
    ),
    (r"too many (connections|clients)|remaining connection slots", "{place} has no connection left. Try again later."),
    (r"starting up|shutting down|recovery", "{place} is starting up or shutting down. Try again in a moment."),
    (r"connection refused", "{place} refuses connections: no server listens there."),
    (r"timeout|timed out", "{place} does not answer. A firewall may be in the way."),
    (r"no route|unreachable", "There is no way to {place} from here."),
    (r"SSL|TLS", "{place} and Broadsheet cannot agree on TLS."),
)
