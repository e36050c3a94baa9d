"""Who may receive reports: at save, at delivery, after the rule changed; and how an address says yes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access.rate_limit import RateLimit
from core.api.verify_routes import verify_routes
from core.clock import FixedClock
from core.db.database import Database
from core.domain.access import BUILT_IN_ROLES
from core.domain.group import GroupDraft, GroupMember
from core.domain.recipient_policy import RecipientPolicy, RecipientRule
from core.domain.run import Run, RunKind, RunState
from core.domain.schedule import Recipient
from core.errors import Conflict, DeliveryDeferred, InvalidAddress, InvalidInput, NotAllowed, NotFound, TooManyRequests
from core.services.groups import GroupService
from core.services.reach import ReachService
from core.services.recipient_lines import LineState
from core.services.recipient_policy import RecipientPolicyService
from core.services.recipients import hold_recipients
from core.services.runs import RunService
from core.services.verification import MOST_A_DAY, VALID_FOR, VerificationService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import deliver_all, insert_schedule

OUTSIDE = Recipient(channel="email", address="ann@example.org")
MEMBERS = RecipientPolicy(rule=RecipientRule.MEMBERS)
VERIFIED = RecipientPolicy(rule=RecipientRule.VERIFIED)


@pytest.fixture
def policy(database: Database) -> RecipientPolicyService:
    return RecipientPolicyService(database)


@pytest.fixture
def verification(stack: Stack) -> VerificationService:
    return VerificationService(
        stack.database, stack.clock, channel=stack.channel, places=stack.places, base_url="http://localhost:8501"
    )


@pytest.fixture
def client(verification: VerificationService, clock: FixedClock) -> Iterator[TestClient]:
    wrong = RateLimit(clock, per_minute=3)
    with TestClient(Starlette(routes=verify_routes(verification, wrong))) as running:
        yield running


@pytest.fixture
def hold(database: Database, tenant: Tenant) -> Callable[..., tuple[Recipient, ...]]:
    """What a save does with recipients."""

    class Mail:
        form = ()
        label = "E-mail"

    def held(*recipients: Recipient) -> tuple[Recipient, ...]:
        with database.organization(tenant.organization_id) as session:
            return hold_recipients(session, tenant.organization_id, recipients, {"email": Mail()})

    return held


@pytest.fixture
def send(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> Callable[..., Run]:
    def go(*recipients: Recipient, kind: RunKind = RunKind.MANUAL) -> Run:
        run_id = make_run(recipients=recipients, kind=kind)
        stack.pipeline.advance(run_id)
        return deliver_all(stack, tenant, run_id)

    return go


def link_in(stack: Stack) -> str:
    """The path of the link in the newest mail."""
    return "/verify/" + stack.channel.messages[-1].text.split("/verify/")[1].split()[0]


def test_anyone_may_until_a_rule_is_set(policy: RecipientPolicyService, tenant: Tenant, hold) -> None:
    assert policy.get(tenant.principal) == RecipientPolicy()
    assert hold(OUTSIDE) == (OUTSIDE,)
    saved = policy.save(tenant.principal, MEMBERS, expected_version=0)
    assert (saved.rule, saved.version) == (RecipientRule.MEMBERS, 1)
    assert policy.save(tenant.principal, VERIFIED).version == 2
    with pytest.raises(Conflict):
        policy.save(tenant.principal, MEMBERS, expected_version=1)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (MEMBERS, "ann@example.org may not get reports: only members of your organization may."),
        (
            RecipientPolicy(rule=RecipientRule.DOMAINS, domains=("ours.example",)),
            "ann@example.org may not get reports: allowed is ours.example, and members.",
        ),
        (VERIFIED, "ann@example.org may not get reports yet: its owner has not confirmed it."),
    ],
)
def test_a_rule_holds_at_save_and_at_delivery(
    policy: RecipientPolicyService,
    tenant: Tenant,
    hold,
    send: Callable[..., Run],
    stack: Stack,
    rule: RecipientPolicy,
    words: str,
) -> None:
    me = Recipient(channel="email", address=tenant.principal.email.upper())
    assert send(OUTSIDE).state is RunState.COMPLETED
    policy.save(tenant.principal, rule)
    with pytest.raises(InvalidAddress) as caught:
        hold(me, OUTSIDE)
    assert (caught.value.user_message, caught.value.place) == (words, "recipients[1]")
    assert hold(me) == (me,)
    before = len(stack.channel.accepted())
    run = send(me, OUTSIDE)
    states = {one.address: (str(one.state), one.error_message) for one in run.deliveries}
    assert states == {me.address: ("sent", None), OUTSIDE.address: ("suppressed", f"Not sent: {words}")}
    assert [one["to"] for one in stack.channel.accepted()[before:]] == [me.address]
    assert run.state is RunState.COMPLETED
    assert run.events[-1].message == f"Delivered to 1 of 2 recipients. 1 was left out: {words}"
    assert send(OUTSIDE, kind=RunKind.TEST).deliveries[0].state == "sent", "a test goes to its caller"


def test_a_rule_that_tightens_meanwhile_holds_for_a_retry(
    policy: RecipientPolicyService, tenant: Tenant, send: Callable[..., Run], stack: Stack, clock: FixedClock
) -> None:
    stack.channel.errors = [DeliveryDeferred("busy")]
    run = send(OUTSIDE)
    assert run.deliveries[0].state == "retry"
    policy.save(tenant.principal, MEMBERS)
    clock.advance(timedelta(hours=1))
    assert deliver_all(stack, tenant, run.id).deliveries[0].state == "suppressed"


def test_who_was_left_out_gets_it_once_nothing_stands_in_the_way(
    policy: RecipientPolicyService, tenant: Tenant, send: Callable[..., Run], stack: Stack, service: RunService
) -> None:
    policy.save(tenant.principal, MEMBERS)
    run = send(OUTSIDE)
    again = service.resend_delivery(tenant.principal, run.deliveries[0].id)
    assert deliver_all(stack, tenant, again.id).deliveries[0].state == "suppressed", "the rule still says no"
    policy.save(tenant.principal, RecipientPolicy())
    service.resend_delivery(tenant.principal, run.deliveries[0].id)
    assert deliver_all(stack, tenant, run.id).deliveries[0].state == "sent"


def test_domains_are_compared_as_mail_travels(policy: RecipientPolicyService, tenant: Tenant, hold) -> None:
    rule = RecipientPolicy(rule=RecipientRule.DOMAINS, domains=(" @MÜLLER.example", "*.example.com", "müller.example"))
    assert policy.save(tenant.principal, rule).domains == ("xn--mller-kva.example", "*.example.com")
    for good in ("a@müller.example", "a@MÜLLER.EXAMPLE", "b@eu.example.com", "b@a.b.EXAMPLE.com"):
        assert hold(Recipient(channel="email", address=good))
    for bad in ("a@example.com.evil.example", "a@notexample.com", "b@eu.müller.example", "a@xexample.com"):
        with pytest.raises(InvalidAddress, match="allowed are"):
            hold(Recipient(channel="email", address=bad))


@pytest.mark.parametrize("wrong", ["", "a b", "*.", "*", "exa\nmple.com", "a@b.example", "*.*.example.com", "com"])
def test_what_is_no_domain_is_refused_with_its_place(
    policy: RecipientPolicyService, tenant: Tenant, wrong: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        policy.save(tenant.principal, RecipientPolicy(rule=RecipientRule.DOMAINS, domains=("example.com", wrong)))
    assert caught.value.place == "domains[1]"
    with pytest.raises(InvalidInput, match="at least one domain"):
        policy.save(tenant.principal, RecipientPolicy(rule=RecipientRule.DOMAINS))
    assert policy.get(tenant.principal).version == 0


def test_groups_are_held_to_it_too(policy: RecipientPolicyService, database: Database, tenant: Tenant, hold) -> None:
    groups = GroupService(database)
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(GroupMember(address=OUTSIDE.address),)))
    policy.save(tenant.principal, MEMBERS)
    with pytest.raises(InvalidAddress, match='In the group "Board": ann@example') as caught:
        hold(Recipient(channel="group", address=str(board.id)))
    assert caught.value.place == "recipients[0]"
    with pytest.raises(InvalidAddress) as caught:
        groups.change(
            tenant.principal,
            board.id,
            GroupDraft(name="Board", members=(GroupMember(user_id=tenant.user_id), board.members[0])),
        )
    assert caught.value.place == "members[1].address"


def test_what_a_rule_means_for_saved_schedules_is_shown_before_and_after(
    policy: RecipientPolicyService, database: Database, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    groups = GroupService(database)
    board = groups.create(tenant.principal, GroupDraft(name="Board", members=(GroupMember(address="bob@example.org"),)))
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    named = (OUTSIDE, Recipient(channel="group", address=str(board.id)))
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=None, recipients=named)
    fine = (Recipient(channel="user", address=str(tenant.user_id)), Recipient(channel="slack", address="#sales"))
    insert_schedule(database, tenant, report_id, next_run_at=None, recipients=fine)
    assert policy.at_odds(tenant.principal).items == ()
    would = policy.at_odds(tenant.principal, MEMBERS)
    assert policy.get(tenant.principal).version == 0
    policy.save(tenant.principal, MEMBERS)
    is_so = policy.at_odds(tenant.principal)
    assert would == is_so
    (one,) = is_so.items
    assert one.schedule_id == schedule_id
    assert [(who.address, who.group) for who in one.refused] == [
        ("ann@example.org", None),
        ("bob@example.org", "Board"),
    ]
    assert policy.at_odds(tenant.principal, page=2, limit=1).items == ()


def test_a_pasted_list_is_answered_by_the_rule(
    policy: RecipientPolicyService, database: Database, tenant: Tenant, clock: FixedClock
) -> None:
    policy.save(tenant.principal, MEMBERS)
    found = ReachService(database, clock).lines(tenant.principal, f"{tenant.principal.email}\nann@example.org\nx")
    assert [one.state for one in found.lines] == [LineState.OK, LineState.NOT_ALLOWED, LineState.WRONG]
    assert found.addresses == (tenant.principal.email,)
    assert "only members" in found.lines[1].message


def test_the_rule_is_for_those_who_manage_people(policy: RecipientPolicyService, tenant: Tenant) -> None:
    publisher = replace(tenant.principal, permissions=BUILT_IN_ROLES["publisher"])
    assert policy.get(publisher).version == 0
    with pytest.raises(NotAllowed):
        policy.save(publisher, MEMBERS)


def test_an_address_says_yes_by_a_link_of_its_own(
    policy: RecipientPolicyService,
    verification: VerificationService,
    client: TestClient,
    stack: Stack,
    tenant: Tenant,
    hold,
    database: Database,
) -> None:
    policy.save(tenant.principal, VERIFIED)
    asked = verification.ask(tenant.principal, " ANN@example.org")
    assert (asked.address, asked.is_confirmed, asked.times_asked) == ("ann@example.org", False, 1)
    link = link_in(stack)
    with database.organization(tenant.organization_id) as session:
        kept = session.execute(text("SELECT row_to_json(v)::text FROM verified_addresses v")).scalar_one()
    assert link.rpartition("/")[2] not in kept
    page = client.get(link)
    assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
    assert "ann@example.org" in page.text
    assert "<form" in page.text
    with pytest.raises(InvalidAddress):
        hold(OUTSIDE)
    assert "Confirmed" in client.post(link).text
    assert "Confirmed" in client.post(link).text, "twice is once"
    assert "<form" not in client.get(link).text
    assert hold(OUTSIDE) == (OUTSIDE,)
    with pytest.raises(Conflict, match="confirmed already"):
        verification.ask(tenant.principal, OUTSIDE.address)
    (one,) = verification.list(tenant.principal, is_confirmed=True).items
    assert verification.list(tenant.principal, is_confirmed=False).items == ()
    verification.remove(tenant.principal, one.id)
    assert client.get(link).status_code == 404
    with pytest.raises(InvalidAddress):
        hold(OUTSIDE)


def test_a_link_ends_and_another_one_takes_its_place(
    verification: VerificationService, client: TestClient, stack: Stack, tenant: Tenant, clock: FixedClock
) -> None:
    first = verification.ask(tenant.principal, OUTSIDE.address)
    old = link_in(stack)
    with pytest.raises(TooManyRequests):
        verification.ask_again(tenant.principal, first.id)
    clock.advance(timedelta(minutes=5))
    assert verification.ask_again(tenant.principal, first.id).times_asked == 2
    assert client.post(old).status_code == 404
    clock.advance(VALID_FOR)
    ended = client.post(link_in(stack))
    assert (ended.status_code, "has expired" in ended.text) == (404, True)
    assert not verification.list(tenant.principal).items[0].is_confirmed


def test_a_network_that_guesses_is_told_to_wait(client: TestClient) -> None:
    assert [client.post("/verify/guessed").status_code for _ in range(4)] == [404, 404, 404, 429]


def test_a_question_that_did_not_leave_was_not_asked(
    verification: VerificationService, stack: Stack, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    stack.channel.errors = [DeliveryDeferred("busy")]
    with pytest.raises(DeliveryDeferred, match="could not be mailed"):
        verification.ask(tenant.principal, OUTSIDE.address)
    assert verification.list(tenant.principal).total == 0
    asked = verification.ask(tenant.principal, OUTSIDE.address)
    other = make_organization()
    assert verification.list(other.principal).total == 0
    with pytest.raises(NotFound):
        verification.ask_again(other.principal, asked.id)
    with pytest.raises(NotAllowed):
        verification.remove(replace(tenant.principal, permissions=BUILT_IN_ROLES["publisher"]), asked.id)
    with pytest.raises(InvalidAddress) as caught:
        verification.ask(tenant.principal, "nobody")
    assert caught.value.place == "address"


def test_nobody_floods_the_world_with_questions(
    verification: VerificationService, database: Database, tenant: Tenant, clock: FixedClock
) -> None:
    with database.organization(tenant.organization_id) as session:
        session.execute(
            text(
                "INSERT INTO verified_addresses (organization_id, address, asked_at, expires_at) "
                "SELECT :organization, n || '@example.org', :now, :now FROM generate_series(1, :most) n"
            ),
            {"organization": tenant.organization_id, "now": clock.now(), "most": MOST_A_DAY},
        )
    with pytest.raises(TooManyRequests):
        verification.ask(tenant.principal, OUTSIDE.address)
