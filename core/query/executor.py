"""Runs definitions against their source: a page for the screen, or the whole result in one snapshot."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import func

from core.catalog.sources.connector import CompiledQuery, Connector, Snapshot
from core.catalog.sources.statement import compile_statement, in_lines
from core.catalog.sources.statement_layout import laid_out
from core.clock import Clock
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_sha256
from core.domain.field import FieldType
from core.domain.filter import Scalar
from core.domain.parameters import ParameterValue, bind_parameters
from core.domain.result import Headline, Preview, Result, ResultHead, ShownSql
from core.query.answers import batches_of, count_within, informed, kpis_of, overall_of, page_of, totals_of
from core.query.columns import field_of
from core.query.compile.field_values import compile_values
from core.query.compile.query import Query, compile_query
from core.query.heads import HeadFields, ask_head, source_notes
from core.query.missing_fields import missing_fields_named
from core.query.one_snapshot import OneSnapshot, one_snapshot
from core.query.policed import notes_on, permitted, refuse_hidden, with_key
from core.query.preview_cache import PreviewCache, PreviewKey
from core.query.sound import soundly
from core.query.source_csv import SourceCsv
from core.query.stop_watch import stopped_when
from core.query.validate import validate_definition
from core.query.words import describe, filters_in_words

__all__ = ("COUNT_BUDGET_S", "NO_PARAMETERS", "PREVIEW_DEADLINE_S", "HeadFields", "QueryExecutor")

#: People wait for a preview; past this they should narrow it.
PREVIEW_DEADLINE_S = 60.0
#: And nobody waits for an exact number of rows beside it.
COUNT_BUDGET_S = 2.0
NO_PARAMETERS: Mapping[str, ParameterValue] = MappingProxyType({})


class QueryExecutor:
    """Asks sources. Holds nothing between calls but the previews in its cache."""

    def __init__(
        self,
        open_connector: Callable[[Source], Connector],
        clock: Clock,
        *,
        cache: PreviewCache | None = None,
        count_budget_s: float = COUNT_BUDGET_S,
        hash_key: str = "",
    ) -> None:
        """`hash_key`: what fields are hashed with whose policy asks for it; without one they are masked as a whole."""
        self._open_connector = open_connector
        self._clock = clock
        self._cache = cache if cache is not None else PreviewCache()
        self._count_budget_s = count_budget_s
        self._hash_key = hash_key

    def preview(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        source: Source,
        *,
        page: int,
        page_size: int,
        parameters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        logical_at: datetime | None = None,
        refresh: bool = False,
    ) -> Preview:
        """One page (the first is 1) and how many rows there are, from memory where it was asked a moment ago.

        `refresh` asks the source in any case. Raises InvalidDefinition and SourceError.
        """
        started = time.perf_counter()
        logical_at = logical_at or self._clock.now()
        definition = bind_parameters(definition, parameters)
        validate_definition(definition, dataset)
        dataset = with_key(dataset, self._hash_key)
        key = _preview_key(definition, dataset, source, page=page, page_size=page_size, logical_at=logical_at)
        kept = None if refresh else self._cache.get(key)
        if kept is not None:
            return replace(kept, is_cached=True, elapsed_s=time.perf_counter() - started)
        preview = self._preview(definition, dataset, source, page=page, page_size=page_size, logical_at=logical_at)
        preview = replace(preview, elapsed_s=time.perf_counter() - started)
        self._cache.put(key, preview)
        return preview

    def headline(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        source: Source,
        *,
        parameters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        logical_at: datetime | None = None,
    ) -> Headline:
        """The headline numbers with the span before and their trend. Raises InvalidDefinition and SourceError."""
        definition = bind_parameters(definition, parameters)
        validate_definition(definition, dataset)
        dataset = with_key(dataset, self._hash_key)
        definition = permitted(definition, dataset, figures_only=True)
        connector = self._open_connector(source)
        query = compile_query(
            definition, dataset, functions=connector.functions, logical_at=logical_at or self._clock.now()
        )
        with (
            soundly(connector, dataset, definition),
            connector.snapshot(deadline_s=PREVIEW_DEADLINE_S) as snapshot,
        ):
            return Headline(kpis=kpis_of(snapshot, query), previous_period=query.previous_period)

    def run(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        source: Source,
        *,
        head_fields: HeadFields,
        logical_at: datetime,
        deadline_s: float,
        parameters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        should_stop: Callable[[], bool] = lambda: False,
        with_overall: bool = False,
    ) -> AbstractContextManager[Result]:
        """The whole result; headline numbers, totals and rows come from one snapshot. Iterate inside the context.

        `with_overall` asks for its measures over all rows as well.

        `should_stop` is polled from a thread of its own; once it says yes, the work ends with RunCancelled.
        """
        sha256 = definition_sha256(definition)
        definition = bind_parameters(definition, parameters)
        validate_definition(definition, dataset)
        dataset = with_key(dataset, self._hash_key)
        notes, definition = notes_on(definition, dataset), permitted(definition, dataset)
        connector = self._open_connector(source)
        query = compile_query(definition, dataset, functions=connector.functions, logical_at=logical_at)
        head = partial(ask_head, fields=head_fields, definition_sha256=sha256, notes=notes)
        return _run(connector, query, head, deadline_s=deadline_s, should_stop=should_stop, with_overall=with_overall)

    def one_snapshot(
        self,
        source: Source,
        *,
        logical_at: datetime,
        deadline_s: float,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> AbstractContextManager[OneSnapshot]:
        """One state of a source, for several questions inside the context. Raises SourceError."""
        connector = self._open_connector(source)
        return one_snapshot(
            connector,
            logical_at=logical_at,
            deadline_s=deadline_s,
            should_stop=should_stop,
            hash_key=self._hash_key,
        )

    def values(
        self, dataset: Dataset, source: Source, field: str, *, search: str = "", limit: int = 100
    ) -> tuple[tuple[Scalar | None, int], ...]:
        """The values of a field with the rows that have them, most frequent first."""
        asked = ReportDefinition(dataset_id=dataset.id, columns=(field,))
        refuse_hidden(asked, dataset)
        dataset = with_key(dataset, self._hash_key)
        column = field_of(dataset, field)
        connector = self._open_connector(source)
        statement = compile_values(dataset, column.name, functions=connector.functions, search=search, limit=limit)
        if dataset.sight is not None and dataset.sight.least_rows:
            statement = statement.having(func.count() >= dataset.sight.least_rows)
        with (
            missing_fields_named(connector, dataset, asked),
            connector.snapshot(deadline_s=PREVIEW_DEADLINE_S) as snapshot,
        ):
            rows = snapshot.fetch(statement).to_pylist()
        return tuple((_scalar(row["value"], column.type), row["row_count"]) for row in rows)

    def _preview(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        source: Source,
        *,
        page: int,
        page_size: int,
        logical_at: datetime,
    ) -> Preview:
        connector = self._open_connector(source)
        said, definition = notes_on(definition, dataset), permitted(definition, dataset)
        query = compile_query(definition, dataset, functions=connector.functions, logical_at=logical_at)
        with (
            soundly(connector, dataset, definition),
            connector.snapshot(deadline_s=PREVIEW_DEADLINE_S) as snapshot,
        ):
            query = informed(snapshot, query)
            table, counted = page_of(snapshot, query, page=page, page_size=page_size)
            totals, notes = totals_of(snapshot, query, limit=page * page_size)
            as_of = snapshot.as_of
            if counted is None:
                counted = count_within(snapshot, query, budget_s=self._count_budget_s)
        seen = (page - 1) * page_size + table.num_rows
        return Preview(
            columns=query.columns,
            table=table,
            rows_matched=seen if counted is None else counted,
            is_at_least=counted is None,
            page=page,
            page_size=page_size,
            sql=_sql_of(connector, query),
            period=query.period,
            sentence=describe(definition, dataset, logical_at),
            filters_in_words=filters_in_words(definition, dataset, logical_at),
            as_of=as_of,
            elapsed_s=0.0,
            totals=totals,
            rules=definition.rules,
            notes=(*source_notes(connector), *said, *notes),
        )


def _sql_of(connector: Connector, query: Query) -> ShownSql | None:
    """What writes the SQL; nothing where a data policy keeps something back."""
    sight = query.scope.dataset.sight
    if sight is not None and sight.restricts:
        return None
    dialect = connector.dialect

    def asked() -> CompiledQuery:
        return compile_statement(query.rows(), dialect)

    return ShownSql(as_asked=lambda: in_lines(asked().sql), in_full=lambda: laid_out(asked(), dialect))


@contextmanager
def _run(
    connector: Connector,
    query: Query,
    complete: Callable[[Connector, Snapshot, Query], ResultHead],
    *,
    deadline_s: float,
    should_stop: Callable[[], bool],
    with_overall: bool,
) -> Iterator[Result]:
    with (
        soundly(connector, query.scope.dataset, query.definition),
        connector.snapshot(deadline_s=deadline_s) as snapshot,
        stopped_when(snapshot, should_stop),
    ):
        query = informed(snapshot, query)
        head = complete(connector, snapshot, query)
        overall = overall_of(snapshot, query) if with_overall else {}
        with closing(batches_of(snapshot, query)) as batches:
            csv = SourceCsv(snapshot=snapshot, query=query, rows=head.rows_delivered)
            yield Result(head=head, batches=batches, csv=csv, overall=overall)


def _preview_key(
    definition: ReportDefinition,
    dataset: Dataset,
    source: Source,
    *,
    page: int,
    page_size: int,
    logical_at: datetime,
) -> PreviewKey:
    return PreviewKey(
        organization_id=source.organization_id,
        source_id=source.id,
        source_version=source.version,
        dataset=dataset,
        definition_sha256=definition_sha256(definition),
        policy="" if dataset.policy is None else "data policy",
        page=page,
        page_size=page_size,
        today=logical_at.astimezone(ZoneInfo(definition.timezone)).date(),
    )


def _scalar(value: object, kind: FieldType) -> Scalar | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if kind is FieldType.DATETIME and isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value if isinstance(value, str | int | float | datetime) or value is None else str(value)
