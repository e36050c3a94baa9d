"""Mail servers of organizations: what is saved and never shown, tests answered in words, mails that use them."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.address import parse_sender
from core.clock import FixedClock
from core.db.database import Database
from core.deliver.mail_channel import MailChannel
from core.deliver.outbox import OutboxChannel, list_outbox
from core.domain.access import BUILT_IN_ROLES
from core.domain.delivery import DeliveryState
from core.domain.mail_server import EmailConfigDraft
from core.domain.schedule import Recipient
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.net import guard_host
from core.runs.notices import OwnerNotices
from core.runs.places import Places
from core.secrets import SecretBox
from core.services.email_config import EmailConfigService
from core.services.email_presets import PRESETS
from core.settings import Settings
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.mail_server import MailServer, self_signed_contexts, stopped_server
from tests.run_parts import deliver_all

BOX = SecretBox("key-of-the-tests")
GMAIL = EmailConfigDraft(
    preset="gmail",
    host="SMTP.gmail.com.",
    port=587,
    security="starttls",
    user="news@example.com",
    password="an app password",
    sender='"News, daily" <news@example.com>',
)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return self_signed_contexts(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[MailServer]:
    with MailServer(tls_context=contexts[0], login=("news", "s3cret")) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, allow_private_hosts=("127.0.0.1",))


@pytest.fixture
def channel(settings: Settings, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> MailChannel:
    return MailChannel(OutboxChannel(settings), settings, tls_context=contexts[1], timeout_s=20)


@pytest.fixture
def places(database: Database, channel: MailChannel) -> Places:
    return Places(database, BOX, {"email": channel})


@pytest.fixture
def service(
    database: Database, clock: FixedClock, settings: Settings, channel: MailChannel, places: Places
) -> EmailConfigService:
    return EmailConfigService(database, clock, settings, channel=channel, places=places)


def own(server: MailServer, **changes: Any) -> EmailConfigDraft:
    values = {"host": server.host, "port": server.port, "user": "news", "password": "s3cret", "preset": "custom"}
    return replace(GMAIL, **(values | changes))


def test_the_password_goes_in_and_never_comes_out(
    service: EmailConfigService, database: Database, tenant: Tenant, places: Places
) -> None:
    person = tenant.principal
    assert service.get(person).version == 0
    saved = service.save(person, GMAIL)
    assert (saved.host, saved.has_password, saved.version) == ("smtp.gmail.com", True, 1)
    assert saved.sender == '"News, daily" <news@example.com>'
    assert "app password" not in repr((saved, GMAIL, service.get(person)))
    with database.organization(tenant.organization_id) as session:
        stored = session.execute(text("SELECT row_to_json(c)::text FROM email_configs c")).scalar_one()
    assert "app password" not in stored
    kept = service.save(person, replace(GMAIL, password=None, sender="new@example.com"))
    assert (kept.has_password, kept.sender, kept.version) == (True, "new@example.com", 2)
    place = places.mail_server(tenant.organization_id)
    assert place is not None
    assert place.secrets["password"] == "an app password"
    for changes in ({"host": "smtp.evil.example"}, {"user": "other"}, {"port": 25}):
        with pytest.raises(InvalidInput, match="again") as caught:
            service.save(person, replace(GMAIL, password=None, **changes))
        assert caught.value.place == "password"
        with pytest.raises(InvalidInput, match="again"):
            service.test(person, replace(GMAIL, password=None, **changes))
    service.delete(person)
    assert service.get(person).version == 0
    with pytest.raises(NotFound):
        service.delete(person)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"preset": "pigeon"}, "preset"),
        ({"host": " "}, "host"),
        ({"host": "a b"}, "host"),
        ({"host": "2130706433"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "port"),
        ({"security": "ssl3"}, "security"),
        ({"security": "none"}, "security"),
        ({"user": "a\r\nb"}, "user"),
        ({"password": "a\0b"}, "password"),
        ({"password": ""}, "password"),
        ({"sender": "nobody"}, "sender"),
        ({"sender": "A <a@example.com>, B <b@example.com>"}, "sender"),
        ({"sender": "A\r\nBcc: x@example.com <a@example.com>"}, "sender"),
    ],
)
def test_what_does_not_fit_is_named(
    service: EmailConfigService, tenant: Tenant, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        service.save(tenant.principal, replace(GMAIL, **changes))
    assert caught.value.place == place
    assert service.get(tenant.principal).version == 0


def test_only_those_who_manage_the_organization(service: EmailConfigService, tenant: Tenant) -> None:
    other = replace(tenant.principal, role="data_admin", permissions=BUILT_IN_ROLES["data_admin"])
    for act in (service.get, service.delete, service.test, service.sign, service.stop_signing):
        with pytest.raises(NotAllowed):
            act(other)
    with pytest.raises(NotAllowed):
        service.save(other, GMAIL)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_preset_can_be_saved(service: EmailConfigService, tenant: Tenant, preset: Any) -> None:
    draft = replace(
        GMAIL,
        preset=preset.key,
        host=preset.host or "mail.example.com",
        port=preset.port,
        security=preset.security,
    )
    assert service.save(tenant.principal, draft).preset == preset.key


def test_a_test_mail_arrives_at_the_caller(service: EmailConfigService, tenant: Tenant, server: MailServer) -> None:
    said = service.test(tenant.principal, own(server))
    assert said.is_ok, said
    (mail,) = server.mails
    assert mail.recipients == (tenant.principal.email,)
    assert (mail.over_tls, mail.signed_in) == (True, True)
    assert service.get(tenant.principal).version == 0, "a test saves nothing"
    service.save(tenant.principal, own(server))
    assert service.test(tenant.principal).is_ok
    assert service.test(tenant.principal, own(server, password=None)).is_ok


@pytest.mark.parametrize(
    ("phase", "reply", "words"),
    [
        ("auth", "535 5.7.8 no", "refused the sign-in. Check the user name and the password"),
        ("mail", "550 5.7.1 not yours", "refused the sender news@example.com: 550"),
        ("rcpt", "550 5.1.1 nobody", "refused the mail: 550 5.1.1 nobody"),
        ("starttls", "454 4.7.0 no", "does not take the mail now: 454"),
        ("connect", "554 go", "turns connections away"),
        ("mail", "hang", "did not answer in time"),
    ],
)
def test_a_test_says_what_is_wrong(
    service: EmailConfigService,
    tenant: Tenant,
    server: MailServer,
    channel: MailChannel,
    phase: str,
    reply: str,
    words: str,
) -> None:
    server.faults[phase] = reply
    if reply == "hang":
        channel._timeout_s = 1
    said = service.test(tenant.principal, own(server))
    assert not said.is_ok
    assert words in said.message
    assert "s3cret" not in said.message


def test_a_test_says_what_is_wrong_with_the_way_there(
    service: EmailConfigService, tenant: Tenant, server: MailServer, settings: Settings, database: Database
) -> None:
    def words(**changes: Any) -> str:
        return service.test(tenant.principal, own(server, **changes)).message

    assert "was not found" in words(host="mail.invalid")
    with stopped_server() as port:
        assert "nothing listens" in words(port=port)
    assert "does not speak TLS" in words(security="tls")
    strict = MailChannel(OutboxChannel(settings), settings, timeout_s=1)
    service._channel = strict
    assert "certificate is not trusted" in words()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1"])
def test_private_networks_are_not_connected_to(
    service: EmailConfigService, tenant: Tenant, server: MailServer, tmp_path: Path, host: str
) -> None:
    closed = Settings(_env_file=None, data_dir=tmp_path)
    service._channel = MailChannel(OutboxChannel(closed), closed, timeout_s=1)
    said = service.test(tenant.principal, own(server, host=host))
    assert "private network" in said.message
    assert server.connections == 0


def test_the_checked_address_is_the_one_connected_to(
    service: EmailConfigService, tenant: Tenant, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers a public address first and a private one then is asked once."""
    asked = []

    def resolve(host: str, port: int, *args: Any, **options: Any) -> Any:
        asked.append(host)
        address = "127.0.0.1" if host == "127.0.0.1" or len(asked) > 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setitem(guard_host.__kwdefaults__, "resolve", resolve)
    service.test(tenant.principal, own(server, host="rebind.example.com"))
    assert asked == ["rebind.example.com"]
    assert server.connections == 0


