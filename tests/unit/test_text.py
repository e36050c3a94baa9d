"""What text may be a name or a longer text."""

import pytest

from core.domain.text import check_text, is_one_line, is_storable
from core.errors import InvalidInput


@pytest.mark.parametrize(
    "text", ["Orders", "Österreich 日本", "गणना", "می‌خواهم", "👨‍👩‍👧", "売上\u3000報告", "Q1\u00a02026"]
)
def test_names_of_every_language_are_one_line(text: str) -> None:
    assert check_text(text, place="name", max_length=200, one_line=True) == text


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\0", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"])
def test_a_name_breaks_no_line_and_turns_no_text(character: str) -> None:
    assert not is_one_line(f"a{character}b")
    with pytest.raises(InvalidInput, match="one line") as refused:
        check_text(f"a{character}b", place="tokens[0].name", max_length=200, one_line=True)
    assert refused.value.place == "tokens[0].name"
    assert refused.value.user_message.startswith("The name ")


def test_a_longer_text_keeps_its_lines() -> None:
    assert check_text("One\r\n\ttwo\u2028three", place="description", max_length=200) == "One\r\n\ttwo\u2028three"


@pytest.mark.parametrize("text", ["a\0", "a\ud800", "\udfffb"])
def test_what_the_database_cannot_keep_is_refused(text: str) -> None:
    assert not is_storable(text)
    with pytest.raises(InvalidInput, match="cannot be stored"):
        check_text(text, place="email_body", max_length=200)


def test_the_length_is_said() -> None:
    assert check_text("x" * 2000, place="description", max_length=2000)
    with pytest.raises(InvalidInput, match="2,000 characters"):
        check_text("x" * 2001, place="description", max_length=2000)
