"""The archive of what went out: real mails over SMTP, their bytes again, every step, and who may look."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db.migrate import DatabaseUrls
from core.deliver.email_channel import EmailChannel
from core.deliver.sent_copy import cut, put_back
from core.domain.delivery import DeliveryState, Message, MessageFile
from core.domain.sent import SentFilter
from core.errors import ArtifactError, DeliveryDeferred, NotAllowed, NotFound
from core.secrets import SecretBox
from core.services.sent import SentService
from core.settings import Settings
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import start
from tests.mail_server import MailServer
from tests.run_parts import ALICE, BOB, deliver_all


@pytest.fixture
def archive(stack: Stack) -> SentService:
    return SentService(stack.database, stores={"file": stack.store}, box=SecretBox("key-of-the-tests"))


@pytest.fixture
def server(stack: Stack) -> Iterator[MailServer]:
    """A mail server that the stack's mails go to."""
    with MailServer() as server:
        settings = Settings(_env_file=None, smtp_host=server.host, smtp_port=server.port, smtp_security="none")
        stack.channels["email"] = EmailChannel(settings)
        yield server


@pytest.fixture
def run_id(stack: Stack, server: MailServer, tenant: Tenant, make_run: Callable[..., UUID]) -> UUID:
    run_id = make_run(recipients=(ALICE, BOB))
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    return run_id


def test_the_bytes_that_went_out_can_be_had_again(
    archive: SentService, server: MailServer, tenant: Tenant, run_id: UUID
) -> None:
    for mail in server.mails:
        (line,) = archive.list(tenant.principal, SentFilter(search=mail.recipients[0])).items
        kept, content = archive.original(tenant.principal, line.id)
        assert mail.content.rstrip(b"\r\n").endswith(content.rstrip(b"\r\n")), "below what the server adds"
        found = archive.get(tenant.principal, line.id)
        assert found.copy is not None
        assert found.copy.sha256 == hashlib.sha256(content).hexdigest()
        assert found.copy.size_bytes == len(content)
        assert kept.reference == message_from_bytes(content, policy=policy.default)["Message-ID"]
        assert "250" in (found.line.response or "")
        assert [step.state for step in found.steps] == [DeliveryState.SENDING, DeliveryState.SENT]
        assert [file.file_name.rpartition(".")[2] for file in found.copy.files] == ["csv", "json"]


def test_the_archive_holds_no_file_and_no_plain_text(
    archive: SentService, stack: Stack, tenant: Tenant, run_id: UUID
) -> None:
    (line, _) = archive.list(tenant.principal).items
    _, content = archive.original(tenant.principal, line.id)
    with stack.database.organization(tenant.organization_id) as session:
        rows = session.execute(text("SELECT content FROM sent_copies")).scalars().all()
    assert len(rows) == 2
    assert not any("Chile" in row or "Weekly" in row for row in rows)
    assert all(len(row) < len(content) for row in rows)


def test_a_file_that_is_gone_is_said_and_the_mail_is_still_seen(
    archive: SentService, stack: Stack, tenant: Tenant, run_id: UUID
) -> None:
    (line,) = archive.list(tenant.principal, SentFilter(search=ALICE.address)).items
    with stack.database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE artifacts SET deleted_at = now()"))
    with pytest.raises(NotFound, match="removed"):
        archive.original(tenant.principal, line.id)
    mail = archive.mail(tenant.principal, line.id)
    assert (mail.to, "Chile" in mail.html) == (line.address, True)


def test_changed_copies_are_noticed(archive: SentService, stack: Stack, tenant: Tenant, run_id: UUID) -> None:
    (line, _) = archive.list(tenant.principal).items
    with stack.database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE sent_copies SET sha256 = 'x'"))
    with pytest.raises(ArtifactError):
        archive.original(tenant.principal, line.id)


def test_every_attempt_is_a_step(
    archive: SentService, stack: Stack, server: MailServer, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE,))
    stack.pipeline.advance(run_id)
    server.faults["rcpt"] = "450 4.2.1 busy"
    run = deliver_all(stack, tenant, run_id)
    server.faults.clear()
    stack.clock.advance(run.deliveries[0].next_attempt_at - stack.clock.now())  # type: ignore[attr-defined,operator]
    deliver_all(stack, tenant, run_id)
    steps = archive.get(tenant.principal, run.deliveries[0].id).steps
    assert [(str(step.state), step.attempt) for step in steps] == [
        ("sending", 1),
        ("retry", 1),
        ("sending", 2),
        ("sent", 2),
    ]
    assert "4.2.1 busy" in (steps[1].message or "")


