"""The SQL of every kind of question, one golden file per case and dialect.

`UPDATE_GOLDEN=1` writes the files anew; read the difference before keeping it.
"""

import os
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect, Select, Text, column

from core.catalog.sources import clickhouse_dialect, clickhouse_sql, mysql_sql, postgresql_sql
from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions
from core.catalog.sources.sql_functions import SqlFunctions
from core.catalog.sources.statement import compile_statement, in_lines
from core.domain.dataset import Dataset
from core.domain.filter import DateUnit
from core.domain.relation import TableOrigin
from core.query.compile.field_values import compile_values
from core.query.compile.query import Page, Query, compile_query
from core.query.compile.trend import MAX_TREND_POINTS, trend_unit
from core.query.kpis import unit_starts
from core.query.windows import resolved_days
from tests.query_cases import (
    DEFINITIONS,
    FAN_OUT,
    FAN_OUT_JOINED_LATE,
    FAN_OUT_OF_TWO_JOINS,
    GROUPS,
    KPIS,
    LAST_WEEK,
    ROWS,
    SUMMARY,
    ZONE,
)
from tests.query_parts import NOW, condition, definition, matching, orders_dataset
from tests.shop import shop_dataset

GOLDEN = Path(__file__).parent / "golden"
DIALECTS: dict[str, tuple[Dialect, SqlFunctions]] = {
    "duckdb": (DIALECT, DuckDbFunctions()),
    "postgresql": (postgresql_sql.DIALECT, postgresql_sql.PostgreSqlFunctions()),
    "mysql": (mysql_sql.DIALECT, mysql_sql.MySqlFunctions()),
    "clickhouse": (clickhouse_dialect.DIALECT, clickhouse_sql.ClickHouseFunctions()),
}


def query(parts: dict[str, Any], functions: SqlFunctions, dataset: Dataset | None = None) -> Query:
    return compile_query(definition(**parts), dataset or orders_dataset(), functions=functions, logical_at=NOW)


def of_sales(parts: dict[str, Any], functions: SqlFunctions) -> Query:
    return query(parts, functions, shop_dataset())


@cache
def statements(functions: SqlFunctions) -> dict[str, Select[Any]]:
    cases = {name: query(parts, functions).rows() for name, parts in DEFINITIONS.items()}
    in_a_schema = replace(orders_dataset(), origin=TableOrigin(schema_name="Sales", table_name='or"ders'))
    headline = query({**ROWS, "period": LAST_WEEK, "kpis": KPIS, "timezone": ZONE}, functions)
    extremes = query(GROUPS, functions).extremes()
    assert (extremes is not None) is functions.wants_spans
    filtered = {**SUMMARY, "result_filters": matching(condition("count", "greater", 1)), "totals": {"grand": True}}
    top = query({**SUMMARY, "top": {"n": 2, "by": "count", "with_others": True}}, functions)
    kept = query({**SUMMARY, "top": {"n": 2, "by": "count"}, "totals": {"grand": True, "subtotals": 1}}, functions)
    pivot = query({**SUMMARY, "pivot": {"groupings": ["country"], "with_totals": True}}, functions)
    found = [asked.statement for asked in (top.top(), pivot.spread()) if asked is not None]
    sales = of_sales(FAN_OUT, functions)
    return {
        **cases,
        "fan_out": sales.rows(),
        "fan_out_count": sales.count(),
        "fan_out_joined_late": of_sales(FAN_OUT_JOINED_LATE, functions).rows(),
        "fan_out_of_two_joins": of_sales(FAN_OUT_OF_TWO_JOINS, functions).rows(),
        "pivot": pivot.with_spread([("DE",), (None,)]).rows(),
        "pivot_count": pivot.with_spread([("DE",), (None,)]).count(),
        "pivot_values": found[1],
        "result_filters_count": query(filtered, functions).count(),
        "result_filters_totals": next(query(filtered, functions).totals(limit=None)).statement,
        "top_kept": kept.with_top(["DE", None]).rows(),
        "top_kept_subtotals": [asked.statement for asked in kept.with_top(["DE"]).totals(limit=20)][1],
        "top_values": found[0],
        "top_with_others": top.with_top(["DE", None]).rows(),
        **({} if extremes is None else {"groups_extremes": extremes}),
        "rows_numbered": query(ROWS, functions).numbered("rowid").rows(),
        "rows_numbered_of_a_period": query({**ROWS, "period": LAST_WEEK}, functions).numbered("rowid").rows(),
        "rows_numbered_sorted": query(DEFINITIONS["rows_sorted"], functions).numbered("rowid").rows(),
        "rows_page": query(ROWS, functions).rows(Page(offset=40, size=20)),
        "rows_of_a_table_in_a_schema": query({"columns": ["items"]}, functions, in_a_schema).rows(),
        "rows_count": query({**ROWS, "period": LAST_WEEK}, functions).count(),
        "groups_page": query(GROUPS, functions).rows(Page(offset=0, size=20)),
        "groups_count": query(GROUPS, functions).count(),
        "measures_count": query(DEFINITIONS["measures_alone"], functions).count(),
        "kpis": headline.kpis().statement,
        "kpis_before": headline.previous_kpis().statement,
        "kpis_trend": headline.trend().statement,
        "values": compile_values(orders_dataset(), "country", functions=functions, search="d_", limit=20),
    }


