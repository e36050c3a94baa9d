"""How long people wait for a preview, and how long a definition takes to compile.

python -m bench.query_bench [lines]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
from sqlalchemy import Dialect

from bench.figures import Figure, table
from core.catalog.sources import clickhouse_dialect, clickhouse_sql, duckdb_sql, mysql_sql, postgresql_sql
from core.catalog.sources.connector import Connector
from core.catalog.sources.duckdb_files import FILES
from core.catalog.sources.duckdb_source import DuckDbConnector
from core.catalog.sources.sql_functions import SqlFunctions
from core.catalog.sources.statement import compile_statement
from core.clock import FixedClock
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.definition_json import parse_definition
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin
from core.query.compile.query import compile_query
from core.query.executor import QueryExecutor
from core.query.validate import validate_definition

LINES = 330_000
REPEATS = 200
WARM_UP = 5
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_ID = UUID(int=1)
DIALECTS: dict[str, tuple[Dialect, SqlFunctions]] = {
    "DuckDB": (duckdb_sql.DIALECT, duckdb_sql.DuckDbFunctions()),
    "PostgreSQL": (postgresql_sql.DIALECT, postgresql_sql.PostgreSqlFunctions()),
    "MySQL": (mysql_sql.DIALECT, mysql_sql.MySqlFunctions()),
    "ClickHouse": (clickhouse_dialect.DIALECT, clickhouse_sql.ClickHouseFunctions()),
}
_FEATURES = "'Search', 'Export', 'Import', 'Chart', 'Share', 'Login', 'Print', 'Filter', 'Comment', 'Upload', 'Sync'"
_CREATE = f"""
CREATE TABLE events AS SELECT
    range AS event_id,
    TIMESTAMP '2025-11-23' + to_seconds(range * 365 * 86400 // ?) AS occurred_at,
    ([{_FEATURES}])[1 + (hash(range) % 11)::INTEGER] AS feature,
    'user ' || hash(range * 7) % 4000 AS user_name,
    (hash(range * 3) % 100000 / 100)::DECIMAL(12, 2) AS amount,
    (hash(range * 5) % 900)::INTEGER AS duration_ms,
    hash(range * 11) % 23 = 0 AS is_error
FROM range(?)
"""


def measure(*, lines: int = LINES, repeats: int = REPEATS) -> tuple[Figure, ...]:
    """95th percentiles of previews over a table of `lines` lines, and medians of the rest."""
    with tempfile.TemporaryDirectory(prefix="query-bench-") as folder:
        path = Path(folder) / "events.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(_CREATE, [lines, lines])
        try:
            previews = _previews(path, lines=lines, repeats=repeats)
        finally:
            FILES.close()
    return *previews, *_compile_times(repeats)


def events_dataset() -> Dataset:
    """The generated table as a dataset."""
    return _dataset(
        "events",
        Field(name="event_id", label="Event ID", type=FieldType.INTEGER),
        Field(name="occurred_at", label="Occurred at", type=FieldType.DATETIME),
        Field(name="feature", label="Feature", type=FieldType.TEXT),
        Field(name="user_name", label="User", type=FieldType.TEXT),
        Field(name="amount", label="Amount", type=FieldType.DECIMAL),
        Field(name="duration_ms", label="Duration", type=FieldType.INTEGER),
        Field(name="is_error", label="Error", type=FieldType.BOOLEAN),
    )


def definitions() -> dict[str, dict[str, Any]]:
    """What is previewed."""
    groups = {
        "groupings": [{"field": "occurred_at", "grain": "day"}, {"field": "feature"}],
        "measures": [{"aggregation": "count"}, {"aggregation": "sum", "field": "amount"}],
        "filters": {"items": [{"field": "is_error", "operator": "is", "values": [False]}]},
        "sort": [{"key": "occurred_at__day", "descending": True}],
        "timezone": "America/New_York",
    }
    users = {"aggregation": "count_distinct", "field": "user_name"}
    year = {"field": "occurred_at", "window": {"kind": "last", "n": 365, "unit": "day", "include_current": True}}
    return {
        "preview, grouped and filtered, a year": {**groups, "period": year},
        "preview, grouped and filtered, all time": groups,
        "preview, grouped, distinct users": {**groups, "measures": [*groups["measures"], users], "period": year},
        "preview, rows, text search": {
            "columns": ["occurred_at", "feature", "user_name", "amount"],
            "filters": {"items": [{"field": "user_name", "operator": "contains", "values": ["R 12"]}]},
            "sort": [{"key": "amount", "descending": True}],
        },
    }


def _previews(path: Path, *, lines: int, repeats: int) -> tuple[Figure, ...]:
    clock = FixedClock(NOW)

    def open_connector(_source: Source) -> Connector:
        return DuckDbConnector(path, spill_dir=path.parent / "spill", clock=clock)

    executor = QueryExecutor(open_connector, clock)
    source = Source(id=_ID, organization_id=_ID, name="bench", kind="duckdb", connection={"path": str(path)})
    figures = []
    for name, parts in definitions().items():
        asked = parse_definition({"dataset_id": str(_ID), **parts})

        def preview(*, refresh: bool, asked: ReportDefinition = asked) -> object:
            return executor.preview(
                asked, events_dataset(), source, page=1, page_size=50, logical_at=NOW, refresh=refresh
            )

        times = _times(partial(preview, refresh=True), repeats)
        percentile = statistics.quantiles(times, n=20)[-1]
        figures.append(Figure(name=f"{name}, {lines:,} lines, p95", measured=percentile, unit="ms", limit=300))
    kept = statistics.median(_times(partial(preview, refresh=False), repeats))
    figures.append(Figure(name="the last of these again, from memory, median", measured=kept, unit="ms"))
    connector = open_connector(source)
    introspection = statistics.median(_times(connector.introspect, repeats))
    figures.append(Figure(name="introspection of the file, median", measured=introspection, unit="ms"))
    return tuple(figures)


def _compile_times(repeats: int) -> Iterator[Figure]:
    """From a definition to SQL, and from JSON to it."""
    for label, (dialect, functions) in DIALECTS.items():
        for filters, limit in ((10, 5), (30, None)):

            def compiled(
                asked: ReportDefinition, dialect: Dialect = dialect, functions: SqlFunctions = functions
            ) -> object:
                query = compile_query(asked, wide_dataset(), functions=functions, logical_at=NOW)
                return compile_statement(query.rows(), dialect)

            def read(filters: int = filters) -> ReportDefinition:
                asked = parse_definition(wide_definition(filters))
                validate_definition(asked, wide_dataset())
                return asked

            name = f"definition of 30 fields with {filters} filters for {label}, median"
            compile_ms = statistics.median(_times(partial(compiled, read()), repeats))
            yield Figure(name=f"compile a {name}", measured=compile_ms, unit="ms", limit=limit)
            from_json_ms = statistics.median(_times(lambda: compiled(read()), repeats))
            yield Figure(name=f"read, check and compile a {name}", measured=from_json_ms, unit="ms")


@cache
def wide_dataset() -> Dataset:
    """Thirty fields: five texts, five times, twenty numbers."""
    kinds = (FieldType.TEXT,) * 5 + (FieldType.DATETIME,) * 5 + (FieldType.DECIMAL,) * 20
    fields = (Field(name=f"field_{n}", label=f"Field {n}", type=kind) for n, kind in enumerate(kinds))
    return _dataset("wide", *fields)


def wide_definition(filters: int) -> dict[str, Any]:
    """Ten groupings, five of them months of a timezone, a measure of each number and filters of all types."""
    window = {"kind": "last", "n": 12, "unit": "month"}
    conditions = [
        *({"field": f"field_{n}", "operator": "is", "values": ["a", "b"]} for n in range(5)),
        *({"field": f"field_{n}", "operator": "in_window", "window": window} for n in range(5, 10)),
        *({"field": f"field_{n}", "operator": "between", "values": [n, n + 1]} for n in range(10, 30)),
    ]
    return {
        "dataset_id": str(_ID),
        "groupings": [
            *({"field": f"field_{n}"} for n in range(5)),
            *({"field": f"field_{n}", "grain": "month"} for n in range(5, 10)),
        ],
        "measures": [{"aggregation": "sum", "field": f"field_{n}"} for n in range(10, 30)],
        "filters": {"items": conditions[:filters]},
        "timezone": "America/New_York",
    }


def _dataset(table: str, *fields: Field) -> Dataset:
    return Dataset(
        id=_ID,
        organization_id=_ID,
        source_id=_ID,
        name=table,
        label=table.title(),
        origin=TableOrigin(table_name=table),
        fields=fields,
    )


def _times(work: Callable[[], object], repeats: int) -> list[float]:
    """Milliseconds of each repeat, after a warm-up."""
    for _ in range(WARM_UP):
        work()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return times


if __name__ == "__main__":
    print(table(measure(lines=int(sys.argv[1]) if len(sys.argv) > 1 else LINES)))
