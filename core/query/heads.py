"""What a result says of itself beside its rows: asked of an open snapshot."""

from dataclasses import dataclass, replace
from uuid import UUID

from core.catalog.sources.connector import Connector, Snapshot
from core.domain.result import ResultHead
from core.query.answers import count_of, kpis_of, totals_of
from core.query.compile.query import Query
from core.query.words import describe, filters_in_words

NO_SNAPSHOT = "The source has no snapshot: rows may come from slightly different moments."


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFields:
    """What a result's head says of the report beside its definition."""

    title: str
    report_id: UUID | None = None
    report_version: int | None = None
    description: str = ""
    organization: str = ""
    owner: str = ""


def ask_head(
    connector: Connector,
    snapshot: Snapshot,
    query: Query,
    *,
    fields: HeadFields,
    definition_sha256: str,
    notes: tuple[str, ...] = (),
) -> ResultHead:
    """Ask for the headline numbers, the totals and the number of rows. `notes` are said of the result beside others."""
    head = ask_figures(connector, snapshot, query, fields=fields, definition_sha256=definition_sha256)
    definition = query.definition
    totals, said = totals_of(snapshot, query, limit=definition.limit)
    return replace(
        head,
        columns=query.columns,
        chart=definition.chart,
        totals=totals,
        rules=definition.rules,
        rows_matched=count_of(snapshot, query),
        row_limit=definition.limit,
        notes=(*head.notes, *notes, *said),
    )


def ask_figures(
    connector: Connector, snapshot: Snapshot, query: Query, *, fields: HeadFields, definition_sha256: str
) -> ResultHead:
    """Ask for the headline numbers alone: the head of a result without columns and rows."""
    scope, definition = query.scope, query.definition
    return ResultHead(
        report_id=fields.report_id,
        report_version=fields.report_version,
        title=fields.title,
        description=fields.description,
        organization=fields.organization,
        owner=fields.owner,
        sentence=describe(definition, scope.dataset, scope.logical_at),
        filters_in_words=filters_in_words(definition, scope.dataset, scope.logical_at),
        period=query.period,
        previous_period=query.previous_period,
        columns=(),
        kpis=kpis_of(snapshot, query),
        rows_matched=0,
        row_limit=None,
        logical_at=scope.logical_at,
        as_of=snapshot.as_of,
        is_snapshot=connector.has_snapshot,
        timezone=definition.timezone,
        notes=source_notes(connector),
        definition_sha256=definition_sha256,
    )


def source_notes(connector: Connector) -> tuple[str, ...]:
    """What is to be said of every result from a source."""
    return () if connector.has_snapshot else (NO_SNAPSHOT,)
