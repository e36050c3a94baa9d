"""What a drag, a click or a key does to the report's fields: pure edits between available, rows, columns and values.

A move comes from the browser, so everything it names is looked up, and one that names nothing changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Grouping, Measure, Pivot, ReportDefinition
from core.domain.field import Field
from core.domain.filter import Grain
from pages.widgets import edits
from pages.widgets.mend import mended
from pages.widgets.result_edits import with_aggregation

ROWS, COLUMNS, VALUES, TABLE = "rows", "columns", "values", "table"
FIELD, MEASURE = "field:", "measure:"
Condenses = Callable[[Field], Sequence[Aggregation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What was done with one field: `what` names it, `source` and `target` the places, `at` the position there."""

    do: str
    what: str
    source: str = ""
    target: str = ""
    at: int | None = None
    value: str = ""

    @classmethod
    def of(cls, sent: object) -> "Move | None":
        """Return what the browser sent; None where it is no move."""
        if not isinstance(sent, Mapping):
            return None
        at = sent.get("at")
        return cls(
            do=str(sent.get("do", "")),
            what=str(sent.get("what", "")),
            source=str(sent.get("from", "")),
            target=str(sent.get("to", "")),
            at=at if isinstance(at, int) and at >= 0 else None,
            value=str(sent.get("value", "")),
        )


def moved(d: ReportDefinition, dataset: Dataset, move: Move, condenses: Condenses) -> ReportDefinition:
    """Return the definition after a move; `condenses` tells the aggregations of a field, the likeliest first."""
    if move.do == "toggle":
        return _toggle(d, dataset, move.what)
    if move.do == "remove":
        return _without(d, move.source, move.what)
    if move.do == "grain":
        return _with_grain(d, move)
    if move.do == "condense":
        return _condensed(d, move)
    if move.do != "place":
        return d
    return _placed(d, dataset, move, condenses)


def rows_of(d: ReportDefinition) -> tuple[Grouping, ...]:
    """Return the groupings that stay in the rows."""
    spread = d.pivot.groupings if d.pivot else ()
    return tuple(g for g in d.groupings if g.key not in spread)


def across_of(d: ReportDefinition) -> tuple[Grouping, ...]:
    """Return the groupings whose values become columns, in their order."""
    known = {g.key: g for g in d.groupings}
    return tuple(known[key] for key in (d.pivot.groupings if d.pivot else ()) if key in known)


def arranged(
    d: ReportDefinition, rows: Sequence[Grouping], across: Sequence[Grouping], before: ReportDefinition
) -> ReportDefinition:
    """Return the definition with these groupings in the rows and across the columns."""
    measures = d.measures or ((edits.COUNT,) if across else ())
    with_totals = bool(d.pivot and d.pivot.with_totals)
    pivot = Pivot(groupings=tuple(g.key for g in across), with_totals=with_totals) if across else None
    return edits.tidy(replace(d, groupings=(*rows, *across), measures=measures, pivot=pivot), before)


def _toggle(d: ReportDefinition, dataset: Dataset, what: str) -> ReportDefinition:
    if what.startswith(MEASURE):
        name = what.removeprefix(MEASURE)
        return edits.toggle_measure(d, name) if dataset.measure(name) else d
    field = dataset.field(what.removeprefix(FIELD))
    return edits.toggle_field(d, field) if field else d


def _placed(d: ReportDefinition, dataset: Dataset, move: Move, condenses: Condenses) -> ReportDefinition:
    """Put something into a place: what stands elsewhere leaves there."""
    if move.target == TABLE:
        return _into_table(d, dataset, move)
    if not d.is_summary:
        return d
    if move.target == VALUES:
        return _into_values(d, dataset, move, condenses)
    if move.target not in (ROWS, COLUMNS):
        return d
    grouping, left = _taken(d, dataset, move)
    if grouping is None:
        return d
    rows, across = list(rows_of(left)), list(across_of(left))
    place = rows if move.target == ROWS else across
    place.insert(len(place) if move.at is None else move.at, grouping)
    # The column is the same wherever it goes, so what speaks of it stays: the definition before is what is arranged.
    return arranged(replace(d, measures=left.measures), rows, across, d)


