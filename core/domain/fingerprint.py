"""Fingerprints: a small picture of a run's result, and what changed between two of them, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

#: Measures that words name; the others are in the figures.
_MOST_NAMED = 6

Exact = Decimal | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureValue:
    """A measure over the whole result; `shown` is how people read it."""

    key: str
    label: str
    value: Exact | None
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What is kept of a result; two with the same `question` can be compared."""

    question: str  #: digest of what was asked, without how it looks
    rows: int
    columns: tuple[str, ...]
    sha256: str  #: over the rows that are shown, in their order
    measures: tuple[MeasureValue, ...] = ()
    keys: Mapping[bytes, bytes] | None = None  #: digest of a row's groupings -> of its other cells; None: not kept

    def measure(self, key: str) -> MeasureValue | None:
        """Return the measure with this key."""
        return next((measure for measure in self.measures if measure.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureChange:
    """A measure before and after; `percent` is None where there is no base."""

    label: str
    before: str
    after: str
    percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a result has that an earlier one had not. Rows by key are None where the keys were not kept."""

    rows: int  #: more than before; negative: fewer
    added: int | None
    removed: int | None
    changed: int | None
    is_same: bool
    measures: tuple[MeasureChange, ...]


def changes_between(before: Fingerprint, after: Fingerprint) -> Changes | None:
    """Return what changed; None where the two were asked different things."""
    if before.question != after.question:
        return None
    added = removed = changed = None
    if before.keys is not None and after.keys is not None:
        both = before.keys.keys() & after.keys.keys()
        added, removed = len(after.keys) - len(both), len(before.keys) - len(both)
        changed = sum(before.keys[key] != after.keys[key] for key in both)
    return Changes(
        rows=after.rows - before.rows,
        added=added,
        removed=removed,
        changed=changed,
        is_same=before.sha256 == after.sha256,
        measures=tuple(_moved(before, after)),
    )


def changes_in_words(changes: Changes, since: str) -> str:
    """Return one line: "Since 16 Nov 2026: +12 rows, 3 changed; Revenue +4.2%"."""
    parts = [", ".join(_row_words(changes))]
    parts += [_measure_words(measure) for measure in changes.measures[:_MOST_NAMED]]
    said = "; ".join(part for part in parts if part)
    return f"Since {since}: {said or 'nothing changed'}."


def percent_change(value: Exact | None, base: Exact | None) -> float | None:
    """Return by how many percent `value` lies above (below: negative) `base`; None where that says nothing."""
    if value is None or base is None:
        return None
    if value == base:
        return 0.0
    if not base:
        return None
    return float((float(value) - float(base)) / abs(float(base)) * 100)


def _moved(before: Fingerprint, after: Fingerprint) -> Iterator[MeasureChange]:
    for measure in after.measures:
        past = before.measure(measure.key)
        if past is None or past.value == measure.value:
            continue
        percent = percent_change(measure.value, past.value)
        yield MeasureChange(label=measure.label, before=past.shown, after=measure.shown, percent=percent)


def _row_words(changes: Changes) -> list[str]:
    if changes.added is None or changes.removed is None or changes.changed is None:
        if changes.rows:
            return [_count(changes.rows)]
        return [] if changes.is_same else ["the same number of rows with other values"]
    words = [_count(changes.added)] if changes.added else []
    words += [_count(-changes.removed)] if changes.removed else []
    words += [f"{changes.changed:,} changed"] if changes.changed else []
    return words if words or changes.is_same else ["the same rows in another order"]


def _count(rows: int) -> str:
    return f"{rows:+,} {'row' if abs(rows) == 1 else 'rows'}"


def _measure_words(measure: MeasureChange) -> str:
    if measure.percent is None:
        return f"{measure.label} {measure.after} instead of {measure.before}"
    shown = f"{measure.percent:+,.1f}%"
    return f"{measure.label} {shown if shown not in ('+0.0%', '-0.0%') else f'{measure.percent:+.2g}%'}"
