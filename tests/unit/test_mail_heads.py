"""Whom a mail names and how it is unsubscribed from: To, Cc, blind copies, List-Unsubscribe."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from core.address import email_key, parse_sender
from core.deliver.mime import build_mime
from core.domain.delivery import Addressees, Message
from core.domain.schedule import Recipient
from core.errors import InvalidInput
from core.runs.mailing import shown_addressees


def person(name: str, role: str = "to") -> Recipient:
    return Recipient(channel="email", address=f"{name}@example.com", role=role)


ANN, BOB, CAT, DAN = person("ann"), person("bob"), person("cat", "cc"), person("dan", "bcc")
FOLDER = Recipient(channel="folder", address="x")


def sent(address: str = "ann@example.com", **fields: object) -> EmailMessage:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    values = {"reference": "r", "subject": "S", "text": "t", "html": "<p>t</p>", "attachments": (), "made_at": at}
    content = build_mime(Message(**(values | fields)), address, parse_sender("r@example.com"))  # type: ignore[arg-type]
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


@pytest.mark.parametrize("reader", [ANN, BOB, CAT, DAN])
def test_everybody_sees_the_same_letter_without_blind_copies(reader: Recipient) -> None:
    shown = shown_addressees((ANN, BOB, CAT, DAN, FOLDER), reader)
    mail = sent(reader.address, addressees=shown)
    assert (mail["To"], mail["Cc"]) == ("ann@example.com, bob@example.com", "cat@example.com")
    assert mail["Bcc"] is None
    assert b"dan@" not in mail.as_bytes()


def test_blind_copies_alone_name_nobody() -> None:
    mail = sent(DAN.address, addressees=shown_addressees((DAN, person("eve", "bcc")), DAN))
    assert (mail["To"], mail["Cc"]) == ("undisclosed-recipients:;", None)
    assert b"@example.com" not in mail.as_bytes().replace(b"r@example.com", b"").replace(b"@example.com>", b"")


def test_of_a_crowd_only_the_reader_is_named() -> None:
    crowd = tuple(person(f"p{number}") for number in range(51))
    assert shown_addressees(crowd, crowd[7]) == Addressees(to=("p7@example.com",))
    assert shown_addressees((*crowd, CAT), CAT) == Addressees(cc=("cat@example.com",))
    assert shown_addressees((*crowd, DAN), DAN) == Addressees()
    assert len(shown_addressees(crowd[:50], crowd[0]).to) == 50


def test_who_is_not_of_the_list_sees_nobody_of_it() -> None:
    assert shown_addressees((BOB, CAT), ANN) == Addressees(to=("ann@example.com",))


def test_the_unsubscribe_address_arrives_whole_and_one_click_needs_https() -> None:
    long = "https://reports.example.com/a/rather/long/base/unsubscribe/" + "a" * 64
    mail = sent(unsubscribe_url=long)
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (f"<{long}>", "List-Unsubscribe=One-Click")
    plain = sent(unsubscribe_url="http://localhost:8501/unsubscribe/x")
    assert (plain["List-Unsubscribe"], plain["List-Unsubscribe-Post"]) == (
        "<http://localhost:8501/unsubscribe/x>",
        None,
    )
    assert sent()["List-Unsubscribe"] is None


@pytest.mark.parametrize("wrong", ["a\r\nBcc: x@example.com", "a\nb", "a\0b", "a\x1bb", "a\u2028b", "a\ud800b"])
def test_no_value_begins_another_header(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        sent(subject=wrong)
    with pytest.raises(InvalidInput):
        sent(unsubscribe_url=f"https://x/{wrong}")
    with pytest.raises(InvalidInput):
        sent(addressees=Addressees(to=(f"{wrong}@example.com",)))


def test_two_ways_to_write_a_mailbox_have_one_key() -> None:
    assert email_key(" Ann@MÜLLER.example ") == email_key("ann@xn--mller-kva.example")
    assert sent("ann@müller.example")["To"] == "ann@xn--mller-kva.example"
    assert email_key("No Address") == "no address"
