"""The order of PostgreSQL's rows: that of their places in the table, which a scan gives without being sorted."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.catalog.sources.connector import CompiledQuery
from core.domain.field import FieldType
from core.domain.relation import TableOrigin
from tests.csv_parts import asked, fill
from tests.render_results import column
from tests.source_benches.postgresql_bench import PostgreSqlBench, open_bench


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSqlBench]:
    with open_bench(request, tmp_path_factory.mktemp("csv-scan")) as opened:
        yield opened


def scanned_lines(bench: PostgreSqlBench, where: str = "") -> list[bytes]:
    """The lines of `odd` in the order of places; a scan that nothing sorts shows itself by an exclamation mark."""
    statement = CompiledQuery(sql=f"SELECT c0 FROM odd {where} ORDER BY ctid")
    question = asked("", (column("odd", FieldType.TEXT),))
    question = replace(
        question,
        statement=statement,
        unordered=statement,
        scanned=CompiledQuery(sql=f"SELECT c0 || '!' FROM odd {where}"),
    )
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        return b"".join(snapshot.csv(question).chunks).splitlines()


def test_what_a_plain_scan_gives_in_order_is_not_sorted(bench):
    fill(bench, ("text",), [(f"{500 - number}",) for number in range(500)])
    assert scanned_lines(bench) == [f"{500 - number}!".encode() for number in range(500)]
    assert scanned_lines(bench, "WHERE number < 3") == [b"500!", b"499!", b"498!"]


def test_what_an_index_gives_in_its_own_order_is_sorted(bench):
    fill(bench, ("text",), [(f"{number:06d}",) for number in reversed(range(20_000))])
    bench.execute("CREATE INDEX ON odd (c0)")
    bench.execute("ANALYZE odd")
    assert scanned_lines(bench, "WHERE c0 < '000003'") == [b"000002", b"000001", b"000000"]


def test_rows_are_numbered_where_all_of_them_lie_in_one_table(bench):
    fill(bench, ("text",), [("x",)])
    bench.execute("CREATE OR REPLACE VIEW odd_view AS SELECT * FROM odd")
    bench.execute("CREATE TABLE IF NOT EXISTS odd_parts (n int) PARTITION BY RANGE (n)")
    bench.execute("CREATE TABLE IF NOT EXISTS odd_parent (n int)")
    bench.execute("CREATE TABLE IF NOT EXISTS odd_child () INHERITS (odd_parent)")
    bench.execute("CREATE TABLE IF NOT EXISTS odd_columns (n int, secret int)")
    for name in ("odd_view", "odd_parts", "odd_parent"):
        bench.execute(f"GRANT SELECT ON {name} TO {bench.reader}")
    bench.execute(f"REVOKE SELECT ON odd_columns FROM {bench.reader}")
    bench.execute(f"GRANT SELECT (n) ON odd_columns TO {bench.reader}")
    with bench.connector().snapshot(deadline_s=60) as snapshot:
        assert snapshot.row_key(TableOrigin(table_name="odd")) == "ctid"
        assert snapshot.row_key(TableOrigin(schema_name="public", table_name="odd")) == "ctid"
        for name in ("odd_view", "odd_parts", "odd_parent", "odd_columns", "gone"):
            assert snapshot.row_key(TableOrigin(table_name=name)) is None, name
    bench.execute("DROP VIEW odd_view")
