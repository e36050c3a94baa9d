import math
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import column, func, select, table

from core.catalog.sources.connector import CompiledQuery, Connector
from core.catalog.sources.network import Login
from core.catalog.sources.postgresql_link import connect_words, rendered
from core.catalog.sources.postgresql_source import POSTGRESQL, PostgreSqlConnector
from core.catalog.sources.postgresql_sql import PostgreSqlFunctions
from core.clock import FixedClock
from core.db.embedded import EmbeddedPostgres
from core.db.migrate import DatabaseUrls
from core.domain.field import FieldType
from core.domain.relation import TableOrigin
from core.errors import InvalidInput, QueryFailed, SourceUnavailable
from core.settings import Settings
from tests.source_benches.postgresql_bench import PostgreSqlBench
from tests.source_parts import NOW


@pytest.fixture(scope="module")
def bench(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSqlBench]:
    with PostgreSqlBench(postgres, tmp_path_factory.mktemp("source")) as opened:
        yield opened


def fetched(connector: Connector, sql: str, *parameters: object) -> pa.Table:
    with connector.snapshot(deadline_s=30) as snapshot:
        return snapshot.fetch(CompiledQuery(sql=sql, parameters=parameters))


def test_the_products_own_database_is_refused_whatever_its_name(
    bench: PostgreSqlBench, postgres: EmbeddedPostgres, database_copy: DatabaseUrls
) -> None:
    owner = database_copy.owner
    assert owner is not None
    for host in ("127.0.0.1", "localhost"):
        source = bench.connector(
            host=host, database=str(owner.database), user=str(owner.username), password=owner.password
        )
        for ask in (source.test, source.introspect, lambda source=source: fetched(source, "SELECT 1 AS x")):
            with pytest.raises(SourceUnavailable, match="database of Broadsheet itself"):
                ask()
    reader = bench.connector(database=str(owner.database))
    with pytest.raises(SourceUnavailable, match="database of Broadsheet itself"):
        reader.test()


def test_types_that_engines_lack_are_shown_as_text_and_others_skipped(bench: PostgreSqlBench) -> None:
    bench.execute("CREATE TYPE mood AS ENUM ('ok', 'sad')")
    bench.execute("CREATE DOMAIN price AS numeric(9, 3)")
    bench.execute(
        "CREATE TABLE odd (token uuid, mood mood, body jsonb, place inet, tags text[], cost price, free numeric, "
        "small real, code char(3), at timestamp, photo bytea, lasts interval, opens time, span int4range)"
    )
    bench.execute(
        "INSERT INTO odd VALUES ('3bec0e8f-ce6a-44f7-bc36-a69847224802', 'sad', '{\"a\": 1}', '10.0.0.1/8', "
        "'{a,\"b c\"}', 1.5, 1e-20, 0.1, 'ab', '2026-02-28 10:00', '\\x00', '1 day', '10:00', '[1,2)')"
    )
    (draft,) = bench.connector().introspect(TableOrigin(table_name="odd"))
    assert draft.skipped == ("photo", "lasts", "opens", "span")
    assert {field.name: (field.type, field.scale) for field in draft.fields} == {
        "token": (FieldType.TEXT, None),
        "mood": (FieldType.TEXT, None),
        "body": (FieldType.TEXT, None),
        "place": (FieldType.TEXT, None),
        "tags": (FieldType.TEXT, None),
        "cost": (FieldType.DECIMAL, 3),
        "free": (FieldType.DECIMAL, None),
        "small": (FieldType.DECIMAL, None),
        "code": (FieldType.TEXT, None),
        "at": (FieldType.DATETIME, None),
    }
    functions = PostgreSqlFunctions()
    odd = table("odd", *(column(field.name) for field in draft.fields))
    outputs = [functions.output(odd.c[field.name], field.type, field.scale).label(field.name) for field in draft.fields]
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        (row,) = snapshot.fetch(select(*outputs)).to_pylist()
    assert row["tags"] == '{a,"b c"}'
    assert row["body"] == '{"a": 1}'
    assert row["place"] == "10.0.0.1/8"
    assert row["mood"] == "sad"
    assert row["cost"] == Decimal("1.500")
    assert row["free"] == 1e-20
    assert row["small"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    "value",
    [
        "'infinity'::timestamptz",
        "'-infinity'::timestamp",
        "'infinity'::date",
        "'-infinity'::date",
        "'NaN'::numeric(9,2)",
        "'1e40'::numeric(42,1)",
    ],
)
def test_a_value_that_no_report_can_hold_is_an_error_that_names_its_column(bench: PostgreSqlBench, value: str) -> None:
    with pytest.raises(QueryFailed, match="The column 'odd one' holds a value that cannot be shown"):
        fetched(bench.connector(), f'SELECT {value} AS "odd one"')


