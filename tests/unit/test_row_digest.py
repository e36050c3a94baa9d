"""Digests of rows: the same for equal rows however they come in batches, another one for every difference."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from core.domain.field import FieldType
from core.domain.result import ColumnRole, ResultColumn
from core.query.row_digest import MOST_KEYS, RowDigest

SCHEMA = pa.schema(
    [
        ("country", pa.string()),
        ("long", pa.large_string()),
        ("orders", pa.int64()),
        ("amount", pa.decimal128(12, 2)),
        ("rate", pa.float64()),
        ("is_new", pa.bool_()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us", tz="Europe/Berlin")),
    ]
)
ROWS = [
    {
        "country": country,
        "long": country,
        "orders": number,
        "amount": Decimal(number) / 4,
        "rate": number / 7,
        "is_new": number % 2 == 0,
        "day": date(2026, 11, 1 + number),
        "at": datetime(2026, 11, 1 + number, tzinfo=UTC),
    }
    for number, country in enumerate(["España", "", "日本", "Chile", "a\x00b"])
] + [dict.fromkeys(SCHEMA.names)]


def digest_of(*batches: pa.RecordBatch, keys: tuple[str, ...] = (), hidden: str | None = None) -> RowDigest:
    columns = [
        ResultColumn(key=name, label=name, type=FieldType.TEXT, role=ColumnRole.DIMENSION, is_hidden=name == hidden)
        for name in SCHEMA.names
    ]
    digest = RowDigest(columns, keys=keys, rows=sum(batch.num_rows for batch in batches))
    assert list(digest.passing(batches)) == list(batches)
    return digest


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def test_where_batches_begin_does_not_matter() -> None:
    whole = digest_of(batch(ROWS))
    parts = digest_of(batch([]), batch(ROWS[:1]), batch(ROWS).slice(1, 4), batch(ROWS[5:]), batch([]))
    assert whole.sha256() == parts.sha256()
    assert whole.rows == parts.rows == len(ROWS)


@pytest.mark.parametrize("name", SCHEMA.names)
def test_every_cell_counts(name: str) -> None:
    before = digest_of(batch(ROWS)).sha256()
    emptied = [*ROWS[:3], {**ROWS[3], name: None}, *ROWS[4:]]
    other = [*ROWS[:3], {**ROWS[3], name: ROWS[2][name]}, *ROWS[4:]]
    assert len({before, digest_of(batch(emptied)).sha256(), digest_of(batch(other)).sha256()}) == 3


def test_order_counts_and_so_does_where_a_text_ends() -> None:
    first, second = {**ROWS[0], "country": "ab"}, {**ROWS[0], "country": "c"}
    shifted = [{**ROWS[0], "country": "a"}, {**ROWS[0], "country": "bc"}]
    digests = {digest_of(batch(rows)).sha256() for rows in ([first, second], [second, first], shifted)}
    assert len(digests) == 3


def test_what_lies_under_a_null_does_not_count() -> None:
    values = pa.array([1, 2, 3], pa.int64())
    masked = pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\x05"), values.buffers()[1]])
    clean = pa.array([1, None, 3], pa.int64())
    column = [ResultColumn(key="n", label="n", type=FieldType.INTEGER, role=ColumnRole.MEASURE)]
    digests = set()
    for array in (masked, clean):
        digest = RowDigest(column, keys=(), rows=3)
        digest.add(pa.record_batch({"n": array}))
        digests.add(digest.sha256())
    assert len(digests) == 1


def test_the_noise_of_floating_sums_does_not_count() -> None:
    exact, noisy = {**ROWS[0], "rate": 0.1 + 0.2}, {**ROWS[0], "rate": 0.3}
    assert exact["rate"] != noisy["rate"]
    assert digest_of(batch([exact])).sha256() == digest_of(batch([noisy])).sha256()
    minus = digest_of(batch([{**ROWS[0], "rate": -0.0}])).sha256()
    assert minus == digest_of(batch([{**ROWS[0], "rate": 0.0}])).sha256()


def test_hidden_columns_do_not_count() -> None:
    changed = [{**row, "orders": 99} for row in ROWS]
    assert digest_of(batch(ROWS), hidden="orders").sha256() == digest_of(batch(changed), hidden="orders").sha256()


def test_rows_are_kept_by_key() -> None:
    kept = digest_of(batch(ROWS[:3]), batch(ROWS[3:]), keys=("country",)).by_key()
    assert kept is not None
    assert len(kept) == len(ROWS)
    changed = digest_of(batch([*ROWS[:5], {**ROWS[5], "orders": 7}]), keys=("country",)).by_key()
    assert changed is not None
    assert sum(kept[key] != changed[key] for key in kept) == 1


def test_keys_that_do_not_tell_rows_apart_and_too_many_rows_keep_none() -> None:
    assert digest_of(batch(ROWS), batch(ROWS), keys=("country",)).by_key() is None
    many = [{**ROWS[0], "country": str(number)} for number in range(MOST_KEYS + 1)]
    assert digest_of(batch(many), keys=("country",)).by_key() is None
    assert digest_of(batch(many[1:]), keys=("country",)).by_key() is not None
    assert digest_of(batch(ROWS)).by_key() is None