def test_runs_and_notices_use_the_organizations_server(
    service: EmailConfigService,
    stack: Stack,
    tenant: Tenant,
    server: MailServer,
    channel: MailChannel,
    places: Places,
    settings: Settings,
    make_run: Callable[..., UUID],
    make_organization: Callable[..., Tenant],
) -> None:
    service.save(tenant.principal, own(server))
    stack.deliverer._channels, stack.deliverer._places = {"email": channel}, places
    run_id = make_run(recipients=(Recipient(channel="email", address="ann@example.com"),))
    stack.pipeline.advance(run_id)
    run = deliver_all(stack, tenant, run_id)
    assert run.deliveries[0].state is DeliveryState.SENT
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("news@example.com", ("ann@example.com",))
    assert mail.message["From"] == '"News, daily" <news@example.com>'
    assert run.deliveries[0].reference == mail.message["Message-ID"]
    assert mail.message["Message-ID"].endswith("@example.com>")
    assert list_outbox(settings.outbox_dir) == ()
    assert places.mail_server(make_organization().organization_id) is None, "others keep the installation's way"
    notices = OwnerNotices(stack.database, stack.clock, channel=channel, base_url="http://x", places=places)
    assert notices._places is places


def test_signed_mails_and_their_record(
    service: EmailConfigService, tenant: Tenant, server: MailServer, database: Database
) -> None:
    person = tenant.principal
    with pytest.raises(NotFound, match="Save one first"):
        service.sign(person)
    service.save(person, own(server))
    signed = service.sign(person, selector="News")
    assert signed.dkim is not None
    assert signed.dkim.name == "news._domainkey.example.com"
    assert signed.has_password, "the password stays"
    assert service.test(person).is_ok
    head = server.mails[0].message["DKIM-Signature"]
    assert "d=example.com" in head
    assert "s=news" in head
    with database.organization(tenant.organization_id) as session:
        assert "PRIVATE" not in session.execute(text("SELECT row_to_json(c)::text FROM email_configs c")).scalar_one()
    with pytest.raises(Conflict) as caught:
        service.save(person, own(server, sender="a@other.example"))
    assert caught.value.place == "sender"
    service.save(person, own(server, password=None, sender="b@example.com"))
    assert service.get(person).dkim == signed.dkim
    assert service.stop_signing(person).dkim is None
    assert service.test(person).is_ok
    assert server.mails[1].message["DKIM-Signature"] is None
    assert parse_sender(server.mails[1].message["From"]).address == "b@example.com"
