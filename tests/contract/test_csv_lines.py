"""Engines that write CSV's lines in SQL: the very bytes, counts and rows that the renderer makes of their batches."""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.catalog.sources.chdb_source import CHDB, ENGINE, connect
from core.catalog.sources.connector import CompiledQuery, Connector, CsvQuestion
from core.catalog.sources.duckdb_source import DUCKDB
from core.clock import FixedClock
from core.domain.csv_options import CsvDateStyle, CsvNewline, CsvOptions
from core.domain.field import FieldType
from core.domain.result import Result
from core.errors import QueryFailed, QueryTimedOut, RunCancelled
from core.query.arrow_types import conform
from core.render.cell_text import FORMULA
from core.settings import Settings
from tests.csv_parts import AskedSource, asked, written
from tests.render_results import ODD_DAYS, ODD_DECIMALS, ODD_INSTANTS, ODD_INTEGERS, ODD_TEXTS, column, head_of
from tests.source_benches.clickhouse_bench import ClickHouseBench, open_bench
from tests.source_parts import NOW

BERLIN = "Europe/Berlin"
_UTC = pa.timestamp("us", tz="UTC")
LATE_INSTANTS = [at for at in ODD_INSTANTS if at is None or 1920 <= at.year < 2200]
LATE_DAYS = [day for day in ODD_DAYS if day is None or 1900 <= day.year < 2200]
FLOATS = [None, 0.0, 0.1 + 0.2, 1.0, -3.0, 1e-4, 0.001, 1e10, 123456789012.5, 999999999999999.0, 1e14 + 0.5]
#: name -> (type of the column, values, kind, timezone)
WRITTEN = {
    "text": (pa.string(), ODD_TEXTS, FieldType.TEXT, "UTC"),
    "integer": (pa.int64(), ODD_INTEGERS, FieldType.INTEGER, "UTC"),
    "small integer": (pa.int16(), [1, None, -1], FieldType.INTEGER, "UTC"),
    "exact": (pa.decimal128(38, 7), ODD_DECIMALS, FieldType.DECIMAL, "UTC"),
    "exact without a fraction": (pa.decimal128(5, 0), [Decimal(5), None, Decimal(-10)], FieldType.DECIMAL, "UTC"),
    "float": (pa.float64(), FLOATS, FieldType.DECIMAL, "UTC"),
    "single float": (pa.float32(), [0.1, 2.0, None], FieldType.DECIMAL, "UTC"),
    "day": (pa.date32(), LATE_DAYS, FieldType.DATE, "UTC"),
    "instant": (_UTC, LATE_INSTANTS, FieldType.DATETIME, "UTC"),
    "instant in Berlin": (_UTC, LATE_INSTANTS, FieldType.DATETIME, BERLIN),
    "boolean": (pa.bool_(), [True, None, False], FieldType.BOOLEAN, "UTC"),
}
#: What only the renderer can write: known when its row comes.
LEFT = {
    "instants before whole offsets": (_UTC, [datetime(1901, 1, 1, tzinfo=UTC)], FieldType.DATETIME, BERLIN),
    "large float": (pa.float64(), [1.0, 1e15], FieldType.DECIMAL, "UTC"),
    "infinite float": (pa.float64(), [math.inf], FieldType.DECIMAL, "UTC"),
    "no number": (pa.float64(), [math.nan], FieldType.DECIMAL, "UTC"),
    "negative zero": (pa.float64(), [-0.0], FieldType.DECIMAL, "UTC"),
}


@dataclass
class Engine:
    """A source and how it gets its tables."""

    key: str
    folder: Path
    files: int = 0
    server: ClickHouseBench | None = None

    def connector(self) -> Connector:
        if self.server is not None:
            return self.server.connector()
        path = f"lines{self.files}.duckdb"
        kind, connection = (DUCKDB, {"path": path}) if self.key == "duckdb" else (CHDB, {"folder": "lines"})
        return kind.open(connection, {}, Settings(data_dir=self.folder), FixedClock(NOW))

    def fill(self, kinds: Sequence[pa.DataType], rows: Sequence[Sequence[Any]]) -> str:
        """Make a table of columns c0, c1, … behind a number; return the SELECT of its rows in order."""
        names = [f"c{place}" for place in range(len(kinds))]
        arrays = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
        table = pa.table([pa.array(range(len(rows)), pa.int64()), *arrays], names=["number", *names])
        if self.key == "duckdb":
            self.files += 1  # who writes to one that is open is refused
            with duckdb.connect(str(self.folder / f"lines{self.files}.duckdb")) as connection:
                connection.register("given", table)
                connection.execute("CREATE TABLE odd AS SELECT * FROM given")
        else:
            given = self.folder / "given.parquet"
            pq.write_table(table, given)
            self.run("DROP TABLE IF EXISTS odd")
            self.run(f"CREATE TABLE odd ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM file('{given}', Parquet)")
        return f"SELECT {', '.join(names)} FROM odd ORDER BY number"

    def run(self, sql: str) -> None:
        if self.server is not None:
            self.server.ask(sql)
            return
        with ENGINE.on(self.folder / "chdb" / "lines"):
            connection = connect(self.folder / "chdb" / "lines")
            connection.query(sql)
            connection.close()


