"""Joins that meet more rows than they say are refused when a dataset is saved."""

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.duckdb_files import FILES
from core.catalog.sources.duckdb_source import DuckDbConnector
from core.clock import SystemClock
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.relation import Cardinality, TableOrigin
from core.errors import InvalidDataset, RunCancelled
from core.query.relation.join_keys import check_join_keys
from core.query.samples import take_sample
from core.query.sound import TRUSTED_S, JoinTrust, soundly
from tests.relation_parts import FUNCTIONS, dataset, join, lines_dataset, shop, table


@pytest.fixture
def source(tmp_path: Path) -> DuckDbConnector:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as file, shop() as memory:
        for (name,) in memory.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            rows = memory.table(name).to_arrow_table()
            file.execute(f"CREATE TABLE {name} AS FROM rows")
            assert rows.num_rows
    return DuckDbConnector(path, spill_dir=tmp_path / "spill", clock=SystemClock())


def save(source: DuckDbConnector, asked: Dataset) -> None:
    take_sample(source, asked, rows=0, deadline_s=30)


def test_joins_that_meet_what_they_say_are_saved(source: DuckDbConnector) -> None:
    save(source, lines_dataset())
    many = join("visits", "customer_id", cardinality=Cardinality.ONE_TO_MANY, row_key=("visit_id",))
    save(source, dataset(table("customers"), many, row_key=("customer_id",)))


@pytest.mark.parametrize(
    ("base", "joined", "cardinality", "words"),
    [
        ("customers", "visits", Cardinality.MANY_TO_ONE, "'visits' has several rows with the same 'customer_id'"),
        ("customers", "orders", Cardinality.ONE_TO_ONE, "'orders' has several rows with the same 'customer_id'"),
        ("orders", "customers", Cardinality.ONE_TO_ONE, "Several rows of Shop have the same 'customer_id'"),
        ("orders", "visits", Cardinality.ONE_TO_MANY, "Several rows of Shop have the same 'customer_id'"),
    ],
)
def test_a_join_that_meets_more_is_refused(
    source: DuckDbConnector, base: str, joined: str, cardinality: Cardinality, words: str
) -> None:
    asked = dataset(table(base), join(joined, "customer_id", cardinality=cardinality, row_key=("customer_id",)))
    with pytest.raises(InvalidDataset, match=words) as refused:
        save(source, asked)
    assert refused.value.place == "joins[0].cardinality"


def test_nulls_meet_nothing_and_texts_differ_in_case(source: DuckDbConnector) -> None:
    save(source, dataset(table("order_lines"), join("products", "sku")))


class Slow:
    """A snapshot that is stopped before it knows anything."""

    as_of = datetime(2026, 11, 23, tzinfo=UTC)

    def row_key(self, table: TableOrigin) -> str | None:
        raise NotImplementedError

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        raise RunCancelled

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        raise NotImplementedError

    def cancel(self) -> None:
        pass


def test_tables_too_large_to_look_through_are_taken_at_their_word() -> None:
    check_join_keys(dataset(table("customers"), join("visits", "customer_id")), FUNCTIONS, Slow())


def test_keys_that_repeat_later_are_not_counted_twice(source: DuckDbConnector, tmp_path: Path) -> None:
    now = [0.0]
    trust = JoinTrust(timer=lambda: now[0])
    shop_rows = lines_dataset()
    joined = next(field.name for field in shop_rows.fields if field.table is not None)
    own = next(field.name for field in shop_rows.fields if field.table is None)

    def asked(name: str) -> None:
        definition = ReportDefinition(dataset_id=shop_rows.id, columns=(name,))
        with soundly(source, shop_rows, definition, trust=trust):
            pass

    asked(joined)
    FILES.close()
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as file:
        for join_of in shop_rows.joins:
            file.execute(f"INSERT INTO {join_of.table.table_name} FROM {join_of.table.table_name}")
    asked(joined)  # looked at a moment ago
    now[0] += TRUSTED_S
    with pytest.raises(InvalidDataset, match=r"cannot be counted: '.*' has several rows with the same"):
        asked(joined)
    asked(own)
