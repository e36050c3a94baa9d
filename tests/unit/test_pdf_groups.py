"""Subtotals in the flow of a PDF: right below the rows of their group, or apart where the rows do not allow it."""

import dataclasses
import io
import re
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pypdf
import pytest

from core.domain.field import DateStyle, FieldType
from core.domain.result import ColumnRole, Result, ResultColumn, Total
from core.render.groups import GroupStarts, grouping_places
from core.render.pdf_renderer import PdfRenderer
from tests.render_results import column, result_of

COLUMNS = (
    column("country", FieldType.TEXT),
    column("month", FieldType.DATE, date_style=DateStyle.MONTH),
    column("region", FieldType.TEXT),
    ResultColumn(key="orders", label="Orders", type=FieldType.INTEGER, role=ColumnRole.MEASURE),
)
JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)
ROWS = [
    ("France", JAN, "North", 1),
    ("France", JAN, "South", 2),
    ("France", FEB, "North", 4),
    ("Germany", JAN, "North", 8),
    ("Germany", FEB, "North", 16),
    (None, FEB, "West", 32),
]
TOTALS = (
    Total(level=0, keys=(), values=(None, None, None, 63)),
    Total(level=1, keys=("France",), values=(None, None, None, 7)),
    Total(level=1, keys=("Germany",), values=(None, None, None, 24)),
    Total(level=1, keys=(None,), values=(None, None, None, 32)),
    Total(level=2, keys=("France", JAN), values=(None, None, None, 3)),
    Total(level=2, keys=("France", FEB), values=(None, None, None, 4)),
    Total(level=2, keys=("Germany", JAN), values=(None, None, None, 8)),
    Total(level=2, keys=("Germany", FEB), values=(None, None, None, 16)),
    Total(level=2, keys=(None, FEB), values=(None, None, None, 32)),
)


def grouped(rows: list[tuple], totals: tuple[Total, ...] = TOTALS, *, batch_rows: int = 1000, **changes) -> Result:
    countries, months, regions, orders = zip(*rows, strict=True)
    table = pa.table(
        {"country": pa.array(countries, pa.string()), "month": months, "region": regions, "orders": orders}
    )
    return result_of(table, COLUMNS, batch_rows=batch_rows, totals=totals, kpis=(), **changes)


def pages_of(result: Result) -> list[str]:
    target = io.BytesIO()
    PdfRenderer().render(result, target)
    return [page.extract_text() for page in pypdf.PdfReader(target).pages]


def table_lines(result: Result) -> list[str]:
    text = "\n".join(pages_of(result))
    return text[text.index("Orders\n") + 7 : text.index("About this report")].splitlines()


FLOW = [
    "France",
    "France Jan 2026 North 1",
    "France Jan 2026 South 2",
    "Total France, Jan 2026 3",
    "France Feb 2026 North 4",
    "Total France, Feb 2026 4",
    "Total France 7",
    "Germany",
    "Germany Jan 2026 North 8",
    "Total Germany, Jan 2026 8",
    "Germany Feb 2026 North 16",
    "Total Germany, Feb 2026 16",
    "Total Germany 24",
    "Country: (empty)",
    "Feb 2026 West 32",
    "Total (empty), Feb 2026 32",
    "Total (empty) 32",
    "Total 63",
]


@pytest.mark.parametrize("batch_rows", [1, 2, 1000])
def test_subtotals_stand_right_below_the_rows_of_their_group(batch_rows: int) -> None:
    assert table_lines(grouped(ROWS, batch_rows=batch_rows)) == FLOW


