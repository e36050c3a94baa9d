import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from core.catalog.sources import SOURCES, open_source
from core.catalog.sources.connector import CompiledQuery, Connector
from core.catalog.sources.duckdb_files import FILES, DuckDbFiles
from core.catalog.sources.duckdb_source import DuckDbConnector, allowed_path
from core.clock import FixedClock
from core.domain.field import FieldType, NumberStyle
from core.domain.relation import TableOrigin
from core.errors import InvalidInput, QueryFailed, QueryTimedOut, RunCancelled, SourceUnavailable
from core.settings import Settings, load_settings
from tests.query_parts import NOW, orders_source

COUNT = CompiledQuery(sql="SELECT count(*) FROM t")
ENDLESS = CompiledQuery(sql="SELECT sum(hash(a.range + b.range)) FROM range(10000000) AS a, range(10000000) AS b")


def write(path: Path, rows: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT range AS n FROM range({rows})")
    return path


def connector(path: Path) -> DuckDbConnector:
    return DuckDbConnector(path, spill_dir=path.parent / "spill", clock=FixedClock(NOW))


def count(source: Connector) -> int:
    with source.snapshot(deadline_s=10) as snapshot:
        return int(snapshot.fetch(COUNT).column(0)[0].as_py())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "it's a file.duckdb", 1000)


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    yield
    FILES.close()


def test_the_registry_opens_a_source_by_its_kind(path: Path, tmp_path: Path) -> None:
    opened = open_source(orders_source(path), {}, Settings(data_dir=tmp_path / "data", source_folders=(path.parent,)))
    opened.test()
    assert opened.has_snapshot
    assert count(opened) == 1000
    assert SOURCES["duckdb"].label == "DuckDB file"


def test_an_unknown_kind_and_a_missing_path_are_named(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    source = orders_source(tmp_path)
    with pytest.raises(InvalidInput, match="kind of source called 'oracle'"):
        open_source(type(source)(**{**fields(source), "kind": "oracle"}), {}, settings)
    with pytest.raises(InvalidInput, match="needs a path"):
        open_source(type(source)(**{**fields(source), "connection": {}}), {}, settings)


def fields(source: object) -> dict[str, object]:
    return {name: getattr(source, name) for name in source.__slots__}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_blob('{secret}')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM '{secret}'",
        "COPY t TO '{out}'",
        "COPY t FROM '{secret}'",
        "ATTACH '{out}' AS other",
        "EXPORT DATABASE '{out}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET enable_external_access",
        "PRAGMA enable_profiling='json'",
        "INSERT INTO t VALUES (1)",
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (a INTEGER)",
        "CREATE TABLE memory.main.u (a INTEGER)",
    ],
)
def test_nothing_outside_and_nothing_written(path: Path, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("n\n42\n")
    out = tmp_path / "out"
    with connector(path).snapshot(deadline_s=10) as snapshot, pytest.raises(QueryFailed):
        snapshot.fetch(CompiledQuery(sql=sql.format(secret=secret, out=out)))
    assert not out.exists()
    assert count(connector(path)) == 1000


def test_a_swapped_file_is_read_anew_while_old_cursors_go_on(path: Path, tmp_path: Path) -> None:
    source = connector(path)
    with source.snapshot(deadline_s=10) as old, closing(old.stream(CompiledQuery(sql="SELECT n FROM t"))) as batches:
        next(batches)
        write(tmp_path / "new.duckdb", 7).replace(path)
        assert count(source) == 7
        gc.collect()
        assert sum(batch.num_rows for batch in batches) == 1000
        assert old.fetch(COUNT).column(0)[0].as_py() == 1000
    assert count(source) == 7


def test_a_file_rewritten_in_place_is_read_anew(path: Path) -> None:
    source = connector(path)
    assert count(source) == 1000
    FILES.close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    assert count(source) == 1001


def test_the_key_of_rows_is_asked_of_each_state_of_a_file(path: Path, tmp_path: Path) -> None:
    source, table = connector(path), TableOrigin(table_name="t")
    for _ in range(2):
        with source.snapshot(deadline_s=10) as snapshot:
            assert snapshot.row_key(table) == "rowid"
    with duckdb.connect(str(tmp_path / "new.duckdb")) as connection:
        connection.execute("CREATE TABLE t (rowid INTEGER)")
    (tmp_path / "new.duckdb").replace(path)
    with source.snapshot(deadline_s=10) as snapshot:
        assert snapshot.row_key(table) is None


def test_one_handle_serves_many_threads(path: Path) -> None:
    files = DuckDbFiles()
    source = connector(path)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: count(source), range(40))) == {1000}
        cursors = list(pool.map(lambda _: files.cursor(path, spill_dir=path.parent / "spill"), range(8)))
    for cursor in cursors:
        cursor.connection.close()
    files.close()


def test_the_time_of_a_snapshot_comes_from_the_clock(path: Path) -> None:
    with connector(path).snapshot(deadline_s=10) as snapshot:
        assert snapshot.as_of == NOW


def test_a_query_past_the_deadline_is_interrupted(path: Path) -> None:
    with connector(path).snapshot(deadline_s=0.2) as snapshot:
        with pytest.raises(QueryTimedOut):
            snapshot.fetch(ENDLESS)
        with pytest.raises(QueryTimedOut):
            snapshot.fetch(COUNT)


def test_a_stream_past_the_deadline_is_interrupted(path: Path) -> None:
    sql = "SELECT a.range FROM range(10000000) AS a, range(10000000) AS b WHERE hash(a.range * b.range) % 9999991 = 1"
    with (
        connector(path).snapshot(deadline_s=0.3) as snapshot,
        pytest.raises(QueryTimedOut),
        closing(snapshot.stream(CompiledQuery(sql=sql))) as batches,
    ):
        for _batch in batches:
            pass


