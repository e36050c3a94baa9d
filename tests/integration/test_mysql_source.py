from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import column, select, table

from core.catalog.sources.connector import CompiledQuery, Connector
from core.catalog.sources.exact_numbers import exact_numbers
from core.catalog.sources.mysql_link import rendered
from core.catalog.sources.mysql_source import MYSQL, MySqlConnector
from core.catalog.sources.mysql_sql import MySqlFunctions
from core.clock import FixedClock
from core.domain.field import FieldType
from core.domain.relation import TableOrigin
from core.errors import QueryFailed, SourceUnavailable
from core.settings import Settings
from tests.mariadb_server import PASSWORD, MariaDbServer
from tests.source_benches.mysql_bench import MySqlBench
from tests.source_parts import NOW


@pytest.fixture(scope="module")
def bench(mariadb: MariaDbServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MySqlBench]:
    with MySqlBench(mariadb, tmp_path_factory.mktemp("source")) as opened:
        yield opened


def fetched(connector: Connector, sql: str, *parameters: object) -> pa.Table:
    with connector.snapshot(deadline_s=30) as snapshot:
        return snapshot.fetch(CompiledQuery(sql=sql, parameters=parameters))


def test_every_type_of_the_server_has_one_of_ours_or_is_skipped(bench: MySqlBench) -> None:
    bench.execute(
        "CREATE TABLE odd (flag bit(1), small tinyint(1), tiny tinyint unsigned, huge bigint unsigned, "
        "exact decimal(30, 10), single float, made year, mood enum('ok', 'sad'), body json, token uuid, place inet6, "
        "latin varchar(20) CHARACTER SET latin1, at timestamp NULL, opens time, photo blob, raw varbinary(3), "
        "bits bit(9))"
    )
    bench.execute(
        "INSERT INTO odd VALUES (b'1', 1, 255, 18446744073709551615, 12345678901234567890.0123456789, 16777217, 2026, "
        "'sad', '{\"a\": 1}', '3bec0e8f-ce6a-44f7-bc36-a69847224802', '::1', 'Größe', '2026-02-28 10:00:00', '10:00', "
        "x'00', x'00', b'1')"
    )
    (draft,) = bench.connector().introspect(TableOrigin(table_name="odd"))
    assert draft.skipped == ("opens", "photo", "raw", "bits")
    kinds = {field.name: (field.type, field.scale) for field in draft.fields}
    assert kinds["flag"] == kinds["small"] == (FieldType.BOOLEAN, None)
    assert kinds["huge"] == (FieldType.DECIMAL, 0)
    assert kinds["exact"] == (FieldType.DECIMAL, 10)
    assert kinds["tiny"] == kinds["made"] == (FieldType.INTEGER, None)
    functions = MySqlFunctions()
    odd = table("odd", *(column(field.name) for field in draft.fields))
    outputs = [functions.output(odd.c[field.name], field.type, field.scale).label(field.name) for field in draft.fields]
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        (row,) = snapshot.fetch(select(*outputs)).to_pylist()
    assert row == {
        "flag": True,
        "small": True,
        "tiny": 255,
        "huge": Decimal(2**64 - 1),
        "exact": Decimal("12345678901234567890.0123456789"),
        "single": 16777216.0,
        "made": 2026,
        "mood": "sad",
        "body": '{"a": 1}',
        "token": "3bec0e8f-ce6a-44f7-bc36-a69847224802",
        "place": "::1",
        "latin": "Größe",
        "at": datetime(2026, 2, 28, 10, 0, tzinfo=UTC),
    }


def test_the_zero_day_is_none_and_half_a_day_an_error(bench: MySqlBench) -> None:
    bench.execute("CREATE TABLE zeros (day date, at datetime)")
    bench.execute("INSERT INTO zeros VALUES ('2026-02-28', '2026-02-28 10:00')")
    bench.execute("SET STATEMENT sql_mode = '' FOR INSERT INTO zeros VALUES ('0000-00-00', '0000-00-00 00:00:00')")
    assert fetched(bench.connector(), "SELECT day, at FROM zeros ORDER BY day").to_pylist() == [
        {"day": None, "at": None},
        {"day": date(2026, 2, 28), "at": datetime(2026, 2, 28, 10, tzinfo=UTC)},
    ]
    bench.execute("SET STATEMENT sql_mode = '' FOR INSERT INTO zeros VALUES ('2026-02-00', NULL)")
    with pytest.raises(QueryFailed, match="The column 'day' holds a value that cannot be shown"):
        fetched(bench.connector(), "SELECT day FROM zeros")


@pytest.mark.parametrize("length", [0, 1, 250, 251, 252, 65_535, 65_536, 3_000_000])
def test_texts_of_every_length_come_whole(bench: MySqlBench, length: int) -> None:
    sql = "SELECT 'before' AS a, REPEAT('é', %s) AS b, NULL AS c, 'after' AS d FROM seq_1_to_3"
    rows = fetched(bench.connector(), sql, length).to_pylist()
    assert rows == [{"a": "before", "b": "é" * length, "c": None, "d": "after"}] * 3


