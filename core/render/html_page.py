"""The parts of an HTML report around its rows: head with manifest, masthead, figures, chart, notes and footer."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.domain.branding import Branding
from core.domain.field import FieldType
from core.domain.moments import instant_words
from core.domain.result import ColumnRole, Kpi, ResultColumn, ResultHead
from core.render.cells import change_in_words, compact_number, display_header, display_number
from core.render.html_style import accent_rules, look_class, look_rules
from core.render.markup import escaped
from core.render.masthead import period_words, row_words
from core.render.renderer import ChartImage
from core.render.rule_words import rules_in_words
from core.render.rules import Look

STYLE_FILE = Path(__file__).parent / "templates" / "report.css"
#: The file may load nothing and run nothing, whatever its cells hold.
CONTENT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_ZEBRA_FROM = 13
_SHORT_CHARACTERS = 32
_SPARK_WIDTH, _SPARK_HEIGHT = 100, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is only known after the last row; `longest` is the length of each column's longest cell."""

    rows: int
    altered: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    longest: tuple[int, ...]
    looks: dict[int, Look]  #: of the cells that rules set apart, by code


def page_start(head: ResultHead, ending: Ending, branding: Branding, *, chart: ChartImage | None) -> str:
    """Everything up to and including the opening of the table's body."""
    rows, notes = ending.rows, ending.notes
    return "".join(
        (
            _document_head(head, ending, branding),
            _masthead(head, branding, rows),
            notes_markup(notes),
            figures_markup(head.kpis),
            _chart(head, chart),
            table_start(head, rows),
        )
    )


def page_end(head: ResultHead, facts: list[tuple[str, str]], *, rows: int) -> str:
    """Everything after the last row."""
    nothing = "" if rows else '<p class="empty quiet">No rows match.</p>'
    listed = "".join(f"<dt>{escaped(label)}</dt><dd>{escaped(text)}</dd>\n" for label, text in facts)
    return (
        f"</tbody>\n</table>{nothing}\n</section>\n{legend_markup(head) if rows else ''}</main>\n"
        "<footer>\n<h2>About this report</h2>\n"
        f'<dl class="facts">\n{listed}</dl>\n'
        f'<p class="quiet">Times are those of {escaped(head.timezone)}. Set by Broadsheet.</p>\n</footer>\n'
        "</body>\n</html>\n"
    )


def legend_markup(head: ResultHead) -> str:
    """What the marks in the table mean."""
    phrases = rules_in_words(head.rules, (*head.columns, *head.hidden), head.timezone)
    if not phrases:
        return ""
    listed = "".join(f"<li>{escaped(phrase)}</li>" for phrase in phrases)
    return f'<ul class="legend quiet" aria-label="What the marks mean">{listed}</ul>\n'


def manifest_json(head: ResultHead, ending: Ending) -> str:
    """The file's manifest (without its own checksum and size) as JSON that no markup can break out of."""
    manifest = {
        "report_id": str(head.report_id) if head.report_id else None,
        "report_version": head.report_version,
        "title": head.title,
        "sentence": head.sentence,
        "filters_in_words": list(head.filters_in_words),
        "period": period_words(head.period) if head.period else None,
        "logical_at": _utc(head.logical_at),
        "as_of": _utc(head.as_of),
        "timezone": head.timezone,
        "rows_matched": head.rows_matched,
        "rows_delivered": ending.rows,
        "row_limit": head.row_limit,
        "altered": ending.altered,
        "notes": list(ending.notes),
        "definition_sha256": head.definition_sha256,
    }
    text = json.dumps(manifest, separators=(",", ":"))  # ASCII only: lone surrogates and U+2028 come out as \u escapes
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _document_head(head: ResultHead, ending: Ending, branding: Branding) -> str:
    sheet = STYLE_FILE.read_text(encoding="utf-8")
    extra = column_rules(ending.longest) + accent_rules(branding.accent) + look_rules(ending.looks, branding.accent)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="Broadsheet">\n<title>{escaped(head.title)}</title>\n'
        f'<script type="application/json" id="manifest">{manifest_json(head, ending)}</script>\n'
        f"<style>\n{sheet}{extra}</style>\n</head>\n<body>\n"
    )


def _masthead(head: ResultHead, branding: Branding, rows: int) -> str:
    line = [period_words(head.period)] if head.period else []
    line += [f"Data as of {instant_words(head.as_of, head.timezone)}", row_words(head, rows)]
    house = f'<p class="house quiet">{escaped(head.organization)}</p>\n' if head.organization else ""
    description = f"<p>{escaped(head.description)}</p>\n" if head.description else ""
    dateline = "".join(f"<span>{escaped(text)}</span>" for text in line)
    return (
        f'<header class="masthead">\n{logo_markup(head, branding)}{house}<h1>{escaped(head.title)}</h1>\n'
        f'<p class="dateline quiet">{dateline}</p>\n</header>\n<main>\n'
        f'<div class="sentence">{description}<p>{escaped(head.sentence)}</p></div>\n'
    )