def test_another_thread_can_cancel(path: Path) -> None:
    with connector(path).snapshot(deadline_s=60) as snapshot:
        timer = threading.Timer(0.2, snapshot.cancel)
        timer.start()
        with pytest.raises(RunCancelled):
            snapshot.fetch(ENDLESS)
        timer.join()
    assert count(connector(path)) == 1000


def test_a_stream_left_early_does_not_block_the_next_query(path: Path) -> None:
    with connector(path).snapshot(deadline_s=10) as snapshot:
        with closing(snapshot.stream(CompiledQuery(sql="SELECT n FROM t"))) as batches:
            assert next(batches).num_rows == 0
            assert next(batches).num_rows == 1000
        assert snapshot.fetch(COUNT).column(0)[0].as_py() == 1000


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="does not exist"):
        connector(tmp_path / "gone.duckdb").test()


@pytest.mark.parametrize("content", [b"", b"hello" * 5000])
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.duckdb").write_bytes(content)
    with pytest.raises(SourceUnavailable, match="not a DuckDB database, is damaged"):
        connector(tmp_path / "bad.duckdb").test()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="is not a file"):
        connector(tmp_path).test()


def test_a_file_that_is_being_written_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "busy.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
        with pytest.raises(SourceUnavailable, match="being written by another program") as caught:
            connector(path).test()
    assert caught.value.retryable


def test_a_database_without_tables_is_said_to_be_empty(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        connection.execute("CREATE SCHEMA sales")
    with pytest.raises(SourceUnavailable, match="no table in it"):
        connector(tmp_path / "empty.duckdb").test()


def test_what_is_refused_says_nothing_of_the_values(path: Path) -> None:
    with (
        connector(path).snapshot(deadline_s=10) as snapshot,
        pytest.raises(QueryFailed, match="does not fit") as caught,
    ):
        snapshot.fetch(CompiledQuery(sql="SELECT CAST('top secret' AS INTEGER)"))
    assert "secret" not in caught.value.user_message


def test_introspection_types_and_labels_every_column(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA sales; CREATE TYPE mood AS ENUM ('ok', 'sad')")
        connection.execute(
            "CREATE TABLE sales.orders (order_id BIGINT, placedAt TIMESTAMPTZ, amount DECIMAL(12,2), "
            "score DOUBLE, mood mood, token UUID, tags VARCHAR[], photo BLOB, is_paid BOOLEAN, day DATE, "
            "fiscal_year INTEGER, huge HUGEINT)"
        )
        connection.execute("COMMENT ON COLUMN sales.orders.amount IS 'Net of VAT'")
        connection.execute("CREATE VIEW paid AS SELECT order_id FROM sales.orders WHERE is_paid")
    paid, orders = connector(path).introspect()
    assert (paid.schema_name, paid.table_name) == (None, "paid")
    assert (orders.schema_name, orders.table_name) == ("sales", "orders")
    assert orders.skipped == ("tags", "photo")
    kinds = {field.name: field.type for field in orders.fields}
    assert kinds == {
        "order_id": FieldType.INTEGER,
        "placedAt": FieldType.DATETIME,
        "amount": FieldType.DECIMAL,
        "score": FieldType.DECIMAL,
        "mood": FieldType.TEXT,
        "token": FieldType.TEXT,
        "is_paid": FieldType.BOOLEAN,
        "day": FieldType.DATE,
        "fiscal_year": FieldType.INTEGER,
        "huge": FieldType.DECIMAL,
    }
    by_name = {field.name: field for field in orders.fields}
    assert by_name["order_id"].label == "Order ID"
    assert by_name["placedAt"].label == "Placed at"
    assert by_name["order_id"].format.style is NumberStyle.PLAIN
    assert not by_name["order_id"].is_measure
    assert not by_name["fiscal_year"].is_measure
    assert by_name["amount"].is_measure
    assert by_name["amount"].description == "Net of VAT"


def test_a_sort_larger_than_memory_spills_into_a_folder_of_ours(tmp_path: Path) -> None:
    path = write(tmp_path / "t.duckdb", 10)
    with connector(path).snapshot(deadline_s=10) as snapshot:
        (row,) = snapshot.fetch(
            CompiledQuery(sql="SELECT current_setting('temp_directory') AS d, current_setting('memory_limit') AS m")
        ).to_pylist()
    assert Path(row["d"]).parent == tmp_path / "spill"
    assert os.stat(tmp_path / "spill").st_mode & 0o777 == 0o700  # noqa: PTH116
    assert row["m"] == "953.6 MiB"


@pytest.mark.parametrize("typed", ["/etc/passwd", "../outside.duckdb", "a/../../outside.duckdb"])
def test_files_outside_the_allowed_folders_are_refused(tmp_path, typed):
    settings = load_settings(data_dir=tmp_path / "data", _env_file=None)
    if typed.startswith("~"):  # no tilde is expanded: this is a folder of that name
        assert not allowed_path("~/x.duckdb", settings).is_relative_to(Path.home())
        return
    with pytest.raises(InvalidInput, match="SOURCE_FOLDERS") as refusal:
        allowed_path(typed, settings)
    assert refusal.value.place == "connection.path"


def test_a_link_out_of_the_data_folder_is_no_way_around(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.duckdb").touch()
    (tmp_path / "data" / "link.duckdb").symlink_to(tmp_path / "secret.duckdb")
    settings = load_settings(data_dir=tmp_path / "data", _env_file=None)
    with pytest.raises(InvalidInput):
        allowed_path("link.duckdb", settings)
    opened = load_settings(data_dir=tmp_path / "data", source_folders=str(tmp_path), _env_file=None)
    assert allowed_path("link.duckdb", opened) == tmp_path / "secret.duckdb"
