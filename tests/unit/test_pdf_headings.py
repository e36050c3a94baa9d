"""PDF: headings of a pivot's columns stand once over what they share."""

import io
from dataclasses import replace

import pyarrow as pa
import pytest

from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ResultColumn
from core.render.pdf.headings import Heading, Spanner, headings_of, spanners
from core.render.pdf_renderer import PdfRenderer
from tests.contract.test_renderers import READERS
from tests.render_results import column, result_of

EUR = Format(style=NumberStyle.CURRENCY, unit="EUR")
NAME = column("name", FieldType.TEXT)


def spread(label: str, *spans: str, **changes: object) -> ResultColumn:
    one = column(f"{label}|{'|'.join(spans)}", FieldType.DECIMAL)
    return replace(one, label=label, spans=spans, **changes)


TWO_MEASURES = (
    NAME,
    *(
        spread(label, *spans)
        for spans in (("DE", "2025"), ("DE", "2026"), ("FR", "2026"))
        for label in ("Net", "Gross")
    ),
    *(spread(label, "Total", "") for label in ("Net", "Gross")),
)


def test_several_measures_stand_below_what_they_are_spread_over() -> None:
    headings = headings_of(TWO_MEASURES)
    assert headings[:3] == (
        Heading(own="Name", groups=("", "")),
        Heading(own="Net", groups=("DE", "2025")),
        Heading(own="Gross", groups=("DE", "2025")),
    )
    assert spanners(headings, 0) == [
        Spanner(words="DE", first=1, last=4),
        Spanner(words="FR", first=5, last=6),
        Spanner(words="Total", first=7, last=8),
    ]
    assert spanners(headings, 1) == [
        Spanner(words="2025", first=1, last=2),
        Spanner(words="2026", first=3, last=4),
        Spanner(words="2026", first=5, last=6),
    ]


def test_the_only_measure_stands_over_them_all() -> None:
    headings = headings_of((NAME, spread("Net", "DE", format=EUR), spread("Net", "Total", format=EUR)))
    assert [heading.own for heading in headings] == ["Name", "DE", "Total"]
    assert spanners(headings, 0) == [Spanner(words="Net (EUR)", first=1, last=2)]


def test_headings_without_a_pivot_have_no_groups() -> None:
    assert headings_of((NAME,)) == (Heading(own="Name"),)
    assert headings_of(()) == ()


@pytest.mark.parametrize("width", [None, 60])
def test_each_heading_is_printed_once_a_band(width: int | None) -> None:
    columns = tuple(replace(one, width=width) for one in TWO_MEASURES)
    table = pa.table({one.key: ["a"] if one is columns[0] else [1.5] for one in columns})
    target = io.BytesIO()
    PdfRenderer().render(result_of(table, columns), target)
    text = READERS["pdf"](target.getvalue())
    assert text.count("Net") == text.count("Gross") == 4
    assert "DE, 2025: Net" not in text
    if width is None:
        assert text.count("2025") == 1
    for words in ("DE", "FR", "Total", "2025"):
        assert words in text
