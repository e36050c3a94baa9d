"""What the daemon looks after: pauses that end, failures told once, owners who leave, reports that take long."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.access.password_rule import PasswordRule
from core.clock import FixedClock
from core.db import access_repository, owner_notice_repository, run_repository, schedule_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import OwnerNoticeRow, RunRow, ScheduleRow, UserRow
from core.deliver.email_channel import EmailChannel
from core.domain.notice import NoticeKind
from core.domain.run import RunKind, RunState
from core.domain.schedule import Schedule
from core.errors import FieldMissing, InvalidInput, QueryFailed
from core.runs.notices import LEASE, WAITS, OwnerNotices
from core.services import people
from core.settings import Settings
from tests.conftest import PASSWORD, Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import add_member, side_by_side
from tests.mail_server import MailServer, ReceivedMail
from tests.run_parts import NOW, deliver_all, insert_report, insert_run, insert_schedule

DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def caring(stack: Stack, server: MailServer) -> Stack:
    """A stack whose notices go through a real mail server."""
    settings = Settings(_env_file=None, smtp_host=server.host, smtp_port=server.port, smtp_security="none")
    stack.care._notices = OwnerNotices(
        stack.database,
        stack.clock,
        channel=EmailChannel(settings, timeout_s=20, final_timeout_s=20),
        base_url="http://reports.example.com",
    )
    return stack


@pytest.fixture
def schedule_id(database: Database, tenant: Tenant) -> UUID:
    return insert_schedule(database, tenant, insert_report(database, tenant), next_run_at=NOW)


def schedule_of(database: Database, tenant: Tenant, schedule_id: UUID) -> Schedule:
    with database.organization(tenant.organization_id) as session:
        return schedule_repository.load_schedule(session, schedule_id)


def run_slot(stack: Stack, tenant: Tenant) -> UUID:
    """Plan what is due, work on it and deliver it; the clock moves a day on."""
    stack.daemon().plan()
    with stack.database.organization(tenant.organization_id) as session:
        run_id = session.execute(
            select(RunRow.id).where(RunRow.finished_at.is_(None)).order_by(RunRow.created_at)
        ).scalar_one()
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    stack.clock.advance(DAY)  # type: ignore[attr-defined]
    return run_id


def words(mail: ReceivedMail) -> str:
    part = mail.message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def subjects(server: MailServer) -> list[str]:
    return [mail.message["Subject"] for mail in server.mails]


def test_a_failure_is_told_once_with_its_mend_and_its_recovery_too(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, schedule_id: UUID
) -> None:
    caring.executor.error = QueryFailed("The source refused the query.")
    first = run_slot(caring, tenant)
    assert (caring.care.look(), caring.care.look()) == (1, 0)
    told = schedule_of(database, tenant, schedule_id)
    assert told.failing_since == NOW
    run_slot(caring, tenant)
    assert caring.care.look() == 0, "the second failure in a row is no news"

    caring.executor.error = None
    run_slot(caring, tenant)
    assert (caring.care.look(), caring.care.look()) == (1, 0)
    assert schedule_of(database, tenant, schedule_id).failing_since is None
    assert subjects(server) == ["Every day: a report did not arrive", "Every day: works again"]
    failed, recovered = server.mails
    assert failed.recipients == (tenant.principal.email,)
    assert "The source refused the query. Open the report and look whether its preview works." in words(failed)
    assert f"http://reports.example.com/runs?run={first}" in words(failed)
    assert "It had failed since Mon 23 Nov 2026, 09:00 (UTC)." in words(recovered)
    assert failed.message["Message-ID"] != recovered.message["Message-ID"]

    caring.executor.error = QueryFailed()
    run_slot(caring, tenant)
    assert caring.care.look() == 1, "after a recovery a failure is news again"


def test_a_failure_that_healed_before_anybody_looked_is_told_nevertheless(
    caring: Stack, server: MailServer, tenant: Tenant, schedule_id: UUID
) -> None:
    caring.executor.error = QueryFailed()
    run_slot(caring, tenant)
    caring.executor.error = None
    run_slot(caring, tenant)
    assert [caring.care.look() for _ in range(3)] == [1, 1, 0]
    assert subjects(server) == ["Every day: a report did not arrive", "Every day: works again"]


def test_schedules_that_fail_together_are_told_in_one_mail(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, schedule_id: UUID
) -> None:
    insert_schedule(database, tenant, insert_report(database, tenant, name="<b>Other"), next_run_at=NOW)
    caring.executor.error = QueryFailed()
    caring.daemon().plan()
    with database.organization(tenant.organization_id) as session:
        run_ids = session.execute(select(RunRow.id)).scalars().all()
    for run_id in run_ids:
        caring.pipeline.advance(run_id)
    caring.care._batch = 1
    assert caring.care.look() == 1
    assert subjects(server) == ["Every day and 1 other schedule: a report did not arrive"]
    assert words(server.mails[0]).count("/runs?run=") == 2


def test_a_mail_server_that_is_away_gets_it_later_under_the_same_name(
    caring: Stack, server: MailServer, tenant: Tenant, clock: FixedClock, schedule_id: UUID
) -> None:
    caring.executor.error = QueryFailed()
    run_slot(caring, tenant)
    server.faults["accepted"] = "drop"  # taken, and the client is never told
    assert caring.care.look() == 0
    server.faults.clear()
    assert caring.care.look() == 0, "not before its time"
    clock.advance(max(WAITS[0], LEASE))
    assert caring.care.look() == 1
    assert len({mail.message["Message-ID"] for mail in server.mails}) == 1
    clock.advance(timedelta(days=30))
    assert caring.care.look() == 0


def test_a_process_that_dies_over_a_mail_leaves_the_same_mail_to_the_next(
    stack: Stack, tenant: Tenant, clock: FixedClock, database: Database, schedule_id: UUID
) -> None:
    stack.executor.error = QueryFailed()
    run_slot(stack, tenant)
    stack.channel.errors_after = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        stack.care.look()
    # News that comes in between goes into a mail of its own: the first one says what it said.
    insert_schedule(database, tenant, insert_report(database, tenant, name="Other"), next_run_at=clock.now())
    stack.daemon().plan()
    with database.organization(tenant.organization_id) as session:
        for run_id in session.execute(select(RunRow.id).where(RunRow.finished_at.is_(None))).scalars():
            stack.pipeline.advance(run_id)
    clock.advance(LEASE)
    assert stack.care.look() == 2
    by_reference: dict[str, set[str]] = {}
    for message in stack.channel.messages:
        by_reference.setdefault(message.reference, set()).add(message.text)
    assert sorted(len(texts) for texts in by_reference.values()) == [1, 1]
    assert len(stack.channel.messages) == 3


def test_daemons_side_by_side_tell_once(stack: Stack, tenant: Tenant, schedule_id: UUID) -> None:
    stack.executor.error = QueryFailed()
    run_slot(stack, tenant)
    sent = side_by_side(lambda _: stack.care.look(), 6)
    assert sorted(sent) == [0, 0, 0, 0, 0, 1]
    assert len(stack.channel.accepted()) == 1


def test_an_owner_hears_what_a_run_tells_in_its_own_transaction_once(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, schedule_id: UUID, clock: FixedClock
) -> None:
    run_id = insert_run(database, tenant, kind=RunKind.SCHEDULED, schedule_id=schedule_id, scheduled_for=NOW)
    for _ in range(2):
        with database.organization(tenant.organization_id) as session:
            owner_notice_repository.tell_owner(
                session, run_id, NoticeKind.STALE, "The newest order is 3 days old.", at=clock.now()
            )
    assert caring.care.look() == 1
    assert subjects(server) == ["Every day: not sent, the data is too old"]


def test_the_news_of_a_service_account_goes_to_those_who_look_after_people(
    caring: Stack,
    server: MailServer,
    tenant: Tenant,
    database: Database,
    owner_session: Session,
    schedule_id: UUID,
    clock: FixedClock,
) -> None:
    owner_session.execute(text("UPDATE users SET is_service = true WHERE id = :user"), {"user": tenant.user_id})
    owner_session.commit()
    admin = add_member(owner_session, tenant, role="organization_admin", name="Ada")
    add_member(owner_session, tenant, role="publisher", name="Ben")
    run_id = insert_run(database, tenant, kind=RunKind.SCHEDULED, schedule_id=schedule_id, scheduled_for=NOW)
    with database.organization(tenant.organization_id) as session:
        owner_notice_repository.tell_owner(session, run_id, NoticeKind.STALE, "It is old.", at=clock.now())
    assert caring.care.look() == 1
    assert [mail.recipients for mail in server.mails] == [(admin.principal.email,)]


def test_a_held_run_asks_its_owner_once(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, schedule_id: UUID, clock: FixedClock
) -> None:
    run_id = insert_run(database, tenant, kind=RunKind.SCHEDULED, schedule_id=schedule_id, scheduled_for=NOW)
    claimed = caring.ledger.claim(run_id)
    assert claimed is not None
    with database.organization(tenant.organization_id) as session:
        run_repository.change_state(
            session,
            claimed.lease(),
            expected=RunState.RUNNING,
            to=RunState.HELD,
            at=NOW,
            message="Held.",
            held_because="Revenue moved by 80%.",
        )
    assert (caring.care.look(), caring.care.look()) == (1, 0)
    assert subjects(server) == ["Every day: waits for your approval"]
    assert "Revenue moved by 80%." in words(server.mails[0])


def test_several_held_runs_are_of_one_schedule(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, schedule_id: UUID
) -> None:
    for day in range(2):
        run_id = insert_run(
            database, tenant, kind=RunKind.BACKFILL, schedule_id=schedule_id, logical_at=NOW - day * DAY
        )
        with database.organization(tenant.organization_id) as session:
            session.execute(update(RunRow).where(RunRow.id == run_id).values(state=str(RunState.HELD)))
    assert caring.care.look() == 1
    assert subjects(server) == ["Every day: waits for your approval"]
    assert words(server.mails[0]).count("/runs?run=") == 2


def test_who_waits_for_a_slow_report_hears_so_once(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, clock: FixedClock
) -> None:
    slow = insert_run(database, tenant)
    insert_run(database, tenant, kind=RunKind.EXPORT, recipients=())  # nobody gets it by mail
    clock.advance(timedelta(seconds=60))
    assert caring.care.look() == 0
    clock.advance(timedelta(seconds=1))
    assert (caring.care.look(), caring.care.look()) == (1, 0)
    assert subjects(server) == ["Weekly revenue: your report is still being made"]
    assert f"/runs?run={slow}" in words(server.mails[0])


def test_a_slow_report_that_is_made_by_now_is_not_said_to_be_slow(
    caring: Stack, server: MailServer, tenant: Tenant, database: Database, clock: FixedClock
) -> None:
    run_id = insert_run(database, tenant)
    clock.advance(timedelta(minutes=2))
    server.faults["rcpt"] = "450 4.2.1 busy"
    assert caring.care.look() == 0
    server.faults.clear()
    with database.organization(tenant.organization_id) as session:
        caring.ledger.cancel(session, run_id)
    clock.advance(WAITS[0])
    assert caring.care.look() == 0
    clock.advance(timedelta(days=30))
    assert (caring.care.look(), server.mails) == (0, [])


def test_a_pause_ends_by_itself_and_its_slots_count_from_there(
    stack: Stack, tenant: Tenant, database: Database, clock: FixedClock, schedule_id: UUID
) -> None:
    until = NOW + timedelta(days=2)
    with database.organization(tenant.organization_id) as session:
        schedule_repository.pause(session, schedule_id, until=until, because="Holidays")
    clock.advance(timedelta(days=2, seconds=-1))
    assert stack.daemon().plan() == 0
    assert not schedule_of(database, tenant, schedule_id).is_active
    clock.advance(timedelta(seconds=1))
    resumed = side_by_side(lambda _: stack.care.resume(), 4)
    assert sum(resumed) == 1
    schedule = schedule_of(database, tenant, schedule_id)
    assert (schedule.is_active, schedule.next_run_at) == (True, until)
    assert (schedule.paused_until, schedule.paused_because) == (None, None)
    assert stack.daemon().plan() == 1


def second_member(
    owner_session: Session, tenant: Tenant, *, role: str = "publisher", email: str = "bea@example.com"
) -> UUID:
    user_id = access_repository.insert_user(
        owner_session,
        organization_id=tenant.organization_id,
        email=email,
        name="Bea",
        password_hash=PASSWORD,
        role=role,
        timezone="UTC",
    )
    owner_session.commit()
    return user_id


@pytest.fixture
def owner_database(database_urls: DatabaseUrls) -> Iterator[Database]:
    assert database_urls.owner is not None
    owner = Database(database_urls.owner, pool_size=1)
    yield owner
    owner.dispose()


@pytest.fixture
def of_bea(owner_session: Session, database: Database, tenant: Tenant, schedule_id: UUID) -> UUID:
    """The schedule belongs to somebody who is no administrator."""
    bea = second_member(owner_session, tenant)
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ScheduleRow).values(owner_id=bea))
    return schedule_id


def leave_by_removal(owner: Database, clock: FixedClock, **more: Any) -> people.Departure:
    return people.remove_user(owner, clock, email="bea@example.com", **more)


def leave_by_deactivation(owner: Database, clock: FixedClock, **more: Any) -> people.Departure:
    return people.deactivate_user(owner, clock, email="bea@example.com", **more)


@pytest.mark.parametrize("leave", [leave_by_removal, leave_by_deactivation])
def test_schedules_of_who_leaves_are_paused_and_the_administrators_told_once(
    leave: Callable[..., people.Departure],
    caring: Stack,
    server: MailServer,
    tenant: Tenant,
    database: Database,
    owner_database: Database,
    clock: FixedClock,
    of_bea: UUID,
) -> None:
    departure = leave(owner_database, clock)
    assert departure.paused == ("Every day",)
    schedule = schedule_of(database, tenant, of_bea)
    assert (schedule.is_active, schedule.next_run_at, schedule.owner_name) == (False, None, "Bea")
    assert (schedule.paused_because, schedule.owner_left_at) == ("Its owner, Bea, left.", clock.now())
    with database.installation() as session:
        assert access_repository.principals_of_user(session, schedule.owner_id) == ()
    assert caring.daemon().plan() == 0
    assert (caring.care.look(), caring.care.look()) == (1, 0)
    assert subjects(server) == ["Every day: paused because the owner left"]
    assert server.mails[0].recipients == (tenant.principal.email,)
    assert f"/schedule?schedule={of_bea}" in words(server.mails[0])


def test_schedules_of_who_leaves_go_to_somebody_in_one_step(
    caring: Stack, tenant: Tenant, database: Database, owner_database: Database, clock: FixedClock, of_bea: UUID
) -> None:
    departure = leave_by_removal(owner_database, clock, hand_over_to=tenant.principal.email)
    assert (departure.paused, departure.handed_over) == ((), 1)
    schedule = schedule_of(database, tenant, of_bea)
    assert (schedule.is_active, schedule.owner_id, schedule.next_run_at) == (True, tenant.user_id, NOW)
    assert caring.care.look() == 0


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"email": "nobody@example.com"}, "email"),
        ({"hand_over_to": "nobody@example.com"}, "hand_over_to"),
        ({"hand_over_to": "bea@example.com"}, "hand_over_to"),
        ({"organization": "Nowhere"}, "organization"),
    ],
)
def test_a_departure_that_cannot_be_changes_nothing(
    wrong: dict[str, str],
    place: str,
    tenant: Tenant,
    database: Database,
    owner_database: Database,
    clock: FixedClock,
    of_bea: UUID,
) -> None:
    before = schedule_of(database, tenant, of_bea)
    with pytest.raises(InvalidInput) as refused:
        people.remove_user(owner_database, clock, **({"email": "bea@example.com"} | wrong))
    assert refused.value.place == place
    assert schedule_of(database, tenant, of_bea) == before
    with database.installation() as session:
        assert access_repository.principals_of_user(session, before.owner_id)


def test_a_closed_account_can_be_opened_again(
    tenant: Tenant, database: Database, owner_database: Database, clock: FixedClock, of_bea: UUID
) -> None:
    leave_by_deactivation(owner_database, clock)
    people.activate_user(owner_database, clock, email="Bea@example.com")
    schedule = schedule_of(database, tenant, of_bea)
    with database.installation() as session:
        assert access_repository.principals_of_user(session, schedule.owner_id)
    assert not schedule.is_active, "what was paused stays paused"


def test_a_member_who_comes_back_can_sign_in_again(
    tenant: Tenant, database: Database, owner_database: Database, clock: FixedClock, of_bea: UUID
) -> None:
    leave_by_removal(owner_database, clock)
    back = people.NewUser(email="bea@example.com", password=PASSWORD, role="editor")
    assert people.add_user(owner_database, clock, back, rule=PasswordRule()).was_known
    with database.installation() as session:
        bea = schedule_of(database, tenant, of_bea).owner_id
        (principal,) = access_repository.principals_of_user(session, bea)
    assert principal.role == "editor"


def test_a_schedule_whose_owner_was_closed_elsewhere_is_paused_before_it_fails(
    caring: Stack,
    server: MailServer,
    tenant: Tenant,
    database: Database,
    owner_session: Session,
    clock: FixedClock,
    of_bea: UUID,
) -> None:
    """Whoever closes an account beside the product leaves its schedules behind."""
    owner_session.execute(update(UserRow).where(UserRow.email == "bea@example.com").values(is_active=False))
    owner_session.commit()
    assert caring.care.look() == 1
    assert not schedule_of(database, tenant, of_bea).is_active
    clock.advance(DAY)
    assert caring.daemon().plan() == 0
    assert caring.care.look() == 0


def test_old_news_is_forgotten(caring: Stack, tenant: Tenant, database: Database, clock: FixedClock) -> None:
    insert_run(database, tenant)
    clock.advance(timedelta(minutes=2))
    assert caring.care.look() == 1
    clock.advance(timedelta(days=365))
    caring.daemon().retain()

    def left() -> int:
        with database.organization(tenant.organization_id) as session:
            return len(session.execute(select(OwnerNoticeRow.id)).all())

    assert left() == 1
    clock.advance(timedelta(days=2))
    caring.daemon().retain()
    assert left() == 0


def test_a_missing_field_is_told_by_its_own_mail_only(
    stack: Stack, tenant: Tenant, database: Database, schedule_id: UUID
) -> None:
    stack.executor.error = FieldMissing("Weekly revenue has no country any more.", fields=("country",))
    run_slot(stack, tenant)
    assert stack.daemon().tell() == 1
    assert stack.daemon().tell() == 0
    assert [message.subject for message in stack.channel.messages] == ["Weekly revenue: a field is missing"]
    assert schedule_of(database, tenant, schedule_id).failing_since is not None
    stack.executor.error = None
    run_slot(stack, tenant)
    assert stack.daemon().tell() == 1
    assert stack.channel.messages[-1].subject == "Every day: works again"
