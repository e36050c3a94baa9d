"""The text of local times: one choice among a zone's offsets, written where the column stands."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Dialect, column, func, literal, literal_column, select, table

from core.catalog.sources import clickhouse_dialect, duckdb_sql, mysql_sql
from core.catalog.sources.clickhouse_values import CONVERSIONS
from core.catalog.sources.local_time import LocalTime
from core.catalog.sources.statement import compile_statement
from core.domain.field import FieldType

#: Berlin goes over to summer time on 29 March.
SPRING = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
DIALECTS = {"duckdb": duckdb_sql.DIALECT, "mysql": mysql_sql.DIALECT, "clickhouse": clickhouse_dialect.DIALECT}
TEXTS = {
    "duckdb": """CASE WHEN ("{at}" < TIMESTAMP '2026-03-29 01:00:00') THEN "{at}" + to_seconds(3600) """
    """ELSE "{at}" + to_seconds(7200) END""",
    "mysql": """CASE WHEN ("{at}" < TIMESTAMP'2026-03-29 01:00:00') THEN timestampadd(SECOND, 3600, "{at}") """
    """ELSE timestampadd(SECOND, 7200, "{at}") END""",
    "clickhouse": """plus(toDateTime64("{at}", 6, 'UTC'), toIntervalSecond(transform(roundDown("""
    """toUnixTimestamp64Micro(toDateTime64("{at}", 6, 'UTC')), [-4611686018427387904, 1774746000000000]), """
    """[-4611686018427387904, 1774746000000000], [3600, 7200], 0)))""",
}


@pytest.mark.parametrize("engine", DIALECTS)
@pytest.mark.parametrize("name", ["At", "{utc} x"])
def test_the_choice_is_written_around_the_column(engine: str, name: str) -> None:
    statement = select(LocalTime(column(name), "Europe/Berlin", SPRING)).select_from(table("t"))
    sql = compile_statement(statement, DIALECTS[engine]).sql
    assert TEXTS[engine].replace("{at}", name) in sql


@pytest.mark.parametrize("engine", DIALECTS)
def test_values_bound_in_the_column_are_handed_over_for_each_place(engine: str) -> None:
    value = CONVERSIONS.literal("x", FieldType.TEXT) if engine == "clickhouse" else literal("x")
    local = LocalTime(func.coalesce(column("at"), value), "Europe/Berlin", SPRING)
    compiled = compile_statement(select(local, literal_column("1")).select_from(table("t")), DIALECTS[engine])
    places = compiled.sql.count("coalesce(")
    assert places == (2 if engine == "clickhouse" else 3)
    assert compiled.parameters == ("x",) * _placeholders(compiled.sql, DIALECTS[engine])


def _placeholders(sql: str, dialect: Dialect) -> int:
    """How many values the text takes: each place one, unless places have numbers."""
    return sql.count("%s") if dialect.paramstyle == "format" else len({n for n in range(1, 9) if f"${n}" in sql}) or 1


def test_a_zone_without_changes_is_one_shift() -> None:
    statement = select(LocalTime(column("at"), "Asia/Kolkata", SPRING))
    assert compile_statement(statement, DIALECTS["duckdb"]).sql == "SELECT at + to_seconds(19800) AS anon_1"
