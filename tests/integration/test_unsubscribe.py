"""Stopping and pausing mail from the mail itself, the organization's list, and what deliveries make of both."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access.rate_limit import RateLimit
from core.api.unsubscribe_routes import unsubscribe_routes
from core.clock import FixedClock
from core.db import schedule_repository
from core.db.database import Database
from core.domain.access import BUILT_IN_ROLES
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState
from core.domain.schedule import Recipient
from core.domain.suppression import SuppressionReason
from core.errors import InvalidAddress, NotAllowed, NotFound
from core.runs.unsubscribe_links import UnsubscribeLinks
from core.services.suppressions import SuppressionService, UnsubscribeService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import deliver_all, insert_schedule

ANN, BOB = (Recipient(channel="email", address=f"{name}@example.com") for name in ("Ann", "bob"))
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def suppressions(database: Database, clock: FixedClock) -> SuppressionService:
    return SuppressionService(database, clock)


@pytest.fixture
def client(database: Database, clock: FixedClock) -> Iterator[TestClient]:
    wrong = RateLimit(clock, per_minute=3)
    with TestClient(Starlette(routes=unsubscribe_routes(UnsubscribeService(database, clock), wrong))) as running:
        yield running


@pytest.fixture
def schedule_id(database: Database, tenant: Tenant, make_run: Callable[..., UUID]) -> UUID:
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    return insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(ANN, BOB))


@pytest.fixture
def send(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], schedule_id: UUID) -> Callable[..., list[str]]:
    """Send the schedule to Ann and Bob; answers the states of both."""

    def go(**changes: object) -> list[str]:
        run_id = make_run(**{"recipients": (ANN, BOB), "schedule_id": schedule_id, "kind": RunKind.MANUAL} | changes)
        stack.pipeline.advance(run_id)
        run = deliver_all(stack, tenant, run_id)
        assert run.state is RunState.COMPLETED
        assert all(one.error_message for one in run.deliveries if one.state is DeliveryState.SUPPRESSED)
        return [str(one.state) for one in sorted(run.deliveries, key=lambda one: one.address)]

    return go


def path_for(stack: Stack, address: str) -> str:
    """The path of the link in the newest mail to somebody."""
    urls = [message.unsubscribe_url for message in stack.channel.messages if address in message.text]
    return "/" + urls[-1].split("/", 3)[3]


def test_one_click_stops_that_schedule_for_that_person(
    stack: Stack, client: TestClient, send: Callable[..., list[str]]
) -> None:
    assert send() == ["sent", "sent"]
    link = path_for(stack, ANN.address)
    assert f"Unsubscribe or pause: http://localhost:8501{link}" in stack.channel.messages[0].text
    assert link != path_for(stack, BOB.address)
    page = client.get(link)
    assert page.status_code == 200
    assert "ann@example.com" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.head(link).status_code == 200
    assert send() == ["sent", "sent"], "looking changes nothing"
    assert client.post(link, data=ONE_CLICK).status_code == 200
    assert client.post(link, data=ONE_CLICK).status_code == 200, "twice is once"
    assert send() == ["suppressed", "sent"]
    assert send(schedule_id=None) == ["sent", "sent"], "only that schedule"
    assert path_for(stack, BOB.address) != link


def test_mail_programs_may_post_it_as_a_form_of_parts(
    stack: Stack, client: TestClient, send: Callable[..., list[str]]
) -> None:
    send()
    answer = client.post(path_for(stack, ANN.address), files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert send() == ["suppressed", "sent"]


@pytest.mark.parametrize("weeks", [1, 2, 3, 4])
def test_a_pause_ends_by_itself(
    stack: Stack, client: TestClient, clock: FixedClock, send: Callable[..., list[str]], weeks: int
) -> None:
    send()
    page = client.post(path_for(stack, ANN.address), data={"choice": f"weeks-{weeks}"})
    assert "until" in page.text
    assert send() == ["suppressed", "sent"]
    clock.advance(timedelta(weeks=weeks) - timedelta(minutes=1))
    assert send() == ["suppressed", "sent"]
    clock.advance(timedelta(minutes=1))
    assert send() == ["sent", "sent"]


def test_everything_and_back_again(stack: Stack, client: TestClient, send: Callable[..., list[str]]) -> None:
    send()
    link = path_for(stack, ANN.address)
    client.post(link, data={"choice": "everything"})
    assert send(schedule_id=None) == ["suppressed", "sent"]
    assert "Get it again" in client.get(link).text
    assert "You get these mails again" in client.post(link, data={"choice": "again"}).text
    assert send() == ["sent", "sent"]


def test_what_others_decided_cannot_be_taken_back_from_a_mail(
    stack: Stack, client: TestClient, tenant: Tenant, suppressions: SuppressionService, send: Callable[..., list[str]]
) -> None:
    send()
    link = path_for(stack, ANN.address)
    suppressions.add(tenant.principal, "ann@example.com", note="left the company")
    for choice in ("again", "weeks-1", "everything", "again"):
        client.post(link, data={"choice": choice})
    assert "Get it again" not in client.get(link).text
    assert send() == ["suppressed", "sent"]
    found = suppressions.list(tenant.principal).items
    assert SuppressionReason.ADDED in {one.reason for one in found}


@pytest.mark.parametrize("data", [{}, {"choice": "weeks-9"}, {"choice": "x" * 20_000}, {"List-Unsubscribe": "no"}])
def test_nonsense_changes_nothing(
    stack: Stack, client: TestClient, send: Callable[..., list[str]], data: dict[str, str]
) -> None:
    send()
    assert client.post(path_for(stack, ANN.address), data=data).status_code == 400
    assert send() == ["sent", "sent"]


def test_a_link_that_nobody_made(client: TestClient, database: Database, tenant: Tenant, clock: FixedClock) -> None:
    assert client.get("/unsubscribe/" + "0" * 64).status_code == 404
    assert client.post("/unsubscribe/" + "0" * 64, data=ONE_CLICK).status_code == 404
    links = UnsubscribeLinks(key="one key", base_url="http://x")
    others = UnsubscribeLinks(key="another key", base_url="http://x")
    with database.organization(tenant.organization_id) as session:
        url = links.url(session, tenant.organization_id, "Ann@Example.com", None)
        assert url == links.url(session, tenant.organization_id, "ann@example.com", None)
        assert others.url(session, tenant.organization_id, "ann@example.com", None) != url
        stored = session.execute(text("SELECT string_agg(row_to_json(t)::text, '') FROM mail_tokens t")).scalar_one()
    assert url.rpartition("/")[2] not in stored


def test_a_waiting_retry_is_not_sent_after_an_unsubscription(
    stack: Stack, tenant: Tenant, client: TestClient, clock: FixedClock, send: Callable[..., list[str]],
    make_run: Callable[..., UUID], schedule_id: UUID,
) -> None:  # fmt: skip
    send()
    link = path_for(stack, ANN.address)
    from core.errors import DeliveryDeferred, DeliveryUnknown

    for error in (DeliveryDeferred("busy"), DeliveryUnknown()):
        run_id = make_run(recipients=(ANN,), schedule_id=schedule_id, kind=RunKind.MANUAL)
        stack.pipeline.advance(run_id)
        stack.channel.errors = [error]
        deliver_all(stack, tenant, run_id)
        before = len(stack.channel.accepted())
        client.post(link, data=ONE_CLICK)
        clock.advance(timedelta(hours=2))
        run = deliver_all(stack, tenant, run_id)
        assert (run.deliveries[0].state, len(stack.channel.accepted())) == (DeliveryState.SUPPRESSED, before)
        client.post(link, data={"choice": "again"})


def test_a_test_to_oneself_goes_out(
    tenant: Tenant, suppressions: SuppressionService, send: Callable[..., list[str]]
) -> None:
    suppressions.add(tenant.principal, ANN.address)
    assert send(kind=RunKind.TEST) == ["sent", "sent"]


def test_an_address_is_removed_everywhere_in_one_step(
    database: Database,
    tenant: Tenant,
    suppressions: SuppressionService,
    schedule_id: UUID,
    send: Callable[..., list[str]],
) -> None:
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    alone = insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(ANN,))
    changed = suppressions.remove_everywhere(tenant.principal, " ANN@example.com ")
    assert sorted(changed.schedules) == [("Every day", False), ("Every day", True)]
    with database.organization(tenant.organization_id) as session:
        both = [schedule_repository.load_schedule(session, one) for one in (schedule_id, alone)]
    assert [[one.address for one in schedule.recipients] for schedule in both] == [["bob@example.com"], []]
    assert [schedule.is_active for schedule in both] == [True, False]
    assert both[1].paused_because == "Its last recipient was removed."
    assert both[0].version == 2
    assert send() == ["suppressed", "sent"], "also where it is on its way already"
    (one,) = suppressions.list(tenant.principal, search="ANN").items
    assert one.reason is SuppressionReason.REMOVED
    suppressions.remove(tenant.principal, one.id)
    with pytest.raises(NotFound):
        suppressions.remove(tenant.principal, one.id)
    assert send() == ["sent", "sent"]


def test_the_list_is_for_administrators_and_of_one_organization(
    tenant: Tenant, suppressions: SuppressionService, make_organization: Callable[..., Tenant], database: Database
) -> None:
    suppressions.add(tenant.principal, "ann@MÜLLER.example", note="asked by phone")
    (one,) = suppressions.list(tenant.principal).items
    assert (one.address, one.note) == ("ann@xn--mller-kva.example", "asked by phone")
    assert suppressions.list(make_organization().principal).items == ()
    with pytest.raises(InvalidAddress) as caught:
        suppressions.add(tenant.principal, "rubbish")
    assert caught.value.place == "address"
    other = replace(tenant.principal, role="publisher", permissions=BUILT_IN_ROLES["publisher"])
    with pytest.raises(NotAllowed):
        suppressions.remove_everywhere(other, "ann@example.com")


def test_a_link_outlives_its_schedule(
    stack: Stack,
    client: TestClient,
    database: Database,
    tenant: Tenant,
    schedule_id: UUID,
    send: Callable[..., list[str]],
) -> None:
    send()
    link = path_for(stack, ANN.address)
    with database.organization(tenant.organization_id) as session:
        schedule_repository.delete_schedule(session, schedule_id)
    assert client.post(link, data={"choice": "everything"}).status_code == 200
    assert send(schedule_id=None) == ["suppressed", "sent"]


def test_a_network_that_guesses_is_told_to_wait_and_who_has_a_link_never_is(
    stack: Stack, client: TestClient, send: Callable[..., list[str]]
) -> None:
    send()
    link = path_for(stack, ANN.address)
    for _ in range(5):
        assert client.post(link, data=ONE_CLICK).status_code == 200
    assert [client.post("/unsubscribe/guessed", data=ONE_CLICK).status_code for _ in range(3)] == [404] * 3
    told = client.post("/unsubscribe/guessed", data=ONE_CLICK)
    assert (told.status_code, told.headers["Retry-After"]) == (429, "20")
    assert told.headers["Cache-Control"] == "no-store"
