"""The composed mail: both versions say the same, nothing a user typed becomes markup, and a retry is the same."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from core.deliver.mail import MailFigures, MailKpi, MailLinks, MailOrigin, compose_mail
from core.domain.delivery import Message, MessageFile
from core.domain.filter import ResolvedWindow
from core.domain.result import ResultHead

ZONE = ZoneInfo("America/New_York")
NASTY = '<script>alert("x")</script> & {report} \' <img src=x>'


def head(**fields: object) -> ResultHead:
    values: dict[str, object] = {
        "report_id": None,
        "report_version": 7,
        "title": "Revenue by country",
        "sentence": "Revenue by country for last month.",
        "filters_in_words": ("Status is completed", "Channel is web"),
        "period": ResolvedWindow(
            first_on=date(2026, 10, 1),
            last_on=date(2026, 10, 31),
            starts_at=datetime(2026, 10, 1, tzinfo=ZONE),
            ends_at=datetime(2026, 11, 1, tzinfo=ZONE),
            timezone="America/New_York",
        ),
        "columns": (),
        "rows_matched": 1234,
        "row_limit": 1000,
        "logical_at": datetime(2026, 11, 23, 14, tzinfo=UTC),
        "as_of": datetime(2026, 11, 23, 13, 59, tzinfo=UTC),
        "is_snapshot": True,
        "timezone": "America/New_York",
        "organization": "Northwind",
        "owner": "Ann Lee",
    }
    return ResultHead(**(values | fields))


FIGURES = MailFigures(
    headers=("Country", "Revenue (EUR)"),
    rows=tuple((f"Country {number}", f"{number:,}.00") for number in range(1, 15)),
    numeric=(False, True),
    kpis=(
        MailKpi(label="Revenue", value="1,234 EUR", change="12.3%", direction="up"),
        MailKpi(label="Orders", value="9"),
    ),
    period="October 2026",
    compared_with="September 2026",
)


def compose(result_head: ResultHead | None = None, **fields: object) -> Message:
    values: dict[str, object] = {
        "reference": "run-1:bob@example.com",
        "origin": MailOrigin(
            recipient="bob@example.com",
            schedule="Monday numbers",
            schedule_in_words="Every Monday at 09:00 (New York)",
        ),
        "figures": FIGURES,
        "made_at": datetime(2026, 11, 23, 14, tzinfo=UTC),
        "chart_png": b"\x89PNG",
        "attachments": (MessageFile.of("Revenue.xlsx", "application/x", b"x"),),
        "notes": ("2 cells were cut.",),
        "links": MailLinks(report="https://reports.example.com/?run=1&x=2"),
    }
    return compose_mail(result_head or head(), **(values | fields))


class _Words(HTMLParser):
    """The words of a page, its tags, and where its links and images lead."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden += tag in ("style", "title")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def read(html: str) -> tuple[str, _Words]:
    parser = _Words()
    parser.feed(html)
    return " ".join(" ".join(parser.words).split()), parser


FACTS = [
    "Revenue by country", "Northwind", "October 2026", "September 2026", "Revenue by country for last month.",
    "1,234 EUR", "12.3%", "Revenue (EUR)", "Country 10", "10 of 1,000 rows", "Revenue.xlsx", "2 cells were cut.",
    "The row limit of this report is 1,000: 1,000 of 1,234 rows are included.", "Status is completed; Channel is web",
    "Mon 23 Nov 2026, 08:59 (New York)", "Mon 23 Nov 2026, 09:00 (New York)", "Open the report", "bob@example.com",
    "Monday numbers", "Every Monday at 09:00 (New York)", "Ann Lee",
]  # fmt: skip


def test_html_and_text_state_the_same_facts() -> None:
    mail = compose()
    words, page = read(mail.html)
    for fact in FACTS:
        assert fact in words
        assert fact in mail.text
    assert "Country 11" not in words + mail.text
    assert "https://reports.example.com/?run=1&x=2" in mail.text
    assert page.addresses == ["cid:chart@broadsheet", "https://reports.example.com/?run=1&x=2"]
    assert mail.inline_images == (("chart@broadsheet", b"\x89PNG"),)
    assert not re.search(r"\n{3}", mail.text)


def test_the_sentence_comes_first_and_the_reason_last() -> None:
    words, _ = read(compose().html)
    order = [
        "Revenue by country for last month.",
        "1,234 EUR",
        "Country 10",
        "Open the report",
        "Data as of",
        "recipient of",
    ]
    assert [words.index(part) for part in order] == sorted(words.index(part) for part in order)


