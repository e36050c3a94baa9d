"""SQL laid out for people: the same text but for white space, with its values in their places."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Dialect, literal, select, text

from core.catalog.sources.statement import compile_statement
from core.catalog.sources.statement_layout import laid_out
from tests.unit.test_query_sql import DIALECTS, statements

PLACE = re.compile(r"%s|\$\d+|\{p\d+:[^}]+\}")


@pytest.mark.parametrize("engine", DIALECTS)
def test_only_white_space_changes_and_every_value_is_in_its_place(engine: str) -> None:
    dialect, functions = DIALECTS[engine]
    for case, statement in statements(functions).items():
        compiled = compile_statement(statement, dialect)
        shown = laid_out(replace(compiled, parameters=(0,) * len(compiled.parameters)), dialect)
        filled = PLACE.sub("0", compiled.sql)
        expected = filled.replace("%%", "%") if dialect.paramstyle == "format" else filled
        assert bare(shown) == bare(expected), case


def test_clauses_begin_lines_and_nested_questions_stand_further_in() -> None:
    inner = select(text("a"), text("b")).select_from(text("t")).where(text("a BETWEEN 1 AND 2"), text("b > 0"))
    outer = select(text("count(a) WITHIN GROUP (ORDER BY a)")).select_from(inner.subquery("x"))
    assert laid_out(compile_statement(outer, DIALECTS["duckdb"][0]), DIALECTS["duckdb"][0]).splitlines() == [
        "SELECT",
        "  count(a) WITHIN GROUP (ORDER BY a)",
        "FROM (",
        "  SELECT",
        "    a,",
        "    b",
        "  FROM t",
        "  WHERE a BETWEEN 1 AND 2",
        "    AND b > 0",
        ") AS x",
    ]


@pytest.mark.parametrize(
    ("engine", "value", "written"),
    [
        ("postgresql", "it's 5%s \\ '; DROP TABLE t", r"'it''s 5%s \ ''; DROP TABLE t'"),
        ("mysql", "\\' OR 1", r"'\\'' OR 1'"),
        ("duckdb", date(2026, 11, 23), "DATE '2026-11-23'"),
        ("postgresql", datetime(2026, 11, 23, 9, tzinfo=UTC), "TIMESTAMP WITH TIME ZONE '2026-11-23 09:00:00+00:00'"),
        (
            "clickhouse",
            datetime(2026, 11, 23, 9, tzinfo=UTC).replace(tzinfo=None),
            "CAST('2026-11-23 09:00:00' AS DateTime64(6, 'UTC'))",
        ),
        ("duckdb", None, "NULL"),
        ("duckdb", True, "TRUE"),
    ],
)
def test_values_are_written_as_the_engine_reads_them(engine: str, value: object, written: str) -> None:
    dialect: Dialect = DIALECTS[engine][0]
    assert written in laid_out(compile_statement(select(literal(value)), dialect), dialect)


def bare(sql: str) -> str:
    """Without white space."""
    return re.sub(r"\s+", "", sql)
