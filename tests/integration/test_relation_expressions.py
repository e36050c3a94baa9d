"""Expressions run on DuckDB: every operator and function, with nulls and odd values, against known answers."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from sqlalchemy import select

from core.domain.expression import parse_expression
from core.domain.expression_functions import FUNCTIONS as KNOWN
from core.domain.expression_types import ExpressionContext, type_of
from core.errors import InvalidInput
from core.query.relation.expression_calls import CALLS
from core.query.relation.expressions import compile_expression
from core.query.relation.rows import Rows, table_rows
from tests.relation_parts import FUNCTIONS, named, run, table

WORDS = "n:i z:i big:i none:i small:i amount:d2 rate:d word:t blank:t no_word:t yes:b no_flag:b day:D at:T no_day:D"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute(
            'CREATE TABLE one (n INTEGER, z INTEGER, big BIGINT, "none" INTEGER, small TINYINT, amount DECIMAL(12, 2), '
            "rate DOUBLE, word VARCHAR, blank VARCHAR, no_word VARCHAR, yes BOOLEAN, no_flag BOOLEAN, "
            '"day" DATE, "at" TIMESTAMP, no_day DATE)'
        )
        opened.execute(
            "INSERT INTO one VALUES (7, 0, 3000000000, NULL, 100, -12.35, 0.5, ' Straße ', '', NULL, true, NULL, "
            "'2024-01-31', '2026-01-31 23:30:00', NULL)"
        )
        yield opened


@pytest.fixture(scope="module")
def rows() -> Rows:
    return table_rows(table("one", WORDS), table("one", WORDS).columns, alias=None)


def value_of(connection: duckdb.DuckDBPyConnection, rows: Rows, text: str, timezone: str = "UTC") -> Any:
    tree = parse_expression(text)
    type_of(tree, {name: shape.type for name, shape in rows.shapes.items()}, ExpressionContext.ROW)
    element = compile_expression(tree, rows.resolve, FUNCTIONS, timezone=timezone)
    return run(connection, select(named(element, "value")).select_from(rows.source))[0][0]


CASES: list[tuple[str, Any]] = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("n - 10", -3),
    ("-n", -7),
    ("small * small", 10_000),
    ("big * n", 21_000_000_000),
    ("n + none", None),
    ("amount * 2", Decimal("-24.70")),
    ("amount + 0.005", Decimal("-12.345")),
    ("n / 2", 3.5),
    ("n / z", None),
    ("n / none", None),
    ("n % 4", 3),
    ("-n % 4", -3),
    ("n % z", None),
    ("amount % 5", Decimal("-2.35")),
    ("n = 7", True),
    ("n = 7.0", True),
    ("n != 7", False),
    ("none = 7", None),
    ("none != 7", None),
    ("n >= 7 and not yes", False),
    ("n > 7 or yes", True),
    ("no_flag or yes", True),
    ("no_flag and yes", None),
    ("word = ' Straße '", True),
    ("'a' < 'B'", False),
    ("n in (1, 7)", True),
    ("n in (1.5, 7)", True),
    ("n not in (1, 7)", False),
    ("word in ('x', ' Straße ')", True),
    ("none is empty", True),
    ("blank is empty", True),
    ("word is not empty", True),
    ("no_word is not empty", False),
    ("if(n > 5, 'many', 'few')", "many"),
    ("if(no_flag, 1, 2)", 2),
    ("if(yes, null, 1)", None),
    ("if(yes, 1, 2.5)", 1),
    ("case(n = 1, 'a', n = 7, 'b', 'c')", "b"),
    ("coalesce(none, n)", 7),
    ("coalesce(null, none, 1.5)", Decimal("1.5")),
    ("round(amount, 1)", Decimal("-12.4")),
    ("round(amount)", Decimal(-12)),
    ("round(2.5)", Decimal(3)),
    ("round(-2.5)", Decimal(-3)),
    ("round(n, 2)", 7),
    ("abs(amount)", Decimal("12.35")),
    ("abs(-n)", 7),
    ("floor(amount)", -13),
    ("ceil(amount)", -12),
    ("floor(n)", 7),
    ("least(n, none, z)", 0),
    ("greatest(n, none, z)", 7),
    ("least(none, none)", None),
    ("least('b', 'B', no_word)", "B"),
    ("greatest(day, date('2025-01-01'))", date(2025, 1, 1)),
    ("lower('ÉCOLE')", "école"),
    ("upper('école')", "ÉCOLE"),
    ("trim(word)", "Straße"),
    ("length(word)", 8),
    ("length(blank)", 0),
    ("length(no_word)", None),
    ("left(trim(word), 5)", "Straß"),
    ("right(trim(word), 2)", "ße"),
    ("left(word, 100)", " Straße "),
    ("left(word, 0)", ""),
    ("left(word, -3)", ""),
    ("right(word, z - 3)", ""),
    ("left(word, none)", None),
    ("replace(trim(word), 'ße', 'sse')", "Strasse"),
    ("concat(trim(word), ' ', n)", "Straße 7"),
    ("concat('a', no_word)", None),
    ("contains(word, 'STRASSE')", False),
    ("contains(word, 'sTRAß')", True),
    ("starts_with(word, ' s')", True),
    ("starts_with(word, 's')", False),
    ("ends_with(word, 'E ')", True),
    ("contains('100%', '0%')", True),
    ("contains('1000', '0%')", False),
    ("contains('ab', 'a_')", False),
    ("year(day)", 2024),
    ("quarter(day)", 1),
    ("month(day)", 1),
    ("day(day)", 31),
    ("weekday(day)", 3),
    ("hour(at)", 23),
    ("year(no_day)", None),
    ("date(at)", date(2026, 1, 31)),
    ("date('2026-11-23')", date(2026, 11, 23)),
    ("days_between(day, at)", 731),
    ("days_between(at, day)", -731),
    ("add_days(day, 1)", date(2024, 2, 1)),
    ("add_days(day, -n)", date(2024, 1, 24)),
    ("add_months(day, 1)", date(2024, 2, 29)),
    ("add_months(day, none)", None),
    ("start_of('week', day)", date(2024, 1, 29)),
    ("start_of('quarter', at)", date(2026, 1, 1)),
    ("day > date('2024-01-30')", True),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_an_expression_has_this_value(
    connection: duckdb.DuckDBPyConnection, rows: Rows, text: str, expected: Any
) -> None:
    found = value_of(connection, rows, text)
    assert found == expected
    assert type(found) is type(expected) or isinstance(found, int | Decimal)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hour(at)", 8),
        ("date(at)", date(2026, 2, 1)),
        ("month(at)", 2),
        ("year(at)", 2026),
        ("days_between(day, at)", 732),
        ("add_days(at, 1)", date(2026, 2, 2)),
        ("start_of('month', at)", date(2026, 2, 1)),
        ("day(day)", 31),
    ],
)
def test_days_begin_in_the_reports_timezone(
    connection: duckdb.DuckDBPyConnection, rows: Rows, text: str, expected: Any
) -> None:
    assert value_of(connection, rows, text, "Asia/Tokyo") == expected


def test_every_function_of_a_row_is_compiled() -> None:
    assert CALLS.keys() == {name for name, function in KNOWN.items() if not function.is_aggregate}


def test_what_a_person_types_is_bound(rows: Rows) -> None:
    poison = "'') ; DROP TABLE one; --"
    tree = parse_expression(f"contains(word, '{poison}') or word = '{poison}'")
    statement = select(compile_expression(tree, rows.resolve, FUNCTIONS))
    assert "DROP" not in str(statement)


def test_an_expression_that_would_outgrow_the_memory_is_refused(rows: Rows) -> None:
    text = "n"
    for _ in range(20):
        text = f"least({text}, z)"

    with pytest.raises(InvalidInput, match="too large"):
        compile_expression(parse_expression(text), rows.resolve, FUNCTIONS)
