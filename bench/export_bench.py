"""How fast files are made: each format against the same rows, CSV against DuckDB's own COPY.

Run: python -m bench.export_bench [rows]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.ipc

from bench.figures import Figure
from bench.figures import table as table_of
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, Result, ResultColumn, ResultHead
from core.render import RENDERERS
from core.render.renderer import Renderer

ROWS = 350_000
_ZONE = "Europe/Berlin"
_REPEATS = 3
_ORDER_LINES = """
SELECT 'ORD-' || lpad((i // 3)::VARCHAR, 8, '0') AS order_id,
       TIMESTAMPTZ '2026-01-01 00:00:00+00' + (i * INTERVAL 47 SECOND) AS ordered_at,
       DATE '2026-01-02' + (i % 300)::INTEGER AS ship_on,
       CASE i % 5 WHEN 0 THEN 'Ana Müller' WHEN 1 THEN 'Contoso, Ltd' WHEN 2 THEN 'O''Hara "Quick"'
                  WHEN 3 THEN '東京商事' ELSE 'Fabrikam ' || i % 9973 END AS customer,
       ['DE', 'FR', 'US', 'JP'][1 + i % 4] AS country,
       'Product ' || i % 977 AS product,
       i % 49 + 1 AS quantity,
       ((i * 7919) % 99900 + 100)::DECIMAL(12, 2) AS price,
       (i % 41) / 100.0::DOUBLE AS discount,
       i % 10 <> 0 AS paid,
       CASE WHEN i % 3 = 0 THEN 'Note ' || i END AS note,
       CASE WHEN i % 20 <> 0 THEN (((i * 104729) % 9999900) / 100.0)::DECIMAL(14, 2) END AS amount
FROM range(?) AS numbers(i)
"""
_EXACT = {"price": pa.decimal128(12, 2), "amount": pa.decimal128(14, 2)}


def order_lines(rows: int) -> pa.Table:
    """Twelve columns: ids, instants in a timezone, days, unicode and quoted text, exact numbers, floats, nulls."""
    table = duckdb.connect().sql(_ORDER_LINES, params=[rows]).to_arrow_table()
    for name, kind in (*_EXACT.items(), ("ordered_at", pa.timestamp("us", tz=_ZONE))):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(kind))
    return table


def measure(rows: int = ROWS, folder: Path | None = None) -> list[Figure]:
    """Write `rows` order lines with DuckDB's COPY and with every renderer, each from a memory-mapped Arrow spool."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        spool = Path(scratch) / "spool.arrow"
        table = order_lines(rows)
        with pa.OSFile(str(spool), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=65_536)
        head = _head(table)
        del table
        copied = _best(lambda path: _duckdb_copy(spool, path), Path(scratch) / "copy.csv")
        figures = [Figure(name=f"DuckDB's COPY of {rows:,} rows x 12", measured=copied, unit="s")]
        for renderer in RENDERERS.values():

            def write(path: Path, renderer: Renderer = renderer) -> None:
                with pa.memory_map(str(spool)) as source, path.open("wb") as target:
                    reader = pa.ipc.open_file(source)
                    batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
                    assert renderer.render(Result(head=head, batches=batches), target).rows == rows

            seconds = _best(write, Path(scratch) / f"file.{renderer.extension}")
            limit = 2 * copied if renderer.format == "csv" else None
            figures.append(Figure(name=f"{renderer.label} of the same rows", measured=seconds, unit="s", limit=limit))
        return figures


def _best(write: Callable[[Path], None], path: Path) -> float:
    """Seconds of the best of three."""
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        write(path)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _duckdb_copy(spool: Path, path: Path) -> None:
    """The yardstick: the same spool through DuckDB's own CSV writer."""
    with pa.memory_map(str(spool)) as source:
        reader = pa.ipc.open_file(source)
        lines = pa.RecordBatchReader.from_batches(
            reader.schema, (reader.get_batch(index) for index in range(reader.num_record_batches))
        )
        connection = duckdb.connect()
        connection.register("lines", lines)
        connection.execute(f"COPY lines TO '{path}' (HEADER)")
        connection.close()


def _head(table: pa.Table) -> ResultHead:
    kinds = {"order_id": FieldType.TEXT, "ordered_at": FieldType.DATETIME, "ship_on": FieldType.DATE}
    columns = tuple(
        ResultColumn(
            key=field.name,
            label=field.name.replace("_", " ").capitalize(),
            type=kinds.get(field.name) or _kind(field.type),
            role=ColumnRole.DIMENSION,
            format=Format(style=NumberStyle.CURRENCY, unit="EUR") if field.name in _EXACT else Format(),
        )
        for field in table.schema
    )
    instant = datetime(2026, 11, 23, 8, tzinfo=UTC)
    return ResultHead(
        report_id=None,
        report_version=None,
        title="Order lines",
        sentence="All order lines.",
        columns=columns,
        rows_matched=table.num_rows,
        row_limit=None,
        logical_at=instant,
        as_of=instant,
        is_snapshot=True,
        timezone=_ZONE,
    )


def _kind(arrow_type: pa.DataType) -> FieldType:
    if pa.types.is_boolean(arrow_type):
        return FieldType.BOOLEAN
    if pa.types.is_integer(arrow_type):
        return FieldType.INTEGER
    return FieldType.DECIMAL if pa.types.is_floating(arrow_type) or pa.types.is_decimal(arrow_type) else FieldType.TEXT


if __name__ == "__main__":
    print(table_of(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)))
