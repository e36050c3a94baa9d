import pytest

from core.render.pdf.shaping import SANS, SERIF, measure, set_line
from core.render.pdf.wrapping import wrap


def faces_of(text: str, face_name: str = SANS) -> list[str]:
    return [run.face_name for run in set_line(text, face_name, kerned=True).runs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë Ελλάδα Привет", ["sans-regular"]),
        ("Tokyo 東京", ["sans-regular", "cjk"]),
        ("한국어", ["cjk"]),
        ("שלום", ["hebrew"]),
        ("مرحبا", ["arabic"]),
        ("สวัสดี", ["thai"]),
        ("नमस्ते", ["devanagari"]),
    ],
)
def test_each_script_finds_its_font(text: str, expected: list[str]) -> None:
    line = set_line(text, SANS, kerned=True)
    assert faces_of(text) == expected
    assert line.missing == 0
    assert line.width > 0


def test_a_title_falls_back_to_the_sans_before_other_fonts() -> None:
    assert faces_of("A★", SERIF)[0] == SERIF
    assert set_line("🦄", SERIF).missing == 1


def test_right_to_left_text_is_drawn_from_the_right_and_numbers_in_it_from_the_left() -> None:
    line = set_line("שלום 123", SANS, kerned=True)
    assert [run.face_name for run in line.runs] == ["sans-regular", "hebrew"]
    drawn = "".join(text for run in line.runs for _, text in run.glyphs)
    assert drawn.replace(" ", "") == "123" + "שלום"[::-1]


def test_arabic_letters_join() -> None:
    apart = {glyph for letter in "بيت" for run in set_line(letter, SANS, kerned=True).runs for glyph, _ in run.glyphs}
    joined = {glyph for run in set_line("بيت", SANS, kerned=True).runs for glyph, _ in run.glyphs}
    assert joined - apart


def test_invisible_characters_are_dropped_without_being_counted() -> None:
    line = set_line("a\ufe0f\u200bb\ufeff", SANS, kerned=True)
    assert line.missing == 0


def test_kerning_only_where_asked_for() -> None:
    assert measure("AVAVA", SANS, kerned=True) < measure("AVAVA", SANS)


@pytest.mark.parametrize(
    "text",
    ["The quick brown fox jumps over the lazy dog", "x" * 100, "東京都千代田区丸の内一丁目", "a\u0301" * 60, "", "  "],
)
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrap(text, SANS, width=6_000)
    assert all(measure(line, SANS) <= 6_000 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert not any(line.startswith("\u0301") for line in lines)


@pytest.mark.parametrize("width", [300, 1_200, 3_000, 9_000])
def test_the_short_path_wraps_like_the_long_one(width: int) -> None:
    text = "  To be, or not to be: that is the self-same question/answer  " + "w" * 40 + " (end)"
    plain = wrap(text, SANS, width=width)
    assert all(len(line) == 1 or measure(line, SANS) <= width for line in plain)
    assert "".join("".join(plain).split()) == "".join(text.split())
    assert len(plain) <= 1.2 * len(wrap(text.replace("be", "be\u200d"), SANS, width=width))


def test_line_breaks_are_kept() -> None:
    assert wrap("one\n\ntwo\r\nthree", SANS, width=60_000) == ["one", "", "two", "three"]
