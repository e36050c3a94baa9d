"""Texts with variables: what may be named, what is refused when saving, and what is put in."""

import pytest

from core.deliver.templates import VARIABLES, check_subject, check_template, fill, fill_subject
from core.errors import InvalidInput

VALUES = {name: f"<{name}>" for name in VARIABLES} | {"kpi.Net revenue": "1,234 EUR"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("no variables", "no variables"),
        ("{report} · {period}", "<report> · <period>"),
        ("{{date}} and { date }", "<date> and <date>"),
        ("{period.start} to {period.end}", "<period.start> to <period.end>"),
        ("{kpi.Net revenue} {kpi.net REVENUE}", "1,234 EUR 1,234 EUR"),
        ("{kpi.Gone}", "(no figure called Gone)"),
        ("100% of {rows}/{rows_matched}", "100% of <rows>/<rows_matched>"),
        ("%s %(x)s $report ${report}", "%s %(x)s $report $<report>"),
    ],
)  # fmt: skip
def test_variables_are_filled_in(text: str, filled: str) -> None:
    assert check_template(text, "email_body") == text
    assert fill(text, VALUES) == filled


def test_every_variable_can_be_used() -> None:
    text = " ".join(f"{{{name}}}" for name in VARIABLES)
    assert fill(check_template(text, "email_body"), VALUES) == " ".join(f"<{name}>" for name in VARIABLES)


def test_values_are_not_looked_at_again() -> None:
    assert fill("{report}", VALUES | {"report": "{recipient} {{date}} {unknown}"}) == "{recipient} {{date}} {unknown}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{unknown}", "no {unknown}"),
        ("{}", "no {}"),
        ("{kpi.}", "no {kpi.}"),
        ("{report.__class__}", "no {report.__class__}"),
        ("{report!r}", "no {report!r}"),
        ("{report:>1000000000}", "no {report:>1000000000}"),
        ("{0}", "no {0}"),
        ("{{ config }}", "no {config}"),
        ("{% for x in y %}", "no {% for x in y %}"),
        ("{REPORT}", "no {REPORT}"),
        ("{report", "brace stands alone"),
        ("report}", "brace stands alone"),
        ("{{report}", "brace stands alone"),
        ("{{{report}}}", "brace stands alone"),
    ],
)
def test_anything_else_in_braces_is_refused_when_saving_and_when_filling(text: str, words: str) -> None:
    for check in (check_template, check_subject):
        with pytest.raises(InvalidInput) as caught:
            check(text, "email_subject")
        assert words in caught.value.user_message
        assert caught.value.place == "email_subject"
    with pytest.raises(InvalidInput):
        fill(text, VALUES)


def test_control_characters() -> None:
    assert check_template("two\nlines\twith a tab\r\n", "email_body")
    assert check_subject("  Umsätze · {period} 📈 ", "email_subject") == "Umsätze · {period} 📈"
    for text in ("a\x00", "a\x1b", "a\x85", "a\ud800"):
        with pytest.raises(InvalidInput, match="ontrol characters"):
            check_template(text, "email_body")
    for text in ("two\nlines", "a\rb", "a\x00", "a\tb", "a\u2028b"):
        with pytest.raises(InvalidInput, match="control characters"):
            check_subject(text, "email_subject")
    with pytest.raises(InvalidInput, match="empty"):
        check_subject("   ", "email_subject")


def test_lengths() -> None:
    with pytest.raises(InvalidInput, match="10001"):
        check_template("x" * 10_001, "email_body")
    with pytest.raises(InvalidInput, match="501"):
        check_subject("x" * 501, "email_subject")


def test_values_in_subjects_are_put_on_one_line_and_cut() -> None:
    values = VALUES | {"report": "Sales\r\nBcc: all@example.com\x00 \ud800 x"}
    assert fill_subject("{report}", values) == "Sales Bcc: all@example.com x"
    long = fill_subject("{report}", VALUES | {"report": "x" * 400})
    assert len(long) == 250
    assert long.endswith("…")
