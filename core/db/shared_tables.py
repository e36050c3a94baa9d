"""What can be shared, as tables: the things, the grants on them, and the most that one is shared with a person."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, case, func, or_, select, update
from sqlalchemy.orm import Session

from core.db.tables import (
    DashboardGrantRow,
    DashboardRow,
    GroupMemberRow,
    ReportGrantRow,
    ReportRow,
    ScheduleRow,
    UserRow,
)
from core.db.visibility import PERSON
from core.domain.library import Level, SharedThing, Visibility
from core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTable:
    """A table whose rows are shared, and the tables that say with whom and what sends them."""

    word: str  #: what one of them is called
    thing: Any
    grant: Any
    grant_of: str  #: the column of a grant that names its thing
    sent: Any  #: the column of a schedule that names what it sends
    gone: Any  #: the column that says since when one does not exist any more

    @property
    def granted_id(self) -> Any:
        """What a grant is on."""
        return getattr(self.grant, self.grant_of)


REPORTS = SharedTable(
    word="report",
    thing=ReportRow,
    grant=ReportGrantRow,
    grant_of="report_id",
    sent=ScheduleRow.report_id,
    gone=ReportRow.deleted_at,
)
DASHBOARDS = SharedTable(
    word="dashboard",
    thing=DashboardRow,
    grant=DashboardGrantRow,
    grant_of="dashboard_id",
    sent=ScheduleRow.dashboard_id,
    gone=DashboardRow.archived_at,
)


def granted(table: SharedTable) -> ColumnElement[str | None]:
    """The most that a thing is shared with the person of the transaction; null where it is not."""
    grant = table.grant
    groups = select(GroupMemberRow.group_id).where(GroupMemberRow.user_id == PERSON)
    mine = or_(grant.user_id == PERSON, grant.group_id.in_(groups))
    level = case((func.bool_or(grant.level == str(Level.EDIT)), str(Level.EDIT)), (func.count() > 0, str(Level.VIEW)))
    return select(level).where(table.granted_id == table.thing.id, mine).scalar_subquery()


def load_shared(session: Session, table: SharedTable, thing_id: UUID) -> SharedThing:
    """Return what the policy asks of a thing, archived reports included; raises NotFound."""
    thing = table.thing
    row = (
        session.execute(
            select(
                thing.id,
                thing.name,
                thing.owner_id,
                UserRow.name.label("owner_name"),
                thing.visibility,
                thing.everyone,
                granted(table).label("granted"),
            )
            .join(UserRow, UserRow.id == thing.owner_id)
            .where(thing.id == thing_id, table.gone.is_(None))
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(f"This {table.word} does not exist, or you may not see it.")
    return SharedThing(**{**row, **shared_columns(row)})


def shared_columns(row: RowMapping) -> dict[str, Any]:
    """Return what a row says of who may see and change a thing, as the domain has it."""
    return {
        "visibility": Visibility(row["visibility"]),
        "everyone": Level(row["everyone"]),
        "granted": None if row["granted"] is None else Level(row["granted"]),
    }


def hold(session: Session, table: SharedTable, thing_id: UUID) -> None:
    """Nobody else changes, archives or schedules a thing before the transaction ends.

    A statement of its own: one that waits would still join the versions it saw before the wait.
    """
    session.execute(select(table.thing.id).where(table.thing.id == thing_id).with_for_update())


def set_owner(session: Session, table: SharedTable, thing_id: UUID, owner_id: UUID) -> None:
    """Give a thing to somebody else."""
    session.execute(update(table.thing).where(table.thing.id == thing_id).values(owner_id=owner_id))


def active_schedules(session: Session, table: SharedTable, thing_id: UUID) -> tuple[tuple[UUID, UUID, str], ...]:
    """Return id, owner and name of the schedules that send a thing and are not paused, held until the end."""
    rows = session.execute(
        select(ScheduleRow.id, ScheduleRow.owner_id, ScheduleRow.name)
        .where(table.sent == thing_id, ScheduleRow.is_active)
        .order_by(ScheduleRow.name, ScheduleRow.id)
        .with_for_update()
    )
    return tuple((row.id, row.owner_id, row.name) for row in rows)
