"""Which reports a list shows and in what order, as parts of queries."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, select
from sqlalchemy.dialects import postgresql

from core.db.tables import (
    ReportFavouriteRow,
    ReportRow,
    RunRow,
    ScheduleRow,
    UserRow,
)
from core.domain.library import ReportFilter, ReportSort
from core.domain.run import RunKind

_MAX_WORDS = 8


def is_favourite_of(user_id: UUID) -> ColumnElement[bool]:
    """The person marked the report."""
    return exists(
        select(ReportFavouriteRow.report_id).where(
            ReportFavouriteRow.report_id == ReportRow.id, ReportFavouriteRow.user_id == user_id
        )
    )


def conditions(wanted: ReportFilter, folder_ids: frozenset[UUID], user_id: UUID) -> list[ColumnElement[bool]]:
    """What a report must be; `folder_ids` are the folder asked for and those in it."""
    found: list[ColumnElement[bool]] = [ReportRow.deleted_at.is_(None)]
    found.append(ReportRow.archived_at.is_not(None) if wanted.is_archived else ReportRow.archived_at.is_(None))
    found += [holds(_said(), word) for word in wanted.search.split()[:_MAX_WORDS]]
    if wanted.folder_id is not None:
        found.append(ReportRow.folder_id.in_(folder_ids))
    if wanted.tag is not None:
        bearing = cast([wanted.tag], postgresql.ARRAY(Text))
        found.append(ReportRow.tags.op("@>", is_comparison=True)(bearing))
    if wanted.owner_id is not None:
        found.append(ReportRow.owner_id == wanted.owner_id)
    if wanted.is_favourite:
        found.append(is_favourite_of(user_id))
    return found


def holds(said: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """The text holds the word, whatever the case and the accents."""
    return func.strpos(func.folded(said), func.folded(word)) > 0


def ordered(statement: Select[Any], sort: ReportSort) -> Select[Any]:
    """Return the statement over reports and their owners in the order asked for."""
    newest = (ReportRow.updated_at.desc(), ReportRow.name, ReportRow.id)
    match sort:
        case ReportSort.CHANGED:
            return statement.order_by(*newest)
        case ReportSort.NAME:
            return statement.order_by(func.folded(ReportRow.name), ReportRow.id)
        case ReportSort.OWNER:
            return statement.order_by(func.folded(UserRow.name), func.folded(ReportRow.name), ReportRow.id)
        case ReportSort.NEXT_RUN:
            return statement.order_by(next_run(ScheduleRow.next_run_at).nulls_last(), *newest)
        case ReportSort.LAST_RUN:
            return statement.order_by(last_run(RunRow.created_at).desc().nulls_last(), *newest)


def next_run(column: Any) -> ColumnElement[Any]:
    """A column of the schedule that sends the report next; of a paused one where there is no other."""
    return (
        select(column)
        .where(ScheduleRow.report_id == ReportRow.id)
        .order_by(ScheduleRow.next_run_at.nulls_last(), ScheduleRow.id)
        .limit(1)
        .scalar_subquery()
    )


def last_run(column: Any) -> ColumnElement[Any]:
    """A column of the report's newest run that was no test."""
    return (
        select(column)
        .where(RunRow.report_id == ReportRow.id, RunRow.kind != str(RunKind.TEST))
        .order_by(RunRow.created_at.desc(), RunRow.id)
        .limit(1)
        .scalar_subquery()
    )


def _said() -> ColumnElement[str]:
    tags = func.array_to_string(ReportRow.tags, " ")
    return func.concat_ws(" ", ReportRow.name, ReportRow.description, tags)
