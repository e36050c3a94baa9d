"""Destinations over the real database and REST: secrets that never come back, who uses them, tests, and deliveries."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import destination_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.deliver import CHANNELS
from core.domain.access import BUILT_IN_ROLES
from core.domain.delivery import DeliveryState
from core.domain.destination import DestinationDraft, built_in_id
from core.domain.run import RunState
from core.domain.schedule import Recipient, dump_recipient, parse_recipient
from core.errors import Conflict, DeliveryUnknown, InvalidInput, NotAllowed, NotFound
from core.runs.places import Places
from core.secrets import SecretBox
from core.services.destinations import DestinationService
from core.services.link_opening import Visit
from core.services.recipients import MAX_RECIPIENTS, check_recipients
from core.services.runs import RunService
from tests.channel_parts import settings_of
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.http_server import HttpServer, Reply
from tests.integration.api_parts import Installation, insert_orders, start
from tests.run_parts import ALICE, deliver_all, insert_schedule, link_opening, read

SECRET = "a secret of the receiver"
HOOK = DestinationDraft(
    name="Warehouse",
    channel="webhook",
    settings={"url": "https://hooks.example.com/x"},
    secrets={"signing_secret": SECRET, "authorization": "Bearer abc"},
)
FOLDER = DestinationDraft(name="Archive", channel="folder", settings={"path": "{report}"})


@pytest.fixture
def channels(tmp_path: Path, clock: FixedClock) -> dict[str, Any]:
    settings = settings_of(tmp_path)
    return {key: make(settings, clock) for key, make in CHANNELS.items()}


@pytest.fixture
def service(database: Database, clock: FixedClock, channels: dict[str, Any]) -> DestinationService:
    places = Places(database, SecretBox("key-of-the-tests"), channels)
    return DestinationService(database, clock, channels=channels, places=places, allow_private_hosts=("127.0.0.1",))


def stored(database: Database, tenant: Tenant, destination_id: UUID) -> str | None:
    with database.organization(tenant.organization_id) as session:
        return destination_repository.sealed_secrets(session, destination_id)


def test_secrets_are_sealed_and_stay_where_they_are(
    service: DestinationService, database: Database, tenant: Tenant
) -> None:
    person = tenant.principal
    made = service.create(person, HOOK)
    assert (made.name, made.version, made.is_built_in) == ("Warehouse", 1, False)
    assert made in service.list(person)
    sealed = stored(database, tenant, made.id)
    assert sealed is not None
    assert SECRET not in sealed
    renamed = service.change(person, made.id, replace(HOOK, name="Lake", secrets={}), expected_version=1)
    assert (renamed.name, renamed.version) == ("Lake", 2)
    box = SecretBox("key-of-the-tests")
    assert json.loads(box.decrypt(stored(database, tenant, made.id) or "")) == dict(HOOK.secrets)
    elsewhere = replace(HOOK, settings={"url": "https://other.example.com"}, secrets={"signing_secret": "x" * 16})
    with pytest.raises(InvalidInput, match="again") as caught:
        service.change(person, made.id, elsewhere)
    assert caught.value.place == "secrets.authorization"
    service.change(person, made.id, replace(elsewhere, secrets={"signing_secret": "x" * 16, "authorization": ""}))
    assert json.loads(box.decrypt(stored(database, tenant, made.id) or "")) == {"signing_secret": "x" * 16}
    with pytest.raises(Conflict, match="version 3"):
        service.change(person, made.id, HOOK, expected_version=1)
    with pytest.raises(Conflict, match="keeps its channel"):
        service.change(person, made.id, FOLDER)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"),
        ({"channel": "email"}, "type"),
        ({"channel": "pigeon"}, "type"),
        ({"settings": {"url": "https://x.example.com", "odd": 1}}, "settings.odd"),
        ({"settings": {"url": "https://x.example.com", "signing_secret": "x" * 16}}, "settings.signing_secret"),
        ({"settings": {}}, "settings.url"),
        ({"settings": {"url": 7}}, "settings.url"),
        ({"secrets": {}}, "secrets.signing_secret"),
        ({"secrets": {"url": "x"}}, "secrets.url"),
        ({"channel": "folder", "secrets": {}, "settings": {"path": "../up"}}, "settings.path"),
        ({"channel": "folder", "secrets": {}, "settings": {"root": "/etc"}}, "settings.root"),
    ],
)
def test_what_does_not_fit_is_named(
    service: DestinationService, tenant: Tenant, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        service.create(tenant.principal, replace(HOOK, **changes))
    assert caught.value.place == place
    assert all(one.is_built_in for one in service.list(tenant.principal))


def test_names_are_taken_once(service: DestinationService, tenant: Tenant) -> None:
    service.create(tenant.principal, HOOK)
    with pytest.raises(Conflict, match="already"):
        service.create(tenant.principal, replace(FOLDER, name="WAREHOUSE"))


def test_what_is_used_is_not_deleted(
    service: DestinationService, database: Database, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    made = service.create(tenant.principal, FOLDER)
    there = Recipient(channel="folder", address="", destination_id=made.id)
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=None)
    with database.organization(tenant.organization_id) as session:
        session.execute(
            text("UPDATE schedules SET recipients = cast(:r AS jsonb)"), {"r": json.dumps([dump_recipient(there)])}
        )
    with pytest.raises(Conflict, match="Archive is used by Every day"):
        service.delete(tenant.principal, made.id)
    with database.organization(tenant.organization_id) as session:
        session.execute(text("DELETE FROM schedules WHERE id = :id"), {"id": schedule_id})
    make_run(recipients=(there,))
    with pytest.raises(Conflict, match="on its way"):
        service.delete(tenant.principal, made.id)
    with database.organization(tenant.organization_id) as session:
        session.execute(text("DELETE FROM runs"))
    service.delete(tenant.principal, made.id)
    with pytest.raises(NotFound):
        service.get(tenant.principal, made.id)


def test_the_installations_own(service: DestinationService, tenant: Tenant) -> None:
    (own,) = service.list(tenant.principal)
    assert (own.channel, own.is_built_in, own.id) == ("folder", True, built_in_id("folder"))
    assert service.get(tenant.principal, own.id) == own
    with pytest.raises(Conflict, match="operator"):
        service.delete(tenant.principal, own.id)
    with pytest.raises(Conflict, match="operator"):
        service.change(tenant.principal, own.id, FOLDER)
    kinds = {kind.key: kind for kind in service.kinds()}
    assert {key for key, kind in kinds.items() if kind.has_built_in} == {"email", "folder"}
    assert kinds["email"].fields == ()


def test_who_may_what(service: DestinationService, tenant: Tenant) -> None:
    made = service.create(tenant.principal, FOLDER)
    viewer = replace(tenant.principal, role="viewer", permissions=BUILT_IN_ROLES["viewer"])
    publisher = replace(tenant.principal, role="publisher", permissions=BUILT_IN_ROLES["publisher"])
    assert made in service.list(viewer)
    assert service.test_saved(publisher, made.id).is_ok
    for act in (
        lambda: service.create(publisher, HOOK),
        lambda: service.change(publisher, made.id, FOLDER),
        lambda: service.delete(publisher, made.id),
        lambda: service.test(publisher, FOLDER),
        lambda: service.test_saved(viewer, made.id),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_test_sends_a_small_file_and_says_what_is_wrong(
    service: DestinationService, tenant: Tenant, tmp_path: Path
) -> None:
    found = service.test(tenant.principal, FOLDER)
    assert (found.is_ok, found.message) == (
        True,
        f"Sent: written to {tenant.organization_id}/Broadsheet test.",
    )
    (written,) = (tmp_path / "delivered").rglob("*.txt")
    assert "no data" in written.read_text()
    with HttpServer(lambda _asked: Reply(status=401)).running() as server:
        draft = replace(HOOK, settings={"url": server.url})
        found = service.test(tenant.principal, draft)
        assert (found.is_ok, found.message) == (
            False,
            "The receiver refused it (HTTP 401): it asks for a sign-in. Check the secrets.",
        )
        made = service.create(tenant.principal, draft)
        assert not service.test_saved(tenant.principal, made.id).is_ok
        assert not service.test(tenant.principal, replace(draft, secrets={}), destination_id=made.id).is_ok
        assert len(server.asked) == 3
    with pytest.raises(InvalidInput) as caught:
        service.test_saved(tenant.principal, made.id, address="https://elsewhere.example.com")
    assert caught.value.place == "address"
    metadata = replace(HOOK, settings={"url": "http://169.254.169.254/latest"})
    assert "private network" in service.test(tenant.principal, metadata).message


def test_recipients_are_read_back_as_they_were_written() -> None:
    for one in (ALICE, Recipient(channel="s3", address="x", destination_id=uuid4())):
        assert parse_recipient(json.loads(json.dumps(dump_recipient(one)))) == one
    assert "destination_id" not in dump_recipient(ALICE)


def test_two_hundred_recipients(channels: dict[str, Any]) -> None:
    many = [Recipient(channel="email", address=f"p{number}@example.com") for number in range(MAX_RECIPIENTS)]
    check_recipients(many, channels)
    with pytest.raises(InvalidInput, match="up to 200"):
        check_recipients([*many, ALICE], channels)
    folders = [Recipient(channel="folder", address="x", destination_id=uuid4()) for _ in range(2)]
    check_recipients(folders, channels)
    with pytest.raises(InvalidInput, match="named twice") as caught:
        check_recipients([folders[0], folders[0]], channels)
    assert caught.value.place == "recipients[1]"
    with pytest.raises(InvalidInput, match="no channel such as #sales"):
        check_recipients([Recipient(channel="slack", address="sales")], channels)


# Deliveries


@pytest.fixture
def delivering(stack: Stack, channels: dict[str, Any]) -> Stack:
    stack.channels.update({key: channel for key, channel in channels.items() if key != "email"})
    return stack


def test_files_reach_two_destinations_and_a_mailbox(
    delivering: Stack, service: DestinationService, tenant: Tenant, make_run: Callable[..., UUID], tmp_path: Path
) -> None:
    with HttpServer(lambda _asked: Reply(status=202)).running() as server:
        hook = service.create(tenant.principal, replace(HOOK, settings={"url": server.url}))
        folder = service.create(tenant.principal, FOLDER)
        run_id = make_run(
            recipients=(
                ALICE,
                Recipient(channel="folder", address="x", destination_id=folder.id),
                Recipient(channel="folder", address="x", destination_id=built_in_id("folder")),
                Recipient(channel="webhook", address="", destination_id=hook.id),
            )
        )
        delivering.pipeline.advance(run_id)
        run = deliver_all(delivering, tenant, run_id)
    assert run.state is RunState.COMPLETED, [one.error_message for one in run.deliveries]
    artifact = next(one for one in run.artifacts if one.format == "csv")
    written = tmp_path / "delivered" / str(tenant.organization_id) / "x" / artifact.file_name
    with delivering.store.open(artifact.storage_key) as file:
        assert written.read_bytes() == file.read()
    (asked,) = server.asked
    told = next(one for one in json.loads(asked.body)["files"] if one["format"] == "csv")
    assert told["sha256"] == artifact.sha256
    assert told["manifest"]["sha256"] == artifact.sha256
    assert any("Warehouse" in event.message for event in run.events), "named where there is no address"
    opened, content = link_opening(delivering).open(told["url"].rpartition("/")[2], Visit(network="unknown"))
    with content:
        assert opened.id == artifact.id


def test_a_repeat_sends_the_same_links(
    delivering: Stack,
    service: DestinationService,
    tenant: Tenant,
    clock: FixedClock,
    make_run: Callable[..., UUID],
) -> None:
    with HttpServer(lambda _asked: Reply(status=503, headers={"Retry-After": "600"})).running() as server:
        hook = service.create(tenant.principal, replace(HOOK, settings={"url": server.url}))
        run_id = make_run(recipients=(Recipient(channel="webhook", address="", destination_id=hook.id),))
        delivering.pipeline.advance(run_id)
        (delivery,) = deliver_all(delivering, tenant, run_id).deliveries
        assert delivery.next_attempt_at is not None
        assert (delivery.next_attempt_at - clock.now()).total_seconds() == 600, "as the receiver asked"
        clock.advance(delivery.next_attempt_at - clock.now())
        deliver_all(delivering, tenant, run_id)
        first, second = server.asked
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    with delivering.database.organization(tenant.organization_id) as session:
        assert session.execute(text("SELECT count(*) FROM download_links")).scalar_one() == 2
        session.execute(text("UPDATE download_links SET revoked_at = now()"))
    clock.advance(read(delivering, tenant, run_id).deliveries[0].next_attempt_at - clock.now())  # type: ignore[operator]
    with HttpServer(lambda _asked: Reply()).running() as other:
        other_hook = replace(HOOK, settings={"url": other.url})
        service.change(tenant.principal, hook.id, other_hook)
        deliver_all(delivering, tenant, run_id)
        (third,) = other.asked
    links = [json.loads(one.body)["files"][0]["url"] for one in (first, third)]
    assert links[0] != links[1], "a revoked one stays so"


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_delivery_nobody_knows_of_is_held_where_the_schedule_says_so(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], service: DestinationService, policy: str
) -> None:
    run_id = make_run(terms={"unknown": policy})
    stack.pipeline.advance(run_id)
    stack.channel.errors_after = [DeliveryUnknown()]
    run = deliver_all(stack, tenant, run_id)
    held = policy == "hold"
    assert run.deliveries[0].state is (DeliveryState.HELD if held else DeliveryState.UNKNOWN)
    assert run.state is (RunState.PARTIAL if held else RunState.RUNNING)
    if held:
        runs = RunService(stack.database, stack.clock, ledger=stack.ledger, stores={"file": stack.store})
        runs.resend_delivery(tenant.principal, run.deliveries[0].id)
        assert deliver_all(stack, tenant, run_id).state is RunState.COMPLETED


def test_a_destination_that_is_gone_is_refused_in_words(
    delivering: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(
        recipients=(
            Recipient(channel="folder", address="x", destination_id=uuid4()),
            Recipient(channel="slack", address="#x"),
        )
    )
    delivering.pipeline.advance(run_id)
    run = deliver_all(delivering, tenant, run_id)
    assert {one.error_message for one in run.deliveries} == {
        "The destination is not there any more. Choose another one."
    }


def test_a_file_too_large_for_a_mail_is_linked(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack.channel, "linked", tuple)
    run_id = make_run()
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    (message,) = stack.channel.messages
    link = next(one for one in message.links if one.file.format == "csv")
    assert message.attachments == ()
    assert "Too large for a mail" in message.text
    assert link.url in message.text
    assert link.url in message.html
    assert "until Mon 30 Nov 2026" in message.text


# REST


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def test_over_rest(client: TestClient, installation: Installation, database: Database, tenant: Tenant) -> None:
    types = client.get("/api/destinations/types").json()["items"]
    assert {one["type"] for one in types} == set(CHANNELS)
    hook = {"name": "Warehouse", "type": "webhook", "settings": {"url": "https://hooks.example.com"}}
    wrong = client.post("/api/destinations", json=hook)
    assert (wrong.status_code, wrong.json()["place"]) == (422, "secrets.signing_secret")
    made = client.post("/api/destinations", json={**hook, "secrets": {"signing_secret": SECRET}})
    assert made.status_code == 201
    assert SECRET not in made.text
    path = f"/api/destinations/{made.json()['id']}"
    assert client.get(path).headers["ETag"] == '"1"'
    assert client.put(path, json={**hook, "name": "Lake"}, headers={"If-Match": '"1"'}).json()["version"] == 2
    assert client.put(path, json=hook, headers={"If-Match": '"1"'}).status_code == 412
    own = next(one for one in client.get("/api/destinations?type=folder").json()["items"] if one["is_built_in"])
    assert client.post(f"/api/destinations/{own['id']}/test", json={}).json()["is_ok"] is True
    draft = {"name": "x", "type": "folder", "settings": {}}
    assert client.post("/api/destinations/test", json={"destination": draft}).json()["is_ok"] is True
    assert client.post("/api/destinations/test", json={}).status_code == 422
    recipients = [
        {"type": "webhook", "destination_id": made.json()["id"]},
        {"type": "folder", "value": "weekly/{date}"},
        {"type": "email", "value": "boss@example.com"},
    ]
    orders = insert_orders(database, tenant, uuid4)
    report = client.post(
        "/api/reports",
        json={
            "name": "Orders",
            "definition": {"dataset_id": str(orders.id), "columns": ["country"], "timezone": "UTC"},
        },
    ).json()
    schedule = {
        "name": "Every day",
        "report_id": report["id"],
        "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
        "formats": ["csv"],
    }
    saved = client.post("/api/scheduled-reports", json={**schedule, "recipients": recipients})
    assert saved.status_code == 201, saved.text
    assert saved.json()["recipients"][0] == {
        "type": "webhook",
        "value": "",
        "role": "to",
        "destination_id": made.json()["id"],
    }
    assert saved.json()["recipients"][2]["destination_id"] is None
    refused = client.delete(path)
    assert (refused.status_code, "Every day" in refused.text) == (409, True)
    for recipient, place in (
        ({"type": "slack", "value": "#sales"}, "recipients[0].destination_id"),
        ({"type": "webhook", "destination_id": str(uuid4())}, "recipients[0].destination_id"),
        ({"type": "s3", "destination_id": made.json()["id"]}, "recipients[0].destination_id"),
        ({"type": "email", "value": "a@example.com", "destination_id": own["id"]}, "recipients[0].destination_id"),
        ({"type": "folder", "value": "../up"}, "recipients[0]"),
    ):
        answer = client.post("/api/scheduled-reports", json={**schedule, "recipients": [recipient]})
        assert (answer.status_code, answer.json()["place"]) == (422, place), answer.text
