"""A pasted list of addresses: every entry is answered, fast, whatever it is."""

import time

import pytest

from core.errors import InvalidInput
from core.services.recipient_lines import MAX_LINES, LineState, check_recipient_lines


def states(text: str) -> list[tuple[int, str]]:
    return [(one.line, str(one.state)) for one in check_recipient_lines(text).lines]


def test_lines_commas_and_names() -> None:
    found = check_recipient_lines(
        'ann@example.com\r\n\n"Lee, Bob" <bob@example.com>; cat@example.com,\n  ANN@Example.com\nnobody'
    )
    assert found.addresses == ("ann@example.com", "bob@example.com", "cat@example.com")
    assert [(one.line, str(one.state)) for one in found.lines] == [
        (1, "ok"), (3, "ok"), (3, "ok"), (4, "duplicate"), (5, "wrong"),
    ]  # fmt: skip
    assert found.lines[3].message == "It stands on line 1 already."
    assert "needs a name, an @" in found.lines[4].message
    assert [found.count(state) for state in LineState] == [3, 1, 1, 0]


def test_domains_in_other_scripts_are_the_same_in_punycode() -> None:
    assert states("a@müller.example\na@xn--mller-kva.example") == [(1, "ok"), (2, "duplicate")]


@pytest.mark.parametrize(
    "rubbish",
    ["a\0@example.com", "a@example.com\x0bBcc: b@example.com", "a\ud800@example.com", "ü@example.com", "a@b@c", "<>",
     "a@[127.0.0.1]", "@example.com", "a@", "a b@example.com", '"', "x" * 5000, "a@example.com\u2028b@example.com"],
)  # fmt: skip
def test_rubbish_is_answered_in_words_that_can_be_shown(rubbish: str) -> None:
    (one,) = check_recipient_lines(rubbish).lines
    assert (one.state, one.address) == (LineState.WRONG, None)
    assert one.message
    assert one.text.isprintable()
    assert len(one.text) <= 120


def test_ten_thousand_lines_take_less_than_a_second() -> None:
    lines = [f"person{number % 8000}@département{number % 300}.example" for number in range(9000)]
    lines += ["rubbish"] * 500 + [f"Name {number} <n{number}@example.com>" for number in range(500)]
    began = time.process_time()
    found = check_recipient_lines("\n".join(lines))
    assert time.process_time() - began < 1
    assert len(found.lines) == 10_000
    assert (found.count(LineState.WRONG), found.count(LineState.OK)) == (500, len(set(lines[:9000])) + 500)


def test_what_is_too_long_to_be_meant_is_refused() -> None:
    with pytest.raises(InvalidInput, match="20,000 entries"):
        check_recipient_lines("x\n" * (MAX_LINES + 1))
