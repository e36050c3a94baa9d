"""The one validator for e-mail addresses and header values; everything that reaches a mail's head passes here."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from email.utils import getaddresses
from functools import lru_cache

import idna

from core.errors import InvalidAddress, InvalidInput

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
#: RFC 5321 4.5.3.1: 64 octets before the @; RFC 3696 erratum 1690: 254 in all.
_MOST_LOCAL, _MOST_ADDRESS = 64, 254
_MOST_HEADER = 500
#: Control characters, surrogates and the line and paragraph separators: none has a place in a header.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A display name, possibly empty, and a checked address."""

    name: str
    address: str


def parse_email(text: str) -> str:
    """Check one bare address and return it normalised: spaces around it gone, the domain lower-case and in punycode.

    The part before the @ is kept as typed, and is ASCII only: other letters need SMTPUTF8 at every server on the way.
    Quoted local parts and domain literals (`user@[192.0.2.1]`) are refused. Raises InvalidAddress.
    """
    _refuse_control_characters(text, InvalidAddress, None)
    address = text.strip()
    shown = address[:80]
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise InvalidAddress(f'"{shown}" is not an e-mail address: it needs a name, an @ and a domain.')
    if not local.isascii():
        raise InvalidAddress(f'"{shown}": only plain letters, digits and signs may stand before the @.')
    if len(local) > _MOST_LOCAL or _LOCAL_PART.fullmatch(local) is None:
        raise InvalidAddress(f'"{shown}": the part before the @ is not valid. Give the bare address, without a name.')
    normalised = f"{local}@{_parse_domain(domain, shown)}"
    if len(normalised) > _MOST_ADDRESS:
        raise InvalidAddress(f'"{shown}": an address has at most {_MOST_ADDRESS} characters.')
    return normalised


def email_key(text: str) -> str:
    """Return what tells an address from others: two ways to write one mailbox have the same key. Refuses nothing."""
    try:
        return parse_email(text).lower()
    except InvalidAddress:
        return text.strip().lower()


def erased_key(text: str) -> str:
    """What is kept of an address that was erased, so that it is not written to again: a hash of its `email_key`."""
    return f"sha256:{hashlib.sha256(f'erased {email_key(text)}'.encode()).hexdigest()}"


def parse_sender(text: str) -> Sender:
    """Check `Name <address>` or a bare address, as in MAIL_FROM. Raises InvalidAddress."""
    _refuse_control_characters(text, InvalidAddress, None)
    found = getaddresses([text])
    if len(found) != 1 or not found[0][1]:
        raise InvalidAddress(f'"{text[:80]}" is not a sender such as Reports <reports@example.com>.')
    name, address = found[0]
    return Sender(name=name.strip(), address=parse_email(address))


def check_header(text: str, *, place: str) -> str:
    """Check a value that goes into a header, such as a subject; returns it without spaces around it.

    The standard library refuses CR and LF but lets NUL and others through. Raises InvalidInput at `place`.
    """
    _refuse_control_characters(text, InvalidInput, place)
    if len(text) > _MOST_HEADER:
        raise InvalidInput(f"It has {len(text)} characters; at most {_MOST_HEADER} are possible.", place=place)
    return text.strip()


def _parse_domain(domain: str, shown: str) -> str:
    """A domain in lower-case punycode."""
    try:
        ascii_domain = _ascii_domain(domain)
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidAddress(f'"{shown}": the domain is not valid.') from error
    labels = ascii_domain.split(".")
    if len(ascii_domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise InvalidAddress(f'"{shown}": the domain is not valid.')
    if len(labels) < 2 and ascii_domain != "localhost":
        raise InvalidAddress(f'"{shown}": the domain lacks its ending, such as .com.')
    return ascii_domain


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    """UTS 46 folds what people type: capitals, full-width letters, the ideographic full stop. Lists repeat domains."""
    return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()


def _refuse_control_characters(text: str, error: type[InvalidInput], place: str | None) -> None:
    """Line breaks would start another header, NUL and surrogates break servers."""
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            raise error("Line breaks and control characters are not possible here.", place=place)
