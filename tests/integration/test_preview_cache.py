"""Previews are remembered for a minute, and never for anybody or anything else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest

from core.catalog.sources.connector import Connector, Snapshot
from core.catalog.sources.duckdb_files import FILES
from core.catalog.sources.duckdb_source import DuckDbConnector
from core.clock import FixedClock
from core.domain.dataset import Dataset, Source
from core.domain.result import Preview
from core.errors import RunCancelled
from core.query.executor import QueryExecutor
from core.query.preview_cache import PreviewCache
from tests.query_parts import NOW, definition, orders_dataset, orders_source, write_orders

COUNT = {"measures": [{"aggregation": "count"}]}


class Shop:
    """A source that counts how often it is opened, and a cache whose time is ours."""

    def __init__(self, path: Path, **bounds: Any) -> None:
        self.path = path
        self.asked = 0
        self.seconds = 0.0
        cache = PreviewCache(timer=lambda: self.seconds, **bounds)
        self.executor = QueryExecutor(self._open, FixedClock(NOW), cache=cache)

    def _open(self, _source: Source) -> Connector:
        self.asked += 1
        return DuckDbConnector(self.path, spill_dir=self.path.parent / "spill", clock=FixedClock(NOW))

    def preview(self, *, source: Source | None = None, dataset: Dataset | None = None, **rest: Any) -> Preview:
        parts = {"page": 1, "page_size": 10, "logical_at": NOW, "parts": COUNT, **rest}
        asked = definition(**parts.pop("parts"))
        return self.executor.preview(asked, dataset or orders_dataset(), source or orders_source(self.path), **parts)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(write_orders(tmp_path / "orders.duckdb"))


def test_the_same_question_is_asked_once(shop: Shop) -> None:
    first, second = shop.preview(), shop.preview()
    assert shop.asked == 1
    assert (first.is_cached, second.is_cached) == (False, True)
    assert replace(second, is_cached=False, elapsed_s=first.elapsed_s) == first


def test_a_refresh_asks_again_and_is_remembered(shop: Shop) -> None:
    shop.preview()
    FILES.close()
    with duckdb.connect(str(shop.path)) as connection:
        connection.execute("DELETE FROM orders")
    assert shop.preview().table.to_pylist() == [{"count": 400}]
    assert shop.preview(refresh=True).table.to_pylist() == [{"count": 0}]
    assert shop.preview().table.to_pylist() == [{"count": 0}]
    assert shop.asked == 2


def test_it_forgets_after_a_minute(shop: Shop) -> None:
    shop.preview()
    shop.seconds = 59.9
    assert shop.preview().is_cached
    shop.seconds = 60.1
    assert not shop.preview().is_cached


def test_every_difference_asks_again(shop: Shop) -> None:
    source, dataset = orders_source(shop.path), orders_dataset()
    shop.preview()
    differing: list[dict[str, Any]] = [
        {"page": 2},
        {"page_size": 11},
        {"parts": {**COUNT, "timezone": "Asia/Tokyo"}},
        {"logical_at": NOW + timedelta(days=1)},
        {"source": replace(source, version=2)},
        {"source": replace(source, id=UUID(int=9))},
        {"source": replace(source, organization_id=UUID(int=9))},
        {"dataset": replace(dataset, version=2)},
        {"dataset": replace(dataset, row_noun="draft orders")},
    ]
    for number, difference in enumerate(differing, start=2):
        assert not shop.preview(**difference).is_cached, difference
        assert shop.asked == number
    assert shop.preview(logical_at=NOW + timedelta(hours=1)).is_cached


def test_the_local_day_decides_what_today_is(shop: Shop) -> None:
    parts = {**COUNT, "timezone": "America/New_York"}
    shop.preview(parts=parts, logical_at=NOW.replace(hour=4))
    assert not shop.preview(parts=parts, logical_at=NOW.replace(hour=6)).is_cached
    assert shop.preview(parts=parts, logical_at=NOW.replace(hour=20)).is_cached


def test_it_is_bounded_by_entries(tmp_path: Path) -> None:
    shop = Shop(write_orders(tmp_path / "orders.duckdb"), max_entries=3)
    for page in (1, 2, 3, 4):
        shop.preview(page=page)
    assert [shop.preview(page=page).is_cached for page in (4, 3, 1)] == [True, True, False]


def test_it_is_bounded_by_bytes(tmp_path: Path) -> None:
    shop = Shop(write_orders(tmp_path / "orders.duckdb"), max_entries=1000, max_bytes=2000)
    rows = {"columns": ["order_id", "at"]}
    shop.preview(parts=rows, page_size=400)
    assert not shop.preview(parts=rows, page_size=400).is_cached
    shop.preview(parts=rows, page_size=5)
    assert shop.preview(parts=rows, page_size=5).is_cached


class EndlessCount:
    """A snapshot in which counting ends only when it is cancelled."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._cancelled = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def fetch(self, statement: Any) -> pa.Table:
        if "row_count" not in str(statement):
            return self._snapshot.fetch(statement)
        assert self._cancelled.wait(30)
        raise RunCancelled

    def cancel(self) -> None:
        self._cancelled.set()


class EndlessCounting:
    """A source whose rows come at once and whose number of rows never does."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[Snapshot]:
        with self._connector.snapshot(deadline_s=deadline_s) as snapshot:
            yield EndlessCount(snapshot)


def test_counting_that_takes_too_long_is_said_to_be_at_least(tmp_path: Path) -> None:
    path, clock = write_orders(tmp_path / "orders.duckdb"), FixedClock(NOW)
    connector = EndlessCounting(DuckDbConnector(path, spill_dir=tmp_path / "spill", clock=clock))
    executor = QueryExecutor(lambda _source: connector, clock, count_budget_s=0.1)
    asked = definition(columns=["items"])
    preview = executor.preview(asked, orders_dataset(), orders_source(path), page=2, page_size=30)
    assert (preview.is_at_least, preview.rows_matched, preview.table.num_rows) == (True, 60, 30)
    last = executor.preview(asked, orders_dataset(), orders_source(path), page=14, page_size=30)
    assert (last.is_at_least, last.rows_matched, last.table.num_rows) == (False, 400, 10)