def test_nothing_loads_from_elsewhere_and_it_stays_small() -> None:
    html = compose().html
    assert "url(" not in html
    assert "@import" not in html
    # Gmail cuts a mail off at 102 kB.
    assert len(html.encode()) < 60_000


def test_styles_are_inline_and_dark_mode_stays() -> None:
    html = compose().html
    assert 'style="' in html
    assert "prefers-color-scheme: dark" in html
    assert ".kpi-label" not in html.split("prefers-color-scheme")[0]


def test_what_users_typed_is_never_markup() -> None:
    figures = MailFigures(
        headers=(NASTY,), rows=((NASTY,),), kpis=(MailKpi(label=NASTY, value=NASTY, change=NASTY),), period=NASTY
    )
    mail = compose(
        head(title=NASTY, sentence=NASTY, organization=NASTY, owner=NASTY, filters_in_words=(NASTY,)),
        figures=figures,
        body_template="<b>{report}</b>",
        notes=(NASTY,),
        origin=MailOrigin(recipient="bob@example.com", schedule=NASTY, schedule_in_words=NASTY),
        links=MailLinks(report='https://x/"><script>'),
    )
    _, page = read(mail.html)
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert page.tags.count("img") == 1
    assert NASTY in mail.text


def test_equal_input_gives_an_equal_message() -> None:
    assert compose() == compose()


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({}, "Revenue by country · October 2026"),
        ({"figures": MailFigures()}, "Revenue by country"),
        ({"subject_template": "{{date}}: {kpi.revenue}, {recipient}"}, "Mon 23 Nov 2026: 1,234 EUR, bob@example.com"),
        ({"subject_template": "{period.start} to {period.end}"}, "Thu 1 Oct 2026 to Sat 31 Oct 2026"),
        ({"subject_template": "{rows}/{rows_matched} {schedule}"}, "1,000/1,234 Monday numbers"),
        ({"subject_template": "{organization}"}, "Northwind"),
        ({"subject_template": "{as_of}"}, "Mon 23 Nov 2026, 08:59 (New York)"),
    ],
)  # fmt: skip
def test_subjects(fields: dict[str, object], subject: str) -> None:
    assert compose(**fields).subject == subject


def test_the_message_of_the_schedule() -> None:
    mail = compose(body_template="Hi,\n\n{report} made {kpi.Revenue}.")
    assert "Hi,\n\nRevenue by country made 1,234 EUR." in mail.text
    assert "Revenue by country made 1,234 EUR." in read(mail.html)[0]


def test_an_empty_result_says_so() -> None:
    mail = compose(
        head(rows_matched=0, period=None, report_version=None, filters_in_words=(), organization="", owner=""),
        figures=MailFigures(headers=("Country",)),
        chart_png=None,
        attachments=(),
        notes=(),
        links=MailLinks(),
        origin=MailOrigin(recipient="bob@example.com"),
    )
    words, page = read(mail.html)
    for text in (words, mail.text):
        assert "No rows" in text
        assert "Sent to bob@example.com by a colleague." in text
        assert "row limit" not in text
        assert "Open the report" not in text
    assert page.addresses == []
    assert mail.inline_images == ()
    assert not re.search(r"\n{3}", mail.text)


def test_wide_and_long_tables_say_what_they_leave_out() -> None:
    wide = MailFigures(headers=tuple(f"H{n}" for n in range(9)), rows=(tuple(["long " * 40] + ["x"] * 8),))
    words, _ = read(compose(head(rows_matched=1), figures=wide).html)
    assert "1 of 1 row, 6 of 9 columns" in words
    assert "H6" not in words
    assert "long …" in words or "long…" in words


def test_a_mail_of_locked_files_tells_no_figure_and_no_untruth() -> None:
    locked = MailFigures(
        kpis=(MailKpi(label="Revenue", value="(in the files)"),), period="October 2026", is_locked=True
    )
    message = compose(figures=locked, body_template="Revenue: {kpi.Revenue}")
    for version in (read(message.html)[0], message.text):
        assert "1,000 rows, in the files." in version
        assert "Revenue: (in the files)" in version
        assert version.count("(in the files)") == 1, "tiles without a figure say nothing"
        assert "No rows match" not in version
