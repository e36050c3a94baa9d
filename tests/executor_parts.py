"""Asking the executor about the orders, and the orders as plain Python has them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from core.domain.definition import ReportDefinition
from core.domain.result import Result
from core.query.executor import HeadFields, QueryExecutor
from tests.query_parts import (
    NOW,
    definition,
    matching,
    order_rows,
    orders_dataset,
    orders_source,
)

NAMES = [field.name for field in orders_dataset().fields]
NOTE = 'note "x"'
ROWS = [dict(zip(NAMES, row, strict=True)) for row in order_rows()]


def run(executor: QueryExecutor, path: Path, asked: ReportDefinition, **rest: Any) -> tuple[Result, pa.Table]:
    """The result and its rows."""
    with executor.run(
        asked,
        orders_dataset(),
        orders_source(path),
        head_fields=HeadFields(title="Orders"),
        logical_at=NOW,
        deadline_s=30,
        **rest,
    ) as result:
        return result, pa.Table.from_batches(list(result.batches))


def ids(executor: QueryExecutor, path: Path, *items: dict[str, Any], match: str = "all", **parts: Any) -> set[int]:
    """The numbers of the rows that a filter leaves."""
    asked = definition(columns=["order_id"], limit=None, filters=matching(*items, match=match), **parts)
    _, table = run(executor, path, asked)
    return set(table.column("order_id").to_pylist())


def expected(holds: Callable[[dict[str, Any]], bool]) -> set[int]:
    return {row["order_id"] for row in ROWS if holds(row)}


def instant(row: dict[str, Any]) -> datetime | None:
    return row["at"] and row["at"].replace(tzinfo=UTC)


def frame() -> pd.DataFrame:
    data = pd.DataFrame(ROWS)
    data["at"] = pd.to_datetime(data["at"]).dt.tz_localize("UTC")
    return data
