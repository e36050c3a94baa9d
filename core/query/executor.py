"""Runs definitions against their source: a page for the screen, or the whole result in one snapshot."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

from core.catalog.sources.connector import Connector, Snapshot
from core.catalog.sources.statement import compile_statement
from core.clock import Clock
from core.domain.dataset import Dataset, FieldType, Source
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_sha256
from core.domain.filter import Scalar
from core.domain.result import Headline, Kpi, Preview, Result, ResultColumn, ResultHead
from core.query.arrow_types import conform
from core.query.columns import field_of, result_columns
from core.query.compiler import TOTAL, Page, Query, compile_query, compile_values
from core.query.kpis import build_kpis
from core.query.validate import validate_definition
from core.query.words import describe, filters_in_words

#: People wait for a preview; past this they should narrow it.
PREVIEW_DEADLINE_S = 60.0
_STOP_POLL_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFields:
    """What a result's head says of the report beside its definition."""

    title: str
    report_id: UUID | None = None
    report_version: int | None = None
    description: str = ""
    organization: str = ""
    owner: str = ""


class QueryExecutor:
    """Asks sources. Holds nothing between calls."""

    def __init__(self, open_connector: Callable[[Source], Connector], clock: Clock) -> None:
        self._open_connector = open_connector
        self._clock = clock

    def preview(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        source: Source,
        *,
        page: int,
        page_size: int,
        logical_at: datetime | None = None,
    ) -> Preview:
        """One page (the first is 1) and how many rows there are. Raises InvalidDefinition and SourceError."""
        started = time.perf_counter()
        logical_at = logical_at or self._clock.now()
        validate_definition(definition, dataset)
        connector = self._open_connector(source)
        query = compile_query(definition, dataset, functions=connector.functions, logical_at=logical_at)
        columns = result_columns(definition, dataset)
        with connector.snapshot(deadline_s=PREVIEW_DEADLINE_S) as snapshot:
            table, rows_matched = _page(snapshot, _informed(snapshot, query, dataset), page=page, page_size=page_size)
            as_of = snapshot.as_of
        return Preview(
            columns=columns,
            table=_conformed(table, columns, definition.timezone),
            rows_matched=rows_matched,
            page=page,
            page_size=page_size,
            sql=compile_statement(query.rows(), connector.dialect).sql,
            period=query.period,
            sentence=describe(definition, dataset, logical_at),
            filters_in_words=filters_in_words(definition, dataset, logical_at),
            as_of=as_of,
            elapsed_s=time.perf_counter() - started,
        )

    def headline(
        self, definition: ReportDefinition, dataset: Dataset, source: Source, *, logical_at: datetime | None = None
    ) -> Headline:
        """The headline numbers with the span before and their trend. Raises InvalidDefinition and SourceError."""
        validate_definition(definition, dataset)
        connector = self._open_connector(source)
        query = compile_query(
            definition, dataset, functions=connector.functions, logical_at=logical_at or self._clock.now()
        )
        with connector.snapshot(deadline_s=PREVIEW_DEADLINE_S) as snapshot:
            return Headline(kpis=_kpis(snapshot, query, dataset), previous_period=query.previous_period)

    def run(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        source: Source,
        *,
        head_fields: HeadFields,
        logical_at: datetime,
        deadline_s: float,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> AbstractContextManager[Result]:
        """The whole result; headline numbers and rows come from one snapshot. Iterate the batches inside the context.

        `should_stop` is polled from a thread of its own; once it says yes, the work ends with RunCancelled.
        """
        validate_definition(definition, dataset)
        connector = self._open_connector(source)
        query = compile_query(definition, dataset, functions=connector.functions, logical_at=logical_at)
        head = _Head(fields=head_fields, query=query, dataset=dataset, logical_at=logical_at)
        return _run(connector, head, deadline_s=deadline_s, should_stop=should_stop)

    def values(
        self, dataset: Dataset, source: Source, field: str, *, search: str = "", limit: int = 100
    ) -> tuple[tuple[Scalar | None, int], ...]:
        """The values of a field with the rows that have them, most frequent first."""
        column = field_of(dataset, field)
        connector = self._open_connector(source)
        statement = compile_values(dataset, column.name, functions=connector.functions, search=search, limit=limit)
        with connector.snapshot(deadline_s=PREVIEW_DEADLINE_S) as snapshot:
            rows = snapshot.fetch(statement).to_pylist()
        return tuple((_scalar(row["value"], column.type), row["row_count"]) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What a head is made of before the source was asked."""

    fields: HeadFields
    query: Query
    dataset: Dataset
    logical_at: datetime

    def complete(self, snapshot: Snapshot, *, is_snapshot: bool) -> ResultHead:
        """Ask for the headline numbers and the number of rows."""
        query, fields = self.query, self.fields
        return ResultHead(
            report_id=fields.report_id,
            report_version=fields.report_version,
            title=fields.title,
            description=fields.description,
            organization=fields.organization,
            owner=fields.owner,
            sentence=describe(query.definition, self.dataset, self.logical_at),
            filters_in_words=filters_in_words(query.definition, self.dataset, self.logical_at),
            period=query.period,
            previous_period=query.previous_period,
            columns=result_columns(query.definition, self.dataset),
            kpis=_kpis(snapshot, query, self.dataset),
            chart=query.definition.chart,
            rows_matched=_count(snapshot, query),
            row_limit=query.definition.limit,
            logical_at=self.logical_at,
            as_of=snapshot.as_of,
            is_snapshot=is_snapshot,
            timezone=query.definition.timezone,
            definition_sha256=definition_sha256(query.definition),
        )


@contextmanager
def _run(connector: Connector, head: _Head, *, deadline_s: float, should_stop: Callable[[], bool]) -> Iterator[Result]:
    with connector.snapshot(deadline_s=deadline_s) as snapshot, _stop_watch(snapshot, should_stop):
        head = replace(head, query=_informed(snapshot, head.query, head.dataset))
        complete = head.complete(snapshot, is_snapshot=connector.has_snapshot)
        with closing(_batches(snapshot, head.query, complete.columns)) as batches:
            yield Result(head=complete, batches=batches)


def _page(snapshot: Snapshot, query: Query, *, page: int, page_size: int) -> tuple[pa.Table, int]:
    """The rows of the page within the report's limit, and how many there are without it.

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
    return table, _count(snapshot, query) if total is None else total


def _informed(snapshot: Snapshot, query: Query, dataset: Dataset) -> Query:
    """Tell the query what makes it cheaper here: a number of the rows, or the span that grouped dates lie in."""
    if not query.definition.is_summary:
        return replace(query, row_key=snapshot.row_key(dataset))
    statement = query.extremes()
    if statement is None:
        return query
    table = snapshot.fetch(statement)
    try:
        return query.within([column[0].as_py() for column in table.columns])
    except (OverflowError, ValueError):
        return query  # a source may hold "infinity" or the year 290000, which Python cannot say


def _count(snapshot: Snapshot, query: Query) -> int:
    return int(snapshot.fetch(query.count()).column(0)[0].as_py())


def _kpis(snapshot: Snapshot, query: Query, dataset: Dataset) -> tuple[Kpi, ...]:
    measures = query.definition.kpis
    if not measures:
        return ()
    compared = query.period is not None
    return build_kpis(
        measures,
        dataset,
        values=snapshot.fetch(query.kpis()).to_pylist()[0],
        previous=snapshot.fetch(query.previous_kpis()).to_pylist()[0] if compared else None,
        trend=snapshot.fetch(query.trend()).to_pylist() if compared else (),
        period=query.period,
    )


def _batches(
    snapshot: Snapshot, query: Query, columns: tuple[ResultColumn, ...]
) -> Generator[pa.RecordBatch, None, None]:
    with closing(snapshot.stream(query.rows())) as batches:
        for batch in batches:
            yield conform(batch, columns, query.definition.timezone)


def _conformed(table: pa.Table, columns: tuple[ResultColumn, ...], timezone: str) -> pa.Table:
    batches: Iterable[pa.RecordBatch] = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    return pa.Table.from_batches([conform(batch, columns, timezone) for batch in batches])


def _scalar(value: object, kind: FieldType) -> Scalar | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if kind is FieldType.DATETIME and isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value if isinstance(value, str | int | float | datetime) or value is None else str(value)


@contextmanager
def _stop_watch(snapshot: Snapshot, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Cancel the snapshot from outside its thread: a query that runs for minutes asks nobody in between."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_STOP_POLL_S):
            if should_stop():
                snapshot.cancel()
                return

    thread = threading.Thread(target=watch, name="stop-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
