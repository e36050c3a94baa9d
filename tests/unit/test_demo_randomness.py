"""The demo's hash-based randomness: repeatable, independent by day and column, and evenly spread."""

import numpy as np

from core.demo.days import rows_of_days
from core.demo.randomness import Draws


def _draws(*days: int, seed: int = 1, table: str = "t") -> Draws:
    day, row = rows_of_days(np.array(days, dtype=np.int64), np.full(len(days), 50_000, dtype=np.int64))
    return Draws(seed=seed, table=table, days=day, rows=row)


def test_a_day_is_the_same_whatever_other_days_are_drawn() -> None:
    alone = _draws(20_000).uniform("column")
    among = _draws(19_999, 20_000, 20_001).uniform("column")
    assert np.array_equal(alone, among[50_000:100_000])


def test_values_are_pinned_so_that_an_upgrade_cannot_change_them() -> None:
    draws = Draws(seed=1, table="t", days=np.array([20_000, 20_001]), rows=np.array([0, 1]))
    assert draws.uniform("column").tolist() == [0.6526501903881498, 0.9273844081279462]


def test_seed_table_column_and_day_each_make_a_difference() -> None:
    base = _draws(20_000).uniform("column")
    others = (
        _draws(20_000, seed=2).uniform("column"),
        _draws(20_000, table="u").uniform("column"),
        _draws(20_000).uniform("another"),
        _draws(20_001).uniform("column"),
    )
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.02


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    values = _draws(20_000, 20_001).uniform("column")
    shares, _ = np.histogram(values, bins=10, range=(0, 1))
    assert values.min() >= 0
    assert values.max() < 1
    assert np.allclose(shares / len(values), 0.1, atol=0.005)


def test_choice_follows_its_weights() -> None:
    chosen = _draws(20_000, 20_001).choice("column", (70, 20, 10, 0))
    assert np.allclose(np.bincount(chosen, minlength=4) / len(chosen), (0.7, 0.2, 0.1, 0), atol=0.01)


def test_around_has_its_median() -> None:
    values = _draws(20_000, 20_001).around("column", 100.0, 0.5)
    assert abs(np.median(values) - 100.0) < 1.0
    assert np.isfinite(values).all()


def test_nested_words_come_from_the_rows_own_list() -> None:
    outer = np.arange(50_000, dtype=np.int64) % 3
    words, positions = _draws(20_000).nested("column", (("a",), ("b", "c"), ("d", "e", "f")), outer)
    picked = np.array(words)[positions]
    assert [sorted(set(picked[outer == nth].tolist())) for nth in range(3)] == [["a"], ["b", "c"], ["d", "e", "f"]]
