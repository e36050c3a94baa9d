"""Names of files made from templates."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.artifacts.file_names import (
    NAME_VARIABLES,
    NameFacts,
    check_file_name_template,
    example_file_name,
    file_name,
    unique_name,
)
from core.errors import InvalidInput
from tests.render_results import WEEK

FACTS = NameFacts(
    title="Usage: north/south",
    period=WEEK,
    logical_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
    timezone="Europe/Berlin",
    rows=1234,
    version=3,
    organization="Ännä GmbH",
)
ALL_TIME = replace(FACTS, period=None, version=None)


def name_of(template: str | None, facts: NameFacts = FACTS) -> str:
    return file_name(facts, extension="csv.gz", format="csv", template=template)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (None, "Usage- north-south 2026-11-16 to 2026-11-22.csv.gz"),
        ("{report}-{period.start}.xlsx", "Usage- north-south-2026-11-16.csv.gz"),
        ("{{report}} ({{ period.end }})", "Usage- north-south (2026-11-22).csv.gz"),
        ("{date} {time} v{version}", "2026-11-24 0030 v3.csv.gz"),
        ("{organization}/{report}.{format}", "Ännä GmbH-Usage- north-south.csv.gz"),
        ("{rows} rows, {period}", "1234 rows, 2026-11-16 to 2026-11-22.csv.gz"),
        ("..{report}", "Usage- north-south.csv.gz"),
        ("aux", "_aux.csv.gz"),
        (".pdf", "Report.csv.gz"),
    ],
)
def test_a_template_is_filled_and_the_name_is_safe(template: str | None, expected: str) -> None:
    assert name_of(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{report}-{period.start}", "Usage- north-south.csv.gz"),
        ("{period.start} {report}", "Usage- north-south.csv.gz"),
        ("{report} ({period.start}_{period.end})", "Usage- north-south.csv.gz"),
        ("v{version} {report}", "vdraft Usage- north-south.csv.gz"),
    ],
)
def test_what_a_report_lacks_leaves_nothing_dangling(template: str, expected: str) -> None:
    assert name_of(template, ALL_TIME) == expected


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{report}-{perod}", "There is no {perod}. Possible are {report}, {period}, "),
        ("{{owner}}", "There is no {owner}."),
        ("{report", "A brace stands alone"),
        ("{{report}", "A brace stands alone"),
        ("  ", "cannot be empty"),
        ("a\x07b", "Control characters"),
        ("a" * 201, "at most 200"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_with_its_place(template: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_file_name_template(template, "file_options.file_name")
    assert words in caught.value.user_message
    assert caught.value.place == "file_options.file_name"


def test_every_variable_there_is_can_be_filled() -> None:
    for variable in NAME_VARIABLES:
        assert check_file_name_template(f"  x{{{variable}}} ") == f"x{{{variable}}}"
        assert "{" not in name_of(f"x{{{variable}}}")


@given(
    st.text(max_size=300),
    st.text(max_size=80),
    st.sampled_from(["{report}", "{report} {period}", "{{report}}/{organization}{report}"]),
)
def test_whatever_a_report_is_called_its_file_can_be_saved_everywhere(
    title: str, organization: str, template: str
) -> None:
    name = name_of(template, replace(FACTS, title=title, organization=organization))
    assert len(name.encode()) <= 150
    assert not set(name) & set('<>:"/\\|?*')
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    assert name[0] not in "-~ ."
    assert name.endswith(".csv.gz")
    assert name.removesuffix(".csv.gz").rstrip(" .") == name.removesuffix(".csv.gz") != ""


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert unique_name("Sales.csv", ["sales.CSV", "Sales (2).csv"]) == "Sales (3).csv"
    assert unique_name("v1.2.csv.gz", ["v1.2.csv.gz"]) == "v1.2 (2).csv.gz"
    assert unique_name("Sales.csv", ["Sales.pdf"]) == "Sales.csv"


def test_who_writes_a_template_sees_what_it_makes() -> None:
    on = date(2026, 11, 25)
    shown = example_file_name("{report}-{period.start}", title="Sales", organization="A", on=on, extension="pdf")
    assert shown == "Sales-2026-11-16.pdf"
    with pytest.raises(InvalidInput, match=r"no \{x\}"):
        example_file_name("{x}", title="Sales", organization="A", on=on)
