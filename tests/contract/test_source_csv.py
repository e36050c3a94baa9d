"""Sources that write CSV themselves: the very bytes, counts and rows that the renderer makes of their batches."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from core.catalog.sources import postgresql_snapshot
from core.catalog.sources.connector import CompiledQuery, CsvQuestion
from core.clock import FixedClock
from core.domain.artifact import Rendering
from core.domain.csv_options import CsvDateStyle, CsvNewline, CsvOptions
from core.domain.data_policy import Traits
from core.domain.data_policy_models import parse_policy
from core.domain.field import Field, FieldType
from core.domain.result import Result
from core.errors import FieldHidden, QueryFailed, QueryTimedOut, RunCancelled
from core.query.arrow_types import conform
from core.query.executor import HeadFields, QueryExecutor
from core.query.policed import policed
from core.render.cell_text import FORMULA
from tests.csv_parts import AskedSource, asked, fill, written
from tests.query_parts import NOW, definition, orders_dataset, orders_source
from tests.render_results import (
    ODD_DAYS,
    ODD_DECIMALS,
    ODD_FLOATS,
    ODD_INSTANTS,
    ODD_INTEGERS,
    ODD_TEXTS,
    column,
    head_of,
)
from tests.source_benches.postgresql_bench import PostgreSqlBench, open_bench

BERLIN = "Europe/Berlin"
TEXTS = [text for text in ODD_TEXTS if text is None or "\x00" not in text]
LATE_INSTANTS = [at for at in ODD_INSTANTS if at is None or 1920 <= at.year < 2200]
SMALL_FLOATS = [number for number in ODD_FLOATS if number is None or not 2**53 < number < math.inf]
SMALL_FLOATS += [1e-5, 1.5e-10, 1e10, 123456789012.5, 1e15, 2.0**53, math.nan]
#: name -> (type of the column, values, kind, timezone)
WRITTEN = {
    "text": ("text", TEXTS, FieldType.TEXT, "UTC"),
    "integer": ("bigint", ODD_INTEGERS, FieldType.INTEGER, "UTC"),
    "exact": ("numeric(38, 7)", ODD_DECIMALS, FieldType.DECIMAL, "UTC"),
    "exact without a scale": ("numeric", ODD_DECIMALS[:7], FieldType.DECIMAL, "UTC"),
    "float": ("float8", SMALL_FLOATS, FieldType.DECIMAL, "UTC"),
    "single float": ("real", [0.1, 1e10, None], FieldType.DECIMAL, "UTC"),
    "day": ("date", ODD_DAYS, FieldType.DATE, "UTC"),
    "instant": ("timestamptz", ODD_INSTANTS, FieldType.DATETIME, "UTC"),
    "instant in Berlin": ("timestamptz", LATE_INSTANTS, FieldType.DATETIME, BERLIN),
    "naive instant": ("timestamp", LATE_INSTANTS, FieldType.DATETIME, BERLIN),
    "boolean": ("boolean", [True, None, False], FieldType.BOOLEAN, "UTC"),
}
#: What only the renderer can write.
LEFT = {
    "instants before whole offsets": ("timestamptz", ODD_INSTANTS, FieldType.DATETIME, BERLIN),
    "large floats": ("float8", ODD_FLOATS, FieldType.DECIMAL, "UTC"),
    "whole numbers as texts": ("text", ["1", "2"], FieldType.INTEGER, "UTC"),
    "odd offsets": ("timestamptz", LATE_INSTANTS, FieldType.DATETIME, "Africa/Monrovia"),
}


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSqlBench]:
    with open_bench(request, tmp_path_factory.mktemp("source-csv")) as opened:
        yield opened


def both(
    bench: PostgreSqlBench, question: CsvQuestion
) -> tuple[tuple[bytes, Rendering], tuple[bytes, Rendering], bool]:
    """The file from batches, the file from the source, and whether the source wrote it."""
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        batches = [conform(batch, question.columns, question.timezone) for batch in snapshot.stream(question.statement)]
        rows = sum(batch.num_rows for batch in batches)
        result = Result(head=head_of(question.columns, rows, timezone=question.timezone), batches=batches)
        source = AskedSource(snapshot, question)
        plain = written(result, question.options)
        direct = written(replace(result, csv=source), question.options)
    return plain, direct, source.given is not None


def odd_question(bench: PostgreSqlBench, case: tuple[str, list[object], FieldType, str]) -> CsvQuestion:
    kind, values, field_type, timezone = case
    sql = fill(bench, (kind, "text"), [(value, f"row {number}") for number, value in enumerate(values)])
    scale = 7 if "7" in kind else None
    return asked(sql, (replace(column("odd", field_type), scale=scale), column("after", FieldType.TEXT)), timezone)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_odd_value_has_the_renderers_bytes(bench, name):
    plain, direct, has_written = both(bench, odd_question(bench, WRITTEN[name]))
    assert has_written
    assert direct == plain


@pytest.mark.parametrize("name", LEFT)
def test_what_sql_cannot_write_is_left_to_the_renderer(bench, name):
    case = LEFT[name]
    if name == "whole numbers as texts":
        question = odd_question(bench, case)
        with bench.connector().snapshot(deadline_s=60) as snapshot:
            assert snapshot.csv(question) is None
        return
    plain, direct, has_written = both(bench, odd_question(bench, case))
    assert not has_written
    assert direct == plain


def test_days_and_instants_without_end_are_left_to_the_renderer(bench):
    for kind, field_type in (("date", FieldType.DATE), ("timestamptz", FieldType.DATETIME)):
        bench.execute(f"CREATE OR REPLACE VIEW endless AS SELECT 'infinity'::{kind} AS odd")
        bench.execute(f"GRANT SELECT ON endless TO {bench.reader}")
        with bench.connector().snapshot(deadline_s=60) as snapshot:
            assert snapshot.csv(asked("SELECT odd FROM endless", (column("odd", field_type),))) is None
        bench.execute("DROP VIEW endless")


@pytest.mark.parametrize(
    "options",
    [
        CsvOptions(),
        CsvOptions(delimiter=";", bom=True),
        CsvOptions(delimiter="\t", newline=CsvNewline.LF),
        CsvOptions(delimiter="|", gzip=True, raw=True),
        CsvOptions(decimal=",", delimiter=";"),
        CsvOptions(date_style=CsvDateStyle.DAY_FIRST),
    ],
    ids=str,
)
@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_a_random_table_has_the_renderers_bytes(bench, options, timezone):
    chance = random.Random(f"{options}{timezone}")
    first = datetime(1921, 1, 1, tzinfo=UTC)
    pieces = ["a", "Ä", ",", ";", '"', "\r", "\n", "\t", "|", "=", "-", "+", "@", " ", "", "日", "\uff1d", "\\."]

    def row() -> tuple[object, ...]:
        cells = (
            "".join(chance.choices(pieces, k=chance.randrange(4))),
            chance.randrange(-(10**6), 10**6),
            round(chance.uniform(-1e6, 1e6), 2),
            chance.uniform(-1, 1) * 10 ** chance.randrange(-20, 15),
            chance.random() < 0.5,
            (first + timedelta(days=chance.randrange(90_000))).date(),
            first + timedelta(microseconds=chance.randrange(250 * 365 * 86_400) * 10 ** chance.choice([6, 5])),
            "".join(chance.choices(pieces, k=chance.randrange(3))),
        )
        return tuple(None if chance.random() < 0.1 else cell for cell in cells)

    kinds = ("text", "bigint", "numeric(12, 2)", "float8", "boolean", "date", "timestamptz", "text")
    types = ("TEXT", "INTEGER", "DECIMAL", "DECIMAL", "BOOLEAN", "DATE", "DATETIME", "TEXT")
    columns = tuple(column(f"c{place}", FieldType[name]) for place, name in enumerate(types))
    sql = fill(bench, kinds, [row() for _ in range(3000)])
    plain, direct, has_written = both(bench, asked(sql, columns, timezone, options))
    assert has_written == (options.decimal == "." and options.date_style is CsvDateStyle.ISO)
    assert [(a, b) for a, b in zip(direct[0].split(b"\n"), plain[0].split(b"\n"), strict=False) if a != b][:3] == []
    assert direct == plain
    assert bool(plain[1].altered) is not options.raw


def test_a_single_column_never_has_a_blank_line(bench):
    sql = fill(bench, ("text",), [(None,), ("",), ("x",), ("=1",)])
    plain, direct, has_written = both(bench, asked(sql, (column("odd", FieldType.TEXT),)))
    assert has_written
    assert direct == plain
    assert direct[1].altered == {"Odd": {FORMULA: 1}}


def test_a_single_cell_that_copy_takes_for_the_end_is_left_to_the_renderer(bench):
    sql = fill(bench, ("text",), [("x",), ("\\.",)])
    plain, direct, has_written = both(bench, asked(sql, (column("odd", FieldType.TEXT),)))
    assert not has_written
    assert direct == plain


def test_hidden_columns_are_left_out(bench):
    sql = fill(bench, ("text", "text", "bigint"), [("=a", "=b", 1), ("c", "d", 2)])
    columns = tuple(column(key, kind) for key, kind in zip("abc", ["TEXT", "TEXT", "INTEGER"], strict=True))
    columns = tuple(replace(each, type=FieldType[each.type]) for each in columns)
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        lines = snapshot.csv(replace(asked(sql, columns), keys=("c", "b")))
        assert b"".join(lines.chunks) == b"1,'=b\r\n2,d\r\n"
        assert (lines.rows, lines.guarded, lines.is_whole) == (2, {"b": 1}, True)


def test_lines_are_of_the_snapshots_state(bench):
    sql = fill(bench, ("bigint",), [(number,) for number in range(10)])
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        counted = snapshot.fetch(CompiledQuery(sql="SELECT count(*) FROM odd")).column(0)[0].as_py()
        bench.execute("INSERT INTO odd VALUES (10, 10)")
        lines = snapshot.csv(asked(sql, (column("odd", FieldType.INTEGER),)))
        assert len(b"".join(lines.chunks).splitlines()) == counted == lines.rows == 10
        assert snapshot.fetch(CompiledQuery(sql="SELECT count(*) FROM odd")).column(0)[0].as_py() == 10


def test_lines_that_nobody_reads_to_the_end_leave_the_snapshot_as_it_was(bench):
    sql = "SELECT g FROM generate_series(1, 300000) AS g"
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        lines = snapshot.csv(asked(sql, (column("g", FieldType.INTEGER),)))
        assert next(lines.chunks).startswith(b"1\r\n2\r\n")
        lines.chunks.close()
        assert not lines.is_whole
        assert snapshot.fetch(CompiledQuery(sql="SELECT 1 AS n")).to_pylist() == [{"n": 1}]


def test_a_cancel_ends_the_lines(bench):
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        sql = "SELECT g FROM generate_series(1, 3000000) AS g"
        lines = snapshot.csv(asked(sql, (column("g", FieldType.INTEGER),)))
        next(lines.chunks)
        snapshot.cancel()
        with pytest.raises(RunCancelled):
            list(lines.chunks)


def test_the_deadline_holds_for_lines(bench):
    endless = asked("SELECT generate_series(1, 1000000000000) AS g", (column("g", FieldType.INTEGER),))
    with bench.connector().snapshot(deadline_s=1.0) as snapshot, pytest.raises(QueryTimedOut):
        list(snapshot.csv(endless).chunks)


def test_without_a_second_connection_rows_come_in_batches(bench, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("too many connections")

    monkeypatch.setattr("core.catalog.sources.postgresql_copy.psycopg.connect", refuse)
    question = asked("SELECT 1::bigint AS odd", (column("odd", FieldType.INTEGER),))
    plain, direct, has_written = both(bench, question)
    assert not has_written
    assert direct == plain


@pytest.mark.parametrize(
    "sql", ["SELECT 1 AS n\n) AS r (n)) TO STDOUT; COMMIT; DROP TABLE kept; --", "DELETE FROM kept RETURNING n"]
)
def test_a_statement_that_would_change_something_is_refused(bench, sql):
    bench.execute("CREATE TABLE IF NOT EXISTS kept (n bigint)")
    bench.execute(f"GRANT ALL ON kept TO {bench.reader}")
    with bench.connector().snapshot(deadline_s=10) as snapshot, pytest.raises(QueryFailed):
        snapshot.csv(asked(sql, (column("n", FieldType.INTEGER),)))
    bench.execute("SELECT n FROM kept")


def test_known_cells_are_written_as_known(bench):
    sql = fill(bench, ("text", "timestamptz"), [("a,b", datetime(2026, 7, 1, 10, 0, 0, 120_000, tzinfo=UTC))])
    columns = (column("odd", FieldType.TEXT), column("at", FieldType.DATETIME))
    _, direct, has_written = both(bench, asked(sql, columns, BERLIN))
    assert has_written
    assert direct[0] == b'Odd,At\r\n"a,b",2026-07-01T12:00:00.120000+02:00\r\n'


def test_a_data_policy_holds_where_the_source_writes_the_file(bench, monkeypatch):
    monkeypatch.setattr("core.query.source_csv.FEWEST_ROWS", 1)
    columns = {"country": "text", "note": "text", "amount": "numeric(12, 2)", "order_id": "bigint"}
    bench.execute("DROP TABLE IF EXISTS orders")
    bench.execute(f"CREATE TABLE orders ({', '.join(map(' '.join, columns.items()))})")
    rows = [("DE", "anna@example.com", "1.50", 1), ("FR", "bob@example.org", "2.00", 2), ("DE", "=x@y", "3.00", 3)]
    for row in rows:
        bench.execute(f"INSERT INTO orders VALUES {row}")
    policy = parse_policy(
        {
            "rows": [
                {
                    "name": "Own",
                    "filters": {"items": [{"field": "country", "operator": "is", "parameter": "country"}]},
                }
            ],
            "columns": [
                {"fields": ["note"], "treatment": "domain"},
                {"fields": ["order_id"], "treatment": "hashed"},
                {"fields": ["amount"], "treatment": "hidden"},
            ],
        }
    )
    fields = tuple(field for field in orders_dataset().fields if field.name in columns)
    note = Field(name="note", label="Note", type=FieldType.TEXT)
    whole = replace(orders_dataset(), fields=(*fields, note), time_field=None, policy=policy)
    executor = QueryExecutor(lambda _source: bench.connector(), FixedClock(NOW), hash_key="a key")

    def file(columns: list[str], **attributes: tuple[str, ...]) -> tuple[bytes, bytes]:
        """What the source wrote, and what batches of the same question give."""
        person = Traits(user_id=uuid4(), role="viewer", groups=frozenset(), attributes=attributes)
        given = (definition(columns=columns, sort=[], limit=None), policed(whole, person), orders_source(Path("none")))
        more = {"head_fields": HeadFields(title="Orders"), "logical_at": NOW, "deadline_s": 30}
        with executor.run(*given, **more) as result:
            direct = written(result, CsvOptions())[0]
        with executor.run(*given, **more) as result:
            return direct, written(replace(result, csv=None), CsvOptions())[0]

    asked_for = []
    copy = "core.catalog.sources.postgresql_snapshot.copy_sql"
    real = postgresql_snapshot.copy_sql
    monkeypatch.setattr(copy, lambda *given: asked_for.append(given) or real(*given))
    direct, plain = file(["country", "note", "order_id"], country=("DE",))
    assert len(asked_for) == 1, "the source wrote it"
    assert sorted(direct.splitlines()) == sorted(plain.splitlines())
    for kept in (b"FR", b"bob", b"anna", b"1.50", b",1\r", b",3\r"):
        assert kept not in direct
    assert direct.count(b"****@example.com") == 1
    assert len(file(["country"])[0].splitlines()) == 1, "without the attribute there is no row"
    with pytest.raises(FieldHidden):
        file(["amount"], country=("DE",))
