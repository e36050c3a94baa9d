"""What every channel does, run over each entry of the registry in each form it takes, and what the outbox keeps."""

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.deliver import CHANNELS
from core.deliver.channel import Channel
from core.deliver.outbox import OutboxChannel, list_outbox, read_outbox
from core.deliver.paths import PATH_VARIABLES
from core.deliver.s3_channel import S3Channel
from core.domain.delivery import Attachment, FileLink, Message, MessageFile
from core.domain.destination import Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, InvalidAddress, InvalidInput, NotFound
from core.outbound.s3_client import S3Patience
from core.settings import Settings
from tests.channel_parts import FILE, MESSAGE, NOW, ORGANIZATION, faulty_way, place, s3_place, settings_of, sftp_place
from tests.channel_servers import SftpServer, SlackServer
from tests.http_server import Asked, HttpServer, Reply
from tests.mail_server import MailServer
from tests.s3_server import BUCKET, S3Server, s3_server

#: Of no channel, or of e-mail only.
BAD_EVERYWHERE = ["\x00", "a\nb", "{0.__class__}", "{nobody}", "a\ud800"]
BAD_FOLDERS = ["../up", "a/../../b", "a\\b", "{", "x" * 501]


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message as the other side holds it. `mark` tells a repeat from a second one; None where it cannot."""

    mark: str | None
    files: dict[str, bytes]


@dataclass(kw_only=True)
class Case:
    """A channel, an address it reaches, and a way to see what arrived and to make it fail."""

    channel: Channel
    address: str
    arrived: Callable[[], list[Arrived]]
    break_it: Callable[[], None]
    place: Place | None = None
    bad: tuple[str, ...] = tuple(BAD_EVERYWHERE)
    replaces: bool = False  #: a repeat takes the place of the first

    @property
    def recipient(self) -> Recipient:
        return Recipient(channel=self.channel.key, address=self.address)

    def send(self, message: Message = MESSAGE) -> str:
        return self.channel.send(self.fitting(message), self.recipient, self.place)

    def fitting(self, message: Message) -> Message:
        """The message as its composer makes it for this channel: some files are linked."""
        linked = self.channel.linked(message.attachments)
        links = tuple(FileLink(file=file, url="http://localhost/d/x", expires_at=NOW) for file in linked)
        return replace(message, attachments=tuple(one for one in message.attachments if one not in linked), links=links)

    def reference(self, message: Message = MESSAGE) -> str:
        return self.channel.reference(message, self.recipient, self.place)


def _mail(mail: EmailMessage) -> Arrived:
    files = {part.get_filename() or "": part.get_payload(decode=True) for part in mail.iter_attachments()}
    return Arrived(mark=mail["Message-ID"], files=files)


def _smtp(tmp_path: Path) -> Iterator[Case]:
    with MailServer() as server:
        settings = settings_of(tmp_path, smtp_host=server.host, smtp_port=server.port, smtp_security="none")
        yield Case(
            channel=CHANNELS["email"](settings, FixedClock(NOW)),
            address="ann@example.com",
            arrived=lambda: [_mail(mail.message) for mail in server.mails],
            break_it=lambda: server.faults.update(rcpt="450 busy"),
            bad=("", "ann", "ann@example.com\nBcc: all@example.com", "ann@example.com\x00"),
        )


def _outbox(tmp_path: Path) -> Iterator[Case]:
    settings = settings_of(tmp_path)
    folder = settings.outbox_dir
    yield Case(
        channel=CHANNELS["email"](settings, FixedClock(NOW)),
        address="ann@example.com",
        arrived=lambda: [
            _mail(message_from_bytes(path.read_bytes(), policy=policy.default)) for path in sorted(folder.glob("*.eml"))
        ],
        break_it=lambda: folder.write_text("a file where the folder should be"),
        bad=("", "ann", "ann@example.com\nBcc: all@example.com", "ann@example.com\x00"),
        replaces=True,
    )


def _folder(tmp_path: Path) -> Iterator[Case]:
    root = tmp_path / "delivered"
    case = Case(
        channel=CHANNELS["folder"](settings_of(tmp_path), FixedClock(NOW)),
        address="{report}/{date}",
        place=place({"root": str(root), "path": "{run}"}),
        arrived=lambda: [
            Arrived(mark=str(found.parent.relative_to(root)), files={found.name: found.read_bytes()})
            for found in sorted(root.rglob("*.csv"))
        ],
        break_it=lambda: root.write_text("a file where the folder should be"),
        bad=(*BAD_EVERYWHERE, *BAD_FOLDERS),
        replaces=True,
    )
    yield case


@pytest.fixture(scope="module")
def store() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def _s3(tmp_path: Path, store: S3Server) -> Iterator[Case]:
    def arrived() -> list[Arrived]:
        found = store.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return [_object(store, one["Key"]) for one in found]

    with faulty_way(store) as way:
        yield Case(
            channel=S3Channel(settings_of(tmp_path), patience=S3Patience(attempts=1, read_s=5)),
            address="{report}/{date}",
            place=s3_place(way.url),
            arrived=arrived,
            break_it=lambda: setattr(way, "fault", lambda _asked: Reply(status=503)),
            bad=(*BAD_EVERYWHERE, *BAD_FOLDERS),
            replaces=True,
        )


def _object(store: S3Server, key: str) -> Arrived:
    folder, _, name = key.rpartition("/")
    content = store.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return Arrived(mark=f"s3://{BUCKET}/{folder}", files={name: content})


def _sftp(tmp_path: Path) -> Iterator[Case]:
    folder = tmp_path / "there"
    folder.mkdir()
    with SftpServer(folder).running() as server:
        yield Case(
            channel=CHANNELS["sftp"](settings_of(tmp_path), FixedClock(NOW)),
            address="{report}/{date}",
            place=sftp_place(server),
            arrived=lambda: [
                Arrived(
                    mark=f"sftp://{server.host}/{found.parent.relative_to(folder)}",
                    files={found.name: found.read_bytes()},
                )
                for found in sorted(folder.rglob("*"))
                if found.is_file()
            ],
            break_it=lambda: server.faults.add("write"),
            bad=(*BAD_EVERYWHERE, *BAD_FOLDERS),
            replaces=True,
        )


def _slack(tmp_path: Path) -> Iterator[Case]:
    with SlackServer().running() as server:
        assert isinstance(server, SlackServer)
        yield Case(
            channel=CHANNELS["slack"](settings_of(tmp_path, slack_api_url=f"{server.url}/api/"), FixedClock(NOW)),
            address="#sales",
            place=place({}, {"bot_token": server.token}),
            arrived=lambda: [Arrived(mark=None, files=post["files"]) for post in server.posts],
            break_it=lambda: server.faults.update({"upload": Reply(status=503)}),
            bad=("", "sales", "#", "#a b", "ann@", "#a\nb", "#<!channel>"),
        )


def _webhook(tmp_path: Path) -> Iterator[Case]:
    taken: list[Asked] = []

    def take(asked: Asked) -> Reply:
        taken.append(asked)
        return Reply(status=204)

    def arrived() -> list[Arrived]:
        return [
            Arrived(
                mark=asked.headers["idempotency-key"],
                files={one["name"]: b"" for one in json.loads(asked.body)["files"]},
            )
            for asked in taken
        ]

    with HttpServer(take).running() as server:
        yield Case(
            channel=CHANNELS["webhook"](settings_of(tmp_path), FixedClock(NOW)),
            address="",
            place=place({"url": f"{server.url}/hook"}, {"signing_secret": "secret of the tests"}),
            arrived=arrived,
            break_it=lambda: setattr(server, "answer", lambda _asked: Reply(status=503)),
            bad=("https://example.com", *BAD_EVERYWHERE),
        )


#: Every form of every registry entry.
FORMS: dict[tuple[str, str], Callable[..., Iterator[Case]]] = {
    ("email", "smtp"): _smtp,
    ("email", "outbox"): _outbox,
    ("folder", "disk"): _folder,
    ("s3", "moto"): _s3,
    ("sftp", "paramiko"): _sftp,
    ("slack", "fake"): _slack,
    ("webhook", "receiver"): _webhook,
}


@pytest.fixture(params=FORMS.values(), ids=["-".join(form) for form in FORMS])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    parts = (tmp_path, request.getfixturevalue("store")) if request.param is _s3 else (tmp_path,)
    yield from request.param(*parts)


def test_every_registry_entry_is_tested() -> None:
    assert {key for key, _ in FORMS} == set(CHANNELS)


def test_every_channel_and_variable_is_documented() -> None:
    told = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")
    assert [key for key in CHANNELS if f"| `{key}` |" not in told] == []
    assert [name for name in PATH_VARIABLES if f"`{{{name}}}`" not in told] == []


def test_key_and_label(case: Case) -> None:
    assert case.channel.key in CHANNELS
    assert case.channel.label
    assert case.channel.address_help


def test_a_form_says_what_a_place_needs(case: Case) -> None:
    names = {field.name for field in case.channel.form}
    assert (case.place is not None) == bool(names)
    if case.place is not None:
        case.channel.check_place(case.place)
        assert case.place.settings.keys() | case.place.secrets.keys() <= names
        assert case.place.secrets.keys() <= {field.name for field in case.channel.form if field.is_secret}


def test_a_message_arrives_whole(case: Case) -> None:
    assert case.send()
    (arrived,) = case.arrived()
    content = b"" if case.channel.key == "webhook" else b"a,b\r\n1,2\n"
    assert arrived.files == {"Umsätze.csv": content}


def test_a_retry_can_be_told_from_a_second_message(case: Case) -> None:
    assert case.reference() == case.reference(replace(MESSAGE, subject="changed"))
    case.send()
    case.send()
    assert len(case.arrived()) == (1 if case.replaces else 2)
    marks = {arrived.mark for arrived in case.arrived()}
    assert marks <= {None, case.reference(), f"{ORGANIZATION}/{case.reference().partition('/')[2]}"}


def test_a_failure_raises_and_nothing_arrives(case: Case) -> None:
    case.break_it()
    with pytest.raises(DeliveryError) as caught:
        case.send()
    assert caught.value.retryable
    assert case.arrived() == []


def test_addresses_are_checked_before_anything_is_sent(case: Case) -> None:
    case.channel.check_address(case.address)
    for address in case.bad:
        with pytest.raises(InvalidAddress):
            case.channel.check_address(address)
        with pytest.raises(InvalidAddress):
            case.channel.send(case.fitting(MESSAGE), replace(case.recipient, address=address), case.place)
    assert case.arrived() == []


def test_without_its_place_a_message_is_refused(case: Case) -> None:
    if case.place is None:
        return
    with pytest.raises(DeliveryRefused):
        case.channel.send(case.fitting(MESSAGE), case.recipient, None)


def test_a_file_that_changed_since_it_was_made_does_not_arrive(case: Case) -> None:
    if case.channel.key in ("webhook", "email"):
        return  # the one carries none; the other reads from the store, which checks as it reads
    changed = replace(MESSAGE, attachments=(replace(FILE, open=MessageFile.of("x", "x", b"a,b\r\n1,3\n").open),))
    with pytest.raises(Exception, match="not the file any more"):
        case.send(changed)
    assert case.arrived() == []


@pytest.mark.parametrize("bad", ["a\r\nBcc: all@example.com", "a\nb", "a\x00", "a\x1b[0m", "a\u2028b", "a\ud800"])
@pytest.mark.parametrize("form", [_smtp, _outbox], ids=["smtp", "outbox"])
def test_headers_cannot_be_smuggled_in(form: Callable[..., Iterator[Case]], tmp_path: Path, bad: str) -> None:
    for case in form(tmp_path):
        file = MessageFile.of(bad, "text/csv", b"")
        for message in (replace(MESSAGE, subject=bad), replace(MESSAGE, attachments=(file,))):
            with pytest.raises(InvalidInput):
                case.send(message)
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