def test_links_and_their_uses_stand_with_their_delivery_and_open_nothing_there(
    archive: SentService, stack: Stack, server: MailServer, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    stack.channels["email"].linked = lambda files: tuple(files)
    run_id = make_run(recipients=(ALICE,))
    stack.pipeline.advance(run_id)
    delivery = deliver_all(stack, tenant, run_id).deliveries[0]
    found = archive.get(tenant.principal, delivery.id)
    assert found.copy is not None
    assert [file.is_linked for file in found.copy.files] == [True, True]
    assert len(found.links) == 2
    shown = archive.mail(tenant.principal, delivery.id)
    assert "/d/…" in shown.html
    tokens = [link.partition("/d/")[2][:64] for link in server.mails[0].message.as_string().split("http")[1:]]
    assert not any(token and token in shown.html + shown.text for token in tokens)


def test_what_is_not_sent_yet_or_not_a_mail(
    archive: SentService, stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE,))
    stack.pipeline.advance(run_id)
    (line,) = archive.list(tenant.principal).items
    assert archive.get(tenant.principal, line.id).copy is None
    for ask in (archive.mail, archive.original):
        with pytest.raises(NotFound):
            ask(tenant.principal, line.id)
    stack.channel.errors = [DeliveryDeferred("Later.")]
    deliver_all(stack, tenant, run_id)
    found = archive.get(tenant.principal, line.id)
    assert found.copy is not None
    assert (found.copy.sha256, len(found.copy.files)) == (None, 2)


def test_deliveries_are_found(archive: SentService, tenant: Tenant, stack: Stack, run_id: UUID) -> None:
    def count(**wanted: Any) -> int:
        return archive.list(tenant.principal, SentFilter(**wanted)).total

    now = stack.database.engine.connect().execute(text("SELECT now()")).scalar_one()
    assert count() == count(search="EXAMPLE.com") == count(run_id=run_id) == count(channel="email") == 2
    assert count(search="alice") == 1
    assert count(search="%") == count(schedule_id=uuid4()) == count(state=DeliveryState.FAILED) == count(since=now) == 0
    page = archive.list(tenant.principal, page=2, limit=1)
    assert (page.total, len(page.items)) == (2, 1)


def test_the_bytes_take_the_permission_to_download(
    archive: SentService, make_organization: Callable[..., Tenant], tenant: Tenant, run_id: UUID
) -> None:
    (line, _) = archive.list(tenant.principal).items
    with pytest.raises(NotAllowed):
        archive.original(make_organization(role="viewer").principal, line.id)
    stranger = make_organization().principal
    assert archive.list(stranger).total == 0
    for ask in (archive.get, archive.mail, archive.original):
        with pytest.raises(NotFound):
            ask(stranger, line.id)


def test_cutting_is_exact() -> None:
    part = bytes(range(256)) * 9
    file = MessageFile.of("a.bin", "application/octet-stream", part)
    picture = b"\x89PNG" + part
    message = Message(
        reference="r",
        subject="s",
        text="t",
        html="h",
        attachments=(file,),
        inline_images=(("c", picture),),
        made_at=None,  # type: ignore[arg-type]
    )
    whole = b"".join(
        base64.encodebytes(one).replace(b"\n", b"\r\n") + b"--next\r\n" for one in (part, picture, part, b"other")
    )
    skeleton = cut(whole, message)
    assert len(skeleton.content) < 300
    assert skeleton.sha256 == hashlib.sha256(whole).hexdigest()
    known = {**skeleton.pictures, file.sha256: part}
    assert put_back(skeleton.content, known.__getitem__) == whole


def test_over_rest(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock, tenant: Tenant) -> None:
    for installation in start(tmp_path, database_urls, clock):
        client = installation.sign_in(tenant)
        assert client.get("/api/deliveries?address=x&state=sent&from=2026-01-01T00:00:00Z").json()["items"] == []
        assert client.get("/api/deliveries?state=lost").status_code == 422
        assert client.get(f"/api/deliveries/{uuid4()}").status_code == 404
        assert client.get(f"/api/deliveries/{uuid4()}/message").status_code == 404
        intakes = client.get("/api/bounce-intakes").json()["items"]
        assert {one["provider"] for one in intakes} == {"ses", "sendgrid", "mailgun", "postmark"}
        made = client.put("/api/bounce-intakes/mailgun", json={"secrets": {"signing_key": "x" * 20}}).json()
        assert made["url"].startswith("http://localhost:8501/api/bounces/mailgun/")
        path = made["url"].removeprefix("http://localhost:8501")
        assert installation.client.post(path, json={}).status_code == 403, "no token asked, only a signature"
        assert client.delete("/api/bounce-intakes/mailgun").status_code == 204
