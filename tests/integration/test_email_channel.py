"""The e-mail channel against a real SMTP server: what is sent, and what becomes of every kind of failure."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.address import parse_sender
from core.deliver.email_channel import MAIL_CONNECTIONS, EmailChannel
from core.deliver.mime import build_mime
from core.domain.delivery import Message, MessageFile
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUnknown, InvalidAddress
from core.settings import Settings
from tests.mail_server import MailServer, self_signed_contexts, stopped_server

ANN = Recipient(channel="email", address="ann@example.com")


def message(**fields: object) -> Message:
    values: dict[str, object] = {
        "reference": "run-1:ann@example.com",
        "subject": "Umsätze · October 2026",
        "text": "Grüße\n.\n..two dots\nlast line",
        "html": "<p>Grüße <img src='cid:chart@broadsheet'></p>",
        "attachments": (
            MessageFile.of("Umsätze.csv", "text/csv", b"a,b\r\n.\r\n1,2\n"),
            MessageFile.of("report.pdf", "application/pdf", bytes(range(256)) * 40),
        ),
        "inline_images": (("chart@broadsheet", b"\x89PNG\r\n"),),
        "made_at": datetime(2026, 11, 23, 14, tzinfo=UTC),
    }
    return Message(**(values | fields))


def channel(port: int, *, context: ssl.SSLContext | None = None, wait_s: float = 20, **fields: object) -> EmailChannel:
    settings = Settings(
        _env_file=None,
        **({"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"} | fields),
    )
    return EmailChannel(settings, tls_context=context, timeout_s=wait_s, final_timeout_s=wait_s)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def test_every_part_arrives_as_it_was(server: MailServer) -> None:
    said = channel(server.port, mail_from='"Reports, daily" <reports@example.com>').send(message(), ANN)
    assert said == "250 2.0.0 queued as 4711"
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("reports@example.com", ("ann@example.com",))
    received = mail.message
    assert not received.defects
    assert received["Subject"] == "Umsätze · October 2026"
    assert received["From"] == '"Reports, daily" <reports@example.com>'
    assert received["To"] == "ann@example.com"
    assert parsedate_to_datetime(received["Date"]) == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert received["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in received.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "text/csv", "application/pdf",
    ]  # fmt: skip
    assert received.get_body(("plain",)).get_content().splitlines() == ["Grüße", ".", "..two dots", "last line"]
    assert received.get_body(("html",)).get_content().strip() == "<p>Grüße <img src='cid:chart@broadsheet'></p>"
    image = next(part for part in received.walk() if part.get_content_type() == "image/png")
    assert image["Content-ID"] == "<chart@broadsheet>"
    assert image.get_payload(decode=True) == b"\x89PNG\r\n"
    files = list(received.iter_attachments())
    assert [part.get_filename() for part in files] == ["Umsätze.csv", "report.pdf"]
    assert [part.get_payload(decode=True) for part in files] == [file.open().read() for file in message().attachments]


def test_the_wire_is_seven_bit_with_short_lines(server: MailServer) -> None:
    channel(server.port).send(message(text="ä" * 5000, subject="Ü" * 200), ANN)
    content = server.mails[0].content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert server.mails[0].message["Subject"] == "Ü" * 200
    assert server.mails[0].message.get_body(("plain",)).get_content().strip() == "ä" * 5000


def test_a_retry_sends_the_same_bytes_and_another_reference_does_not(server: MailServer) -> None:
    sender = channel(server.port)
    for one in (message(), message(), message(reference="run-2:ann@example.com")):
        sender.send(one, ANN)
    first, second, third = (mail.content for mail in server.mails)
    assert first == second != third
    ids = [mail.message["Message-ID"] for mail in server.mails]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] == sender.reference(message(), ANN)
    assert ids[0].endswith("@broadsheet.local>")


def test_a_text_that_names_a_file_stays_a_text(server: MailServer, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do not send")
    channel(server.port).send(message(text=str(secret), html=str(secret), attachments=(), inline_images=()), ANN)
    assert b"do not send" not in server.mails[0].content
    assert server.mails[0].message.get_body(("plain",)).get_content().strip() == str(secret)


def test_a_broken_character_does_not_stop_the_mail(server: MailServer) -> None:
    channel(server.port).send(message(text="a\ud800b", html="<p>a\ud800b</p>"), ANN)
    assert server.mails[0].message.get_body(("plain",)).get_content().strip() == "a?b"


# The fault matrix: phase x fault -> what the delivery becomes, and whether the server has the mail

REPLIES = {"4xx": "450 4.2.1 try later", "5xx": "550 5.1.1 no such mailbox"}
MATRIX = [
    *((phase, "4xx", DeliveryDeferred) for phase in ("connect", "mail", "rcpt", "data", "accepted")),
    *((phase, "5xx", DeliveryRefused) for phase in ("mail", "rcpt", "data", "accepted")),
    ("connect", "5xx", DeliveryDeferred),
    *((phase, "drop", DeliveryDeferred) for phase in ("connect", "mail", "rcpt", "data")),
    *((phase, "hang", DeliveryDeferred) for phase in ("connect", "mail", "rcpt", "data")),
    ("accepted", "drop", DeliveryUnknown),
    ("accepted", "hang", DeliveryUnknown),
    ("accepted", "nonsense", DeliveryUnknown),
]


@pytest.mark.parametrize(("phase", "fault", "outcome"), MATRIX)
def test_fault_matrix(server: MailServer, phase: str, fault: str, outcome: type[DeliveryError]) -> None:
    server.faults[phase] = {**REPLIES, "nonsense": "999 what"}.get(fault, fault)
    with pytest.raises(DeliveryError) as caught:
        channel(server.port, wait_s=1 if fault == "hang" else 20).send(message(), ANN)
    assert type(caught.value) is outcome
    assert server.connections == 1, "a channel never tries again by itself"
    assert len(server.mails) == (1 if outcome is DeliveryUnknown and fault != "nonsense" else 0)
    if fault in REPLIES and phase != "connect":
        assert REPLIES[fault] in caught.value.user_message
    server.faults.clear()
    assert channel(server.port).send(message(), ANN).startswith("250")


def test_nobody_listens() -> None:
    with stopped_server() as port, pytest.raises(DeliveryDeferred, match="cannot be reached"):
        channel(port).send(message(), ANN)


def test_an_unknown_host() -> None:
    with pytest.raises(DeliveryDeferred, match="cannot be reached"):
        channel(25, smtp_host="mail.invalid").send(message(), ANN)


def test_a_mail_larger_than_the_server_takes_is_refused() -> None:
    with MailServer(size_limit=2000) as server, pytest.raises(DeliveryRefused, match="552"):
        channel(server.port).send(message(), ANN)
    assert server.mails == []


def test_what_the_server_says_is_cut_and_put_on_one_line(server: MailServer) -> None:
    server.faults["rcpt"] = "550 " + "x\x1b[31m" * 60
    with pytest.raises(DeliveryRefused) as caught:
        channel(server.port).send(message(), ANN)
    assert len(caught.value.user_message) < 260
    assert caught.value.user_message.isprintable()


@pytest.mark.parametrize("address", ["", "ann", "ann@example.com\r\nRCPT TO:<x@example.com>", "a@b.com,c@d.com"])
def test_a_wrong_address_never_reaches_the_server(server: MailServer, address: str) -> None:
    with pytest.raises(InvalidAddress):
        channel(server.port).send(message(), Recipient(channel="email", address=address))
    assert server.connections == 0


# Secured connections and sign-in


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return self_signed_contexts(tmp_path_factory.mktemp("tls"))


LOGIN = {"smtp_user": "reports", "smtp_password": SecretStr("pass word")}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_secured_and_signed_in(contexts: tuple[ssl.SSLContext, ssl.SSLContext], security: str) -> None:
    with MailServer(tls_context=contexts[0], implicit_tls=security == "tls", login=("reports", "pass word")) as server:
        channel(server.port, context=contexts[1], smtp_security=security, **LOGIN).send(message(), ANN)
    assert [(mail.over_tls, mail.signed_in) for mail in server.mails] == [(True, True)]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_stops_the_mail(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], security: str
) -> None:
    with MailServer(tls_context=contexts[0], implicit_tls=security == "tls") as server:
        with pytest.raises(DeliveryDeferred, match="certificate is not trusted"):
            channel(server.port, smtp_security=security).send(message(), ANN)
        assert server.mails == []


def test_starttls_is_not_given_up_where_the_server_does_not_offer_it(server: MailServer) -> None:
    with pytest.raises(DeliveryRefused, match="SMTP_SECURITY"):
        channel(server.port, smtp_security="starttls", **LOGIN).send(message(), ANN)
    assert server.mails == []


def test_a_wrong_password(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with MailServer(tls_context=contexts[0], login=("reports", "other")) as server:
        with pytest.raises(DeliveryRefused, match="SMTP_PASSWORD") as caught:
            channel(server.port, context=contexts[1], smtp_security="starttls", **LOGIN).send(message(), ANN)
        assert "pass word" not in str(caught.value)
        assert server.mails == []


def test_a_password_the_protocol_cannot_carry(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with MailServer(tls_context=contexts[0], login=("reports", "other")) as server:
        sender = channel(
            server.port,
            context=contexts[1],
            smtp_security="starttls",
            smtp_user="reports",
            smtp_password=SecretStr("pä\ud800"),
        )
        with pytest.raises(DeliveryRefused, match="letters"):
            sender.send(message(), ANN)


@pytest.mark.parametrize("sizes", [(150_000, 150_000), (347_000, 1), (1, 800_000, 300_000), (5_000_000,)])
def test_files_past_the_limit_are_named_and_the_rest_fits(sizes: tuple[int, ...]) -> None:
    files = tuple(MessageFile.of(f"{n}.bin", "application/octet-stream", bytes(size)) for n, size in enumerate(sizes))
    sender = channel(25, mail_max_bytes=1_000_000)
    linked = sender.linked(files)
    kept = tuple(file for file in files if file not in linked)
    whole = build_mime(message(attachments=kept), ANN.address, parse_sender("a@example.com"))
    assert len(whole) <= 1_000_000
    assert [file.size_bytes for file in linked] == [size for size in sizes if size > 348_000]
    assert channel(25).linked(files) == (), "20 MB unless the operator says otherwise"


def test_mails_of_one_piece_of_work_share_a_connection(server: MailServer) -> None:
    with MAIL_CONNECTIONS.keeping():
        for number in range(3):
            channel(server.port).send(message(reference=f"r{number}"), ANN)
    assert (server.connections, len(server.mails)) == (1, 3)
    channel(server.port).send(message(reference="alone"), ANN)
    assert server.connections == 2, "nothing is kept outside"


@pytest.mark.parametrize("fault", ["421 4.3.2 closing", "451 4.7.0 enough for now", "drop"])
def test_a_kept_connection_that_takes_no_more_is_replaced(server: MailServer, fault: str) -> None:
    with MAIL_CONNECTIONS.keeping():
        channel(server.port).send(message(reference="first"), ANN)
        server.faults["mail"] = fault
        with pytest.raises(DeliveryDeferred):
            channel(server.port).send(message(reference="second"), ANN)
        assert server.connections == 2, "a new one was asked, once"
        server.faults.clear()
        channel(server.port).send(message(reference="third"), ANN)
    assert len(server.mails) == 2


@pytest.mark.parametrize("phase", ["rcpt", "data", "accepted"])
def test_what_breaks_after_a_recipient_was_named_is_not_tried_again(server: MailServer, phase: str) -> None:
    with MAIL_CONNECTIONS.keeping():
        channel(server.port).send(message(reference="first"), ANN)
        server.faults[phase] = "drop"
        with pytest.raises(DeliveryUnknown if phase == "accepted" else DeliveryDeferred):
            channel(server.port).send(message(reference="second"), ANN)
    assert server.connections == 1
