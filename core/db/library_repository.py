"""Reports as the library shows them, the folders they stand in, their tags and whose favourites they are."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.report_filter import conditions, is_favourite_of, last_run, next_run, ordered
from core.db.shared_tables import REPORTS, granted, shared_columns
from core.db.tables import (
    DashboardReportRow,
    DashboardRow,
    FolderRow,
    ReportFavouriteRow,
    ReportRow,
    RunRow,
    ScheduleRow,
    UserRow,
)
from core.domain.library import Choice, Folder, ReportFilter, ReportLine, ReportUses
from core.domain.page import Page
from core.errors import NotFound

_NO_FOLDERS: frozenset[UUID] = frozenset()


def list_lines(session: Session, wanted: ReportFilter, *, user_id: UUID, page: int, limit: int) -> Page[ReportLine]:
    """Return reports as one query: the page is cut first, and only its lines ask for schedules and runs."""
    inside = _NO_FOLDERS if wanted.folder_id is None else folder_and_below(session, wanted.folder_id)
    where = conditions(wanted, inside, user_id)
    columns: tuple[Any, ...] = (ReportRow.id, func.count().over().label("total"))
    base: Select[Any] = select(*columns).join(UserRow, UserRow.id == ReportRow.owner_id)
    cut = ordered(base.where(*where), wanted.sort).limit(limit).offset((page - 1) * limit).cte("cut")
    statement: Select[Any] = select(cut.c.total, *_line_columns(user_id)).join(ReportRow, ReportRow.id == cut.c.id)
    statement = statement.join(UserRow, UserRow.id == ReportRow.owner_id)
    rows = session.execute(ordered(statement, wanted.sort)).mappings().all()
    total = rows[0]["total"] if rows else 0
    if not rows and page > 1:
        total = session.execute(select(func.count()).select_from(ReportRow).where(*where)).scalar_one()
    return Page(items=tuple(_line(row) for row in rows), total=total, page=page, limit=limit)


def load_lines(session: Session, report_ids: Collection[UUID], *, user_id: UUID) -> tuple[ReportLine, ...]:
    """Return those of the reports that are there, archived ones included, by name."""
    statement: Select[Any] = select(*_line_columns(user_id)).join(UserRow, UserRow.id == ReportRow.owner_id)
    rows = session.execute(
        statement.where(ReportRow.id.in_(report_ids), ReportRow.deleted_at.is_(None)).order_by(
            func.folded(ReportRow.name), ReportRow.id
        )
    ).mappings()
    return tuple(_line(row) for row in rows)


def load_line(session: Session, report_id: UUID, *, user_id: UUID) -> ReportLine:
    """Return one report, archived or not; raises NotFound."""
    found = load_lines(session, [report_id], user_id=user_id)
    if not found:
        raise NotFound("This report does not exist, or you may not see it.")
    return found[0]


def list_folders(session: Session) -> tuple[Folder, ...]:
    """Return every folder by its path, with how many reports stand directly in it."""
    counts = (
        select(ReportRow.folder_id, func.count().label("number"))
        .where(ReportRow.archived_at.is_(None), ReportRow.folder_id.is_not(None))
        .group_by(ReportRow.folder_id)
        .subquery()
    )
    rows = session.execute(
        select(
            FolderRow.id, FolderRow.parent_id, FolderRow.name, func.coalesce(counts.c.number, 0).label("reports")
        ).outerjoin(counts, counts.c.folder_id == FolderRow.id)
    ).mappings()
    by_id = {row["id"]: row for row in rows}
    folders = [Folder(**row, path=_path(row, by_id)) for row in by_id.values()]
    return tuple(sorted(folders, key=lambda folder: [name.casefold() for name in folder.path]))


def folder_and_below(session: Session, folder_id: UUID) -> frozenset[UUID]:
    """Return a folder's id with those of all folders in it."""
    folders = list_folders(session)
    found = {folder_id}
    for folder in sorted(folders, key=lambda each: len(each.path)):
        if folder.parent_id in found:
            found.add(folder.id)
    return frozenset(found)


def insert_folder(session: Session, *, organization_id: UUID, name: str, parent_id: UUID | None) -> UUID:
    """Make a folder; returns its id."""
    statement = insert(FolderRow).values(organization_id=organization_id, name=name, parent_id=parent_id)
    return session.execute(statement.returning(FolderRow.id)).scalar_one()


def change_folder(session: Session, folder_id: UUID, *, name: str, parent_id: UUID | None) -> None:
    """Give a folder another name or place."""
    session.execute(update(FolderRow).where(FolderRow.id == folder_id).values(name=name, parent_id=parent_id))


