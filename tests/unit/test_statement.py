from sqlalchemy import select, text
from sqlalchemy.engine.default import DefaultDialect

from core.catalog.sources.mysql_errors import translated
from core.catalog.sources.mysql_sql import DIALECT as MYSQL
from core.catalog.sources.statement import compile_statement, in_lines
from core.errors import SourceUnavailable
from core.query.compile.scope import alias


def test_clauses_begin_lines_and_what_stands_in_quotes_stays_as_it_is() -> None:
    quoted = """'x  FROM y' AS "a  FROM b", 'it''s  WHERE' AS `c  LIMIT d`"""
    statement = select(text(quoted)).select_from(text("t")).where(text("1 = 1"))
    assert in_lines(compile_statement(statement, MYSQL).sql) == f"SELECT {quoted}\nFROM t\nWHERE 1 = 1"
    assert in_lines(compile_statement(statement, DefaultDialect()).sql).startswith(f"SELECT {quoted}\nFROM t")


def test_a_mysql_connection_that_idled_out_counts_as_broken() -> None:
    assert isinstance(
        translated(Exception(4031, "disconnected by the server because of inactivity")), SourceUnavailable
    )


def test_columns_of_one_name_are_said_to_be_so() -> None:
    assert "same name" in translated(Exception(1060, "Duplicate column name 'a'")).user_message


def test_no_name_in_sql_begins_with_a_space() -> None:
    names = {alias(key) for key in ("売上", "Сумма", "--", "price", "Größe")}
    assert len(names) == 5
    assert all(name == name.strip() for name in names)
