"""Folders made of variables: only safe parts, the same for the same run, and clear words for what cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.deliver.paths import PATH_VARIABLES, check_path, file_part, folder_of, safe_part
from core.domain.schedule import Recipient
from core.errors import InvalidAddress
from tests.channel_parts import about

TITLES = ["../../etc", "a/b", "..", ".hidden", "-rf", "~root", "x\x00y", "a\nb", "\ud800", "ü" * 300, "", " ", "con:"]


def folder(address: str, default: str = "", **names: str) -> tuple[str, ...]:
    return folder_of(about(names=names), Recipient(channel="folder", address=address), default)


def test_the_recipients_folder_outranks_the_destinations() -> None:
    names = {"report": "Sales", "date": "2026-11-23", "period.start": "2026-11-16", "run": "ab12cd34"}
    assert folder("{report}/{{period.start}}", "x", **names) == ("Sales", "2026-11-16")
    assert folder("", "x/{date}", **names) == ("x", "2026-11-23")
    assert folder("", "", **names) == ("Sales", "2026-11-23", "ab12cd34")
    assert folder("/a//{period.end}/b/", **names) == ("a", "b"), "what is empty leaves no folder"


@pytest.mark.parametrize("title", TITLES)
def test_no_value_leads_anywhere_else(title: str) -> None:
    parts = folder("reports/{report}", report=title)
    assert parts[0] == "reports"
    assert len(parts) <= 2
    for part in parts:
        assert part not in ("", ".", "..")
        assert "/" not in part
        assert part.isprintable()
        assert not part.startswith((".", "-", "~"))
        assert len(part.encode()) <= 150


@given(st.text())
def test_any_text_becomes_a_safe_part(text: str) -> None:
    part = safe_part(text)
    assert "/" not in part
    assert "\\" not in part
    assert part not in (".", "..")
    assert part == "" or part.isprintable()
    assert safe_part(part) == part
    assert len(file_part(text).encode()) <= 300
    assert file_part(text) not in ("", ".", "..")
    assert "/" not in file_part(text)


def test_a_long_file_name_keeps_its_ending() -> None:
    assert file_part("ü" * 200 + ".csv").endswith(".csv")
    assert len(file_part("ü" * 200 + ".csv").encode()) <= 255


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("../x", "upwards"),
        ("a/./b", "upwards"),
        ("a\\b", "slashes"),
        ("a\x00", "control"),
        ("{", "brace"),
        ("{report}}", "brace"),
        ("{kpi.revenue}", "no {kpi.revenue}"),
        ("{0.__class__}", "no {0.__class__}"),
        ("x" * 501, "500"),
    ],
)
def test_what_cannot_be_is_said(text: str, words: str) -> None:
    with pytest.raises(InvalidAddress, match=words.replace("{", "\\{").replace(".", "\\.")):
        check_path(text)


def test_every_variable_can_be_used() -> None:
    for name in PATH_VARIABLES:
        check_path(f"a/{{{name}}}")
