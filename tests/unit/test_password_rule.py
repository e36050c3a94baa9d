"""What a new password has to be, and the search in a list of leaked ones."""

import hashlib
from pathlib import Path

import pytest

from core.access.password_rule import PasswordRule, is_listed
from core.errors import InvalidInput

ABOUT = ("ada.lovelace@example.com", "Ada Lovelace", "Northwind Press")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short pass", "12 characters"),
        ("seven otters eating kelp " * 3, "72 bytes"),
        ("passwordpassword", "easy to guess"),
        ("qwertyuiop1234", "easy to guess"),
        ("my LOVELACE engine", "your name or your address"),
        ("northwind for ever", "your name or your address"),
        ("a word\0and some more", "cannot be stored"),
        ("a word\ud800and some more", "cannot be stored"),
    ],
)
def test_weak_passwords_are_refused(password: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        PasswordRule().check(password, about=ABOUT)


@pytest.mark.parametrize("digits", [40, 12])
@pytest.mark.parametrize("line_end", ["\n", ":17\r\n"])
def test_a_leaked_password_is_found_in_a_sorted_list(tmp_path: Path, digits: int, line_end: str) -> None:
    leaked = [f"an old favourite of {number} thieves" for number in range(500)]
    hashes = sorted(hashlib.sha1(one.encode()).hexdigest().upper()[:digits] for one in leaked)
    path = tmp_path / "leaked.txt"
    path.write_text("".join(one + line_end for one in hashes), newline="")
    assert all(is_listed(path, one) for one in leaked)
    assert not any(is_listed(path, f"{one}!") for one in leaked)
    with pytest.raises(InvalidInput, match="stolen elsewhere"):
        PasswordRule(path).check(leaked[7])
    PasswordRule(path).check("seven otters eating kelp", about=ABOUT)


def test_an_empty_list_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "leaked.txt"
    path.write_text("")
    assert not is_listed(path, "anything at all")
