"""The render stage and the mail's figures, without database and browser."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from core.domain.appearance import Chart, ChartKind
from core.domain.artifact import Rendering
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.filter import ResolvedWindow
from core.domain.result import ColumnRole, Kpi, Result, ResultColumn, ResultHead
from core.render.csv_renderer import CsvRenderer
from core.render.html_renderer import HtmlRenderer
from core.render.renderer import ChartImage
from core.runs.mailing import figures_of
from core.runs.rendering import MAX_CHART_ROWS, Picture, draw_picture, first_rows, render_file, words_about
from core.runs.result_record import SHOWN_ROWS, ResultRecord, dump_record, load_record, shown_rows

COUNTRY = ResultColumn(key="country", label="Country", type=FieldType.TEXT, role=ColumnRole.DIMENSION)
REVENUE = ResultColumn(
    key="revenue",
    label="Revenue",
    type=FieldType.DECIMAL,
    role=ColumnRole.MEASURE,
    format=Format(style=NumberStyle.CURRENCY, unit="EUR"),
)


def result_of(rows: int, *, chart: Chart | None = None) -> Result:
    batch = pa.record_batch(
        {
            "country": pa.array([f"Country {n}" for n in range(rows)], pa.string()),
            "revenue": pa.array([Decimal("1234.50")] * rows, pa.decimal128(12, 2)),
        }
    )
    head = ResultHead(
        report_id=None,
        report_version=None,
        title="Revenue: by country?",
        sentence="Revenue by country.",
        period=ResolvedWindow(
            first_on=date(2026, 11, 16),
            last_on=date(2026, 11, 22),
            starts_at=datetime(2026, 11, 16, tzinfo=UTC),
            ends_at=datetime(2026, 11, 23, tzinfo=UTC),
            timezone="UTC",
        ),
        columns=(COUNTRY, REVENUE),
        kpis=(
            Kpi(label="Revenue", value=Decimal(110), previous=Decimal(100), format=REVENUE.format),
            Kpi(label="Orders", value=9, previous=10),
            Kpi(label="Refunds", value=None),
        ),
        chart=chart,
        rows_matched=rows,
        row_limit=None,
        logical_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        as_of=datetime(2026, 11, 23, 9, tzinfo=UTC),
        is_snapshot=True,
        timezone="UTC",
    )
    return Result(head=head, batches=_halves(batch))


def _halves(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    middle = batch.num_rows // 2
    return [batch.slice(0, middle), batch.slice(middle)]


class Easel:
    """Draws the same picture of everything, or nothing and says why."""

    def __init__(self, image: ChartImage | None, reason: str | None = None) -> None:
        self._image = image
        self.reason = reason
        self.points = 0

    def png(self, figure: Any, *, width: int, height: int, scale: float = 2.0) -> ChartImage | None:
        self.points = max(len(trace.x) for trace in figure.data)
        return self._image


BARS = Chart(kind=ChartKind.SCATTER, x="revenue", y=("revenue",))
PNG = ChartImage(png=b"png", width=1, height=1)


def test_a_file_carries_its_checksum_and_a_name_for_people(tmp_path: Path) -> None:
    file = render_file(result_of(3), CsvRenderer(), tmp_path, Picture())
    content = file.path.read_bytes()
    assert (file.sha256, file.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert file.file_name.endswith(" 2026-11-16 to 2026-11-22.csv")
    assert "/" not in file.file_name
    again = render_file(result_of(3), CsvRenderer(), tmp_path, Picture())
    assert again.sha256 == file.sha256


def test_no_chart_wanted_draws_nothing() -> None:
    easel = Easel(PNG)
    assert draw_picture(result_of(3), easel) == Picture()
    assert easel.points == 0


def test_a_missing_picture_says_why() -> None:
    picture = draw_picture(result_of(3, chart=BARS), Easel(None, "The chart is missing: no browser was found."))
    assert picture == Picture(missing="The chart is missing: no browser was found.")
    assert "missing" in (draw_picture(result_of(3, chart=BARS), Easel(None)).missing or "")


def test_a_chart_of_too_many_rows_says_what_it_shows(tmp_path: Path) -> None:
    easel = Easel(PNG)
    picture = draw_picture(result_of(MAX_CHART_ROWS + 1, chart=BARS), easel)
    assert easel.points <= MAX_CHART_ROWS
    assert picture.note == "The chart shows the first 5,000 of 5,001 rows."
    file = render_file(result_of(3), CsvRenderer(), tmp_path, picture)
    assert picture.note in file.rendering.notes


@pytest.mark.parametrize(("rows", "expected"), [(0, 0), (3, 3), (SHOWN_ROWS + 5, SHOWN_ROWS)])
def test_the_mail_shows_the_first_rows_as_people_read_them(rows: int, expected: int) -> None:
    shown = shown_rows(result_of(rows))
    assert len(shown) == expected
    if rows:
        assert shown[0] == ("Country 0", "1,234.50")


def test_first_rows_reads_no_more_than_it_needs() -> None:
    whole = result_of(10)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from list(whole.batches)[:1]
        raise AssertionError("one batch was enough")

    assert first_rows(replace(whole, batches=batches()), 5).num_rows == 5


def test_a_record_survives_its_json() -> None:
    result = result_of(3)
    record = ResultRecord(head=result.head, rows=3, spool_token=2, shown=shown_rows(result), picture_key="a/b")
    assert load_record(dump_record(record)) == record


def test_the_mail_gets_headline_figures_in_words() -> None:
    figures = figures_of(result_of(1).head, ())
    revenue, orders, refunds = figures.kpis
    assert (revenue.value, revenue.change, revenue.direction) == ("110.00 EUR", "10.0%", "up")
    assert (orders.value, orders.change, orders.direction) == ("9", "10.0%", "down")
    assert (refunds.value, refunds.change) == ("no data", "")
    assert (figures.numeric, figures.period) == ((False, True), "16 to 22 Nov 2026")


def test_what_was_altered_is_said_in_words(tmp_path: Path) -> None:
    file = render_file(result_of(1), CsvRenderer(), tmp_path, Picture())
    altered = replace(
        file, rendering=Rendering(rows=1, altered={"Note": {"cut to 32,767 characters": 2}}, notes=("No chart.",))
    )
    assert words_about(altered).endswith(": 1 rows. Note: 2 cells cut to 32,767 characters. No chart.")


def test_a_format_says_whether_it_takes_a_picture() -> None:
    assert not CsvRenderer().takes_chart
    assert HtmlRenderer().takes_chart
