"""PostgreSQL under the suite of all source kinds: a database of its own on the server of the tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from core.catalog.sources.postgresql_source import POSTGRESQL
from core.db.embedded import EmbeddedPostgres
from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from tests.source_benches.server_bench import READER_PASSWORD, ServerBench
from tests.source_parts import Fault, Reference, Traits

_TYPES = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.DATETIME: "timestamptz",
}
_RUNNING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'Broadsheet' AND state = 'active'
"""


class PostgreSqlBench(ServerBench):
    """A database, its owner and a role that may only read it."""

    kind = "postgresql"
    traits = Traits(
        endless="SELECT sum(a * b) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b",
        endless_rows="SELECT generate_series(1, 1000000000000) AS g",
        writes=(
            "INSERT INTO target VALUES (1) RETURNING n",
            "WITH gone AS (DELETE FROM target RETURNING n) SELECT n FROM gone",
            "UPDATE target SET n = 2",
            "CREATE TABLE other (n integer)",
            "CREATE TEMPORARY TABLE other (n integer)",
            "DROP TABLE target",
            "TRUNCATE target",
            "COPY target TO '/tmp/target'",
            "SET transaction_read_only = off",
            "COMMIT",
            "SELECT 1; DROP TABLE target",
            "SELECT 1) TO STDOUT; DROP TABLE target; --",
            "SELECT nextval('numbering')",
            "SELECT set_config('transaction_read_only', 'off', false)",
            "SELECT lo_create(0)",
        ),
    )

    def __init__(self, server: EmbeddedPostgres, folder: Path) -> None:
        self._server = server
        super().__init__(POSTGRESQL, port=server.port, folder=folder)

    def __enter__(self) -> "PostgreSqlBench":
        with self.administrator("postgres") as connection:
            connection.execute(f"CREATE DATABASE {self.database} TEMPLATE template0 ENCODING 'UTF8'")
            connection.execute(f"CREATE ROLE {self.reader} LOGIN PASSWORD {sql.quote(READER_PASSWORD)}")
        self.execute(f"GRANT USAGE ON SCHEMA public TO {self.reader}")
        self.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {self.reader}")
        self.execute(f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO {self.reader}")
        self.execute("CREATE SEQUENCE numbering")
        self.execute("CREATE TABLE anything (n integer)")
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        with self.administrator("postgres") as connection:
            connection.execute(f"DROP DATABASE {self.database} WITH (FORCE)")
            connection.execute(f"DROP ROLE {self.reader}")

    def administrator(self, database: str | None = None) -> "psycopg.Connection[tuple[Any, ...]]":
        url = self._server.administrator_url.set(drivername="postgresql", database=database or self.database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def make_table(
        self,
        name: str,
        columns: Sequence[SourceColumn],
        rows: Sequence[tuple[Any, ...]] = (),
        *,
        primary_key: tuple[str, ...] = (),
        references: Sequence[Reference] = (),
        comment: str = "",
        comments: dict[str, str] | None = None,
    ) -> None:
        parts = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(_type_of(c))) for c in columns]
        if primary_key:
            parts.append(sql.SQL("PRIMARY KEY ({})").format(_names(primary_key)))
        parts += [
            sql.SQL("FOREIGN KEY ({}) REFERENCES {} ({})").format(
                _names(key.columns), sql.Identifier(key.table), _names(key.target_columns)
            )
            for key in references
        ]
        table = sql.Identifier(name)
        with self.administrator() as connection:
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(table))
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(parts)))
            if comment:
                connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, comment))
            for column, words in (comments or {}).items():
                statement = sql.SQL("COMMENT ON COLUMN {}.{} IS {}")
                connection.execute(statement.format(table, sql.Identifier(column), words))
        self.insert(name, rows)
        self.execute(f"ANALYZE {sql.Identifier(name).as_string(None)}")

    def insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
        with self.administrator() as connection, connection.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def execute(self, statement: str) -> None:
        with self.administrator() as connection:
            connection.execute(statement.encode())

    def running(self) -> int | None:
        with self.administrator() as connection:
            found = connection.execute(_RUNNING).fetchone()
        assert found is not None
        return int(found[0])

    def faults(self) -> Sequence[Fault]:
        return (
            *self.common_faults(),
            Fault(name="user", connector=self.connector(user="nobody"), message="the password is wrong"),
            Fault(name="database", connector=self.connector(database="nope"), message="no database 'nope'"),
            Fault(
                name="nothing readable", connector=self.connector(database="template1"), message="no table that it may"
            ),
        )


def _type_of(column: SourceColumn) -> str:
    if column.type is FieldType.DECIMAL:
        return "double precision" if column.scale is None else f"numeric(20, {column.scale})"
    return _TYPES[column.type]


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


@contextmanager
def open_bench(request: pytest.FixtureRequest, folder: Path) -> Iterator[PostgreSqlBench]:
    """The bench on the server that all tests share."""
    server: EmbeddedPostgres = request.getfixturevalue("postgres")
    with PostgreSqlBench(server, folder) as bench:
        yield bench