def test_days_beyond_pythons_and_numbers_that_are_none_come_through(bench: PostgreSqlBench) -> None:
    found = fetched(
        bench.connector(),
        "SELECT '4713-01-01 BC'::date AS a, '5874897-12-31'::date AS b, '290000-01-01 00:00:00'::timestamptz AS c, "
        "'4713-11-24 BC'::timestamp AS d, 'NaN'::float8 AS e, '-Infinity'::float8 AS f, 'NaN'::numeric AS g",
    )
    assert found.column("b").cast(pa.int32()).to_pylist() == [2145042905]
    assert found.column("c").cast(pa.int64()).to_pylist() == [9089348860800000000]
    numbers = [found.column(name)[0].as_py() for name in "efg"]
    assert math.isnan(numbers[0])
    assert numbers[1] == -math.inf
    assert math.isnan(numbers[2])


@pytest.mark.parametrize("settings", ["on", "off"])
def test_values_in_a_statement_are_quoted_under_either_reading_of_backslashes(
    bench: PostgreSqlBench, settings: str
) -> None:
    poison = ["'", "\\'", "\\", "''; SELECT 1; --", "$$", "%s %% %(x)s", "\n\r\t", "é😀", "E'\\x27'", "\\\\'"]
    statement = rendered(
        CompiledQuery(sql=f"SELECT ARRAY[{', '.join(['%s'] * len(poison))}]", parameters=tuple(poison))
    )
    with bench.administrator() as connection:
        connection.execute(f"SET standard_conforming_strings = {settings}")
        row: Any = connection.execute(statement.encode()).fetchone()
    assert row[0] == poison
    with pytest.raises(QueryFailed, match="no room for"):
        rendered(CompiledQuery(sql="SELECT %s", parameters=("a\0b",)))


def test_what_a_query_changes_in_its_session_ends_with_the_snapshot(bench: PostgreSqlBench) -> None:
    source = bench.connector()
    with source.snapshot(deadline_s=30) as snapshot:
        snapshot.fetch(CompiledQuery(sql="SELECT set_config('TimeZone', 'Asia/Tokyo', false) AS x"))
    sql = "SELECT current_setting('TimeZone') AS zone, current_setting('transaction_isolation') AS level"
    assert fetched(source, sql).to_pylist() == [{"zone": "UTC", "level": "repeatable read"}]


def test_the_default_schema_is_the_one_that_is_named(bench: PostgreSqlBench) -> None:
    bench.execute('CREATE SCHEMA "Sales Dept"')
    bench.execute(f'GRANT USAGE ON SCHEMA "Sales Dept" TO {bench.reader}')
    bench.execute('CREATE TABLE "Sales Dept".deals AS SELECT 1 AS n')
    bench.execute("CREATE VIEW public.views AS SELECT 1 AS n")
    source = bench.connector(schema="Sales Dept")
    assert fetched(source, "SELECT n FROM deals").num_rows == 1
    drafts = {(draft.schema_name, draft.table_name): draft for draft in source.introspect()}
    assert (None, "deals") in drafts
    assert drafts[("public", "views")].is_view
    assert drafts[("public", "views")].row_estimate is None


def test_reports_are_read_from_the_replica(bench: PostgreSqlBench) -> None:
    source = bench.connector(replica_host="127.0.0.1", replica_port=1)
    assert source.introspect()
    for ask in (source.test, lambda: fetched(source, "SELECT 1 AS x")):
        with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:1 refuses"):
            ask()