def _taken(d: ReportDefinition, dataset: Dataset, move: Move) -> tuple[Grouping | None, ReportDefinition]:
    """Return the grouping that is moved, with the definition without it."""
    present = next((g for g in d.groupings if move.what in (g.key, FIELD + g.field)), None)
    if present is not None:
        spread = d.pivot and replace(d.pivot, groupings=tuple(k for k in d.pivot.groupings if k != present.key))
        return present, replace(d, groupings=tuple(g for g in d.groupings if g != present), pivot=spread)
    measure = next((m for m in d.measures if m.key == move.what), None) if move.source == VALUES else None
    name = measure.field if measure else move.what.removeprefix(FIELD)
    field = dataset.field(name) if name else None
    if field is None:
        return None, d
    kept = tuple(m for m in d.measures if m is not measure)
    return edits.grouping_of(field), replace(d, measures=kept or (edits.COUNT,))


def _into_values(d: ReportDefinition, dataset: Dataset, move: Move, condenses: Condenses) -> ReportDefinition:
    if move.source == VALUES:
        return _reordered(d, move)
    measure = _measure_of(d, dataset, move, condenses)
    if measure is None or any(m.key == measure.key for m in d.measures):
        return d
    at = len(d.measures) if move.at is None else move.at
    left = _without(d, move.source, move.what) if move.source in (ROWS, COLUMNS) else d
    return mended(replace(left, measures=(*left.measures[:at], measure, *left.measures[at:])))


def _measure_of(d: ReportDefinition, dataset: Dataset, move: Move, condenses: Condenses) -> Measure | None:
    if move.what.startswith(MEASURE):
        name = move.what.removeprefix(MEASURE)
        return Measure(dataset_measure=name) if dataset.measure(name) else None
    grouped = next((g.field for g in d.groupings if g.key == move.what), None)
    field = dataset.field(grouped or move.what.removeprefix(FIELD))
    if field is None:
        return None
    taken = {m.aggregation for m in d.measures if m.field == field.name}
    free = next((how for how in condenses(field) if how not in taken), None)
    return with_aggregation(Measure(field=field.name), free) if free else None


def _reordered(d: ReportDefinition, move: Move) -> ReportDefinition:
    position = next((n for n, m in enumerate(d.measures) if m.key == move.what), None)
    if position is None:
        return d
    return mended(replace(d, measures=_carried(d.measures, position, move.at)))


def _into_table(d: ReportDefinition, dataset: Dataset, move: Move) -> ReportDefinition:
    """Place a column of a report of rows."""
    name = move.what.removeprefix(FIELD)
    if d.is_summary or dataset.field(name) is None:
        return d
    if name in d.columns:
        return replace(d, columns=_carried(d.columns, d.columns.index(name), move.at))
    at = len(d.columns) if move.at is None else move.at
    return edits.tidy(replace(d, columns=(*d.columns[:at], name, *d.columns[at:])), d)


def _carried(items: tuple[Any, ...], position: int, at: int | None) -> tuple[Any, ...]:
    """Return items with one of them elsewhere; `at` counts places as they are once it is taken out."""
    left = [*items[:position], *items[position + 1 :]]
    left.insert(len(left) if at is None else at, items[position])
    return tuple(left)


def _without(d: ReportDefinition, source: str, what: str) -> ReportDefinition:
    if source == TABLE:
        return edits.tidy(replace(d, columns=tuple(name for name in d.columns if name != what)), d)
    if source == VALUES:
        position = next((n for n, m in enumerate(d.measures) if m.key == what), None)
        return d if position is None else edits.set_measure(d, position, None)
    position = next((n for n, g in enumerate(d.groupings) if g.key == what), None)
    return d if position is None else edits.set_grouping(d, position, None)


def _with_grain(d: ReportDefinition, move: Move) -> ReportDefinition:
    position = next((n for n, g in enumerate(d.groupings) if g.key == move.what), None)
    if position is None or move.value not in (*Grain, ""):
        return d
    grain = Grain(move.value) if move.value else None
    changed = replace(d.groupings[position], grain=grain)
    if any(g.key == changed.key for n, g in enumerate(d.groupings) if n != position):
        return d
    return edits.set_grouping(d, position, changed)


def _condensed(d: ReportDefinition, move: Move) -> ReportDefinition:
    position = next((n for n, m in enumerate(d.measures) if m.key == move.what), None)
    if position is None or move.value not in list(Aggregation) or d.measures[position].field is None:
        return d
    return edits.set_measure(d, position, with_aggregation(d.measures[position], Aggregation(move.value)))
