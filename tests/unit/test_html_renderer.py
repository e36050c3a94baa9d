"""HTML: self-contained, escaped, accessible; read back with the standard library's parser."""

import io
import json
import re
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from core.domain.appearance import Chart, ChartKind
from core.domain.artifact import Rendering
from core.domain.field import FieldType
from core.domain.result import Result
from core.render.cells import display_strings
from core.render.html_renderer import HtmlRenderer
from core.render.renderer import ChartImage
from tests.render_results import ODD_CASES, ZONE, column, odd_result, ordinary_result, result_of

VOID = {"meta", "img", "br", "path"}


class Page(HTMLParser):
    """The page's cells, tags, attributes and text; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.manifest = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.manifest += data
        elif "style" not in self.open:
            self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def written(result: Result, **more: object) -> tuple[str, Rendering]:
    target = io.BytesIO()
    rendering = HtmlRenderer().render(result, target, **more)
    return target.getvalue().decode("utf-8"), rendering


@pytest.mark.parametrize("case", ODD_CASES)
def test_every_odd_value_reads_back_as_people_read_it_or_is_counted(case):
    values, arrow_type, kind = ODD_CASES[case]
    text, rendering = written(odd_result(values, arrow_type, kind))
    rows = Page(text).rows[1:]
    shown = (
        [value or "" for value in values]
        if kind is FieldType.TEXT
        else display_strings(pa.array(values, arrow_type), column("odd", kind), timezone=ZONE)
    )
    assert [(row[0], row[2]) for row in rows] == [(str(number), f"row {number}") for number in range(len(values))]
    different = sum(row[1] != value for row, value in zip(rows, shown, strict=True))
    assert different == sum(rendering.altered.get("Odd", {}).values())


def test_hostile_words_stay_words():
    evil = "</script></style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    result = result_of(
        pa.table({"a": [evil]}),
        (column(evil, FieldType.TEXT),),
        title=evil, sentence=evil, description=evil, filters_in_words=(evil,), organization=evil, owner=evil,
    )  # fmt: skip
    page = Page(written(result, chart_note=evil)[0])
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "img" not in {tag for tag, _ in page.tags}
    assert json.loads(page.manifest)["title"] == evil
    assert page.rows[1] == [evil]


def test_nothing_is_fetched():
    text, _ = written(ordinary_result(3), chart=ChartImage(png=b"\x89PNG", width=2, height=1))
    page = Page(text)
    sources = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert sources == ["data:image/png;base64,iVBORw=="]
    assert not re.search(r"url\(|@import|https?://", text)
    policy = next(attributes for _, attributes in page.tags if "http-equiv" in attributes)
    assert policy["content"].startswith("default-src 'none'")


def test_table_is_accessible():
    page = Page(written(ordinary_result(3))[0])
    assert [attributes.get("scope") for tag, attributes in page.tags if tag == "th"] == ["col"] * 7
    assert "caption" in {tag for tag, _ in page.tags}
    assert ("html", {"lang": "en"}) in page.tags


def test_chart_has_words_for_those_who_do_not_see_it():
    chart = Chart(kind=ChartKind.HORIZONTAL_BAR, x="customer", y=("amount",))
    page = Page(written(ordinary_result(3, chart=chart), chart=ChartImage(png=b"x", width=2, height=1))[0])
    alternative = next(attributes["alt"] for tag, attributes in page.tags if tag == "img")
    assert alternative == ("Horizontal bar chart of Amount (EUR) by Customer. The table below holds the same figures.")


def test_manifest_and_footer_say_what_the_file_is():
    text, rendering = written(ordinary_result(5, rows_matched=12_345, row_limit=5), chart_note="No chart.")
    page = Page(text)
    manifest = json.loads(page.manifest)
    assert (manifest["rows_delivered"], manifest["rows_matched"], manifest["row_limit"]) == (5, 12_345, 5)
    assert manifest["as_of"] == "2026-11-23T08:00:05+00:00"
    assert rendering.notes == ("Only the first 5 of 12,345 rows are here: the report is limited to 5.", "No chart.")
    for words in (*rendering.notes, "ab" * 32, "Mon 23 Nov 2026, 09:00 (Berlin)", "16 to 22 Nov 2026", "1.75M"):
        assert words in page.text


def test_both_schemes_and_no_rows():
    text, rendering = written(ordinary_result(0))
    assert "prefers-color-scheme: dark" in text
    assert rendering.rows == 0
    assert "No rows match." in Page(text).text


def test_large_results_go_through_the_scratch_file():
    text, rendering = written(ordinary_result(70_000))
    assert rendering.rows == 70_000
    assert text.count("<tr>") == 70_001