def test_a_user_that_may_write_is_warned_of(bench: PostgreSqlBench, postgres: EmbeddedPostgres) -> None:
    reader = bench.connector()
    url = postgres.administrator_url
    owner = bench.connector(user=str(url.username), password=str(url.password))
    assert isinstance(reader, PostgreSqlConnector)
    assert isinstance(owner, PostgreSqlConnector)
    assert reader.warnings() == ()
    (words,) = owner.warnings()
    assert "may change data" in words
    with owner.snapshot(deadline_s=30) as snapshot, pytest.raises(QueryFailed, match="only reads"):
        snapshot.fetch(CompiledQuery(sql="SELECT lo_create(0)"))


def test_a_connection_that_the_server_ended_is_replaced(bench: PostgreSqlBench) -> None:
    source = bench.connector()
    fetched(source, "SELECT 1 AS x")
    bench.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'Broadsheet'")
    assert fetched(source, "SELECT 1 AS x").num_rows == 1


def test_a_connection_that_breaks_is_said_to_have(bench: PostgreSqlBench) -> None:
    sql = "SELECT generate_series(1, 1000000000000) AS g"
    with (
        bench.connector().snapshot(deadline_s=30) as snapshot,
        closing(snapshot.stream(CompiledQuery(sql=sql))) as batches,
    ):
        next(batches)
        bench.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Broadsheet'")
        with pytest.raises(SourceUnavailable):
            list(batches)


def test_snapshots_of_one_connector_run_side_by_side(bench: PostgreSqlBench) -> None:
    source = bench.connector()
    found = []

    def ask() -> None:
        found.append(fetched(source, "SELECT pg_backend_pid() AS p FROM pg_sleep(0.2)").column("p")[0].as_py())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 3


def test_a_table_that_may_not_be_read_is_not_offered_and_said_so(bench: PostgreSqlBench) -> None:
    bench.execute("CREATE TABLE hidden (n integer)")
    bench.execute(f"REVOKE ALL ON hidden FROM {bench.reader}")
    source = bench.connector()
    assert source.introspect(TableOrigin(table_name="hidden")) == ()
    with pytest.raises(QueryFailed, match="may not read this table"):
        fetched(source, "SELECT n FROM hidden")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"port": "x"}, "port"),
        ({"tls": "maybe"}, "tls"),
        ({"host": "a\0b"}, "host"),
        ({"replica_host": "a", "replica_port": 0}, "replica_port"),
    ],
)
def test_a_field_that_cannot_be_is_named(given: dict[str, Any], place: str, tmp_path: Path) -> None:
    connection = {"host": "db.example.com", "database": "d", "user": "u", **given}
    with pytest.raises(InvalidInput) as caught:
        POSTGRESQL.open(connection, {}, Settings(data_dir=tmp_path), FixedClock(NOW))
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption', "encryption only"),
        ('server certificate for "x" does not match host name "db.example.com"', "not for the name"),
        ("SSL error: certificate verify failed", "not signed by an authority"),
        ("connection to server timed out: timeout expired", "does not answer"),
        ("FATAL:  the database system is starting up", "starting up"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
    ],
)
def test_reasons_for_no_connection_are_told_apart(message: str, words: str) -> None:
    login = Login(host="db.example.com", port=5432, database="d", user="u", password="secret", tls="verify")
    told = connect_words(message, login)
    assert words in told
    assert "secret" not in told


def test_a_numeric_sum_keeps_its_digits(bench: PostgreSqlBench) -> None:
    functions = PostgreSqlFunctions()
    source = table("amounts", column("v"))
    bench.execute(
        "CREATE TABLE amounts AS SELECT (g * 1000000000000000.01)::numeric(30, 2) AS v FROM generate_series(1, 9) AS g"
    )
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        found = snapshot.fetch(select(functions.output(func.sum(source.c.v), FieldType.DECIMAL, 2).label("x")))
    assert found.schema.field("x").type == pa.decimal128(38, 2)
    assert found.column("x").to_pylist() == [Decimal("45000000000000000.45")]
