"""What runs in somebody's name is made with the rights they have at that moment, and who asks for it is told of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db import access_repository, member_repository
from core.db.database import Database
from core.db.tables import GroupMemberRow, GroupRow, OwnerNoticeRow, ReportGrantRow, ReportRow, RunRow, ScheduleRow
from core.domain.access import Principal
from core.domain.run import RunState
from core.domain.schedule import Schedule
from core.errors import Conflict, InvalidInput
from core.runs.notices import OwnerNotices
from core.services.runs import RunService
from core.services.schedule_care import ScheduleCareService
from core.services.schedules import ScheduleService
from tests.conftest import PASSWORD, Tenant
from tests.failpoints import Stack, StandInChannel
from tests.run_parts import NOW, deliver_all, insert_report, insert_schedule, read

DAY = timedelta(days=1)


@pytest.fixture
def letters(stack: Stack) -> StandInChannel:
    """What the product writes to people about their schedules."""
    channel = StandInChannel(stack.folder / "letters")
    stack.care._notices = OwnerNotices(
        stack.database, stack.clock, channel=channel, base_url="http://reports.example.com"
    )
    return channel


@pytest.fixture
def bea(owner_session: Session, database: Database, tenant: Tenant) -> Principal:
    """A publisher beside the tenant's administrator."""
    user_id = access_repository.insert_user(
        owner_session,
        organization_id=tenant.organization_id,
        email="bea@example.com",
        name="Bea",
        password_hash=PASSWORD,
        role="publisher",
        timezone="UTC",
    )
    owner_session.commit()
    with database.organization(tenant.organization_id) as session:
        principal = member_repository.member_principal(session, tenant.organization_id, user_id)
    assert principal is not None
    return principal


@pytest.fixture
def group_id(database: Database, tenant: Tenant, bea: Principal) -> UUID:
    """A group with Bea in it; the report is shared with it alone, and Bea has a schedule of it."""
    organization_id = tenant.organization_id
    report_id = insert_report(database, tenant)
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=NOW)
    with database.organization(organization_id) as session:
        made = insert(GroupRow).values(organization_id=organization_id, name="Sales").returning(GroupRow.id)
        group_id: UUID = session.execute(made).scalar_one()
        member = {"organization_id": organization_id, "group_id": group_id, "user_id": bea.user_id}
        session.execute(insert(GroupMemberRow).values(**member))
        grant = {"organization_id": organization_id, "report_id": report_id, "group_id": group_id, "level": "view"}
        session.execute(insert(ReportGrantRow).values(**grant))
        session.execute(update(ReportRow).values(visibility="shared"))
        session.execute(update(ScheduleRow).where(ScheduleRow.id == schedule_id).values(owner_id=bea.user_id))
    return group_id


def leave_group(database: Database, tenant: Tenant) -> None:
    with database.organization(tenant.organization_id) as session:
        for row in session.execute(select(GroupMemberRow)).scalars():
            session.delete(row)


def run_slot(stack: Stack, tenant: Tenant) -> UUID:
    stack.daemon().plan()
    with stack.database.organization(tenant.organization_id) as session:
        run_id = session.execute(select(RunRow.id).where(RunRow.finished_at.is_(None))).scalar_one()
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    stack.clock.advance(DAY)  # type: ignore[attr-defined]
    return run_id


def test_who_lost_sight_of_a_report_gets_no_run_of_it_and_hears_so_once(
    stack: Stack, letters: StandInChannel, tenant: Tenant, database: Database, group_id: UUID
) -> None:
    assert read(stack, tenant, run_slot(stack, tenant)).state is RunState.COMPLETED
    leave_group(database, tenant)
    for _ in range(2):
        run = read(stack, tenant, run_slot(stack, tenant))
        assert (run.state, run.error_code) == (RunState.FAILED, "not_allowed")
        assert "not shared any more with Bea" in (run.error_message or "")
        stack.care.look()
    assert len(stack.channel.messages) == 1, "the one from before"
    assert len(letters.messages) == 1
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ReportRow).values(visibility="organization"))
    assert read(stack, tenant, run_slot(stack, tenant)).state is RunState.COMPLETED
    stack.care.look()
    assert len(letters.messages) == 2, "it works again"


def test_a_schedule_is_neither_resumed_nor_given_to_who_does_not_see_what_it_sends(
    stack: Stack, tenant: Tenant, bea: Principal, database: Database, clock: FixedClock, group_id: UUID
) -> None:
    schedules = ScheduleService(database, clock, channels={"email": stack.channel})
    runs = RunService(database, clock, ledger=stack.ledger, stores={})
    care = ScheduleCareService(database, clock, channels={}, schedules=schedules, runs=runs)
    leave_group(database, tenant)
    (schedule,) = schedules.list(tenant.principal).items
    schedules.pause(tenant.principal, schedule.id)
    with pytest.raises(Conflict, match="may not see what it sends"):
        schedules.resume(tenant.principal, schedule.id)
    assert care.transfer(tenant.principal, schedule.id, owner=tenant.principal.email).owner_id == tenant.user_id
    resumed: Schedule = schedules.resume(tenant.principal, schedule.id)
    assert resumed.is_active
    with pytest.raises(InvalidInput, match="Bea may not see what Every day would send"):
        care.transfer(tenant.principal, schedule.id, owner=bea.email)


def test_who_asks_for_a_run_of_somebody_elses_schedule_hears_that_it_is_slow(
    stack: Stack, letters: StandInChannel, tenant: Tenant, database: Database, clock: FixedClock, group_id: UUID
) -> None:
    with database.organization(tenant.organization_id) as session:
        schedule_id = session.execute(select(ScheduleRow.id)).scalar_one()
    runs = RunService(database, clock, ledger=stack.ledger, stores={})
    runs.run_schedule_now(tenant.principal, schedule_id)
    clock.advance(timedelta(seconds=59))
    assert stack.care.look() == 0
    clock.advance(timedelta(seconds=2))
    assert (stack.care.look(), stack.care.look()) == (1, 0)
    with database.organization(tenant.organization_id) as session:
        told = session.execute(select(OwnerNoticeRow.user_id, OwnerNoticeRow.kind)).all()
    assert [tuple(row) for row in told] == [(tenant.user_id, "slow")]