def test_what_cannot_be_shown_does_not_hold_up_the_next_query(bench: MySqlBench) -> None:
    source = bench.connector()
    with source.snapshot(deadline_s=30) as snapshot:
        with pytest.raises(QueryFailed, match="no report can show"):
            snapshot.fetch(CompiledQuery(sql="SELECT x'00' AS raw, seq FROM seq_1_to_100000"))
        assert snapshot.fetch(CompiledQuery(sql="SELECT 1 AS x")).num_rows == 1
    with pytest.raises(QueryFailed, match="larger than 16 MB"):
        fetched(source, "SELECT REPEAT('x', 9000000) AS a, REPEAT('x', 9000000) AS b")
    assert fetched(source, "SELECT 1 AS x").num_rows == 1


def test_what_the_server_would_cut_with_a_warning_is_an_error(bench: MySqlBench) -> None:
    source = bench.connector()
    with pytest.raises(QueryFailed, match="could not compute the result in full"):
        fetched(source, "SELECT CAST(1e30 AS SIGNED) AS x")
    with source.snapshot(deadline_s=30) as snapshot:
        with pytest.raises(QueryFailed, match="in full"):
            snapshot.fetch(CompiledQuery(sql="SELECT LENGTH(REPEAT('x', 100000000)) AS x"))
        assert snapshot.fetch(CompiledQuery(sql="SELECT 1 AS x")).num_rows == 1


def test_wide_numbers_never_wrap() -> None:
    assert exact_numbers(pa.array(["9" * 36 + ".25", None]), 2).to_pylist() == [Decimal("9" * 36 + ".25"), None]
    for text in ("1" + "0" * 40 + ".0", "1" + "0" * 37, "9" * 38 + ".5", "1" * 90, "nan"):
        with pytest.raises(pa.ArrowInvalid):
            exact_numbers(pa.array([text]), 1)


def test_values_in_a_statement_are_quoted(bench: MySqlBench) -> None:
    poison = ["'", "\\'", "\\", "''; SELECT 1; --", '"', "`", "%s %% %(x)s", "\n\r\t\0\x1a", "é😀", "\\\\'", "/*! */ #"]
    names = ", ".join(f"%s AS x{place}" for place in range(len(poison)))
    (row,) = fetched(bench.connector(), f"SELECT {names}", *poison).to_pylist()
    assert list(row.values()) == poison
    numbers = rendered(CompiledQuery(sql="%s %s %s %s", parameters=(True, 1.5, Decimal("1E+3"), None)))
    assert numbers == "1 1.5 1000 NULL"


def test_the_session_is_set_to_utc_and_to_strictness(bench: MySqlBench) -> None:
    sql = 'SELECT @@time_zone AS zone, @@sql_mode AS mode, @@tx_read_only AS only_reads, 1 AS "quoted name"'
    (row,) = fetched(bench.connector(), sql).to_pylist()
    assert row["zone"] == "+00:00"
    assert "STRICT_ALL_TABLES" in row["mode"]
    assert row["only_reads"] == 1
    assert row["quoted name"] == 1


def test_a_stream_that_was_left_does_not_hold_a_connection_up(bench: MySqlBench) -> None:
    source = bench.connector()
    with (
        source.snapshot(deadline_s=30) as snapshot,
        closing(snapshot.stream(CompiledQuery(sql="SELECT seq FROM seq_1_to_50000000"))) as batches,
    ):
        next(batches)
    assert bench.running() == 0
    assert fetched(source, "SELECT 1 AS x").num_rows == 1


def test_a_connection_that_the_server_ended_is_replaced(bench: MySqlBench, mariadb: MariaDbServer) -> None:
    source = bench.connector()
    fetched(source, "SELECT 1 AS x")
    with mariadb.root() as connection, connection.cursor() as cursor:
        cursor.execute(f"KILL USER {bench.reader}")
    assert fetched(source, "SELECT 1 AS x").num_rows == 1


def test_reports_are_read_from_the_replica(bench: MySqlBench) -> None:
    bench.execute("CREATE TABLE anything (n integer)")
    source = bench.connector(replica_host="127.0.0.1", replica_port=1)
    assert source.introspect()
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:1 refuses"):
        source.test()


def test_a_user_that_may_write_is_warned_of(bench: MySqlBench) -> None:
    reader, owner = bench.connector(), bench.connector(user="root", password=PASSWORD)
    assert isinstance(reader, MySqlConnector)
    assert isinstance(owner, MySqlConnector)
    assert reader.warnings() == ()
    assert len(owner.warnings()) == 1


def test_a_server_that_is_none_is_said_to_be(bench: MySqlBench, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    connection = {"host": "127.0.0.1", "database": "d", "user": "u"}
    with pytest.raises(SourceUnavailable, match="private network"):
        MYSQL.open(connection, {}, settings, FixedClock(NOW)).test()
