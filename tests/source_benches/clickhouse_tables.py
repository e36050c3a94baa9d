"""Making tables in ClickHouse, for both kinds of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from core.catalog.sources.connector import Connector
from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from tests.source_parts import Reference, Traits

_TYPES = {
    FieldType.TEXT: ("String", pa.string()),
    FieldType.INTEGER: ("Int64", pa.int64()),
    FieldType.DECIMAL: ("Float64", pa.float64()),
    FieldType.BOOLEAN: ("Bool", pa.bool_()),
    FieldType.DATE: ("Date32", pa.date32()),
    FieldType.DATETIME: ("DateTime64(6, 'UTC')", pa.timestamp("us", tz="UTC")),
}
TRAITS = Traits(
    endless="SELECT sum(sipHash64(a.number, b.number)) FROM numbers(1000000000) AS a, numbers(1000000) AS b",
    endless_rows="SELECT a.number FROM numbers(1000000000) AS a, numbers(1000000) AS b",
    writes=(
        "INSERT INTO target VALUES (1)",
        "INSERT INTO target SELECT 1",
        "ALTER TABLE target DELETE WHERE n = 7",
        "DELETE FROM target WHERE n = 7",
        "TRUNCATE TABLE target",
        "DROP TABLE target",
        "CREATE TABLE other (n Int64) ENGINE = Memory",
        "CREATE TEMPORARY TABLE other (n Int64)",
        "SELECT * FROM file('/etc/hostname', LineAsString)",
        "SELECT * FROM url('http://127.0.0.1:9/', LineAsString)",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM executable('id', TabSeparated, 'x String')",
        "INSERT INTO FUNCTION file('/tmp/broadsheet-was-here.csv') SELECT 1",
        "SELECT n FROM target INTO OUTFILE '/tmp/broadsheet-was-here.csv'",
        "SELECT 1 AS n; DROP TABLE target",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SYSTEM FLUSH LOGS",
    ),
    keeps_keys=False,
)


class ClickHouseTables:
    """The parts of a bench that both kinds share; `owner` runs a statement that may write."""

    traits = TRAITS

    def __init__(self, folder: Path, owner: Callable[[str], None]) -> None:
        self._folder = folder
        self._owner = owner
        self._shapes: dict[str, Sequence[SourceColumn]] = {}
        self._opened: list[Connector] = []

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
        parts = [_column(each, primary_key, (comments or {}).get(each.name, "")) for each in columns]
        order = ", ".join(map(quoted, primary_key)) or "tuple()"
        self._owner(f"DROP TABLE IF EXISTS {quoted(name)} SYNC")
        self._owner(
            f"CREATE TABLE {quoted(name)} ({', '.join(parts)}) ENGINE = MergeTree ORDER BY {order} "
            f"COMMENT {_literal(comment)}"
        )
        self._shapes[name] = columns
        self.insert(name, rows)

    def insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """By way of a Parquet file: quick, and nothing of it is SQL."""
        if not rows:
            return
        shapes = self._shapes[name]
        arrays = [pa.array([row[place] for row in rows], type=_arrow_type(shape)) for place, shape in enumerate(shapes)]
        file = self._folder / f"{uuid4().hex}.parquet"
        pq.write_table(pa.Table.from_arrays(arrays, names=[shape.name for shape in shapes]), file)
        names = ", ".join(quoted(shape.name) for shape in shapes)
        self._owner(f"INSERT INTO {quoted(name)} ({names}) SELECT {names} FROM file('{file}', Parquet)")
        file.unlink()

    def execute(self, sql: str) -> None:
        self._owner(sql)


def quoted(name: str) -> str:
    """An identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _column(shape: SourceColumn, keys: tuple[str, ...], comment: str) -> str:
    kind = _TYPES[shape.type][0] if shape.scale is None else f"Decimal(12, {shape.scale})"
    kind = kind if shape.name in keys else f"Nullable({kind})"
    return f"{quoted(shape.name)} {kind} COMMENT {_literal(comment)}"


def _arrow_type(shape: SourceColumn) -> pa.DataType:
    return _TYPES[shape.type][1] if shape.scale is None else pa.decimal128(12, shape.scale)


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