def delete_folder(session: Session, folder: Folder) -> None:
    """Take a folder away; what stands in it moves to where it stood."""
    session.execute(update(FolderRow).where(FolderRow.parent_id == folder.id).values(parent_id=folder.parent_id))
    session.execute(update(ReportRow).where(ReportRow.folder_id == folder.id).values(folder_id=folder.parent_id))
    session.execute(delete(FolderRow).where(FolderRow.id == folder.id))


def set_folder(session: Session, report_ids: Collection[UUID], folder_id: UUID | None) -> None:
    """Move reports to a folder, or to the top."""
    session.execute(update(ReportRow).where(ReportRow.id.in_(report_ids)).values(folder_id=folder_id))


def set_tags(session: Session, report_id: UUID, tags: Iterable[str]) -> None:
    """Replace the tags of a report."""
    session.execute(update(ReportRow).where(ReportRow.id == report_id).values(tags=list(tags)))


def set_favourite(
    session: Session, *, organization_id: UUID, user_id: UUID, report_id: UUID, is_favourite: bool
) -> None:
    """Mark a report for a person, or take the mark away."""
    if is_favourite:
        statement = postgresql.insert(ReportFavouriteRow).values(
            organization_id=organization_id, user_id=user_id, report_id=report_id
        )
        session.execute(statement.on_conflict_do_nothing())
        return
    session.execute(
        delete(ReportFavouriteRow).where(
            ReportFavouriteRow.user_id == user_id, ReportFavouriteRow.report_id == report_id
        )
    )


def tags(session: Session) -> tuple[Choice, ...]:
    """Return every tag by name, with how many reports bear it."""
    tag = func.unnest(ReportRow.tags).label("tag")
    bearing = select(tag).where(ReportRow.archived_at.is_(None)).subquery()
    rows = session.execute(
        select(bearing.c.tag, func.count()).group_by(bearing.c.tag).order_by(func.folded(bearing.c.tag))
    )
    return tuple(Choice(key=name, label=name, reports=number) for name, number in rows)


def owners(session: Session) -> tuple[Choice, ...]:
    """Return everybody who owns reports by name, with how many."""
    rows = session.execute(
        select(UserRow.id, UserRow.name, func.count())
        .join(ReportRow, ReportRow.owner_id == UserRow.id)
        .where(ReportRow.archived_at.is_(None))
        .group_by(UserRow.id, UserRow.name)
        .order_by(func.folded(UserRow.name))
    )
    return tuple(Choice(key=str(user_id), label=name, reports=number) for user_id, name, number in rows)


def uses(session: Session, report_id: UUID) -> ReportUses:
    """Return the names of what uses a report."""
    schedules = session.execute(
        select(ScheduleRow.name, ScheduleRow.is_active)
        .where(ScheduleRow.report_id == report_id)
        .order_by(ScheduleRow.name, ScheduleRow.id)
    ).all()
    dashboards = session.execute(
        select(DashboardRow.name)
        .join(DashboardReportRow, DashboardReportRow.dashboard_id == DashboardRow.id)
        .where(DashboardReportRow.report_id == report_id, DashboardRow.archived_at.is_(None))
        .order_by(DashboardRow.name)
    ).scalars()
    return ReportUses(
        schedules=tuple(row.name for row in schedules),
        active_schedules=tuple(row.name for row in schedules if row.is_active),
        dashboards=tuple(dashboards),
    )


def _line_columns(user_id: UUID) -> tuple[Any, ...]:
    sending = select(func.count()).where(ScheduleRow.report_id == ReportRow.id).scalar_subquery()
    return (
        ReportRow.id,
        ReportRow.name,
        ReportRow.description,
        ReportRow.owner_id,
        UserRow.name.label("owner_name"),
        ReportRow.version,
        ReportRow.updated_at,
        ReportRow.archived_at,
        ReportRow.visibility,
        ReportRow.everyone,
        granted(REPORTS).label("granted"),
        ReportRow.folder_id,
        ReportRow.tags,
        is_favourite_of(user_id).label("is_favourite"),
        sending.label("schedules"),
        next_run(ScheduleRow.id).label("schedule_id"),
        next_run(ScheduleRow.next_run_at).label("next_run_at"),
        last_run(RunRow.id).label("last_run_id"),
        last_run(RunRow.state).label("last_status"),
        last_run(RunRow.created_at).label("last_run_at"),
    )


def _line(row: RowMapping) -> ReportLine:
    columns = {name: value for name, value in row.items() if name != "total"}
    return ReportLine(**(columns | report_columns(row)))


def report_columns(row: RowMapping) -> dict[str, Any]:
    """Return what a row says of who may see and change a report, and of its tags, as the domain has it."""
    return {**shared_columns(row), "tags": tuple(row["tags"])}


def _path(row: RowMapping, by_id: dict[UUID, RowMapping]) -> tuple[str, ...]:
    parent = by_id.get(row["parent_id"])
    return (*(_path(parent, by_id) if parent is not None else ()), row["name"])
