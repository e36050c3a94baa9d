"""The planner on the real PostgreSQL: one run a slot, misfires made visible, schedules that cannot fire."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db import planning_repository
from core.db.database import Database
from core.db.tables import RunRow, ScheduleRow
from core.domain.schedule import Misfire
from core.runs.planner import MAX_MADE_GOOD, MAX_SHOWN_MISSED, Planner, plan_slots
from core.schedules.config_json import parse_config
from tests.conftest import Tenant
from tests.run_parts import BOB, NOW, insert_report, insert_schedule, jobs

DAY = timedelta(days=1)
EVERY_MINUTE = {"cadence": "cron", "cron_expression": "* * * * *", "timezone": "UTC"}


@pytest.fixture
def planner(database: Database, clock: FixedClock) -> Planner:
    return Planner(database, clock)


def runs(database: Database, tenant: Tenant, schedule_id: UUID) -> list[tuple[str, datetime]]:
    """Every run of a schedule: (state, slot)."""
    with database.organization(tenant.organization_id) as session:
        rows = session.execute(
            select(RunRow.state, RunRow.scheduled_for)
            .where(RunRow.schedule_id == schedule_id)
            .order_by(RunRow.scheduled_for)
        )
        return [(row.state, row.scheduled_for) for row in rows]


def schedule_column(database: Database, tenant: Tenant, schedule_id: UUID, name: str) -> Any:
    with database.organization(tenant.organization_id) as session:
        return session.execute(select(getattr(ScheduleRow, name)).where(ScheduleRow.id == schedule_id)).scalar_one()


def test_a_due_slot_becomes_a_run_and_the_schedule_moves_on(
    database: Database, tenant: Tenant, planner: Planner
) -> None:
    report_id = insert_report(database, tenant)
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=NOW, recipients=(BOB,))
    assert planner.plan() == 1
    assert runs(database, tenant, schedule_id) == [("pending", NOW)]
    assert schedule_column(database, tenant, schedule_id, "next_run_at") == NOW + DAY
    assert jobs(database) == [("run", None)]
    with database.organization(tenant.organization_id) as session:
        run = session.execute(
            select(RunRow.logical_at, RunRow.title, RunRow.recipients, RunRow.requested_by, RunRow.report_version)
        ).one()
    assert (run.logical_at, run.title, run.requested_by, run.report_version) == (
        NOW,
        "Weekly revenue",
        tenant.user_id,
        1,
    )
    assert run.recipients == [{"channel": "email", "address": "bob@example.com", "role": "cc"}]


def test_nothing_is_planned_before_its_time_or_while_paused(
    database: Database, tenant: Tenant, planner: Planner
) -> None:
    report_id = insert_report(database, tenant)
    insert_schedule(database, tenant, report_id, next_run_at=NOW + timedelta(seconds=1))
    paused = insert_schedule(database, tenant, report_id, next_run_at=NOW)
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ScheduleRow).where(ScheduleRow.id == paused).values(is_active=False))
    assert planner.plan() == 0
    assert jobs(database) == []


def test_a_slot_that_has_its_run_gets_no_second_one(database: Database, tenant: Tenant, planner: Planner) -> None:
    report_id = insert_report(database, tenant)
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=NOW)
    planner.plan()
    with database.organization(tenant.organization_id) as session:
        planning_repository.advance(session, {schedule_id: NOW})
    planner.plan()
    assert runs(database, tenant, schedule_id) == [("pending", NOW)]
    assert len(jobs(database)) == 1


@pytest.mark.parametrize(
    ("misfire", "states"),
    [
        ("latest", ["missed", "missed", "pending"]),
        ("skip", ["missed", "missed", "missed"]),
        ("all", ["pending", "pending", "pending"]),
    ],
)
def test_slots_missed_while_nothing_ran_follow_the_schedule_and_are_all_visible(
    database: Database, tenant: Tenant, clock: FixedClock, planner: Planner, misfire: str, states: list[str]
) -> None:
    schedule_id = insert_schedule(
        database, tenant, insert_report(database, tenant), next_run_at=NOW - 2 * DAY, misfire=misfire
    )
    clock.advance(timedelta(hours=1))
    planner.plan()
    assert runs(database, tenant, schedule_id) == [
        (state, NOW + days * DAY) for state, days in zip(states, (-2, -1, 0), strict=True)
    ]
    assert schedule_column(database, tenant, schedule_id, "next_run_at") == NOW + DAY
    with database.organization(tenant.organization_id) as session:
        unfinished = session.execute(
            select(RunRow.id).where(RunRow.state == "missed", RunRow.finished_at.is_(None))
        ).all()
    assert unfinished == []


def test_a_schedule_that_cannot_fire_any_more_has_no_next_run(
    database: Database, tenant: Tenant, planner: Planner
) -> None:
    schedule_id = insert_schedule(
        database,
        tenant,
        insert_report(database, tenant),
        next_run_at=NOW,
        config={"cadence": "daily", "time": "09:00", "timezone": "UTC", "ends_on": "2026-11-23"},
    )
    planner.plan()
    assert schedule_column(database, tenant, schedule_id, "next_run_at") is None
    assert planner.plan() == 0


def test_a_schedule_that_cannot_be_read_does_not_hold_up_the_others(
    database: Database, tenant: Tenant, planner: Planner, caplog: pytest.LogCaptureFixture
) -> None:
    report_id = insert_report(database, tenant)
    broken = insert_schedule(database, tenant, report_id, next_run_at=NOW, config={"cadence": "hourly"})
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ScheduleRow).where(ScheduleRow.id == broken).values(misfire="nonsense"))
    fine = insert_schedule(database, tenant, report_id, next_run_at=NOW)
    cannot_fire = insert_schedule(database, tenant, report_id, next_run_at=NOW, config={"cadence": "hourly"})
    assert planner.plan() == 2
    assert runs(database, tenant, fine) == [("pending", NOW)]
    assert schedule_column(database, tenant, cannot_fire, "next_run_at") is None
    assert "schedule_not_planned" in caplog.text


def test_many_planners_at_once_make_one_run_a_slot(
    database: Database, tenant: Tenant, make_organization: Callable[..., Tenant], clock: FixedClock
) -> None:
    tenants = [tenant, make_organization()]
    schedules = [
        (owner, insert_schedule(database, owner, report_id, next_run_at=NOW))
        for owner in tenants
        for report_id in [insert_report(database, owner)]
        for _ in range(10)
    ]
    start = threading.Barrier(4)

    def plan() -> None:
        start.wait()
        Planner(database, clock).plan()

    threads = [threading.Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [runs(database, owner, schedule_id) for owner, schedule_id in schedules] == [[("pending", NOW)]] * 20
    assert len(jobs(database)) == 20


def test_slots_inside_the_grace_all_run() -> None:
    plan = plan_slots(
        parse_config(EVERY_MINUTE), Misfire.SKIP, first=NOW - timedelta(minutes=7), now=NOW + timedelta(seconds=30)
    )
    assert [slot.minute for slot in plan.missed] == [53, 54, 55]
    assert [slot.minute for slot in plan.run] == [56, 57, 58, 59, 0]
    assert plan.next_run_at == NOW + timedelta(minutes=1)


def test_a_long_outage_is_capped_and_the_cap_is_said(database: Database, tenant: Tenant, planner: Planner) -> None:
    first = NOW - timedelta(minutes=2000)
    plan = plan_slots(parse_config(EVERY_MINUTE), Misfire.ALL, first=first, now=NOW)
    assert (len(plan.run), len(plan.missed)) == (MAX_MADE_GOOD + 6, MAX_SHOWN_MISSED)
    assert plan.unseen == 2001 - len(plan.run) - len(plan.missed)
    assert plan.missed[-1] < plan.run[0]

    schedule_id = insert_schedule(
        database, tenant, insert_report(database, tenant), next_run_at=first, config=EVERY_MINUTE
    )
    planner.plan()
    states = [state for state, _ in runs(database, tenant, schedule_id)]
    assert (states.count("missed"), states.count("pending")) == (MAX_SHOWN_MISSED, 6)


def test_the_newest_late_slot_runs_only_where_no_newer_one_does() -> None:
    daily = parse_config({"cadence": "daily", "time": "09:00", "timezone": "UTC"})
    on_time = plan_slots(daily, Misfire.LATEST, first=NOW - DAY, now=NOW)
    assert (on_time.run, on_time.missed) == ((NOW,), (NOW - DAY,))
    late = plan_slots(daily, Misfire.LATEST, first=NOW - DAY, now=datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert (late.run, late.missed) == ((NOW,), (NOW - DAY,))


def test_planners_look_for_due_schedules_by_an_index_and_the_line_is_one(
    database: Database, tenant: Tenant, owner_session: Session
) -> None:
    """What each tick and each claim ask must not grow with what is at rest or done."""
    report_id = insert_report(database, tenant)
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=NOW + 100 * DAY)
    copies = (
        "INSERT INTO schedules (organization_id, report_id, owner_id, name, config, recipients, formats, misfire, "
        "next_run_at) SELECT organization_id, report_id, owner_id, name, config, recipients, formats, misfire, "
        "next_run_at + n * interval '1 minute' FROM schedules, generate_series(1, 5000) AS n WHERE id = :id"
    )
    owner_session.execute(text(copies), {"id": schedule_id})
    done = (
        "INSERT INTO runs (organization_id, kind, state, title, definition, definition_sha256, formats, logical_at, "
        "finished_at) SELECT organization_id, 'manual', 'completed', 'Old', '{}', '', '{csv}', now(), now() "
        "FROM schedules WHERE id <> :id"
    )
    owner_session.execute(text(done), {"id": schedule_id})
    owner_session.commit()
    owner_session.execute(text("ANALYZE schedules, runs"))
    for statement, index in (
        (
            (
                "SELECT id FROM schedules WHERE is_active AND next_run_at <= now() AND (next_run_at, id) > "
                "('0001-01-01'::timestamptz, '00000000-0000-0000-0000-000000000000'::uuid) "
                "ORDER BY next_run_at, id LIMIT 2000"
            ),
            "ix_schedules_due",
        ),
        (
            (
                "SELECT id FROM runs WHERE state IN ('pending', 'waiting') AND next_attempt_at IS NULL "
                "ORDER BY priority DESC, turn, created_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"
            ),
            "ix_runs_line",
        ),
        (
            (
                "SELECT id FROM runs WHERE state = 'waiting' AND next_attempt_at <= now() "
                "ORDER BY next_attempt_at LIMIT 50"
            ),
            "ix_runs_put_off",
        ),
    ):
        plan = "\n".join(owner_session.execute(text(f"EXPLAIN {statement}")).scalars())
        assert index in plan, plan
        assert "Seq Scan" not in plan, plan


def test_many_due_schedules_take_few_transactions(
    database: Database, tenant: Tenant, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    report_id = insert_report(database, tenant)
    schedules = [insert_schedule(database, tenant, report_id, next_run_at=NOW) for _ in range(7)]
    with caplog.at_level("INFO", "core.runs.planner"):
        assert Planner(database, clock, page=5, batch=3).plan() == 7
    assert [runs(database, tenant, schedule_id) for schedule_id in schedules] == [[("pending", NOW)]] * 7
    assert caplog.text.count("schedules_planned") == 3  # pages of 5 and 2, in batches of 3, 2 and 2
