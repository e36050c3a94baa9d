"""The calendar of schedules: days by the clock of whoever looks, what ran and what will, and what is not theirs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from core.db.database import Database
from core.db.tables import ReportRow, RunRow
from core.domain.access import BUILT_IN_ROLES, Principal
from core.domain.run import RunKind, RunState
from core.errors import InvalidInput
from core.services.schedule_calendar import ScheduleCalendarService
from tests.conftest import Tenant
from tests.run_parts import insert_report, insert_run, insert_schedule

#: The Sunday on which Europe's clocks go back.
SUNDAY = date(2026, 10, 25)
DAWN = datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.fixture
def berliner(tenant: Tenant) -> Principal:
    return replace(tenant.principal, timezone="Europe/Berlin")


def shown(database: Database, person: Principal, first_on: date, last_on: date) -> list[tuple[object, ...]]:
    found = ScheduleCalendarService(database).load(person, first_on, last_on)
    assert all((one.until > one.at) is (one.count > 1) for one in found.entries)
    return [(one.on, one.at, one.count, one.state) for one in found.entries]


def test_slots_stand_on_the_days_of_whoever_looks_through_a_change_of_the_clocks(
    database: Database, tenant: Tenant, berliner: Principal
) -> None:
    report_id = insert_report(database, tenant)
    config = {"cadence": "daily", "time": "19:00", "timezone": "America/New_York"}
    insert_schedule(database, tenant, report_id, next_run_at=datetime(2026, 10, 23, 23, tzinfo=UTC), config=config)
    days = shown(database, berliner, SUNDAY - timedelta(days=1), SUNDAY + timedelta(days=2))
    # 01:00 in Berlin while both have summer time, midnight in the week in which only one has: each day has one.
    assert [(on, at.hour) for on, at, *_ in days] == [(SUNDAY + timedelta(days=n), 23) for n in (-1, 0, 1, 2)]
    assert shown(database, tenant.principal, SUNDAY, SUNDAY) == [
        (SUNDAY, datetime(2026, 10, 25, 23, tzinfo=UTC), 1, None)
    ]


def test_many_slots_of_a_day_are_one_entry_with_their_number(
    database: Database, tenant: Tenant, berliner: Principal
) -> None:
    report_id = insert_report(database, tenant)
    config = {"cadence": "cron", "cron_expression": "*/5 * * * *", "timezone": "UTC"}
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=DAWN + timedelta(hours=1), config=config)
    for number, state in enumerate([RunState.MISSED] * 4 + [RunState.COMPLETED]):
        at = DAWN + timedelta(minutes=5 * number)
        run_id = insert_run(
            database, tenant, kind=RunKind.SCHEDULED, schedule_id=schedule_id, scheduled_for=at, logical_at=at
        )
        with database.organization(tenant.organization_id) as session:
            session.execute(update(RunRow).where(RunRow.id == run_id).values(state=str(state)))
    assert shown(database, berliner, SUNDAY, SUNDAY + timedelta(days=1)) == [
        (SUNDAY, DAWN, 4, RunState.MISSED),
        (SUNDAY, DAWN + timedelta(minutes=20), 1, RunState.COMPLETED),
        (SUNDAY, DAWN + timedelta(hours=1), 24 * 12, None),  # of the 25 hours of this day
        (SUNDAY + timedelta(days=1), DAWN + timedelta(hours=25), 24 * 12, None),
    ]


def test_what_is_private_is_in_nobody_elses_calendar(database: Database, tenant: Tenant) -> None:
    report_id = insert_report(database, tenant)
    config = {"cadence": "daily", "time": "09:00", "timezone": "UTC", "quiet_dates": [SUNDAY.isoformat()]}
    config |= {"calendar": "DE-BB"}
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=DAWN, config=config)
    insert_run(database, tenant, kind=RunKind.SCHEDULED, schedule_id=schedule_id, scheduled_for=DAWN, logical_at=DAWN)
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ReportRow).where(ReportRow.id == report_id).values(visibility="private"))
    calendar = ScheduleCalendarService(database)
    until = date(2026, 11, 1)
    owner = replace(tenant.principal, role="publisher", permissions=BUILT_IN_ROLES["publisher"])
    mine = calendar.load(owner, SUNDAY - timedelta(days=1), until)
    assert [entry.on for entry in mine.entries] == [
        SUNDAY - timedelta(days=1),
        *(SUNDAY + timedelta(days=n) for n in range(1, 8)),
    ]
    marks = [(mark.on, mark.words) for mark in mine.marks]
    assert marks == [
        (SUNDAY, "Quiet: Every day"),
        (date(2026, 10, 31), "Reformation Day (Brandenburg, Germany)"),
    ]
    before = calendar.load(owner, SUNDAY - timedelta(days=30), SUNDAY - timedelta(days=3))
    assert [mark.words for mark in before.marks] == ["German Unity Day (Brandenburg, Germany)"]
    other = calendar.load(replace(owner, user_id=uuid4()), SUNDAY - timedelta(days=1), until)
    assert (other.entries, other.marks) == ((), ())


def test_a_span_is_bounded(database: Database, tenant: Tenant) -> None:
    calendar = ScheduleCalendarService(database)
    for first_on, last_on in ((SUNDAY, SUNDAY - timedelta(days=1)), (SUNDAY, SUNDAY + timedelta(days=62))):
        with pytest.raises(InvalidInput):
            calendar.load(tenant.principal, first_on, last_on)
