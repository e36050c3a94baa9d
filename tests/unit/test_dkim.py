"""Signatures of mails, checked the way a receiver does; the code here is not the code that signs."""

import base64
import hashlib
import re
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from core.address import parse_sender
from core.deliver import dkim
from core.deliver.mime import build_mime
from core.domain.delivery import Addressees, Message, MessageFile
from core.domain.mail_server import DkimKey, dkim_record
from core.errors import InvalidInput

PEM = dkim.new_key()
KEY = DkimKey(domain="example.com", selector="bs", private_pem=PEM)
PUBLIC = serialization.load_der_public_key(base64.b64decode(dkim.public_key(PEM)))


def a_mail(**changes: object) -> bytes:
    values = {
        "reference": "r",
        "subject": "Umsätze · " + "long " * 30,
        "text": "Hello  \n\n trailing \t \n\n\n",
        "html": "<p>Grüße</p>",
        "attachments": (MessageFile.of("a.csv", "text/csv", b"a,b\n" * 500),),
        "made_at": datetime(2026, 11, 23, tzinfo=UTC),
        "unsubscribe_url": "https://reports.example.com/unsubscribe/" + "a" * 64,
        "addressees": Addressees(to=tuple(f"person{number}@example.com" for number in range(9)), cc=("c@example.com",)),
    }
    return build_mime(Message(**(values | changes)), "ann@example.com", parse_sender("R <r@example.com>"))  # type: ignore[arg-type]


def relaxed(name: str, value: str) -> str:
    unfolded = value.replace("\r\n", "")
    return name.lower().strip() + ":" + re.sub("[ \t]+", " ", unfolded).strip() + "\r\n"


def verify(mail: bytes) -> None:
    """RFC 6376 section 6.1, for one signature in front. Raises InvalidSignature."""
    head, body = mail.decode("ascii").split("\r\n\r\n", 1)
    fields = [line.split(":", 1) for line in re.split(r"\r\n(?![ \t])", head)]
    name, signature = fields[0]
    tags = dict(part.strip().split("=", 1) for part in signature.split(";"))
    lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    canonical = "".join(f"{line}\r\n" for line in lines)
    if tags["bh"] != base64.b64encode(hashlib.sha256(canonical.encode()).digest()).decode():
        raise InvalidSignature("body")
    left = fields[1:]
    signed = ""
    for wanted in tags["h"].split(":"):
        found = next((one for one in reversed(left) if one[0].lower() == wanted), None)
        if found is not None:
            left.remove(found)
            signed += relaxed(*found)
    signed += relaxed(name, signature[: signature.rindex("b=") + 2]).removesuffix("\r\n")
    value = base64.b64decode(re.sub(r"\s", "", tags["b"]))
    assert isinstance(PUBLIC, rsa.RSAPublicKey)
    PUBLIC.verify(value, signed.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_receiver_can_check_it_and_a_retry_is_the_same() -> None:
    signed = dkim.sign(a_mail(), KEY)
    verify(signed)
    assert dkim.sign(a_mail(), KEY) == signed
    assert signed.endswith(a_mail())
    assert max(len(line) for line in signed.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mail: mail.replace(b"Subject:", b"Subject: other"),
        lambda mail: mail.replace(b"Hello", b"Hullo"),
        lambda mail: mail.replace(b"unsubscribe/aaa", b"unsubscribe/bbb"),
        lambda mail: mail.replace(b"\r\nFrom:", b"\r\nFrom: evil@example.org\r\nFrom:"),
        lambda mail: mail.replace(b"\r\nCc: c@example.com", b""),
    ],
)
def test_whatever_is_changed_is_found(spoil) -> None:  # type: ignore[no-untyped-def]
    signed = dkim.sign(a_mail(), KEY)
    assert spoil(signed) != signed
    with pytest.raises(InvalidSignature):
        verify(spoil(signed))


def test_keys_that_are_brought_are_looked_at() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    for key in (small, curve):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        with pytest.raises(InvalidInput, match="RSA key of 2048"):
            dkim.read_key(pem)
    with pytest.raises(InvalidInput, match="PEM"):
        dkim.read_key("-----BEGIN NOTHING-----")
    assert dkim.read_key(f"\n{PEM}\n") == PEM
    for wrong in ("", "two words", "a.b", "ü", "-a"):
        with pytest.raises(InvalidInput, match="selector"):
            dkim.check_selector(wrong)


def test_the_record_is_the_public_half() -> None:
    record = dkim_record("example.com", "bs", dkim.public_key(PEM))
    assert (record.name, record.value[:18]) == ("bs._domainkey.example.com", "v=DKIM1; k=rsa; p=")
    assert "PRIVATE" not in record.value
    assert PEM not in repr(KEY)
