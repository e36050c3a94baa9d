"""The way to a ClickHouse server over HTTP: one guarded address, no redirects, and its errors in plain words."""

import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from urllib3 import HTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, InsecureRequestWarning, SSLError

from core.catalog.sources.clickhouse_results import BACKSTOP_S, SETTINGS, error_code, parameter_values, translated
from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.network import CONNECT_TIMEOUT_S, TLS_ANY, TLS_NONE, Login, tls_context
from core.errors import BroadsheetError, InvalidAddress, SourceUnavailable
from core.net import guard_host
from core.settings import Settings

_log = logging.getLogger(__name__)

#: How long a server may take to answer what is quick: the first handshake, and to stop a query.
_QUICK_S = 15.0
#: The end of an Arrow stream. Without it the answer was cut off.
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_KEPT_TAIL = 8192
_NO_SUCH_DATABASE = 81
_READONLY_SETTINGS = 1


class _Pool(PoolManager):
    """Connections to one address. A redirect is an answer like any other, and each thread has its own patience."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._patience = threading.local()

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """How long this thread waits for a sign of life inside."""
        self._patience.seconds = seconds
        try:
            yield
        finally:
            self._patience.seconds = _QUICK_S

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> Any:  # type: ignore[override]  # noqa: ARG002
        """Send a request to the server, and to nobody else."""
        seconds = getattr(self._patience, "seconds", _QUICK_S)
        timeout = Timeout(connect=CONNECT_TIMEOUT_S, read=seconds)
        return super().urlopen(method, url, redirect=False, **{**kw, "timeout": timeout, "retries": False})


class _Body(io.RawIOBase):
    """The bytes of an answer; it remembers the last ones, which tell how it ended."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.tail = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; fewer only at the end."""
        try:
            data: bytes = self._response.read(None if size < 0 else size)
        except HTTPError as error:
            # What came before the break tells why.
            partial = getattr(error.args[-1] if error.args else None, "partial", b"")
            self.tail = (self.tail + partial)[-_KEPT_TAIL:]
            raise
        self.tail = (self.tail + data)[-_KEPT_TAIL:]
        return data

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_KEPT_TAIL):
            pass


class _Batches:
    """An answer as it comes."""

    def __init__(self, response: HTTPResponse) -> None:
        self._body = _Body(response)
        self._reader: Any = None
        self.is_complete = False

    def schema(self) -> pa.Schema:
        """The types stand before the rows."""
        with self._errors():
            self._reader = pa.ipc.open_stream(self._body)
        return self._reader.schema

    def next(self) -> pa.RecordBatch | None:
        """The next rows; None once the stream has said itself that it is complete."""
        with self._errors():
            try:
                batch: pa.RecordBatch = self._reader.read_next_batch()
            except StopIteration:
                self._body.drain()
                if not self._body.tail.endswith(_END):
                    raise pa.ArrowInvalid("the stream has no end") from None
                self.is_complete = True
                return None
            return batch

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """A server that fails in the middle writes its error where rows should be."""
        try:
            yield
        except (HTTPError, OSError, pa.ArrowException) as error:
            code = error_code(self._rest())
            if code is None:
                raise SourceUnavailable("The server broke off in the middle of its answer.") from error
            raise translated(code) from error

    def _rest(self) -> str:
        try:
            self._body.drain()
        except (HTTPError, OSError):
            _log.info("clickhouse_answer_cut")
        return self._body.tail.decode(errors="replace")