def logo_markup(head: ResultHead, branding: Branding) -> str:
    """The organization's logo, if it has one."""
    if branding.logo is None:
        return ""
    picture = base64.b64encode(branding.logo.png).decode()
    size = f'width="{branding.logo.width}" height="{branding.logo.height}"'
    return f'<img class="logo" {size} alt="{escaped(head.organization)}" src="data:image/png;base64,{picture}">\n'


def notes_markup(notes: tuple[str, ...]) -> str:
    """Sentences set off by a mark."""
    if not notes:
        return ""
    return '<div class="note" role="note">' + "".join(f"<p>{escaped(note)}</p>" for note in notes) + "</div>\n"


def figures_markup(kpis: tuple[Kpi, ...]) -> str:
    """Headline numbers side by side."""
    if not kpis:
        return ""
    return '<dl class="figures">\n' + "".join(_figure(kpi) for kpi in kpis) + "</dl>\n"


def _figure(kpi: Kpi) -> str:
    """One headline number: what, how much (the full number on hover), and against the span before."""
    column = ResultColumn(
        key=kpi.label, label=kpi.label, type=FieldType.DECIMAL, role=ColumnRole.MEASURE, format=kpi.format
    )
    full = display_number(kpi.value, kpi.format) if kpi.value is not None else "no value"
    before = f" from {compact_number(kpi.previous, kpi.format)}" if kpi.previous is not None else ""
    value = compact_number(kpi.value, kpi.format) or "\u2013"
    return (
        f'<div class="figure"><dt>{escaped(display_header(column))}</dt>'
        f'<dd class="value" title="{escaped(full)}">{escaped(value)}</dd>'
        f'<dd class="quiet">{escaped(change_in_words(kpi.change) + before)}</dd>{_sparkline(kpi.trend)}</div>\n'
    )


def _sparkline(trend: tuple[float, ...]) -> str:
    """The trend as a line without axes; readers of the page by ear have the number and its change."""
    finite = [value for value in trend if value == value and abs(value) != float("inf")]
    if len(finite) < 2:
        return ""
    low, span = min(finite), (max(finite) - min(finite)) or 1.0
    step = _SPARK_WIDTH / (len(finite) - 1)
    points = " L".join(
        f"{index * step:.1f} {_SPARK_HEIGHT - (value - low) / span * _SPARK_HEIGHT:.1f}"
        for index, value in enumerate(finite)
    )
    return (
        f'<dd aria-hidden="true"><svg viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" preserveAspectRatio="none">'
        f'<path d="M{points}"/></svg></dd>'
    )


def _chart(head: ResultHead, chart: ChartImage | None) -> str:
    if chart is None:
        return ""
    words = escaped(chart_in_words(head))
    return (
        f'<figure class="chart"><img width="{chart.width}" height="{chart.height}" alt="{words}"'
        f' src="data:image/png;base64,{base64.b64encode(chart.png).decode()}"></figure>\n'
    )


def chart_in_words(head: ResultHead) -> str:
    """What the picture shows, for those who do not see it."""
    if head.chart is None:
        return f"Chart: {head.title}. The table below holds the same figures."
    labels = {column.key: display_header(column) for column in head.columns}
    shown = ", ".join(labels.get(key, key) for key in head.chart.y)
    kind = head.chart.kind.replace("_", " ").capitalize()
    return (
        f"{kind} chart of {shown} by {labels.get(head.chart.x, head.chart.x)}. The table below holds the same figures."
    )


def cell_class(column: ResultColumn, code: int = 0) -> str:
    """Numbers stand to the right; what is short by nature does not wrap; `code` is the cell's look."""
    kind = "n" if column.type.is_number else "" if column.type is FieldType.TEXT else "s"
    names = " ".join(filter(None, (kind, look_class(code) if code else "")))
    return f' class="{names}"' if names else ""


def column_rules(longest: Sequence[int]) -> str:
    """Columns whose longest text is short keep it on one line: ids and names are not broken at their hyphens."""
    short = [index for index, length in enumerate(longest, start=1) if length <= _SHORT_CHARACTERS]
    if not short:
        return ""
    cells = ", ".join(f"td:nth-child({index})" for index in short)
    return f"{cells} {{ white-space: pre; min-width: 0; max-width: none; }}\n"


def table_start(head: ResultHead, rows: int) -> str:
    """Everything up to the first row."""
    heads = "".join(
        f'<th scope="col"{cell_class(column)}>{escaped(display_header(column))}</th>' for column in head.columns
    )
    long = " long" if rows >= _ZEBRA_FROM else ""
    return (
        f'<section class="rows{long}" role="region" aria-label="Rows of the report" tabindex="0">\n<table>\n'
        f"<caption>{escaped(row_words(head, rows))}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    )


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