CASES = {dialect: sorted(statements(functions)) for dialect, (_, functions) in DIALECTS.items()}


@pytest.mark.parametrize(("dialect", "case"), [(dialect, case) for dialect, cases in CASES.items() for case in cases])
def test_the_sql_is_the_golden_one(dialect: str, case: str) -> None:
    engine, functions = DIALECTS[dialect]
    compiled = compile_statement(statements(functions)[case], engine)
    lines = [line.strip() for line in in_lines(compiled.sql).splitlines()]
    values = [f"-- ${number} = {value!r}" for number, value in enumerate(compiled.parameters, start=1)]
    text = "\n".join([*lines, *values, ""])
    file = GOLDEN / dialect / f"{case}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_there_is_no_golden_file_without_a_case(dialect: str) -> None:
    assert sorted(file.stem for file in (GOLDEN / dialect).iterdir()) == CASES[dialect]


def test_no_value_that_a_person_typed_is_in_the_sql() -> None:
    poison = "x'; DROP TABLE orders; --"
    filters = matching(*(condition("country", operator, poison) for operator in ("is", "is_not", "contains")))
    compiled = compile_statement(query({**ROWS, "filters": filters}, DuckDbFunctions()).rows(), DIALECT)
    assert "DROP" not in compiled.sql
    assert sum(poison in str(value) for value in compiled.parameters) == 3


@pytest.mark.parametrize(
    ("first", "last", "unit", "points"),
    [
        ("2026-11-16", "2026-11-22", DateUnit.DAY, 7),
        ("2026-10-14", "2026-11-22", DateUnit.DAY, 40),
        ("2026-10-13", "2026-11-22", DateUnit.WEEK, 6),
        ("2026-01-01", "2026-12-31", DateUnit.MONTH, 12),
        ("2020-01-01", "2026-12-31", DateUnit.QUARTER, 28),
        ("1990-01-01", "2026-12-31", DateUnit.YEAR, 37),
    ],
)
def test_a_trend_has_at_most_forty_points(first: str, last: str, unit: DateUnit, points: int) -> None:
    period = resolved_days(date.fromisoformat(first), date.fromisoformat(last), "UTC")
    assert trend_unit(period) is unit
    assert len(unit_starts(period)) == points <= MAX_TREND_POINTS


WINDOW = {"kind": "between", "first_on": "2026-03-01", "last_on": "2026-11-30"}
IN_WINDOW = {"field": "at", "operator": "in_window", "window": WINDOW}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_window_that_all_rows_lie_in_bounds_their_local_times_as_the_period_does(dialect: str) -> None:
    engine, functions = DIALECTS[dialect]
    groups = {**GROUPS, "timezone": "America/New_York"}
    filtered = query({**groups, "filters": matching(IN_WINDOW)}, functions)
    assert filtered.extremes() is None
    of_a_period = query({**groups, "period": {"field": "at", "window": WINDOW}}, functions)
    assert compile_statement(filtered.rows(), engine) == compile_statement(of_a_period.rows(), engine)


@pytest.mark.parametrize(
    "filters",
    [
        {"match": "any", "items": [IN_WINDOW, condition("country", "is", "DE")]},
        {"match": "none", "items": [IN_WINDOW]},
        matching({**IN_WINDOW, "operator": "not_in_window"}),
        matching({"match": "any", "items": [IN_WINDOW, condition("country", "is", "DE")]}),
    ],
)
def test_a_window_that_rows_may_lie_outside_of_bounds_nothing(filters: dict[str, Any]) -> None:
    assert query({**GROUPS, "filters": filters}, DuckDbFunctions()).extremes() is not None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_such_a_text_already_is_not_brought_to_one_again(dialect: str) -> None:
    engine, functions = DIALECTS[dialect]
    once = functions.text(column("a", Text()))
    assert functions.text(once) is once
    assert str(once.compile(dialect=engine)) != str(column("a").compile(dialect=engine))