class HttpLink:
    """A server and a user of it; threads share it. Connecting asks for the server's version and settings."""

    def __init__(self, login: Login, settings: Settings) -> None:
        """Connect. Raises SourceUnavailable."""
        self._login = login
        is_plain = login.tls == TLS_NONE
        # The address is checked, the certificate's name is not the address's but the host's.
        tls: dict[str, Any] = {} if is_plain else {"ssl_context": tls_context(login), "server_hostname": login.host}
        self._pool = _Pool(maxsize=8, **tls)
        if login.tls == TLS_ANY:
            # Whoever chose it was told what it means.
            warnings.simplefilter("ignore", InsecureRequestWarning)
        try:
            self._client: Client = clickhouse_connect.get_client(
                interface="http" if is_plain else "https",
                host=_address(login, settings),
                port=login.port,
                username=login.user,
                password=login.password,
                database=login.database,
                pool_mgr=self._pool,
                server_host_name=login.host,
                client_name="Broadsheet",
                autogenerate_session_id=False,
                compress=False,
                query_retries=0,
                form_encode_query_params=True,
            )
            self._settings = self._allowed_settings()
        except (ClickHouseError, HTTPError, OSError, ValueError) as error:
            self._pool.clear()
            _log.info("clickhouse_connect_failed error=%s", type(error).__name__)
            raise SourceUnavailable(_connect_words(error, login)) from error

    def close(self) -> None:
        """Let go of idle connections."""
        self._pool.clear()

    @contextmanager
    def run(self, query: CompiledQuery, *, mark: str, deadline_s: float) -> Iterator[_Batches]:
        """Run a query under the id `mark`."""
        limits = {"query_id": mark, "max_execution_time": deadline_s + BACKSTOP_S}
        with self._pool.patience(deadline_s + 2 * BACKSTOP_S):
            try:
                response: Any = self._client.raw_stream(
                    query.sql,
                    parameters=parameter_values(query.parameters) or None,
                    settings={**self._settings, **limits},
                    fmt="ArrowStream",
                )
            except (ClickHouseError, HTTPError, OSError) as error:
                raise self._failed(error) from error
        batches = _Batches(response)
        try:
            yield batches
        finally:
            response.close()
            if not batches.is_complete:
                self._stop_quietly(mark)

    def stop(self, mark: str) -> None:
        """KILL QUERY, which everybody may do to queries of their own."""
        with self._pool.patience(_QUICK_S):
            self._client.command(f"KILL QUERY WHERE query_id = '{mark}' ASYNC")

    def _stop_quietly(self, mark: str) -> None:
        try:
            self.stop(mark)
        except (ClickHouseError, HTTPError, OSError) as error:
            _log.info("clickhouse_stop_failed error=%s", type(error).__name__)

    def _failed(self, error: Exception) -> BroadsheetError:
        code = getattr(error, "code", None)
        if code is None and not isinstance(error, ClickHouseError):
            return SourceUnavailable(_connect_words(error, self._login))
        if code is None and isinstance(error.__cause__, HTTPError | OSError):
            return SourceUnavailable(_connect_words(error, self._login))
        return translated(code)

    def _allowed_settings(self) -> dict[str, Any]:
        """Those of `SETTINGS` that this version knows, and that it may only read."""
        known = self._client.server_settings
        given = {name: value for name, value in SETTINGS.items() if name in known}
        given["cancel_http_readonly_queries_on_client_close"] = "1"
        readonly = int(known["readonly"].value) if "readonly" in known else 0
        if readonly == _READONLY_SETTINGS:
            raise ValueError("the user's profile has readonly = 1")
        return given if readonly else {**given, "readonly": "1"}


def _address(login: Login, settings: Settings) -> str:
    """The IP address to connect to; the host that the operator set is trusted."""
    is_trusted = (login.host, login.port) == (settings.clickhouse_host, settings.clickhouse_port)
    allowed = (*settings.allow_private_hosts, login.host) if is_trusted else settings.allow_private_hosts
    try:
        return guard_host(login.host, login.port, allowed=allowed)
    except InvalidAddress as error:
        raise SourceUnavailable(error.user_message) from error


def _connect_words(error: Exception, login: Login) -> str:
    """Why there is no connection, in plain words."""
    code = getattr(error, "code", None)
    if isinstance(error, ValueError):
        return (
            f"The profile of the user '{login.user}' has readonly = 1, which lets nobody set what reports rest on. "
            "Use readonly = 2."
        )
    if code == _NO_SUCH_DATABASE:
        return f"There is no database '{login.database}' at {login.place}."
    if code is not None:
        return translated(code).user_message
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < 10:
        causes.append(cause)
        reason = getattr(cause, "reason", None)
        cause = reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__
    if any(isinstance(each, SSLError) or "SSL" in type(each).__name__ for each in causes):
        return f"No encrypted connection to {login.place}: there is no TLS, or the certificate is not the host's."
    if any("Timeout" in type(each).__name__ for each in causes):
        return f"{login.place} does not answer."
    if any(isinstance(each, HTTPError | OSError) for each in causes):
        return f"Nothing answers at {login.place}."
    return f"What answers at {login.place} is not the HTTP interface of ClickHouse."
