"""What every channel does, run over each entry of the registry in each form it takes, and what the outbox keeps."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.deliver import CHANNELS
from core.deliver.channel import Channel
from core.deliver.outbox import OutboxChannel, list_outbox, read_outbox
from core.domain.delivery import Attachment, Message
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryError, InvalidAddress, InvalidInput, NotFound
from core.settings import Settings
from tests.mail_server import MailServer

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
MESSAGE = Message(
    reference="run-1:ann@example.com",
    subject="Umsätze · October 2026",
    text="Grüße",
    html='<p>Grüße <img src="cid:chart@broadsheet"></p>',
    attachments=(Attachment(file_name="Umsätze.csv", media_type="text/csv; charset=utf-8", content=b"a,b\r\n1,2\n"),),
    inline_images=(("chart@broadsheet", b"\x89PNG\r\n"),),
    made_at=NOW,
)


class Case:
    """A channel, an address it reaches, and a way to see what arrived and to make it fail."""

    def __init__(
        self, channel: Channel, address: str, arrived: Callable[[], list[EmailMessage]], break_it: Callable[[], None]
    ) -> None:
        self.channel, self.arrived, self.break_it = channel, arrived, break_it
        self.recipient = Recipient(channel=channel.key, address=address)


def _smtp(tmp_path: Path) -> Iterator[Case]:
    with MailServer() as server:
        settings = Settings(
            _env_file=None, data_dir=tmp_path, smtp_host=server.host, smtp_port=server.port, smtp_security="none"
        )
        yield Case(
            CHANNELS["email"](settings, FixedClock(NOW)),
            "ann@example.com",
            lambda: [mail.message for mail in server.mails],
            lambda: server.faults.update(rcpt="450 busy"),
        )


def _outbox(tmp_path: Path) -> Iterator[Case]:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    folder = settings.outbox_dir
    yield Case(
        CHANNELS["email"](settings, FixedClock(NOW)),
        "ann@example.com",
        lambda: [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))],
        lambda: folder.write_text("a file where the folder should be"),
    )


#: Every form of every registry entry.
FORMS = {("email", "smtp"): _smtp, ("email", "outbox"): _outbox}


@pytest.fixture(params=FORMS.values(), ids=["-".join(form) for form in FORMS])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    yield from request.param(tmp_path)


def test_every_registry_entry_is_tested() -> None:
    assert {key for key, _ in FORMS} == set(CHANNELS)


def test_key_and_label(case: Case) -> None:
    assert case.channel.key in CHANNELS
    assert case.channel.label


def test_a_message_arrives_whole(case: Case) -> None:
    assert case.channel.send(MESSAGE, case.recipient)
    (mail,) = case.arrived()
    assert mail["Subject"] == MESSAGE.subject
    assert mail["To"] == case.recipient.address
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_payload(decode=True)) == ("Umsätze.csv", b"a,b\r\n1,2\n")


def test_a_retry_can_be_told_from_a_second_message(case: Case) -> None:
    assert case.channel.reference(MESSAGE) == case.channel.reference(replace(MESSAGE, subject="changed"))
    assert case.channel.reference(MESSAGE) != case.channel.reference(replace(MESSAGE, reference="other"))
    case.channel.send(MESSAGE, case.recipient)
    case.channel.send(MESSAGE, case.recipient)
    assert {mail["Message-ID"] for mail in case.arrived()} == {case.channel.reference(MESSAGE)}


def test_a_failure_raises_and_nothing_arrives(case: Case) -> None:
    case.break_it()
    with pytest.raises(DeliveryError) as caught:
        case.channel.send(MESSAGE, case.recipient)
    assert caught.value.retryable
    assert case.arrived() == []


@pytest.mark.parametrize("address", ["", "ann", "ann@example.com\nBcc: all@example.com", "ann@example.com\x00"])
def test_addresses_are_checked_before_anything_is_sent(case: Case, address: str) -> None:
    case.channel.check_address(case.recipient.address)
    with pytest.raises(InvalidAddress):
        case.channel.check_address(address)
    with pytest.raises(InvalidAddress):
        case.channel.send(MESSAGE, replace(case.recipient, address=address))
    assert case.arrived() == []


@pytest.mark.parametrize("bad", ["a\r\nBcc: all@example.com", "a\nb", "a\x00", "a\x1b[0m", "a\u2028b", "a\ud800"])
def test_headers_cannot_be_smuggled_in(case: Case, bad: str) -> None:
    file = Attachment(file_name=bad, media_type="text/csv", content=b"")
    for message in (replace(MESSAGE, subject=bad), replace(MESSAGE, attachments=(file,))):
        with pytest.raises(InvalidInput):
            case.channel.send(message, case.recipient)
    assert case.arrived() == []


# The outbox


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


def test_the_outbox_reads_back_what_was_written(settings: Settings) -> None:
    assert list_outbox(settings.outbox_dir) == ()
    said = OutboxChannel(settings).send(MESSAGE, Recipient(channel="email", address="ann@example.com"))
    (entry,) = list_outbox(settings.outbox_dir)
    assert said == f"written to outbox/{entry.name}"
    assert (entry.subject, entry.to, entry.made_at) == (MESSAGE.subject, "ann@example.com", NOW)
    mail = read_outbox(settings.outbox_dir, entry.name)
    assert (mail.subject, mail.to, mail.made_at, mail.text.strip()) == (MESSAGE.subject, entry.to, NOW, "Grüße")
    assert mail.html.strip() == '<p>Grüße <img src="data:image/png;base64,iVBORw0K"></p>'
    assert mail.attachments == (Attachment(file_name="Umsätze.csv", media_type="text/csv", content=b"a,b\r\n1,2\n"),)
    file = settings.outbox_dir / entry.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.stat().st_size == entry.size_bytes


def test_a_retry_replaces_its_file_even_where_it_was_composed_anew(settings: Settings) -> None:
    channel, ann = OutboxChannel(settings), Recipient(channel="email", address="ann@example.com")
    channel.send(MESSAGE, ann)
    channel.send(replace(MESSAGE, made_at=NOW.replace(hour=15), subject="again"), ann)
    channel.send(replace(MESSAGE, reference="run-2", made_at=NOW.replace(hour=16), subject="other"), ann)
    assert [entry.subject for entry in list_outbox(settings.outbox_dir)] == ["other", "again"]
    assert [entry.subject for entry in list_outbox(settings.outbox_dir, limit=1)] == ["other"]


def test_half_written_and_foreign_files_are_not_mails(settings: Settings) -> None:
    settings.outbox_dir.mkdir()
    (settings.outbox_dir / ".20261123T140000Z-aa.eml.tmp").write_text("half")
    (settings.outbox_dir / "notes.eml").write_text("Subject: x")
    assert list_outbox(settings.outbox_dir) == ()


@pytest.mark.parametrize(
    "name", ["", "..", "../secret_key", "/etc/passwd", "notes.eml", f"20261123T140000Z-{'a' * 24}.eml"]
)
def test_only_mails_are_read(settings: Settings, name: str) -> None:
    settings.outbox_dir.mkdir()
    (settings.outbox_dir / "notes.eml").write_text("Subject: x")
    with pytest.raises(NotFound):
        read_outbox(settings.outbox_dir, name)


def test_a_full_disk_leaves_nothing_behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.deliver.outbox.os.fsync", full)
    with pytest.raises(DeliveryDeferred, match="No space left"):
        OutboxChannel(settings).send(MESSAGE, Recipient(channel="email", address="ann@example.com"))
    assert list(settings.outbox_dir.iterdir()) == []
