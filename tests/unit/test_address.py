"""Addresses and headers: what passes, what is refused and why."""

import pytest

from core.address import check_header, parse_email, parse_sender
from core.errors import InvalidAddress, InvalidInput


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Lee+reports@Example.COM ", "Ann.Lee+reports@example.com"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
        ("ops@localhost", "ops@localhost"),
        ("admin@broadsheet.local", "admin@broadsheet.local"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@BÜCHER。example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("info@例え.テスト", "info@xn--r8jz45g.xn--zckzah"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert parse_email(text) == address
    assert parse_email(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "ann", "@example.com", "ann@", "ann@@example.com", "ann@b@example.com", "ann lee@example.com",
        ".ann@example.com", "ann.@example.com", "a..b@example.com", '"ann lee"@example.com', "Ann <ann@example.com>",
        "<ann@example.com>", "ann@example.com, bob@example.com", "ann@example.com;bob@example.com", "ann@gmail",
        "ann@-example.com", "ann@example-.com", "ann@exa_mple.com", "ann@example..com", "ann@.example.com",
        "ann@[192.0.2.1]", "ann@192.0.2.1", "ann@example.com/path", "ann@example.com:25", "ann(comment)@example.com",
        "jürgen@example.com", f"{'a' * 65}@example.com", f"a@{'b' * 64}.com", f"a@{'.'.join(['b' * 60] * 5)}.com",
        "ann@exam ple.com", "ann@ex\u202eample.com", "ann@\u2488com.example/",
    ],
)  # fmt: skip
def test_what_is_not_an_address(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_email(text)


INJECTIONS = [
    "ann@example.com\r\nBcc: all@example.com",
    "ann@example.com\nBcc: all@example.com",
    "ann@example.com\rBcc: all@example.com",
    "ann@example.com\x00",
    "\nann@example.com",
    "ann@example.com\n",
    "ann\x0b@example.com",
    "ann@example.com\u2028Bcc: x",
    "ann@example.com\x85",
    "ann@example.com\x7f",
    "ann@example.com\udc0a",
    "ann@example.com\r\n.\r\nMAIL FROM:<x@example.com>",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_header_injection_is_refused_everywhere(text: str) -> None:
    for check in (parse_email, parse_sender):
        with pytest.raises(InvalidAddress, match="control characters"):
            check(text)
    with pytest.raises(InvalidInput, match="control characters") as caught:
        check_header(text, place="email_subject")
    assert caught.value.place == "email_subject"


def test_headers() -> None:
    assert check_header("  Umsätze · Q3 📈 ", place="email_subject") == "Umsätze · Q3 📈"
    with pytest.raises(InvalidInput, match="501 characters"):
        check_header("x" * 501, place="email_subject")


def test_senders() -> None:
    sender = parse_sender("Broadsheet <reports@Broadsheet.local>")
    assert (sender.name, sender.address) == ("Broadsheet", "reports@broadsheet.local")
    quoted = parse_sender('"Lee, Ann" <ann@example.com>')
    assert (quoted.name, quoted.address) == ("Lee, Ann", "ann@example.com")
    assert parse_sender("reports@example.com").name == ""
    for text in ("", "Reports", "Reports <reports>", "a@example.com, b@example.com"):
        with pytest.raises(InvalidAddress):
            parse_sender(text)
