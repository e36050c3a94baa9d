"""The SQL of every kind of question, one golden file per case and dialect.

`UPDATE_GOLDEN=1` writes the files anew; read the difference before keeping it.
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect, Select

from core.catalog.sources.connector import SqlFunctions
from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions
from core.catalog.sources.statement import compile_statement
from core.domain.dataset import Dataset
from core.domain.filter import DateUnit
from core.query.compiler import MAX_TREND_POINTS, Page, Query, compile_query, compile_values, trend_unit
from core.query.kpis import unit_starts
from core.query.windows import resolved_days
from tests.query_parts import NOW, condition, definition, matching, orders_dataset

GOLDEN = Path(__file__).parent / "golden"
DIALECTS: dict[str, tuple[Dialect, SqlFunctions]] = {"duckdb": (DIALECT, DuckDbFunctions())}

LAST_WEEK = {"field": "at", "window": {"kind": "last", "n": 7, "unit": "day"}}
COUNT = {"aggregation": "count"}
KPIS = [COUNT, {"aggregation": "sum", "field": "amount"}]
ROWS: dict[str, Any] = {"columns": ["at", "country", 'note "x"']}
GROUPS: dict[str, Any] = {
    "groupings": [{"field": "at", "grain": "week"}, {"field": "country"}],
    "measures": [COUNT, {"aggregation": "sum", "field": "items"}, {"aggregation": "median", "field": "amount"}],
    "timezone": "America/New_York",
}

DEFINITIONS: dict[str, dict[str, Any]] = {
    "rows": ROWS,
    "rows_sorted": {**ROWS, "sort": [{"key": "country", "descending": True}]},
    "rows_without_limit": {**ROWS, "limit": None},
    "rows_of_a_period": {**ROWS, "period": LAST_WEEK, "timezone": "America/New_York"},
    "rows_of_a_period_of_days": {
        **ROWS,
        "period": {"field": "shipped_on", "window": {"kind": "this", "unit": "month"}},
    },
    "groups": {**GROUPS, "sort": [{"key": "sum__items", "descending": True}]},
    "groups_of_a_period": {**GROUPS, "period": LAST_WEEK},
    "groups_across_a_clock_change": {
        **GROUPS,
        "period": {
            "field": "at",
            "window": {"kind": "between", "first_on": "2026-03-01", "last_on": "2026-11-30"},
        },
    },
    "groups_of_days_in_utc": {"groupings": [{"field": "at", "grain": "day"}], "measures": [COUNT]},
    "groups_of_dates": {"groupings": [{"field": "shipped_on", "grain": "quarter"}], "measures": [COUNT]},
    "measures_alone": {
        "measures": [
            {"aggregation": "count_distinct", "field": "country"},
            {"aggregation": "average", "field": "items"},
            {"aggregation": "min", "field": "at"},
            {"aggregation": "max", "field": "shipped_on"},
        ]
    },
    "filters_on_text": {
        **ROWS,
        "filters": matching(
            condition("country", "is", "DE"),
            condition("country", "is", "DE", "FR"),
            condition("country", "is_not", "DE", "FR"),
            condition('note "x"', "contains", "50%_\\"),
            condition('note "x"', "not_contains", "x"),
            condition('note "x"', "starts_with", "a", "b"),
            condition('note "x"', "is_empty"),
            condition('note "x"', "is_not_empty"),
        ),
    },
    "filters_on_numbers": {
        **ROWS,
        "filters": matching(
            condition("items", "is_not", 3),
            condition("amount", "between", 1.5, 2),
            condition("amount", "greater", 0),
            condition("is_paid", "is", True),
        ),
    },
    "filters_on_dates": {
        **ROWS,
        "timezone": "Africa/Cairo",
        "filters": matching(
            condition("at", "is", "2026-04-24"),
            condition("at", "is_not", "2026-04-24"),
            condition("at", "greater", "2026-04-23"),
            condition("at", "at_most", "2026-04-24T12:00"),
            condition("at", "in_window", window={"kind": "to_date", "unit": "year"}),
            condition("shipped_on", "between", "2026-01-01", "2026-01-31"),
        ),
    },
    "filters_nested": {
        **ROWS,
        "filters": matching(
            condition("items", "at_least", 1),
            matching(
                condition("country", "is", "DE"),
                matching(condition("country", "is", "FR"), condition("is_paid", "is_empty"), match="all"),
                match="none",
            ),
            match="any",
        ),
    },
}


def query(parts: dict[str, Any], functions: SqlFunctions, dataset: Dataset | None = None) -> Query:
    return compile_query(definition(**parts), dataset or orders_dataset(), functions=functions, logical_at=NOW)


def statements(functions: SqlFunctions) -> dict[str, Select[Any]]:
    cases = {name: query(parts, functions).rows() for name, parts in DEFINITIONS.items()}
    in_a_schema = replace(orders_dataset(), schema_name="Sales", table_name='or"ders')
    headline = query({**ROWS, "period": LAST_WEEK, "kpis": KPIS, "timezone": "America/New_York"}, functions)
    extremes = query(GROUPS, functions).extremes()
    assert extremes is not None
    return {
        **cases,
        "groups_extremes": extremes,
        "rows_numbered": replace(query(ROWS, functions), row_key="rowid").rows(),
        "rows_numbered_of_a_period": replace(query({**ROWS, "period": LAST_WEEK}, functions), row_key="rowid").rows(),
        "rows_numbered_sorted": replace(query(DEFINITIONS["rows_sorted"], functions), row_key="rowid").rows(),
        "rows_page": query(ROWS, functions).rows(Page(offset=40, size=20)),
        "rows_of_a_table_in_a_schema": query({"columns": ["items"]}, functions, in_a_schema).rows(),
        "rows_count": query({**ROWS, "period": LAST_WEEK}, functions).count(),
        "groups_page": query(GROUPS, functions).rows(Page(offset=0, size=20)),
        "groups_count": query(GROUPS, functions).count(),
        "measures_count": query(DEFINITIONS["measures_alone"], functions).count(),
        "kpis": headline.kpis(),
        "kpis_before": headline.previous_kpis(),
        "kpis_trend": headline.trend(),
        "values": compile_values(orders_dataset(), "country", functions=functions, search="d_", limit=20),
    }


CASES = sorted(statements(DuckDbFunctions()))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("case", CASES)
def test_the_sql_is_the_golden_one(dialect: str, case: str) -> None:
    engine, functions = DIALECTS[dialect]
    compiled = compile_statement(statements(functions)[case], engine)
    lines = [line.strip() for line in compiled.sql.splitlines()]
    values = [f"-- ${number} = {value!r}" for number, value in enumerate(compiled.parameters, start=1)]
    text = "\n".join([*lines, *values, ""])
    file = GOLDEN / dialect / f"{case}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_there_is_no_golden_file_without_a_case(dialect: str) -> None:
    assert sorted(file.stem for file in (GOLDEN / dialect).iterdir()) == CASES


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
