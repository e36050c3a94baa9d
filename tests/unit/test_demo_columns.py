"""The demo's Arrow columns: exact decimals, padded numbers and nulls."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np

from core.demo.columns import dates, decimals, digits, instants, joined, texts


def test_decimals_are_exact_with_either_sign() -> None:
    units = np.array([0, 1, -1, 123_456, -99, 10**13], dtype=np.int64)
    assert decimals(units, precision=16, scale=2).to_pylist() == [
        Decimal(0),
        Decimal("0.01"),
        Decimal("-0.01"),
        Decimal("1234.56"),
        Decimal("-0.99"),
        Decimal("100000000000.00"),
    ]


def test_empty_decimals_are_null() -> None:
    column = decimals(np.array([1, 2]), precision=4, scale=1, empty=np.array([True, False]))
    assert column.to_pylist() == [None, Decimal("0.2")]


def test_texts_are_put_together_row_by_row() -> None:
    words = texts(("a", "b"), np.array([1, 0]))
    assert joined("x-", words, "/", digits(np.array([7, 12]), width=3)).to_pylist() == ["x-b/007", "x-a/012"]


def test_days_and_instants_count_from_1970() -> None:
    assert dates(np.array([0, 20_454]), empty=np.array([True, False])).to_pylist() == [None, date(2026, 1, 1)]
    assert instants(np.array([1_500_000])).to_pylist() == [datetime(1970, 1, 1, 0, 0, 1, 500_000)]  # noqa: DTZ001 - UTC without a mark
