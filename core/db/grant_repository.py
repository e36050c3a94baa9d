"""Who a report is shared with, and who in the organization it could be shared with."""

from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.tables import GroupMemberRow, GroupRow, MembershipRow, ReportGrantRow, ReportRow, UserRow
from core.domain.library import Grant, GrantKind, Level, Sharing, Visibility


def load_sharing(session: Session, report_id: UUID) -> Sharing:
    """Return who may see and change a report, people before groups, each by name."""
    report = session.execute(select(ReportRow.visibility, ReportRow.everyone).where(ReportRow.id == report_id)).one()
    rows = session.execute(
        select(
            ReportGrantRow.user_id,
            ReportGrantRow.group_id,
            ReportGrantRow.level,
            func.coalesce(UserRow.name, GroupRow.name, "").label("name"),
        )
        .outerjoin(UserRow, UserRow.id == ReportGrantRow.user_id)
        .outerjoin(GroupRow, GroupRow.id == ReportGrantRow.group_id)
        .where(ReportGrantRow.report_id == report_id)
        .order_by(ReportGrantRow.group_id.is_not(None), "name")
    )
    grants = tuple(
        Grant(
            kind=GrantKind.USER if row.user_id is not None else GrantKind.GROUP,
            id=row.user_id or row.group_id,
            level=Level(row.level),
            name=row.name,
        )
        for row in rows
    )
    return Sharing(visibility=Visibility(report.visibility), everyone=Level(report.everyone), grants=grants)


def save_sharing(session: Session, organization_id: UUID, report_id: UUID, sharing: Sharing) -> None:
    """Replace who may see and change a report."""
    session.execute(delete(ReportGrantRow).where(ReportGrantRow.report_id == report_id))
    for grant in sharing.grants:
        column = "user_id" if grant.kind is GrantKind.USER else "group_id"
        session.execute(
            insert(ReportGrantRow).values(
                organization_id=organization_id, report_id=report_id, level=str(grant.level), **{column: grant.id}
            )
        )
    session.execute(
        update(ReportRow)
        .where(ReportRow.id == report_id)
        .values(visibility=str(sharing.visibility), everyone=str(sharing.everyone))
    )


def set_owner(session: Session, report_id: UUID, owner_id: UUID) -> None:
    """Give a report to somebody else."""
    session.execute(update(ReportRow).where(ReportRow.id == report_id).values(owner_id=owner_id))


def people(session: Session, organization_id: UUID) -> tuple[Grant, ...]:
    """Return the active members of the organization by name, as grants to view."""
    rows = session.execute(
        select(UserRow.id, UserRow.name, UserRow.email)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(MembershipRow.organization_id == organization_id, MembershipRow.left_at.is_(None), UserRow.is_active)
        .order_by(func.folded(UserRow.name), UserRow.email)
    )
    return tuple(Grant(kind=GrantKind.USER, id=row.id, level=Level.VIEW, name=row.name or row.email) for row in rows)


def groups(session: Session) -> tuple[Grant, ...]:
    """Return the organization's groups by name, as grants to view."""
    rows = session.execute(select(GroupRow.id, GroupRow.name).order_by(func.folded(GroupRow.name)))
    return tuple(Grant(kind=GrantKind.GROUP, id=row.id, level=Level.VIEW, name=row.name) for row in rows)


def groups_of(session: Session, user_id: UUID) -> frozenset[UUID]:
    """Return the groups that a person is in."""
    statement = select(GroupMemberRow.group_id).where(GroupMemberRow.user_id == user_id)
    return frozenset(session.execute(statement).scalars())
