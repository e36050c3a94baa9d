"""Bounces over real HTTP with signed reports, and delivery-status mails from a folder and a mailbox over IMAP."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from httpx2 import Response
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access.rate_limit import RateLimit
from core.api.bounce_hooks import bounce_hooks
from core.clock import FixedClock
from core.deliver.bounces.mailgun import MailgunHooks
from core.deliver.bounces.postmark import PostmarkHooks
from core.deliver.bounces.sendgrid import SendGridHooks
from core.deliver.bounces.ses import SesHooks
from core.domain.delivery import DeliveryState
from core.errors import InvalidInput, NotAllowed
from core.secrets import SecretBox
from core.services.bounce_mails import BounceMails
from core.services.bounces import BounceService
from core.settings import Settings
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.mail_server import self_signed_contexts
from tests.run_parts import ALICE, BOB, deliver_all, read

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
SECRETS = {
    "ses": {"topic": TOPIC},
    "mailgun": {"signing_key": "key-of-the-tests"},
    "postmark": {"user": "postmark", "password": "long enough for anybody"},
}
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SNS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key() -> str:
    """As SendGrid shows it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(SENDGRID_KEY.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def certificate(until: datetime) -> str:
    """One that SNS might show."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(SNS_KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .sign(SNS_KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


class Sns:
    """Stands for SNS's own host."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.until = datetime(2027, 1, 1, tzinfo=UTC)

    def __call__(self, url: str) -> str:
        self.asked.append(url)
        return certificate(self.until)


@pytest.fixture
def sns() -> Sns:
    return Sns()


@pytest.fixture
def service(stack: Stack, sns: Sns) -> BounceService:
    readers = (SesHooks(sns), SendGridHooks(), MailgunHooks(), PostmarkHooks())
    return BounceService(
        stack.database,
        stack.clock,
        providers={one.key: one for one in readers},
        box=SecretBox("key-of-the-tests"),
        key="key-of-the-tests",
    )


@pytest.fixture
def client(service: BounceService, clock: FixedClock) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=bounce_hooks(service, RateLimit(clock, per_minute=30)))) as client:
        yield client


