"""MariaDB under the suite of all source kinds: a database of its own on a server that the tests start."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.catalog.sources.mysql_source import MYSQL
from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from tests.mariadb_server import MariaDbServer
from tests.source_benches.server_bench import READER_PASSWORD, ServerBench
from tests.source_parts import Fault, Reference, Traits

_TYPES = {
    FieldType.TEXT: "varchar(5000)",
    FieldType.INTEGER: "bigint",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.DATETIME: "datetime(6)",
}
_RUNNING = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = %s AND COMMAND = 'Query'"


class MySqlBench(ServerBench):
    """A database, its owner and a user that may only read it."""

    kind = "mysql"
    traits = Traits(
        endless="SELECT count(*) AS c FROM seq_1_to_10000000 AS a JOIN seq_1_to_10000000 AS b ON a.seq * b.seq < 0",
        endless_rows="SELECT a.seq FROM seq_1_to_10000000 AS a, seq_1_to_10000000 AS b",
        writes=(
            "INSERT INTO target VALUES (1)",
            "DELETE FROM target",
            "UPDATE target SET n = 2",
            "CREATE TABLE other (n integer)",
            "CREATE TEMPORARY TABLE other (n integer)",
            "DROP TABLE target",
            "TRUNCATE target",
            "SELECT * FROM target INTO OUTFILE '/tmp/target-of-the-tests'",
            "SELECT LOAD_FILE('/etc/passwd') AS f FROM target FOR UPDATE",
            "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE target",
            "COMMIT",
            "SELECT 1; DROP TABLE target",
            "SELECT nextval(numbering) AS n",
        ),
    )

    def __init__(self, server: MariaDbServer, folder: Path) -> None:
        self._server = server
        super().__init__(MYSQL, port=server.port, folder=folder)

    def __enter__(self) -> "MySqlBench":
        with self._server.root() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self.database}")
            cursor.execute(f"CREATE DATABASE {self.database}_empty")
            cursor.execute(f"CREATE USER {self.reader} IDENTIFIED BY %s", (READER_PASSWORD,))
            cursor.execute(f"GRANT SELECT ON {self.database}.* TO {self.reader}")
            cursor.execute(f"GRANT SELECT ON {self.database}_empty.* TO {self.reader}")
        self.execute("CREATE SEQUENCE numbering")
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        with self._server.root() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.database}")
            cursor.execute(f"DROP DATABASE {self.database}_empty")
            cursor.execute(f"DROP USER {self.reader}")

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
        words = comments or {}
        with self._server.root(self.database) as connection, connection.cursor() as cursor:
            parts = [
                f"{quoted(c.name)} {_type_of(c)} {'NOT' if c.name in primary_key else ''} NULL "
                f"COMMENT {connection.escape(words.get(c.name, ''))}"
                for c in columns
            ]
            if primary_key:
                parts.append(f"PRIMARY KEY ({_names(primary_key)})")
            parts += [
                f"FOREIGN KEY ({_names(key.columns)}) REFERENCES {quoted(key.table)} ({_names(key.target_columns)})"
                for key in references
            ]
            cursor.execute("SET foreign_key_checks = 0")
            cursor.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
            cursor.execute(f"CREATE TABLE {quoted(name)} ({', '.join(parts)}) COMMENT {connection.escape(comment)}")
        self.insert(name, rows)
        self.execute(f"ANALYZE TABLE {quoted(name)}")

    def insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        values = ", ".join("%s" for _ in rows[0])
        naive = [
            tuple(value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row) for row in rows
        ]
        with self._server.root(self.database) as connection, connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {quoted(name).replace('%', '%%')} VALUES ({values})", naive)

    def execute(self, statement: str) -> None:
        with self._server.root(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def running(self) -> int | None:
        with self._server.root() as connection, connection.cursor() as cursor:
            cursor.execute(_RUNNING, (self.reader,))
            found = cursor.fetchone()
        assert found is not None
        return int(found[0])

    def faults(self) -> Sequence[Fault]:
        return (
            *self.common_faults(),
            Fault(name="database", connector=self.connector(database="nope"), message="'nope'"),
            Fault(
                name="nothing readable",
                connector=self.connector(database=f"{self.database}_empty"),
                message="no table that it may",
            ),
        )


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _names(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _type_of(column: SourceColumn) -> str:
    if column.type is FieldType.DECIMAL:
        return "double" if column.scale is None else f"decimal(20, {column.scale})"
    return _TYPES[column.type]


@contextmanager
def open_bench(request: pytest.FixtureRequest, folder: Path) -> Iterator[MySqlBench]:
    """The bench on the server that all tests share."""
    server: MariaDbServer = request.getfixturevalue("mariadb")
    with MySqlBench(server, folder) as bench:
        yield bench