@pytest.fixture(scope="module", params=["duckdb", "chdb", "clickhouse"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp(f"lines-{request.param}")
    (folder / "chdb" / "lines").mkdir(parents=True)
    if request.param != "clickhouse":
        yield Engine(request.param, folder)
        return
    with open_bench(request, folder) as server:
        yield Engine(request.param, folder, server=server)


@contextmanager
def opened(engine: Engine, deadline_s: float = 60) -> Iterator[Any]:
    with engine.connector().snapshot(deadline_s=deadline_s) as snapshot:
        yield snapshot


def both(engine: Engine, question: CsvQuestion):
    """The file from batches, the file from the source, and whether the source wrote it."""
    with opened(engine) as snapshot:
        batches = [conform(batch, question.columns, question.timezone) for batch in snapshot.stream(question.statement)]
        rows = sum(batch.num_rows for batch in batches)
        result = Result(head=head_of(question.columns, rows, timezone=question.timezone), batches=batches)
        source = AskedSource(snapshot, question)
        plain = written(result, question.options)
        direct = written(replace(result, csv=source), question.options)
    return plain, direct, source.given is not None and source.given.is_whole


def odd_question(engine: Engine, case: tuple[pa.DataType, list[Any], FieldType, str]) -> CsvQuestion:
    kind, values, field_type, timezone = case
    sql = engine.fill((kind, pa.string()), [(value, f"row {number}") for number, value in enumerate(values)])
    return asked(sql, (column("odd", field_type), column("after", FieldType.TEXT)), timezone)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_odd_value_has_the_renderers_bytes(engine, name):
    plain, direct, is_whole = both(engine, odd_question(engine, WRITTEN[name]))
    assert is_whole
    assert direct == plain


@pytest.mark.parametrize("name", LEFT)
def test_what_sql_cannot_write_is_left_to_the_renderer(engine, name):
    plain, direct, is_whole = both(engine, odd_question(engine, LEFT[name]))
    assert not is_whole
    assert direct == plain


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
def test_a_random_table_has_the_renderers_bytes(engine, options, timezone):
    chance = random.Random(f"{options}{timezone}")
    first = datetime(1921, 1, 1, tzinfo=UTC)
    pieces = ["a", "Ä", ",", ";", '"', "\r", "\n", "\t", "|", "=", "-", "+", "@", " ", "", "日", "\uff1d", "\\", "'"]

    def row() -> tuple[Any, ...]:
        cells = (
            "".join(chance.choices(pieces, k=chance.randrange(4))),
            chance.randrange(-(10**6), 10**6),
            Decimal(chance.randrange(-(10**8), 10**8)).scaleb(-2),
            chance.choice([-1, 1]) * chance.uniform(0.1, 1) * 10 ** chance.randrange(-2, 15),
            chance.random() < 0.5,
            (first + timedelta(days=chance.randrange(90_000))).date(),
            first + timedelta(microseconds=chance.randrange(250 * 365 * 86_400) * 10 ** chance.choice([6, 5])),
            "".join(chance.choices(pieces, k=chance.randrange(3))),
        )
        return tuple(None if chance.random() < 0.1 else cell for cell in cells)

    kinds = [pa.string(), pa.int64(), pa.decimal128(12, 2), pa.float64(), pa.bool_(), pa.date32(), _UTC, pa.string()]
    types = ("TEXT", "INTEGER", "DECIMAL", "DECIMAL", "BOOLEAN", "DATE", "DATETIME", "TEXT")
    columns = tuple(column(f"c{place}", FieldType[name]) for place, name in enumerate(types))
    sql = engine.fill(kinds, [row() for _ in range(3000)])
    plain, direct, is_whole = both(engine, asked(sql, columns, timezone, options))
    assert is_whole == (options.decimal == "." and options.date_style is CsvDateStyle.ISO)
    assert [(a, b) for a, b in zip(direct[0].split(b"\n"), plain[0].split(b"\n"), strict=False) if a != b][:3] == []
    assert direct == plain
    assert bool(plain[1].altered) is not options.raw


def test_a_single_column_never_has_a_blank_line(engine):
    sql = engine.fill((pa.string(),), [(None,), ("",), ("x",), ("=1",), ("-",)])
    plain, direct, is_whole = both(engine, asked(sql, (column("odd", FieldType.TEXT),)))
    assert is_whole
    assert direct == plain
    assert direct[1].altered == {"Odd": {FORMULA: 1}}


def test_hidden_columns_are_left_out(engine):
    sql = engine.fill((pa.string(), pa.string(), pa.int64()), [("=a", "=b", 1), ("c", "d", 2)])
    kinds = zip("abc", [FieldType.TEXT, FieldType.TEXT, FieldType.INTEGER], strict=True)
    columns = tuple(column(key, kind) for key, kind in kinds)
    with opened(engine) as snapshot:
        lines = snapshot.csv(replace(asked(sql, columns), keys=("c", "b")))
        assert b"".join(lines.chunks) == b"1,'=b\r\n2,d\r\n"
        assert (lines.rows, lines.guarded, lines.is_whole) == (2, {"b": 1}, True)


def test_a_result_without_rows_has_no_lines(engine):
    sql = engine.fill((pa.string(),), [("x",)])
    plain, direct, is_whole = both(
        engine, asked(f"SELECT * FROM ({sql}) WHERE c0 = 'y'", (column("a", FieldType.TEXT),))
    )
    assert is_whole
    assert direct == plain


def test_whole_numbers_as_texts_come_in_batches(engine):
    sql = engine.fill((pa.string(),), [("1",)])
    with opened(engine) as snapshot:
        assert snapshot.csv(asked(sql, (column("odd", FieldType.INTEGER),))) is None


def test_lines_that_nobody_reads_to_the_end_leave_the_snapshot_as_it_was(engine):
    sql = engine.fill((pa.int64(),), [(number,) for number in range(300_000)])
    with opened(engine) as snapshot:
        lines = snapshot.csv(asked(sql, (column("g", FieldType.INTEGER),)))
        assert bytes(next(lines.chunks)).startswith(b"0\r\n1\r\n")
        lines.chunks.close()
        assert not lines.is_whole
        assert snapshot.fetch(CompiledQuery(sql="SELECT 1 AS n")).to_pylist() == [{"n": 1}]


ENDLESS = {
    "duckdb": "SELECT a.range + b.range AS g FROM range(10000000) AS a, range(10000000) AS b",
    "chdb": "SELECT toInt64(number) AS g FROM system.numbers",
    "clickhouse": "SELECT toInt64(number) AS g FROM system.numbers",
}


def test_a_cancel_ends_the_lines(engine):
    engine.fill((pa.int64(),), [(1,)])
    with opened(engine) as snapshot:
        lines = snapshot.csv(asked(ENDLESS[engine.key], (column("g", FieldType.INTEGER),)))
        next(lines.chunks)
        snapshot.cancel()
        with pytest.raises(RunCancelled):
            list(lines.chunks)


def test_the_deadline_holds_for_lines(engine):
    engine.fill((pa.int64(),), [(1,)])
    with opened(engine, deadline_s=1.0) as snapshot:
        lines = snapshot.csv(asked(ENDLESS[engine.key], (column("g", FieldType.INTEGER),)))
        with pytest.raises(QueryTimedOut):
            all(lines.chunks)


def test_a_statement_that_is_not_one_question_is_refused(engine):
    engine.fill((pa.int64(),), [(1,)])
    with opened(engine) as snapshot, pytest.raises(QueryFailed):
        snapshot.csv(asked("SELECT 1 AS n) AS r (n)); DROP TABLE odd; --", (column("n", FieldType.INTEGER),)))
    with opened(engine) as snapshot:
        assert snapshot.fetch(CompiledQuery(sql="SELECT c0 FROM odd")).num_rows == 1
