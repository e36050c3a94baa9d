"""Groups and people as recipients: who is in them when a run is delivered, and who is left out and why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db import access_repository, member_repository
from core.db.database import Database
from core.domain.access import BUILT_IN_ROLES
from core.domain.delivery import DeliveryState
from core.domain.group import Group, GroupDraft, GroupInUse, GroupMember
from core.domain.run import Run, RunKind, RunState
from core.domain.schedule import Recipient
from core.errors import Conflict, DeliveryDeferred, InvalidInput, NotAllowed, NotFound
from core.services.groups import GroupService
from core.services.reach import ReachService
from core.services.recipients import hold_recipients
from core.services.runs import RunService
from core.services.suppressions import SuppressionService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import deliver_all, insert_schedule

ANN = GroupMember(address="Ann@example.org", name="Ann Lee", locale="en-GB")
BOB = GroupMember(address="bob@example.org")


@pytest.fixture
def groups(database: Database) -> GroupService:
    return GroupService(database)


@pytest.fixture
def colleague(owner_session, tenant: Tenant) -> UUID:
    """Another member of the organization: Cleo, cleo@example.com."""
    user_id = access_repository.insert_user(
        owner_session,
        organization_id=tenant.organization_id,
        email="cleo@example.com",
        name="Cleo",
        password_hash="x",
        role="viewer",
        timezone="UTC",
    )
    owner_session.commit()
    return user_id


@pytest.fixture
def send(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> Callable[..., Run]:
    """Send a run to recipients, mails saying `{recipient.name}` and `{recipient.locale}`."""

    def go(*recipients: Recipient, **changes: object) -> Run:
        words = {"email_body": "Dear {recipient.name} [{recipient.locale}]"}
        run_id = make_run(recipients=recipients, kind=RunKind.MANUAL, **(words | changes))
        stack.pipeline.advance(run_id)
        return deliver_all(stack, tenant, run_id)

    return go


def group(one: Group) -> Recipient:
    return Recipient(channel="group", address=str(one.id))


def user(user_id: UUID, role: str = "to") -> Recipient:
    return Recipient(channel="user", address=str(user_id), role=role)


def email(address: str, role: str = "to") -> Recipient:
    return Recipient(channel="email", address=address, role=role)


def states(run: Run) -> dict[str, str]:
    return {one.address: str(one.state) for one in run.deliveries}


def test_a_group_is_kept_as_it_is_given(groups: GroupService, tenant: Tenant, colleague: UUID) -> None:
    draft = GroupDraft(name=" Board ", description="Meets on Mondays", members=(ANN, GroupMember(user_id=colleague)))
    made = groups.create(tenant.principal, draft)
    assert (made.name, made.member_count, made.version) == ("Board", 2, 1)
    ann, cleo = made.members
    assert (ann.address, ann.name, ann.locale) == ("ann@example.org", "Ann Lee", "en-GB")
    assert (cleo.user_id, cleo.address, cleo.name, cleo.is_here) == (colleague, "cleo@example.com", "Cleo", True)
    assert [one.name for one in groups.list(tenant.principal, search="OAR").items] == ["Board"]
    changed = groups.change(
        tenant.principal, made.id, GroupDraft(name="The board", members=(BOB,)), expected_version=made.version
    )
    assert (changed.version, [one.address for one in changed.members]) == (2, ["bob@example.org"])
    with pytest.raises(Conflict):
        groups.change(tenant.principal, made.id, draft, expected_version=1)
    groups.delete(tenant.principal, made.id)
    with pytest.raises(NotFound):
        groups.get(tenant.principal, made.id)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"description": "a\0b"}, "description"),
        ({"members": (replace(ANN, address="nobody"),)}, "members[0].address"),
        ({"members": (ANN, replace(ANN, address="ANN@example.org"))}, "members[1]"),
        ({"members": (replace(ANN, locale="en GB; drop"),)}, "members[0].locale"),
        ({"members": (BOB, GroupMember())}, "members[1]"),
        ({"members": (GroupMember(user_id=uuid4()),)}, "members[0].user_id"),
        ({"members": (replace(ANN, name="a\nb"),)}, "members[0].name"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    groups: GroupService, tenant: Tenant, changes: dict[str, object], place: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        groups.create(tenant.principal, replace(GroupDraft(name="Board"), **changes))
    assert caught.value.place == place
    assert groups.list(tenant.principal).total == 0


def test_groups_belong_to_one_organization_and_to_those_who_manage_its_people(
    groups: GroupService, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    made = groups.create(tenant.principal, GroupDraft(name="Board", members=(ANN,)))
    other = make_organization()
    assert groups.list(other.principal).items == ()
    with pytest.raises(NotFound):
        groups.get(other.principal, made.id)
    with pytest.raises(InvalidInput, match="does not belong"):
        groups.create(other.principal, GroupDraft(name="Ours", members=(GroupMember(user_id=tenant.user_id),)))
    with pytest.raises(Conflict, match="already"):
        groups.create(tenant.principal, GroupDraft(name="BOARD"))
    publisher = replace(tenant.principal, permissions=BUILT_IN_ROLES["publisher"])
    assert groups.get(publisher, made.id).member_count == 1
    with pytest.raises(NotAllowed):
        groups.delete(publisher, made.id)
    with pytest.raises(NotAllowed):
        groups.list(replace(tenant.principal, permissions=BUILT_IN_ROLES["editor"]))


def test_each_address_gets_it_once_under_its_name(
    stack: Stack, groups: GroupService, tenant: Tenant, colleague: UUID, send: Callable[..., Run]
) -> None:
    """Ann is typed and in two groups; Cleo is chosen and in one."""
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(ANN, BOB)))
    sales = groups.create(
        tenant.principal, GroupDraft(name="Sales", members=(ANN, GroupMember(user_id=colleague, locale="de")))
    )
    run = send(group(board), group(sales), user(colleague, role="cc"), email("ann@EXAMPLE.org", role="bcc"))
    assert states(run) == {"ann@EXAMPLE.org": "sent", "bob@example.org": "sent", "cleo@example.com": "sent"}
    assert {one.address: one.role for one in run.deliveries}["ann@EXAMPLE.org"] == "bcc"
    assert {one.address: one.role for one in run.deliveries}["cleo@example.com"] == "cc"
    said = {line for message in stack.channel.messages for line in message.text.splitlines() if "Dear" in line}
    assert said == {"Dear Ann Lee [en-GB]", "Dear bob@example.org []", "Dear Cleo [de]"}
    assert run.state is RunState.COMPLETED
    assert [event.message for event in run.events][-1] == "Delivered to everyone."
    assert "Sending to 3 recipients." in [event.message for event in run.events]


def test_the_members_of_the_moment_of_delivery_get_it(
    stack: Stack, groups: GroupService, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(ANN,)))
    run_id = make_run(recipients=(group(board),), kind=RunKind.MANUAL)
    groups.change(tenant.principal, board.id, GroupDraft(name="Board", members=(BOB,)))
    stack.pipeline.advance(run_id)
    assert states(deliver_all(stack, tenant, run_id)) == {"bob@example.org": "sent"}


@pytest.mark.parametrize("way", ["left", "closed"])
def test_who_is_gone_gets_nothing_and_the_run_says_so(
    way: str,
    groups: GroupService,
    tenant: Tenant,
    colleague: UUID,
    send: Callable[..., Run],
    owner_session,
    clock: FixedClock,
) -> None:
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(BOB, GroupMember(user_id=colleague))))
    if way == "left":
        member_repository.leave(owner_session, tenant.organization_id, colleague, at=clock.now())
    else:
        member_repository.set_user_active(owner_session, colleague, is_active=False)
    owner_session.commit()
    run = send(group(board), user(colleague))
    assert states(run) == {"bob@example.org": "sent", "cleo@example.com": "suppressed"}
    assert run.state is RunState.COMPLETED
    assert [event.message for event in run.events][-1] == (
        "Delivered to 1 of 2 recipients. 1 was left out: "
        "Cleo (cleo@example.com) is not an active member of the organization any more."
    )
    alone = send(user(colleague))
    assert (alone.state, states(alone)) == (RunState.COMPLETED, {"cleo@example.com": "suppressed"})
    assert [event.message for event in alone.events][-1].startswith("Delivered to nobody. 1 was left out: Cleo")


def test_who_leaves_between_two_attempts_gets_nothing(
    groups: GroupService,
    tenant: Tenant,
    colleague: UUID,
    send: Callable[..., Run],
    stack: Stack,
    owner_session,
    clock: FixedClock,
    service: RunService,
) -> None:
    """Also when it is sent again by hand; an address that was typed stays what was typed."""
    stack.channel.errors = [DeliveryDeferred("busy"), DeliveryDeferred("busy")]
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(GroupMember(user_id=colleague),)))
    run, typed = send(group(board)), send(group(board), email("cleo@example.com"))
    assert (states(run), states(typed)) == ({"cleo@example.com": "retry"}, {"cleo@example.com": "retry"})
    member_repository.leave(owner_session, tenant.organization_id, colleague, at=clock.now())
    owner_session.commit()
    clock.advance(timedelta(hours=1))
    assert states(deliver_all(stack, tenant, run.id)) == {"cleo@example.com": "suppressed"}
    assert states(deliver_all(stack, tenant, typed.id)) == {"cleo@example.com": "sent"}
    service.resend_delivery(tenant.principal, run.deliveries[0].id)
    assert states(deliver_all(stack, tenant, run.id)) == {"cleo@example.com": "suppressed"}


def test_a_run_for_nobody_ends_and_says_so(groups: GroupService, tenant: Tenant, send: Callable[..., Run]) -> None:
    board = groups.create(tenant.principal, GroupDraft(name="Board"))
    run = send(group(board), Recipient(channel="group", address=str(uuid4())))
    assert (run.state, run.error_code, run.deliveries) == (RunState.PARTIAL, "no_recipients", ())
    said = [event.message for event in run.events]
    assert 'The group "Board" has no members.' in said
    assert any("is deleted: it gets nothing" in line for line in said)
    assert said[-1] == "There was nobody to send it to. The files are here."


def test_suppressed_members_are_counted_and_named(
    groups: GroupService, tenant: Tenant, send: Callable[..., Run], database: Database, clock: FixedClock
) -> None:
    many = tuple(GroupMember(address=f"p{n}@example.org") for n in range(6))
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=many))
    for member in many[:5]:
        SuppressionService(database, clock).add(tenant.principal, member.address)
    run = send(group(board))
    assert run.state is RunState.COMPLETED
    last = [event.message for event in run.events][-1]
    assert last.startswith("Delivered to 1 of 6 recipients. 5 were left out: p0@example.org is on the list")
    assert last.endswith("; and 2 more.")


def test_recipients_are_checked_when_they_are_saved(
    database: Database,
    groups: GroupService,
    tenant: Tenant,
    colleague: UUID,
    make_organization: Callable[..., Tenant],
    owner_session,
    clock: FixedClock,
) -> None:
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(ANN,)))
    other = make_organization()
    theirs = groups.create(other.principal, GroupDraft(name="Theirs"))

    def held(*recipients: Recipient) -> tuple[Recipient, ...]:
        with database.organization(tenant.organization_id) as session:
            return hold_recipients(session, tenant.organization_id, recipients, {})

    named = Recipient(channel="group", address=" board "), Recipient(channel="user", address="Cleo@example.com")
    assert held(*named) == (group(board), user(colleague))
    for wrong in (group(theirs), user(other.user_id), user(uuid4()), Recipient(channel="group", address="nobody")):
        with pytest.raises(InvalidInput, match="does not exist") as caught:
            held(group(board), wrong)
        assert caught.value.place == "recipients[1]"
    with pytest.raises(InvalidInput, match="named twice"):
        held(group(board), named[0])
    member_repository.leave(owner_session, tenant.organization_id, colleague, at=clock.now())
    owner_session.commit()
    with pytest.raises(InvalidInput, match="Cleo is not an active member"):
        held(user(colleague))


def test_whom_recipients_reach_is_told_before(
    database: Database, groups: GroupService, tenant: Tenant, clock: FixedClock
) -> None:
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(ANN, BOB)))
    empty = groups.create(tenant.principal, GroupDraft(name="Empty"))
    SuppressionService(database, clock).add(tenant.principal, BOB.address)
    reach = ReachService(database, clock).reach(
        tenant.principal, (group(board), group(empty), email("ann@example.org"), user(tenant.user_id))
    )
    assert reach.addresses == ("ann@example.org", tenant.principal.email)
    assert reach.left_out == (("bob@example.org", "bob@example.org is on the list of addresses that get no mail."),)
    assert reach.said == ('The group "Empty" has no members.',)


def test_a_group_in_use_is_not_deleted(
    database: Database, groups: GroupService, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(ANN,)))
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(group(board),))
    with pytest.raises(GroupInUse, match="Board is used by Every day") as caught:
        groups.delete(tenant.principal, board.id)
    assert caught.value.schedules == ((schedule_id, "Every day"),)
    assert groups.schedules_of(tenant.principal, board.id) == ((schedule_id, "Every day"),)


def test_an_address_is_removed_everywhere_once_people_saw_where_it_stands(
    database: Database,
    groups: GroupService,
    tenant: Tenant,
    colleague: UUID,
    clock: FixedClock,
    make_run: Callable[..., UUID],
) -> None:
    suppressions = SuppressionService(database, clock)
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(BOB, GroupMember(user_id=colleague))))
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(user(colleague),))
    insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(group(board),))
    found = suppressions.where(tenant.principal, "CLEO@example.com")
    assert (found.schedules, found.groups, found.is_suppressed) == ((("Every day", True),), ("Board",), False)
    assert groups.get(tenant.principal, board.id).member_count == 2, "looking changes nothing"
    done = suppressions.remove_everywhere(tenant.principal, "cleo@example.com")
    assert (done.schedules, done.groups) == (found.schedules, found.groups)
    after = groups.get(tenant.principal, board.id)
    assert ([one.address for one in after.members], after.version) == (["bob@example.org"], 2)
    again = suppressions.where(tenant.principal, "cleo@example.com")
    assert (again.schedules, again.groups, again.is_suppressed) == ((), (), True)


def test_the_people_of_an_organization_those_who_left_last(
    groups: GroupService, tenant: Tenant, colleague: UUID, owner_session, clock: FixedClock
) -> None:
    member_repository.leave(owner_session, tenant.organization_id, colleague, at=clock.now())
    owner_session.commit()
    found = groups.people(tenant.principal)
    assert [(one.email, one.is_here) for one in found.items] == [
        (tenant.principal.email, True),
        ("cleo@example.com", False),
    ]
    assert [one.name for one in groups.people(tenant.principal, search="CLE").items] == ["Cleo"]


def test_a_crowd_is_addressed_in_one_go(groups: GroupService, tenant: Tenant, stack: Stack, make_run) -> None:
    """More rows than one statement takes."""
    many = tuple(GroupMember(address=f"p{n}@example.org", name=f"P {n}") for n in range(1203))
    crowd = groups.create(tenant.principal, GroupDraft(name="Crowd", members=many))
    run_id = make_run(recipients=(group(crowd),), kind=RunKind.MANUAL)
    stack.pipeline.advance(run_id)
    with stack.database.organization(tenant.organization_id) as session:
        made = session.execute(
            text("SELECT count(*), count(DISTINCT recipient_name) FROM deliveries WHERE state = :state"),
            {"state": str(DeliveryState.PENDING)},
        ).one()
    assert tuple(made) == (1203, 1203)