@pytest.fixture
def sent(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> UUID:
    """A run whose mails to Alice and Bob were taken."""
    run_id = make_run(recipients=(ALICE, BOB))
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    return run_id


def reference(stack: Stack, tenant: Tenant, run_id: UUID, address: str = ALICE.address) -> str:
    found = next(one for one in read(stack, tenant, run_id).deliveries if one.address == address)
    assert found.reference is not None
    return found.reference


def states(stack: Stack, tenant: Tenant, run_id: UUID) -> dict[str, DeliveryState]:
    return {one.address: one.state for one in read(stack, tenant, run_id).deliveries}


def suppressed(stack: Stack, tenant: Tenant) -> dict[str, str]:
    with stack.database.organization(tenant.organization_id) as session:
        rows = session.execute(text("SELECT address, reason FROM suppressions ORDER BY address"))
        return {row.address: row.reason for row in rows}


Post = Callable[[dict[str, Any]], Response]


def sign_ses(said: dict[str, Any], *, version: str = "2") -> bytes:
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{said[name]}\n" for name in names if name in said).encode()
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    signature = SNS_KEY.sign(signed, padding.PKCS1v15(), algorithm)
    return json.dumps(
        {
            **said,
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": CERTIFICATE_URL,
        }
    ).encode()


def ses_report(now: datetime, message_id: str, *, kind: str = "Permanent", number: str = "1") -> dict[str, Any]:
    """As in Amazon's own examples."""
    bounce = {
        "bounceType": kind,
        "bounceSubType": "General",
        "timestamp": now.isoformat(),
        "bouncedRecipients": [
            {
                "emailAddress": f"Alice <{ALICE.address}>",
                "status": "5.1.1",
                "action": "failed",
                "diagnosticCode": "smtp; 550 5.1.1 user\nunknown",
            }
        ],
    }
    mail = {"messageId": "00000138111222aa-33322211", "commonHeaders": {"messageId": message_id}}
    return {
        "Type": "Notification",
        "MessageId": f"22b80b92-fdea-4c2c-8f9d-{number:0>12}",
        "TopicArn": TOPIC,
        "Message": json.dumps({"notificationType": "Bounce", "bounce": bounce, "mail": mail}),
        "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def mailgun_report(now: datetime, message_id: str, *, severity: str, token: str = "t1") -> bytes:
    timestamp = str(int(now.timestamp()))
    key = SECRETS["mailgun"]["signing_key"].encode()
    return json.dumps(
        {
            "signature": {
                "timestamp": timestamp,
                "token": token,
                "signature": hmac.new(key, (timestamp + token).encode(), hashlib.sha256).hexdigest(),
            },
            "event-data": {
                "event": "failed",
                "severity": severity,
                "id": "G9Bn5sl1TC6nu79C8C0bwg",
                "timestamp": now.timestamp(),
                "recipient": ALICE.address,
                "message": {"headers": {"message-id": message_id.strip("<>")}},
                "delivery-status": {"code": 550, "message": "No such mailbox"},
            },
        }
    ).encode()


def sendgrid_headers(body: bytes, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    signature = SENDGRID_KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


def path_of(service: BounceService, tenant: Tenant, provider: str) -> str:
    secrets = {**SECRETS, "sendgrid": {"public_key": public_key()}}[provider]
    return service.set_up(tenant.principal, provider, secrets).path


@pytest.mark.parametrize("version", ["1", "2"])
def test_ses_tells_of_a_mail_that_came_back(
    stack: Stack, tenant: Tenant, client: TestClient, service: BounceService, sent: UUID, version: str
) -> None:
    path = path_of(service, tenant, "ses")
    body = sign_ses(ses_report(stack.clock.now(), reference(stack, tenant, sent)), version=version)
    assert client.post(path, content=body).json() == {"taken": 1, "known": 0}
    assert states(stack, tenant, sent) == {ALICE.address: DeliveryState.BOUNCED, BOB.address: DeliveryState.SENT}
    assert suppressed(stack, tenant) == {ALICE.address: "bounced"}
    run = read(stack, tenant, sent)
    assert run.deliveries[0].error_message == "It came back: 5.1.1 smtp; 550 5.1.1 user unknown"
    assert [event.name for event in run.events][-1] == "bounced"
    assert client.post(path, content=body).json() == {"taken": 0, "known": 1}, "once"
    (told,) = service.list(tenant.principal).items
    assert (told.address, told.delivery_id, told.is_left_alone) == (ALICE.address, run.deliveries[0].id, True)
    assert [one.last for one in service.intakes(tenant.principal) if one.provider == "ses"] == [told]
    assert service.list(tenant.principal, provider="mailgun").items == ()


def test_ses_is_known_by_its_topic_certificate_and_clock(
    stack: Stack, tenant: Tenant, client: TestClient, service: BounceService, sent: UUID, sns: Sns
) -> None:
    path, now = path_of(service, tenant, "ses"), stack.clock.now()
    good = ses_report(now, reference(stack, tenant, sent))
    changed = json.loads(sign_ses(good))
    for other in (
        {**changed, "Message": changed["Message"].replace("alice", "bob")},
        {
            **changed,
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        },
        {**changed, "SigningCertURL": CERTIFICATE_URL.replace("https", "http")},
        {
            **changed,
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
        },
        {**changed, "SignatureVersion": "3"},
        {**changed, "Signature": "***"},
        {**changed, "Type": "UnsubscribeConfirmation"},
        json.loads(sign_ses({**good, "TopicArn": TOPIC + "2"})),
        json.loads(sign_ses({**good, "Timestamp": (now - timedelta(hours=26)).isoformat()})),
        json.loads(sign_ses({**good, "Timestamp": (now + timedelta(hours=1)).isoformat()})),
    ):
        assert client.post(path, json=other).status_code == 403, other
    assert set(sns.asked) == {CERTIFICATE_URL}, "no other host is asked"
    assert client.post(path, content=b"not json").status_code == 422
    assert states(stack, tenant, sent)[ALICE.address] is DeliveryState.SENT
    stack.clock.advance(timedelta(days=60))  # type: ignore[attr-defined]
    later = sign_ses(ses_report(stack.clock.now(), "<x@y>"))
    assert client.post(path, content=later).status_code == 403, "the certificate is over"


def test_ses_subscriptions_are_confirmed(
    stack: Stack, tenant: Tenant, client: TestClient, service: BounceService, sns: Sns
) -> None:
    path = path_of(service, tenant, "ses")
    said = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "1",
        "Token": "t",
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe",
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=t",
        "Timestamp": stack.clock.now().isoformat(),
    }
    assert client.post(path, content=sign_ses(said)).status_code == 200
    assert sns.asked == [CERTIFICATE_URL, said["SubscribeURL"]]
    elsewhere = {**said, "SubscribeURL": "https://evil.example/?Action=ConfirmSubscription&x"}
    assert client.post(path, content=sign_ses(elsewhere)).status_code == 403
    assert len(sns.asked) == 2


@pytest.mark.parametrize(("severity", "state"), [("permanent", "bounced"), ("temporary", "sent")])
def test_mailgun(
    stack: Stack, tenant: Tenant, client: TestClient, service: BounceService, sent: UUID, severity: str, state: str
) -> None:
    path, now = path_of(service, tenant, "mailgun"), stack.clock.now()
    body = mailgun_report(now, reference(stack, tenant, sent), severity=severity)
    assert client.post(path, content=body).json() == {"taken": 1, "known": 0}
    assert str(states(stack, tenant, sent)[ALICE.address]) == state
    assert suppressed(stack, tenant) == ({ALICE.address: "bounced"} if state == "bounced" else {})
    replayed = json.loads(body)
    replayed["event-data"] |= {"id": "another", "recipient": BOB.address}
    assert client.post(path, json=replayed).json() == {"taken": 0, "known": 1}, "a signature is good once"
    replayed["signature"]["token"] = "t2"
    assert client.post(path, json=replayed).status_code == 403
    old = mailgun_report(now - timedelta(days=2), "<x@y>", severity="permanent", token="t3")
    assert client.post(path, content=old).status_code == 403


def test_sendgrid(stack: Stack, tenant: Tenant, client: TestClient, service: BounceService, sent: UUID) -> None:
    path, now = path_of(service, tenant, "sendgrid"), stack.clock.now()
    about = {"email": ALICE.address, "timestamp": int(now.timestamp()), "smtp-id": reference(stack, tenant, sent)}
    body = json.dumps(
        [
            {**about, "event": "delivered", "sg_event_id": "a"},
            {**about, "event": "bounce", "type": "bounce", "sg_event_id": "b", "status": "5.1.1", "reason": "unknown"},
            {"email": BOB.address, "timestamp": int(now.timestamp()), "event": "spamreport", "sg_event_id": "c"},
        ]
    ).encode()
    assert client.post(path, content=body + b" ", headers=sendgrid_headers(body, now)).status_code == 403
    assert client.post(path, content=body).status_code == 403
    stale = now - timedelta(days=2)
    assert client.post(path, content=body, headers=sendgrid_headers(body, stale)).status_code == 403
    answer = client.post(path, content=body, headers=sendgrid_headers(body, now))
    assert answer.json() == {"taken": 2, "known": 0}
    assert states(stack, tenant, sent) == {ALICE.address: DeliveryState.BOUNCED, BOB.address: DeliveryState.SENT}
    assert suppressed(stack, tenant) == {ALICE.address: "bounced", BOB.address: "complained"}


def test_postmark(stack: Stack, tenant: Tenant, client: TestClient, service: BounceService, sent: UUID) -> None:
    path, now = path_of(service, tenant, "postmark"), stack.clock.now()
    said = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 4323372036854775807,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": ALICE.address.upper(),
        "Description": "The server was unable to deliver your message.",
        "BouncedAt": now.isoformat(),
    }
    login = (SECRETS["postmark"]["user"], SECRETS["postmark"]["password"])
    assert client.post(path, json=said).status_code == 401
    assert client.post(path, json=said, auth=("postmark", "wrong")).status_code == 401
    stale = {**said, "BouncedAt": (now - timedelta(days=2)).isoformat()}
    assert client.post(path, json=stale, auth=login).status_code == 403
    assert client.post(path, json=said, auth=login).json() == {"taken": 1, "known": 0}
    assert states(stack, tenant, sent)[ALICE.address] is DeliveryState.BOUNCED, "by its address"


def test_an_address_is_good_for_one_service_of_one_organization(
    stack: Stack,
    tenant: Tenant,
    make_organization: Callable[..., Tenant],
    client: TestClient,
    service: BounceService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = path_of(service, tenant, "mailgun")
    body = mailgun_report(stack.clock.now(), "<x@y>", severity="permanent")
    key = path.rpartition("/")[2]
    other = make_organization()
    for wrong in (
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path.replace("mailgun", "postmark"),
        path.replace("mailgun", "pigeon"),
        path.replace(tenant.organization_id.hex, other.organization_id.hex),
        f"/api/bounces/mailgun/{key[:32]}",
        "/api/bounces/mailgun/x",
    ):
        assert client.post(wrong, content=body).status_code == 404, wrong
    assert path_of(service, tenant, "mailgun") != path
    assert client.post(path, content=body).status_code == 404, "the address before has ended"
    unsigned = {"signature": {}, "event-data": {"recipient": "spy@x.example"}}
    client.post(path_of(service, tenant, "mailgun"), json=unsigned)
    assert "bounce_report_refused" in caplog.text
    assert "spy@x.example" not in caplog.text
    service.remove(tenant.principal, "mailgun")
    assert not any(one.is_set_up for one in service.intakes(tenant.principal))
    with pytest.raises(NotAllowed):
        service.intakes(make_organization(role="publisher").principal)


@pytest.mark.parametrize(
    ("provider", "secrets"),
    [
        ("ses", {"topic": "bounces"}),
        ("sendgrid", {"public_key": "abc"}),
        ("mailgun", {"signing_key": ""}),
        ("postmark", {"user": "a:b", "password": "x" * 20}),
        ("postmark", {"user": "a", "password": "short"}),
        ("mailgun", {"signing_key": "x" * 20, "more": "y"}),
    ],
)
def test_what_a_service_is_known_by_is_checked(
    service: BounceService, tenant: Tenant, provider: str, secrets: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        service.set_up(tenant.principal, provider, secrets)
    assert (caught.value.place or "").startswith("secrets.")


def test_guessing_is_slowed_down(client: TestClient) -> None:
    answers = [client.post("/api/bounces/mailgun/x", content=b"{}").status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]


# Delivery-status mails


def status_mail(
    message_id: str, address: str, *, action: str = "failed", status: str = "5.1.1", whole: bool = True
) -> bytes:
    """As RFC 3464 has it, made by the standard library."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"] = "MAILER-DAEMON@mx.example.com", "reports@broadsheet.local"
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = format_datetime(datetime(2026, 11, 23, 8, 59, tzinfo=UTC))
    report.attach(MIMEText("I'm sorry to have to inform you that your message could not be delivered."))
    about, recipient = Message(), Message()
    about["Reporting-MTA"] = "dns; mx.example.com"
    recipient["Final-Recipient"] = f"rfc822; {address}"
    recipient["Action"], recipient["Status"] = action, status
    recipient["Diagnostic-Code"] = "smtp; 550 no such user"
    machine = MIMEMultipart()
    machine.set_type("message/delivery-status")
    machine.set_payload([about, recipient])
    report.attach(machine)
    original = EmailMessage()
    original["Message-ID"], original["Subject"] = message_id, "Weekly revenue"
    if whole:
        report.attach(MIMEMessage(original))
    else:
        head = MIMEText(original.as_string(), "rfc822-headers")
        report.attach(head)
    return report.as_bytes()


def reading(stack: Stack, tls_context: ssl.SSLContext | None = None, **settings: Any) -> BounceMails:
    return BounceMails(stack.database, stack.clock, Settings(_env_file=None, **settings), tls_context=tls_context)


@pytest.mark.parametrize(
    ("changes", "state", "is_suppressed"),
    [
        ({}, DeliveryState.BOUNCED, True),
        ({"whole": False}, DeliveryState.BOUNCED, True),
        ({"status": "5.2.2"}, DeliveryState.SENT, False),
        ({"status": "4.4.7"}, DeliveryState.SENT, False),
        ({"action": "delayed", "status": "4.4.1"}, DeliveryState.SENT, False),
        ({"action": "delivered", "status": "2.0.0"}, DeliveryState.SENT, False),
    ],
)
def test_a_folder_is_read_once(
    stack: Stack,
    tenant: Tenant,
    sent: UUID,
    tmp_path: Path,
    changes: dict[str, Any],
    state: DeliveryState,
    is_suppressed: bool,
) -> None:
    folder = tmp_path / "bounces"
    folder.mkdir()
    (folder / "1.eml").write_bytes(status_mail(reference(stack, tenant, sent), ALICE.address, **changes))
    (folder / "2.eml").write_bytes(status_mail("<somebody@else.example>", ALICE.address))
    (folder / "3.eml").write_bytes(b"\x00\xff not a mail")
    (folder / "leads-out").symlink_to("/etc/passwd")
    is_news = changes.get("action") != "delivered"
    assert reading(stack, bounce_folder=folder).read() == int(is_news)
    assert states(stack, tenant, sent) == {ALICE.address: state, BOB.address: DeliveryState.SENT}
    assert suppressed(stack, tenant) == ({ALICE.address: "bounced"} if is_suppressed else {})
    assert sorted(path.name for path in (folder / "done").glob("*")) == (["1.eml"] if is_news else [])
    assert reading(stack, bounce_folder=folder).read() == 0


def test_a_folder_that_is_not_there_stops_nothing(stack: Stack, tmp_path: Path) -> None:
    assert reading(stack, bounce_folder=tmp_path / "nowhere").read() == 0


class ImapServer:
    """Speaks enough IMAP over TLS for one mailbox: LOGIN, SELECT, SEARCH UNSEEN, FETCH and STORE."""

    def __init__(self, mails: list[bytes], tls_context: ssl.SSLContext) -> None:
        self.mails, self.seen, self.logins = mails, set[int](), list[str]()
        self._tls = tls_context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "ImapServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):  # a client that does not trust it
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        with connection, self._tls.wrap_socket(connection, server_side=True) as tls, tls.makefile("rwb") as file:
            file.write(b"* OK ready\r\n")
            file.flush()
            while line := file.readline():
                tag, _, command = line.decode().strip().partition(" ")
                file.write(self._answer(command) + f"{tag} OK done\r\n".encode())
                file.flush()

    def _answer(self, command: str) -> bytes:
        verb, _, rest = command.partition(" ")
        if verb == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if verb == "LOGIN":
            self.logins.append(rest)
        if verb == "SELECT":
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if verb == "SEARCH":
            unseen = [str(number) for number in range(1, len(self.mails) + 1) if number not in self.seen]
            return f"* SEARCH {' '.join(unseen)}\r\n".encode()
        number = int(rest.split()[0]) if rest[:1].isdigit() else 0
        if verb == "FETCH":
            content = self.mails[number - 1]
            return f"* {number} FETCH (BODY[]<0> {{{len(content)}}}\r\n".encode() + content + b")\r\n"
        if verb == "STORE":
            self.seen.add(number)
        return b""


def test_a_mailbox_is_read_over_imap(stack: Stack, tenant: Tenant, sent: UUID, tmp_path: Path) -> None:
    server_context, client_context = self_signed_contexts(tmp_path)
    mails = [status_mail(reference(stack, tenant, sent), ALICE.address), b"Subject: Hello\r\n\r\nA letter"]
    with ImapServer(mails, server_context) as server:
        settings = {
            "bounce_imap_host": "127.0.0.1",
            "bounce_imap_port": server.port,
            "bounce_imap_user": "reports",
            "bounce_imap_password": 'pass"word',
        }
        assert reading(stack, client_context, **settings).read() == 1
        assert server.seen == {1, 2}
        assert reading(stack, client_context, **settings).read() == 0
        assert reading(stack, **settings).read() == 0, "a certificate nobody vouches for"
    assert server.logins[0].startswith("reports ")
    assert states(stack, tenant, sent)[ALICE.address] is DeliveryState.BOUNCED
