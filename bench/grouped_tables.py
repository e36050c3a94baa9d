"""The tables that grouped previews are measured over, the same rows in DuckDB and PostgreSQL, and their dataset."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import psycopg

from core.catalog.sources.connector import Connector
from core.catalog.sources.duckdb_files import FILES
from core.catalog.sources.duckdb_source import DuckDbConnector
from core.catalog.sources.postgresql_source import POSTGRESQL
from core.clock import Clock
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.relation import Join, JoinKey, SourceColumn, TableOrigin
from core.settings import Settings

CUSTOMERS = 20_000
BENCH_ID = UUID(int=1)
_DATABASE = "bench"
_READER = "bench_reader"
_WORDS = "'Search', 'Export', 'Import', 'Chart', 'Share', 'Login', 'Print', 'Filter', 'Comment', 'Upload', 'Sync'"
_COUNTRIES = "'DE', 'FR', 'IN', 'US', 'JP', 'BR', 'ZA', 'GB', 'NL', 'NP', 'AU', 'CA'"
#: Two years of events in the order of their time, everything else spread by a multiplicative hash.
_EVENTS = """
SELECT n AS event_id,
    CAST('2024-11-23 00:00:00' AS {instant}) + {seconds} AS occurred_at,
    CAST(1 + h % {customers} AS integer) AS customer_id,
    ({array}[{words}])[CAST(1 + h % 11 AS integer)] AS feature,
    'user ' || CAST(h % 50021 AS text) AS user_name,
    CAST((h % 100003) * 0.01 AS decimal(12, 2)) AS amount,
    CAST(h % 907 AS integer) AS duration_ms,
    h % 23 = 0 AS is_error
FROM (
    SELECT CAST(n AS bigint) AS n, n * 2654435761 % 4294967296 AS h FROM generate_series(0, {last}) AS numbers(n)
) AS hashed
"""
_CUSTOMERS = """
SELECT CAST(n AS integer) AS customer_id,
    ({array}[{countries}])[CAST(1 + n * 7919 % 12 AS integer)] AS country,
    CAST(n % 500 AS decimal(12, 2)) AS credit
FROM generate_series(1, {customers}) AS numbers(n)
"""


def events_dataset() -> Dataset:
    """The events, each of one customer."""
    integer, text, decimal = FieldType.INTEGER, FieldType.TEXT, FieldType.DECIMAL
    columns = (
        SourceColumn(name="customer_id", type=integer),
        SourceColumn(name="country", type=text),
        SourceColumn(name="credit", type=decimal, scale=2),
    )
    return Dataset(
        id=BENCH_ID,
        organization_id=BENCH_ID,
        source_id=BENCH_ID,
        name="events",
        label="Events",
        origin=TableOrigin(table_name="events"),
        row_key=("event_id",),
        joins=(
            Join(
                name="customer",
                table=TableOrigin(table_name="customers", columns=columns),
                keys=(JoinKey(left="customer_id", right="customer_id"),),
            ),
        ),
        fields=(
            Field(name="event_id", label="Event ID", type=integer),
            Field(name="occurred_at", label="Occurred at", type=FieldType.DATETIME),
            Field(name="customer_id", label="Customer ID", type=integer),
            Field(name="feature", label="Feature", type=text),
            Field(name="user_name", label="User", type=text),
            Field(name="amount", label="Amount", type=decimal, scale=2),
            Field(name="duration_ms", label="Duration", type=integer),
            Field(name="is_error", label="Error", type=FieldType.BOOLEAN),
            Field(name="country", label="Country", type=text, table="customer"),
            Field(name="credit", label="Credit", type=decimal, scale=2, table="customer"),
        ),
        row_noun="events",
    )


@contextmanager
def duckdb_tables(folder: Path, *, lines: int, clock: Clock) -> Iterator[Connector]:
    """A DuckDB file in the folder, made unless it is there."""
    path = folder / "events.duckdb"
    if not path.exists():
        seconds = f"to_microseconds(n * {_microseconds(lines)})"
        with duckdb.connect(str(path)) as connection:
            for table, query in _queries(lines, instant="timestamp", seconds=seconds, array="").items():
                connection.execute(f"CREATE TABLE {table} AS {query}")
    try:
        yield DuckDbConnector(path, spill_dir=folder / "spill", clock=clock)
    finally:
        FILES.close()


@contextmanager
def postgresql_tables(folder: Path, *, lines: int, clock: Clock) -> Iterator[Connector]:
    """A database on a server of its own whose data is in the folder, made unless it is there."""
    server = start_embedded(folder)
    try:
        with _connect(server, "postgres") as connection:
            is_there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone()
            if not is_there:
                connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
                connection.execute(f"CREATE ROLE {_READER} LOGIN PASSWORD '{_READER}'")
        if not is_there:
            _fill(server, lines)
        settings = Settings(data_dir=folder, allow_private_hosts=("127.0.0.1",))
        given: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "database": _DATABASE, "user": _READER}
        connector = POSTGRESQL.open({**given, "tls": "none"}, {"password": _READER}, settings, clock)
        try:
            yield connector
        finally:
            connector.close()
    finally:
        server.stop()


def _fill(server: EmbeddedPostgres, lines: int) -> None:
    seconds = f"n * {_microseconds(lines)} * interval '1 microsecond'"
    with _connect(server, _DATABASE) as connection:
        for table, query in _queries(lines, instant="timestamptz", seconds=seconds, array="ARRAY").items():
            connection.execute(f"CREATE TABLE {table} AS {query}")
            connection.execute(f"GRANT SELECT ON {table} TO {_READER}")
        connection.execute("ALTER TABLE events ADD PRIMARY KEY (event_id)")
        connection.execute("ALTER TABLE customers ADD PRIMARY KEY (customer_id)")
        connection.execute("CREATE INDEX ON events (occurred_at)")
        connection.execute("VACUUM (ANALYZE)")


def _queries(lines: int, **words: str) -> dict[str, str]:
    return {
        "events": _EVENTS.format(last=lines - 1, words=_WORDS, customers=CUSTOMERS, **words),
        "customers": _CUSTOMERS.format(countries=_COUNTRIES, customers=CUSTOMERS, array=words["array"]),
    }


def _microseconds(lines: int) -> int:
    """Between one event and the next, so that they fill two years."""
    return 730 * 86_400 * 1_000_000 // lines


def _connect(server: EmbeddedPostgres, database: str) -> "psycopg.Connection[tuple[Any, ...]]":
    url = server.administrator_url.set(drivername="postgresql", database=database)
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
