"""DKIM signatures (RFC 6376, rsa-sha256, relaxed/relaxed): the receiver can check that a mail is the domain's own."""

import base64
import hashlib
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from core.domain.mail_server import DkimKey
from core.errors import InvalidInput

_LEAST_BITS, _MOST_BITS = 2048, 4096
#: RFC 6376 section 5.4.1, and what a one-click unsubscription must be covered by (RFC 8058 section 4).
_SIGNED = (
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def new_key() -> str:
    """Make a key of 2048 bits; returns its private half as PEM."""
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=_LEAST_BITS))


def read_key(text: str) -> str:
    """Check a private key that somebody brought; returns it as PEM. Raises InvalidInput."""
    try:
        key = serialization.load_pem_private_key(text.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput("This is not a private key in PEM form without a password.", place="private_key") from error
    if not isinstance(key, rsa.RSAPrivateKey) or not _LEAST_BITS <= key.key_size <= _MOST_BITS:
        raise InvalidInput(f"Give an RSA key of {_LEAST_BITS} to {_MOST_BITS} bits.", place="private_key")
    return _pem(key)


def check_selector(text: str) -> str:
    """Return a selector in lower case. Raises InvalidInput."""
    selector = text.strip().lower()
    if _SELECTOR.fullmatch(selector) is None:
        raise InvalidInput("A selector is one word of letters, digits and hyphens.", place="selector")
    return selector


def public_key(private_pem: str) -> str:
    """Return the public half as the DNS record holds it."""
    der = (
        _load(private_pem)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(der).decode("ascii")


def sign(mail: bytes, key: DkimKey) -> bytes:
    """Return the mail with its signature before everything else. Equal input, equal bytes; lines end in CRLF."""
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = _fields(head)
    names = [name for name in _SIGNED if name in fields]
    tags = [
        "v=1",
        "a=rsa-sha256",
        "c=relaxed/relaxed",
        f"d={key.domain}",
        f"s={key.selector}",
        # Named once more than they are there: nobody can add a second one.
        "h=" + ":".join([*names, "from", "subject"]),
        f"bh={_base64(hashlib.sha256(_relaxed_body(body)).digest())}",
    ]
    unsigned = "DKIM-Signature: " + ";\r\n ".join(tags) + ";\r\n b="
    covered = b"".join(fields[name] + b"\r\n" for name in names) + _relaxed_field(unsigned.encode())
    signature = _base64(_load(key.private_pem).sign(covered, padding.PKCS1v15(), hashes.SHA256()))
    lines = "\r\n ".join(signature[start : start + 72] for start in range(0, len(signature), 72))
    return f"{unsigned}{lines}\r\n".encode("ascii") + mail


def _fields(head: bytes) -> dict[str, bytes]:
    """The last field of each name in its relaxed form, by name; that is the one a verifier takes first."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head)
    return {
        relaxed.partition(b":")[0].decode("ascii"): relaxed
        for relaxed in (_relaxed_field(line) for line in unfolded.split(b"\r\n"))
    }


def _relaxed_field(field: bytes) -> bytes:
    """RFC 6376 section 3.4.2."""
    name, _, value = field.partition(b":")
    unfolded = value.replace(b"\r\n", b"")
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", unfolded).strip(b" \t")


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4."""
    trimmed = re.sub(rb"[ \t]+(?=\r\n)", b"", re.sub(rb"[ \t]+", b" ", body))
    text = trimmed.rstrip(b" \t") if not trimmed.endswith(b"\r\n") else trimmed
    text = re.sub(rb"(?:\r\n)+\Z", b"", text)
    return text + b"\r\n" if text else b""


def _load(private_pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - checked when it was saved
    return key


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
