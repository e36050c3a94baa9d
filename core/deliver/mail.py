"""The mail of a report: one message for one recipient, in HTML and as text, from strings that are ready to be read.

Numbers and dates of the data come formatted (`MailFigures`): how values are written is the renderers' matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import css_inline
import jinja2

from core.deliver.mail_links import MailLinks, linked_words
from core.deliver.templates import DEFAULT_SUBJECT, fill, fill_subject
from core.domain.branding import Logo
from core.domain.delivery import Message, MessageFile
from core.domain.moments import instant_words, weekday_words
from core.domain.result import ResultHead

_MOST_ROWS = 10
_MOST_COLUMNS = 6
_MOST_CELL = 60
_CHART_ID = "chart@broadsheet"
#: Said of every recipient, whatever fields the data has.
_KNOWN = ("name", "locale")
_LOGO_ID = "logo@broadsheet"
#: CSS pixels a logo may take.
_LOGO_WIDTH, _LOGO_HEIGHT = 220, 44


@dataclass(frozen=True, slots=True, kw_only=True)
class MailKpi:
    """A headline figure. `direction` is "up", "down" or "flat" and picks the mark beside `change`."""

    label: str
    value: str  #: "1,234,567 EUR"
    change: str = ""  #: "12.3%", without a sign where `direction` says it; empty: nothing to compare with
    direction: str = "flat"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLook:
    """How a cell is set apart; colours as #RRGGBB, None leaves what is there."""

    fill: str | None = None
    ink: str | None = None
    is_bold: bool = False
    sign: str = ""  #: before the text


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBrand:
    """The organization's look: its colour on light and on dark paper, each with what can be read on it."""

    accent: str = "#A4262C"
    accent_dark: str = "#E0696B"
    on_accent: str = "#FFFFFF"
    on_accent_dark: str = "#15171A"
    logo: Logo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFigures:
    """What the data says, ready to be read. Of `rows` the first ten are shown, of `headers` the first six."""

    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    looks: tuple[tuple[MailLook | None, ...], ...] = ()  #: of the cells of `rows`; empty: none is set apart
    legend: tuple[str, ...] = ()  #: what the looks mean
    numeric: tuple[bool, ...] = ()  #: which columns are numbers, and so stand at the right
    kpis: tuple[MailKpi, ...] = ()
    period: str | None = None  #: in words; None: the report has no period
    compared_with: str | None = None  #: the span before, in words
    is_locked: bool = False  #: the data stands in files that open with a password, and nowhere in the mail


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrigin:
    """Why the recipient gets the mail: a schedule's name, or None where a person sent the report."""

    recipient: str
    recipient_name: str = ""  #: empty: it is not known
    recipient_locale: str = ""  #: the same
    recipient_facts: Mapping[str, str] = field(default_factory=dict)  #: what the data says of them, by field
    schedule: str | None = None
    schedule_in_words: str | None = None


def compose_mail(
    head: ResultHead,
    *,
    reference: str,
    origin: MailOrigin,
    figures: MailFigures,
    made_at: datetime,
    subject_template: str | None = None,
    body_template: str | None = None,
    chart_png: bytes | None = None,
    attachments: Sequence[MessageFile] = (),
    notes: Sequence[str] = (),
    links: MailLinks = MailLinks(),
    brand: MailBrand = MailBrand(),
) -> Message:
    """Compose the mail to one recipient. Equal input gives an equal message, so that a retry sends the same.

    `reference` is a function of run and recipient. `notes` are sentences about what is missing or was altered; that the
    row limit cut rows is added here. Templates were checked when they were saved (`templates.check_template`).
    """
    values = _variables(head, origin, figures)
    context = {
        "title": head.title,
        "organization": head.organization,
        "sentence": head.sentence,
        "message": fill(body_template, values).strip() if body_template else "",
        "figures": replace(figures, kpis=()) if figures.is_locked else figures,
        "table": _Table.of(figures, head),
        "brand": brand,
        "logo": _logo(brand.logo),
        "chart": f"cid:{_CHART_ID}" if chart_png else None,
        "chart_text": f"Chart of {head.title}",
        "notes": (*limit_note(head), *notes),
        "facts": _facts(head, figures, made_at),
        "files": [attachment.file_name for attachment in attachments],
        "reason": _reason(head, origin),
        "link": links.report,
        "unsubscribe": links.unsubscribe,
        "linked": linked_words(links.files, head.timezone),
    }
    default = DEFAULT_SUBJECT if figures.period else "{report}"
    return Message(
        reference=reference,
        subject=fill_subject(subject_template or default, values) or head.title,
        text=_environment().get_template("mail.txt.j2").render(context),
        html=_inliner().inline(_environment().get_template("mail.html.j2").render(context)),
        attachments=tuple(attachments),
        links=links.files,
        unsubscribe_url=links.unsubscribe,
        inline_images=_inline_images(brand, chart_png),
        made_at=made_at,
    )


def _inline_images(brand: MailBrand, chart_png: bytes | None) -> tuple[tuple[str, bytes], ...]:
    logo = ((_LOGO_ID, brand.logo.png),) if brand.logo else ()
    return (*logo, (_CHART_ID, chart_png)) if chart_png else logo


