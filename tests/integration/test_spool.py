"""Rows kept in a file come back as they were."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from core.errors import ArtifactError
from core.query.executor import HeadFields, QueryExecutor
from core.query.head_json import dump_head, load_head
from core.query.spool import open_spool, write_spool
from tests.executor_parts import NAMES, run
from tests.query_parts import (
    NOW,
    condition,
    definition,
    matching,
    orders_dataset,
    orders_executor,
    orders_source,
    write_orders,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("query") / "orders.duckdb")


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    return orders_executor(path)


def test_the_spool_gives_the_rows_back_as_often_as_asked(executor: QueryExecutor, path: Path, tmp_path: Path) -> None:
    asked = definition(columns=NAMES, limit=None, kpis=[{"aggregation": "sum", "field": "amount"}])
    with executor.run(
        asked, orders_dataset(), orders_source(path), head_fields=HeadFields(title="T"), logical_at=NOW, deadline_s=30
    ) as result:
        assert write_spool(result, tmp_path / "runs" / "rows.arrow") == 400
    assert [file.name for file in (tmp_path / "runs").iterdir()] == ["rows.arrow"]
    head = load_head(dump_head(result.head))
    assert head == result.head
    spooled = open_spool(tmp_path / "runs" / "rows.arrow", head)
    first, second = (pa.Table.from_batches(list(spooled.batches)) for _ in range(2))
    assert first == second
    assert first.num_rows == 400
    other = replace(head, columns=head.columns[1:])
    with pytest.raises(ArtifactError, match="do not belong"):
        open_spool(tmp_path / "runs" / "rows.arrow", other)


def test_an_empty_result_is_spooled_with_its_types(executor: QueryExecutor, path: Path, tmp_path: Path) -> None:
    asked = definition(columns=["amount"], filters=matching(condition("items", "is", 99)))
    with executor.run(
        asked, orders_dataset(), orders_source(path), head_fields=HeadFields(title="T"), logical_at=NOW, deadline_s=30
    ) as result:
        assert write_spool(result, tmp_path / "rows.arrow") == 0
    (batch,) = open_spool(tmp_path / "rows.arrow", result.head).batches
    assert batch.schema.field("amount").type == pa.decimal128(12, 2)


@pytest.mark.parametrize("damage", [b"", b"not arrow"])
def test_a_damaged_spool_is_said_to_be_so(executor: QueryExecutor, path: Path, tmp_path: Path, damage: bytes) -> None:
    result, _ = run(executor, path, definition(columns=["country"]))
    (tmp_path / "rows.arrow").write_bytes(damage)
    with pytest.raises(ArtifactError, match="missing or damaged"):
        open_spool(tmp_path / "rows.arrow", result.head)
    with pytest.raises(ArtifactError, match="missing or damaged"):
        open_spool(tmp_path / "gone.arrow", result.head)
