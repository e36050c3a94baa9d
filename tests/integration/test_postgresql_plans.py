"""How PostgreSQL goes about large groupings: its planner knows nothing of the values of expressions."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from core.catalog.sources.postgresql_link import rendered
from core.catalog.sources.postgresql_sql import DIALECT, PostgreSqlFunctions
from core.catalog.sources.statement import compile_statement
from core.db.embedded import EmbeddedPostgres
from core.query.compile.query import Page, compile_query
from tests.query_parts import NOW, definition, orders_dataset
from tests.source_benches.postgresql_bench import PostgreSqlBench

_FILL = """
CREATE TABLE orders AS
SELECT n AS order_id, timestamptz '2026-01-01Z' + n * interval '1 minute' AS at, n * 0.01 AS amount,
    (ARRAY['DE', 'FR', NULL])[1 + n % 3] AS country
FROM generate_series(1, 50000) AS numbers(n)
"""


@pytest.fixture(scope="module")
def connection(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with PostgreSqlBench(postgres, tmp_path_factory.mktemp("plans")) as bench, bench.administrator() as opened:
        opened.execute(_FILL)
        opened.execute("ANALYZE orders")
        opened.execute("SET min_parallel_table_scan_size = 0")
        opened.execute("SET parallel_setup_cost = 0")
        opened.execute("SET parallel_tuple_cost = 0.001")
        yield opened


def planned(connection: "psycopg.Connection[tuple[Any, ...]]", **parts: Any) -> str:
    asked = definition(measures=[{"aggregation": "count"}, {"aggregation": "sum", "field": "amount"}], **parts)
    query = compile_query(asked, orders_dataset(), functions=PostgreSqlFunctions(), logical_at=NOW)
    text = rendered(compile_statement(query.rows(Page(offset=0, size=50)), DIALECT))
    return "\n".join(str(line) for (line,) in connection.execute("EXPLAIN " + text).fetchall())


@pytest.mark.parametrize("groupings", [[], [{"field": "country"}]], ids=["alone", "beside a text"])
@pytest.mark.parametrize("grain", ["day", "month", "iso_week"])
def test_spans_of_dates_are_hashed_by_several_processes(
    connection: "psycopg.Connection[tuple[Any, ...]]", grain: str, groupings: list[dict[str, Any]]
) -> None:
    asked = [*groupings, {"field": "at", "grain": grain}]
    plan = planned(connection, groupings=asked, timezone="Asia/Kathmandu")
    assert "Partial HashAggregate" in plan
    assert "Parallel Seq Scan" in plan


def test_texts_keep_what_the_planner_knows_of_them(connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
    plan = planned(connection, groupings=[{"field": "country"}, {"field": "at", "grain": "month"}])
    # Two countries by its statistics, times the 200 spans that it takes for what it cannot know.
    assert "rows=400 " in plan
