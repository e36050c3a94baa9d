"""A second connection to a PostgreSQL server, in the state of the first one, on which COPY writes rows as CSV."""

import json
import logging
import select
import tempfile
import threading
from collections.abc import Callable, Container, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from psycopg import pq, sql
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult

from core.catalog.sources.connector import CsvQuestion
from core.catalog.sources.postgresql_csv import CopySql
from core.catalog.sources.postgresql_scan import is_plain_scan
from core.domain.csv_options import CsvLines

_log = logging.getLogger(__name__)

#: Rows handed on at once.
_CHUNK_ROWS = 2000
_CANCEL_TIMEOUT_S = 5.0
#: Between two looks at whether to stop.
_POLL_MS, _POLL_AHEAD_MS = 1000, 20
#: Of the lines read ahead, as many are held in memory; more go to a file without a name.
_HELD_BYTES = 1 << 20
#: No more is read ahead: the look is over by then, or takes so long that nothing is gained.
MOST_AHEAD_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
_BEGIN = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class CopyLink:
    """The connection. It lives as long as one COPY."""

    def __init__(self, conninfo: str, *, state: str, settings: str) -> None:
        """Connect and see what the transaction that exported `state` sees. Raises psycopg's errors."""
        self._is_over = self._is_complete = False
        self._failure: Exception | None = None
        self._connection = psycopg.connect(conninfo, autocommit=True)
        self._ahead = tempfile.SpooledTemporaryFile(max_size=_HELD_BYTES)  # noqa: SIM115 - closed with the connection
        try:
            self._connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            self._connection.execute(_BEGIN)
            self._connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(state))
            self._connection.execute(settings.encode())
            # Compiling our long expressions would cost more than they do. And a scan must begin where its table does.
            self._connection.execute("SET LOCAL jit = off; SET LOCAL synchronize_seqscans = off")
        except psycopg.Error:
            self.close()
            raise

    @property
    def is_unicode(self) -> bool:
        """Whether the database's texts are: in other encodings first characters cannot be told by their number."""
        return self._connection.info.parameter_status("server_encoding") == "UTF8"

    def start(self, statements: CopySql, *, guarded: Container[str]) -> None:
        """Start the COPY, with apostrophes in these columns. Raises psycopg's errors.

        Nothing is sorted that a plain scan gives in order anyway: sorting takes half as long as all the rest.
        """
        rows = statements.rows(statements.text, guarded=guarded)
        if statements.scanned is not None:
            scanned = statements.rows(statements.scanned, guarded=guarded)
            plan = self._executed(f"EXPLAIN (FORMAT JSON) {scanned}", pq.ExecStatus.TUPLES_OK).get_value(0, 0)
            rows = scanned if is_plain_scan(json.loads(plan or b"")) else rows
        self._executed(statements.copy(rows), pq.ExecStatus.COPY_OUT)

    def _executed(self, statement: str, expected: pq.ExecStatus) -> PGresult:
        # The extended protocol takes one statement and no more.
        result = self._connection.pgconn.exec_params(statement.encode(), None)
        if result.status != expected:
            raise error_from_result(result)
        return result

    @contextmanager
    def reading_ahead(self, lines: CsvLines, question: CsvQuestion) -> Iterator[None]:
        """Within it lines are put by, while the caller looks whether they are wanted; `chunks` begins with them."""
        enough = threading.Event()
        reading = (lines, question, enough)
        thread = threading.Thread(target=self._read_ahead, args=reading, name="copy-ahead", daemon=True)
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()

    def _read_ahead(self, lines: CsvLines, question: CsvQuestion, enough: threading.Event) -> None:
        try:
            while not (enough.is_set() or self._is_over or self._ahead.tell() >= MOST_AHEAD_BYTES):
                self._ahead.write(self._block(lines, question, poll_ms=_POLL_AHEAD_MS))
        except (psycopg.Error, OSError) as error:
            self._failure = error

    def chunks(
        self, lines: CsvLines, question: CsvQuestion, asking: Callable[[], AbstractContextManager[None]]
    ) -> Generator[bytes, None, None]:
        """Whole lines as they come, counted into `lines`; ends early where the renderer has to write the rows.

        `asking` goes around whatever waits for the server.
        """
        try:
            with asking():
                if self._failure is not None:
                    raise self._failure
                self._ahead.seek(0)
            while block := self._ahead.read(_BLOCK_BYTES):
                yield block
            while not self._is_over:
                with asking():
                    block = self._block(lines, question, poll_ms=_POLL_MS)
                if block:
                    yield block
            lines.is_whole = self._is_complete  # only now: what was read ahead may never be wanted
        finally:
            self.close()

    def cancel(self) -> None:
        """Ask the server to end the COPY; from any thread."""
        self._connection.cancel_safe(timeout=_CANCEL_TIMEOUT_S)

    def close(self) -> None:
        """End the connection, and with it what runs."""
        try:
            self._connection.close()
        except psycopg.Error as error:
            _log.info("postgresql_copy_close_failed error=%s", type(error).__name__)
        self._ahead.close()

    def _block(self, lines: CsvLines, question: CsvQuestion, *, poll_ms: int) -> bytes:
        """The next lines, counted into `lines`; none where the server sends none for that long.

        The server sends each row by itself: this loop is what a row costs here, so it reads from libpq directly.
        """
        read = self._connection.pgconn.get_copy_data
        rows: list[bytes] = []
        while len(rows) < _CHUNK_ROWS:
            size, data = read(1)
            if size > 0:
                rows.append(data[:-1].tobytes())  # bytes, unlike views, are nothing to the garbage collector
            elif size < 0:
                self._is_complete, self._is_over = self._has_all(), True
                break
            elif not self._wait(poll_ms):
                break
        lines.rows += len(rows)
        newline = question.options.newline.text.encode()
        return newline.join([*rows, b""]) if rows else b""

    def _wait(self, poll_ms: int) -> bool:
        """Until the server sends more, but not for long."""
        poll = select.poll()
        poll.register(self._connection.pgconn.socket, select.POLLIN)
        if not poll.poll(poll_ms):
            return False
        self._connection.pgconn.consume_input()
        return True

    def _has_all(self) -> bool:
        """Whether all rows came; not where a value does not fit our expressions, which the renderer may yet write."""
        result = self._connection.pgconn.get_result()
        if result is None:
            raise psycopg.OperationalError("the connection was lost")
        if result.status == pq.ExecStatus.COMMAND_OK:
            return True
        error = error_from_result(result)
        if not isinstance(error, psycopg.DataError):
            raise error
        return False