def _logo(logo: Logo | None) -> dict[str, object] | None:
    """Where the logo is, and its size as far as there is room."""
    if logo is None:
        return None
    share = min(1.0, _LOGO_WIDTH / logo.width, _LOGO_HEIGHT / logo.height)
    return {
        "src": f"cid:{_LOGO_ID}",
        "width": max(round(logo.width * share), 1),
        "height": max(round(logo.height * share), 1),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A cell of the table: its text and what sets it apart."""

    text: str
    look: MailLook | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The first rows, cut to what a mail can hold, and what was left out in words."""

    headers: tuple[str, ...]
    rows: tuple[tuple[_Cell, ...], ...]
    numeric: tuple[bool, ...]
    caption: str
    legend: tuple[str, ...]

    @classmethod
    def of(cls, figures: MailFigures, head: ResultHead) -> "_Table":
        """The first rows and columns of `figures`."""
        width = min(len(figures.headers), _MOST_COLUMNS)
        rows = figures.rows[:_MOST_ROWS]
        padded = (*figures.numeric, *(False for _ in figures.headers))
        return cls(
            headers=figures.headers[:width],
            rows=tuple(
                tuple(
                    _Cell(text=_cut(cell), look=_look(figures, line, place)) for place, cell in enumerate(row[:width])
                )
                for line, row in enumerate(rows)
            ),
            legend=figures.legend if rows else (),
            numeric=padded[:width],
            caption=_locked_caption(head.rows_delivered)
            if figures.is_locked
            else _caption(len(rows), head.rows_delivered, width, len(figures.headers)),
        )


def _look(figures: MailFigures, line: int, place: int) -> MailLook | None:
    looks = figures.looks[line] if line < len(figures.looks) else ()
    return looks[place] if place < len(looks) else None


def _locked_caption(rows: int) -> str:
    """Where the rows are that the mail does not show."""
    return f"{rows:,} {'row' if rows == 1 else 'rows'}, in the files."


def _caption(shown: int, rows: int, columns_shown: int, columns: int) -> str:
    """How much of the result the table holds."""
    if rows == 0:
        return "No rows match."
    caption = f"{shown:,} of {rows:,} {'row' if rows == 1 else 'rows'}"
    return caption if columns_shown == columns else f"{caption}, {columns_shown} of {columns} columns"


def _cut(cell: str) -> str:
    """A cell on one line, at most 60 characters; the files hold it whole."""
    line = " ".join(cell.split())
    return line if len(line) <= _MOST_CELL else line[: _MOST_CELL - 1].rstrip() + "…"


def limit_note(head: ResultHead) -> tuple[str, ...]:
    """Said wherever rows were left out."""
    if head.rows_delivered >= head.rows_matched:
        return ()
    included = f"{head.rows_delivered:,} of {head.rows_matched:,} rows are included."
    return (f"The row limit of this report is {head.row_limit:,}: {included}",)


def _facts(head: ResultHead, figures: MailFigures, made_at: datetime) -> list[tuple[str, str]]:
    """What the figures are, as pairs of label and words."""
    facts = [("Period", figures.period)] if figures.period else []
    if figures.compared_with:
        facts.append(("Compared with", figures.compared_with))
    facts.append(("Filters", "; ".join(head.filters_in_words) or "none"))
    facts.append(("Data as of", instant_words(head.as_of, head.timezone)))
    facts.append(("Made on", instant_words(made_at, head.timezone)))
    if head.report_version is not None:
        facts.append(("Report version", str(head.report_version)))
    return facts


def _reason(head: ResultHead, origin: MailOrigin) -> str:
    """Who gets this and why."""
    place = f" in {head.organization}" if head.organization else ""
    if origin.schedule is None:
        return f"Sent to {origin.recipient} by {head.owner or 'a colleague'}{place}."
    rhythm = f" ({origin.schedule_in_words})" if origin.schedule_in_words else ""
    by = f", set up by {head.owner}" if head.owner else ""
    return f"{origin.recipient} is a recipient of the schedule “{origin.schedule}”{rhythm}{by}{place}."


def _variables(head: ResultHead, origin: MailOrigin, figures: MailFigures) -> dict[str, str]:
    """The values of `templates.VARIABLES`."""
    values = {
        "report": head.title,
        "period": figures.period or "all dates",
        "period.start": weekday_words(head.period.first_on) if head.period else "",
        "period.end": weekday_words(head.period.last_on) if head.period else "",
        "rows": f"{head.rows_delivered:,}",
        "rows_matched": f"{head.rows_matched:,}",
        "date": instant_words(head.logical_at, head.timezone).partition(",")[0],
        "as_of": instant_words(head.as_of, head.timezone),
        "organization": head.organization,
        "schedule": origin.schedule or "",
        "recipient": origin.recipient,
        "recipient.name": origin.recipient_name or origin.recipient,
        "recipient.locale": origin.recipient_locale,
    }
    values |= {f"recipient.{name}": value for name, value in origin.recipient_facts.items() if name not in _KNOWN}
    return values | {f"kpi.{kpi.label}": kpi.value for kpi in figures.kpis}


@cache
def _environment() -> jinja2.Environment:
    """Our own templates; only the text one is not escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates_html"),
        autoescape=jinja2.select_autoescape(
            enabled_extensions=("html.j2",), disabled_extensions=("txt.j2",), default=True
        ),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    """Mail programs drop style sheets; only the marked one (dark mode, narrow screens) stays. Loads nothing."""
    return css_inline.CSSInliner(load_remote_stylesheets=False)
