"""Asks a snapshot for the parts of an answer, in the order in which each needs the one before."""

from collections.abc import Generator, Iterable
from contextlib import closing

import pyarrow as pa

from core.catalog.sources.connector import Snapshot
from core.domain.result import CellValue, Kpi, ResultColumn, Total
from core.errors import RunCancelled
from core.query.arrow_types import conform
from core.query.compile.pivot import check_spread
from core.query.compile.query import TOTAL, Asked, Page, Query
from core.query.kpis import build_kpis, known_value
from core.query.measures import resolve_measure
from core.query.stop_watch import stopped_after

#: Subtotals are part of a result's head; nobody reads this many.
MAX_SUBTOTALS = 10_000


def informed(snapshot: Snapshot, query: Query) -> Query:
    """Tell the query what it needs to know of the source: first phases, and what makes the rest cheaper."""
    if not query.definition.is_summary:
        table = query.table()
        return query if table is None else query.numbered(snapshot.row_key(table))
    query = _with_spans(snapshot, query)
    top = query.top()
    if top is not None:
        query = query.with_top([values[0] for values in _tuples(snapshot, top, query)])
    spread = query.spread()
    if spread is not None:
        query = _with_spread(snapshot, query, spread)
    return query


def page_of(snapshot: Snapshot, query: Query, *, page: int, page_size: int) -> tuple[pa.Table, int | None]:
    """The rows of the page within the report's limit, and how many there are without it if that came along.

    Groups bring their number along; rows that do not fill the page tell it; only what is left needs a count.
    """
    offset = (page - 1) * page_size
    limit = query.definition.limit
    size = page_size if limit is None else max(0, min(page_size, limit - offset))
    table = snapshot.fetch(query.rows(Page(offset=offset, size=size)))
    if TOTAL in table.column_names:
        total = int(table.column(TOTAL)[0].as_py()) if table.num_rows else None
        table = table.drop_columns(TOTAL)
    else:
        total = offset + table.num_rows if table.num_rows < size and (table.num_rows or not offset) else None
    return conformed(table, query.columns, query.definition.timezone), total


def count_of(snapshot: Snapshot, query: Query) -> int:
    """How many rows there are without the limit."""
    return int(snapshot.fetch(query.count()).column(0)[0].as_py())


def count_within(snapshot: Snapshot, query: Query, *, budget_s: float) -> int | None:
    """The same, or None where counting takes longer than `budget_s`: the snapshot's last question then."""
    try:
        with stopped_after(snapshot, budget_s):
            return count_of(snapshot, query)
    except RunCancelled:
        return None


def kpis_of(snapshot: Snapshot, query: Query) -> tuple[Kpi, ...]:
    """The headline numbers, with the span before and the trend where there is a period."""
    if not query.definition.kpis:
        return ()
    compared = query.period is not None
    return build_kpis(
        query.definition,
        query.scope.dataset,
        values=_rows(snapshot, query.kpis(), query)[0],
        previous=_rows(snapshot, query.previous_kpis(), query)[0] if compared else None,
        trend=_rows(snapshot, query.trend(), query) if compared else (),
        period=query.period,
    )


def overall_of(snapshot: Snapshot, query: Query) -> dict[str, CellValue]:
    """Every measure over all rows of the result, by key; a sum over no rows is zero."""
    asked = query.overall()
    if asked is None:
        return {}
    row = _rows(snapshot, asked, query)[0]
    resolved = {measure.key: resolve_measure(measure, query.scope.dataset) for measure in query.definition.measures}
    return {key: known_value(value, resolved[key]) for key, value in row.items()}


def totals_of(snapshot: Snapshot, query: Query, *, limit: int | None) -> tuple[tuple[Total, ...], tuple[str, ...]]:
    """The totals, and what is to be said about them. `limit`: most groups whose subtotals are asked for."""
    most = MAX_SUBTOTALS if limit is None else min(limit, MAX_SUBTOTALS)
    totals: list[Total] = []
    notes: list[str] = []
    for asked in query.totals(limit=most):
        rows = _rows(snapshot, asked, query)
        totals += [_total(asked, row, query.columns) for row in rows]
        if asked.level and len(rows) == MAX_SUBTOTALS:
            notes.append(f"Subtotals are given for the first {MAX_SUBTOTALS:,} groups.")
    return tuple(totals), tuple(notes)


def batches_of(snapshot: Snapshot, query: Query) -> Generator[pa.RecordBatch, None, None]:
    """All rows up to the definition's limit, as they come."""
    columns, timezone = query.columns, query.definition.timezone
    with closing(snapshot.stream(query.rows())) as batches:
        for batch in batches:
            yield conform(batch, columns, timezone)


def conformed(table: pa.Table, columns: tuple[ResultColumn, ...], timezone: str) -> pa.Table:
    """A small result in the types that results have."""
    batches: Iterable[pa.RecordBatch] = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    return pa.Table.from_batches([conform(batch, columns, timezone) for batch in batches])


def _with_spans(snapshot: Snapshot, query: Query) -> Query:
    """Tell the query which span grouped dates lie in."""
    statement = query.extremes()
    if statement is None:
        return query
    table = snapshot.fetch(statement)
    try:
        return query.within([column[0].as_py() for column in table.columns])
    except (OverflowError, ValueError):
        return query  # a source may hold "infinity" or the year 290000, which Python cannot say


def _with_spread(snapshot: Snapshot, query: Query, spread: Asked) -> Query:
    table = snapshot.fetch(spread.statement)
    if table.num_rows:
        check_spread(query.scope, int(table.column(TOTAL)[0].as_py()))
    table = conformed(table.drop_columns(TOTAL), spread.columns, query.definition.timezone)
    return query.with_spread([tuple(row.values()) for row in table.to_pylist()])


def _tuples(snapshot: Snapshot, asked: Asked, query: Query) -> list[tuple[CellValue, ...]]:
    return [tuple(row.values()) for row in _rows(snapshot, asked, query)]


def _rows(snapshot: Snapshot, asked: Asked, query: Query) -> list[dict[str, CellValue]]:
    table = snapshot.fetch(asked.statement)
    return list(conformed(table, asked.columns, query.definition.timezone).to_pylist())


def _total(asked: Asked, row: dict[str, CellValue], columns: tuple[ResultColumn, ...]) -> Total:
    keys = [column.key for column in asked.columns[: asked.level]]
    values = {key: value for key, value in row.items() if key not in keys}
    return Total(
        level=asked.level,
        keys=tuple(row[key] for key in keys),
        values=tuple(values.get(column.key) for column in columns),
    )
