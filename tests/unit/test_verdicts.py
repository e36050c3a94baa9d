"""Conditions and sanity holds, judged by what is handed in, and what changed between two results, in words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from core.domain.fingerprint import Fingerprint, MeasureValue, changes_between, changes_in_words
from core.domain.terms import Hold, parse_terms
from core.query.fingerprint_json import dump_fingerprint, load_fingerprint
from core.runs.verdicts import find, hold_because


def result(revenue: Any = "1200.00", *, rows: int = 3, sha256: str = "a", **changes: Any) -> Fingerprint:
    value = None if revenue is None else Decimal(str(revenue))
    measure = MeasureValue(
        key="revenue", label="Revenue", value=value, shown="no data" if value is None else f"{value:,}"
    )
    return Fingerprint(
        **{"question": "q", "rows": rows, "columns": ("country",), "sha256": sha256, "measures": (measure,), **changes}
    )


def found(condition: Mapping[str, Any], now: Fingerprint, **past: Any) -> tuple[bool, str]:
    given = {"past": (), "delivered": None, "shows_figures": True, **past}
    finding = find(parse_terms({"condition": condition}).condition, now, **given)
    return finding.is_met, finding.words


def threshold(op: str, value: float) -> dict[str, Any]:
    return {"kind": "threshold", "measure": "revenue", "op": op, "value": value}


def deviation(op: str, value: float, **more: Any) -> dict[str, Any]:
    return {"kind": "deviation", "measure": "revenue", "op": op, "value": value, **more}


@pytest.mark.parametrize(
    ("op", "value", "is_met", "words"),
    [
        (">", 2000, False, "Revenue was 1,200.00 and not above 2,000."),
        (">", 1199.99, True, "Revenue was 1,200.00 and above 1,199.99."),
        (">", 1200, False, "Revenue was 1,200.00 and not above 1,200."),
        (">=", 1200, True, "Revenue was 1,200.00 and at least 1,200."),
        ("<", 1200, False, "Revenue was 1,200.00 and not below 1,200."),
        ("<=", 1200, True, "Revenue was 1,200.00 and at most 1,200."),
        ("=", 1200, True, "Revenue was 1,200.00 and exactly 1,200."),
        ("!=", 0, True, "Revenue was 1,200.00 and other than 0."),
    ],
)
def test_threshold(op: str, value: float, is_met: bool, words: str) -> None:
    assert found(threshold(op, value), result()) == (is_met, words)


def test_a_measure_without_a_value_crosses_nothing() -> None:
    assert found(threshold("<", 5), result(None)) == (False, "Revenue was no data and not below 5.")


def test_thresholds_are_exact() -> None:
    assert found(threshold("=", 0.1), result("0.1"))[0]
    assert not found(threshold(">", 0.1), result("0.1"))[0]


def test_words_of_locked_files_name_no_figure() -> None:
    _, words = found(threshold(">", 2000), result(), shows_figures=False)
    assert words == "Revenue was not above 2,000."
    _, words = found(deviation("up", 10), result(), past=[result(1000)], shows_figures=False)
    assert words == "Revenue moved up by 10% or more against the run before."
    because = hold_because(Hold(measure="revenue", max_change_pct=10), result(), [result(1000)], shows_figures=False)
    assert because is not None
    assert "1,200" not in because
    assert "20" not in because


@pytest.mark.parametrize(
    ("op", "value", "before", "is_met"),
    [
        ("up", 20, 1000, True),
        ("up", 20.1, 1000, False),
        ("down", 10, 1000, False),
        ("either", 20, 1000, True),
        ("down", 20, 1500, True),
        ("up", 20, 1500, False),
        ("either", 20.5, 1500, False),
        ("up", 999, 0, True),
        ("down", 1, 0, False),
        ("up", 10, -1000, True),
    ],
)
def test_deviation_from_the_run_before(op: str, value: float, before: float, is_met: bool) -> None:
    assert found(deviation(op, value), result(), past=[result(before), result(1200)])[0] is is_met


def test_deviation_in_words() -> None:
    assert found(deviation("up", 10), result(), past=[result(1000)]) == (
        True,
        "Revenue was 1,200.00, +20.0% against the run before: up by 10% or more.",
    )
    assert found(deviation("either", 30), result(), past=[result(1000)]) == (
        False,
        "Revenue was 1,200.00, +20.0% against the run before: not by 30% or more.",
    )
    assert found(deviation("up", 10), result()) == (
        False,
        "There is no earlier run yet that Revenue can be compared with.",
    )


def test_deviation_from_the_median_looks_at_the_window_only() -> None:
    past = [result(1000), result(900), result(1100), result(9000), result(9000), result(9000)]
    condition = deviation("up", 20, against="median", window=3)
    is_met, words = found(condition, result(), past=past)
    assert (is_met, words) == (
        True,
        "Revenue was 1,200.00, +20.0% against the median of 3 runs before: up by 20% or more.",
    )
    assert not found({**condition, "window": 6}, result(), past=past)[0]


def test_changed_looks_at_the_rows_of_the_last_delivered() -> None:
    condition = {"kind": "changed"}
    assert found(condition, result()) == (True, "Nothing was delivered before.")
    assert found(condition, result(), delivered=result()) == (
        False,
        "The result is the same as the one that was delivered last.",
    )
    assert found(condition, result(), delivered=result(sha256="b"))[0]
    assert found(condition, result(), delivered=result(columns=("region",)))[0]


def test_rows() -> None:
    assert found({"kind": "rows"}, result(rows=0)) == (False, "There were no rows.")
    assert found({"kind": "rows"}, result(rows=1))[0]


def test_hold_takes_the_median_of_five() -> None:
    hold = Hold(measure="revenue", max_change_pct=50)
    past = [result(400), result(700), result(800), result(900), result(9000), result(1), result(1)]
    assert hold_because(hold, result(), past, shows_figures=True) is None
    because = hold_because(hold, result(1201), past, shows_figures=True)
    assert because is not None
    assert because.startswith(
        "Revenue was 1,201, +50.1% against the usual: it moved by more than 50% against the median"
    )
    assert hold_because(hold, result(), [], shows_figures=True) is None
    assert hold_because(hold, result(None), past, shows_figures=True) is None
    assert hold_because(hold, result(), [result(0)], shows_figures=True) is not None


def keyed(**rows: bytes) -> dict[bytes, bytes]:
    return {f"{name:<6}".encode(): value for name, value in rows.items()}


def test_changes_by_key() -> None:
    before = result(1000, rows=3, keys=keyed(a=b"1111", b=b"2222", c=b"3333"))
    after = result(1042, rows=4, sha256="b", keys=keyed(a=b"1111", b=b"9999", d=b"4444", e=b"5555"))
    changes = changes_between(before, after)
    assert changes is not None
    assert (changes.rows, changes.added, changes.removed, changes.changed) == (1, 2, 1, 1)
    words = changes_in_words(changes, "16 Nov 2026")
    assert words == "Since 16 Nov 2026: +2 rows, -1 row, 1 changed; Revenue +4.2%."


def test_changes_without_keys() -> None:
    said = {
        "+12 rows": result(rows=15, sha256="b"),
        "the same number of rows with other values": result(sha256="b"),
        "nothing changed": result(),
    }
    for words, after in said.items():
        changes = changes_between(result(), after)
        assert changes is not None
        assert changes_in_words(changes, "then") == f"Since then: {words}."
    assert changes_between(result(), result(question="other")) is None


def test_changes_from_nothing_and_by_a_trifle() -> None:
    for before, after, words in ((0, 5, "Revenue 5 instead of 0"), (None, 5, "Revenue 5 instead of no data")):
        changes = changes_between(result(before), result(after))
        assert changes is not None
        assert changes_in_words(changes, "then") == f"Since then: {words}."
    changes = changes_between(result(100_000), result(100_001))
    assert changes is not None
    assert changes_in_words(changes, "then") == "Since then: Revenue +0.001%."


def test_fingerprints_come_back_as_they_were() -> None:
    fingerprint = result("1200.10", keys=keyed(a=b"1111", b=b"2222"))
    assert load_fingerprint(dump_fingerprint(fingerprint)) == fingerprint
    assert load_fingerprint(dump_fingerprint(result(None))) == result(None)