@pytest.mark.parametrize("block_rows", [1, 2, 3, 4])
def test_blocks_do_not_show(block_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.render.pdf.strips._BLOCK_ROWS", block_rows)
    assert table_lines(grouped(ROWS)) == FLOW


def test_rows_that_are_not_together_have_their_subtotals_at_the_end() -> None:
    by_month = sorted(ROWS[:5], key=lambda row: row[1])
    lines = table_lines(grouped(by_month))
    assert lines[:2] == ["France Jan 2026 North 1", "France Jan 2026 South 2"]
    assert lines[5:8] == ["Total France 7", "Total Germany 24", "Total (empty) 32"]
    assert lines[-1] == "Total 63"


def test_subtotals_in_another_order_than_the_rows_are_not_put_among_them() -> None:
    mixed_up = (TOTALS[0], TOTALS[2], TOTALS[1], *TOTALS[3:])
    assert grouping_places(grouped(ROWS, mixed_up)) == ()
    assert grouping_places(grouped(ROWS)) == (0, 1)


def test_rows_that_are_read_once_have_their_subtotals_at_the_end() -> None:
    result = grouped(ROWS)
    live = Result(head=result.head, batches=iter(list(result.batches)))
    assert table_lines(live)[:6] == [line for line in FLOW if re.search(r" (North|South|West) ", line)]


def test_groups_without_rows_here_come_after_all_rows_under_no_heading() -> None:
    lines = table_lines(grouped(ROWS[:2], rows_matched=6, row_limit=2))
    assert lines[:5] == [*FLOW[:4], "Total France 7"]
    assert "Total Germany 24" in lines[5:]
    assert "Germany" not in lines
    assert lines.index("Total 63") > lines.index("Total (empty) 32")


def many(groups: int, rows_each: int) -> Result:
    rows = [(f"Group {group:03}", JAN, "North", 1) for group in range(groups) for _ in range(rows_each)]
    totals = [
        Total(level=1, keys=(f"Group {group:03}",), values=(None, None, None, rows_each)) for group in range(groups)
    ]
    return grouped(rows, (Total(level=0, keys=(), values=(None, None, None, len(rows))), *totals))


def test_a_group_that_goes_on_is_named_on_every_page() -> None:
    pages = pages_of(many(1, 150))
    assert "Group 000 (continued)" not in pages[0]
    assert all("Group 000 (continued)" in page for page in pages[1:-1])
    assert len(pages) >= 4


def test_totals_apart_from_their_rows_are_under_no_group_on_any_page() -> None:
    result = many(150, 1)
    first = next(iter(result.batches)).slice(0, 1)
    head = dataclasses.replace(result.head, row_limit=1)
    pages = pages_of(Result(head=head, batches=[first]))
    assert "Total Group 149" in pages[-1] + pages[-2]
    assert not any("(continued)" in page for page in pages)


def test_a_heading_never_stays_alone_at_the_end_of_a_page() -> None:
    for rows_each in (1, 2, 3, 5, 7):
        for page in pages_of(many(60, rows_each)):
            lines = [line for line in page.splitlines() if line.startswith(("Group", "Total"))]
            assert not lines or not re.fullmatch(r"Group \d+", lines[-1]), rows_each


def test_bookmarks_lead_to_groups_up_to_a_bound() -> None:
    target = io.BytesIO()
    PdfRenderer().render(many(230, 2), target)
    reader = pypdf.PdfReader(target)
    below = next(one for one in reader.outline if isinstance(one, list))
    assert [str(entry.title) for entry in below[:2]] == ["Group 000", "Group 001"]
    assert len(below) == 200
    page = reader.get_destination_page_number(below[150])
    assert "Group 150" in reader.pages[page].extract_text()


def test_starts_of_groups_know_empty_cells_and_remember_the_batch_before() -> None:
    starts = GroupStarts((0, 1))
    first = pa.record_batch([pa.array([None, None, "a"]), pa.array([1, 2, 2])], ["x", "y"])
    second = pa.record_batch([pa.array(["a", None], pa.string()), pa.array([2, None])], ["x", "y"])
    assert starts.of(first.slice(0, 0)) == []
    assert starts.of(first) == [(0, 1), (1, 2), (2, 1)]
    assert starts.of(second) == [(1, 1)]


def test_a_total_is_exact_and_its_label_stays_on_one_line() -> None:
    long = "Bosnia and Herzegovina and a good deal more than that"
    total = Total(level=1, keys=(long,), values=(None, None, None, 3))
    rows = [(long, JAN, "North", 3)]
    assert f"Total {long} 3" in table_lines(grouped(rows, (total,)))
    assert Decimal(3) == total.values[3]
