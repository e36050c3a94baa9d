"""The head of the first page: masthead, the report's sentence, headline tiles, the chart and the filters."""

from core.domain.moments import instant_words
from core.domain.result import Kpi, ResultHead
from core.render.cell_text import clean_characters
from core.render.cells import change_in_words, compact_number
from core.render.masthead import period_words
from core.render.pdf.document import Document, fit, flattened
from core.render.pdf.shaping import SANS, SEMIBOLD, SERIF, measure
from core.render.pdf.style import HAIRLINE, INK, MARGIN, QUIET, SMALL_SIZE, TEXT_SIZE, TITLE_SIZE, TREND
from core.render.pdf.wrapping import shortened, wrap
from core.render.renderer import ChartImage
from core.render.rule_words import rules_in_words

_TILES_A_ROW = 4
_TILE_HEIGHT = 62.0
_MOST_TITLE_LINES = 5
_CHART_SHARE = 0.42  #: most of the page's height a chart takes


def draw_front(document: Document, head: ResultHead, *, line: str | None = None) -> float:
    """Draw the masthead of a report without a cover; return the `y` below it. `line` stands where the period does."""
    document.bookmark(clean_characters(head.title), MARGIN, key="report")
    return _masthead(document, head, line or (period_words(head.period) if head.period else "All time"))


def draw_running_title(document: Document, head: ResultHead) -> float:
    """Draw the title above the report's first page behind its cover; return the `y` below it."""
    page, width = document.page, document.width - 2 * MARGIN
    y = MARGIN + 12
    page.text(fit(clean_characters(head.title), width, 14.0, SERIF), MARGIN, y, face_name=SERIF, size=14.0, colour=INK)
    page.rule(MARGIN, y + 7, width, colour=document.look.accent, thickness=1.1)
    return y + 10


def draw_figures(
    document: Document, head: ResultHead, y: float, *, chart: ChartImage | None, chart_note: str | None
) -> float:
    """Draw headline numbers and chart; return the `y` below them."""
    if head.kpis:
        document.bookmark("Figures", y, key="figures")
    y = draw_tiles(document, head, y)
    if chart is not None:
        document.bookmark("Chart", y + 12, key="chart")
        y = draw_chart(document, chart, y)
    elif chart_note:
        y = _note(document, chart_note, y)
    return y


def draw_filters(document: Document, head: ResultHead, y: float) -> float:
    """Say which filters hold; return the `y` below."""
    words = "; ".join(head.filters_in_words) or "none"
    return paragraph(document, f"Filters: {words}", y + 8, size=SMALL_SIZE + 0.5, quiet=True)


def draw_legend(document: Document, head: ResultHead, y: float) -> float:
    """Say what marks, shades and bars of the table mean; return the `y` below."""
    words = "; ".join(rules_in_words(head.rules, (*head.columns, *head.hidden), head.timezone))
    return paragraph(document, f"Marks: {words}", y + 4, size=SMALL_SIZE + 0.5, quiet=True) if words else y


def draw_logo(
    document: Document, x: float, y: float, *, width: float, height: float, align_right: bool = False
) -> float:
    """Draw the organization's logo as large as the room allows, from `y` down; return how much width it took."""
    logo = document.look.logo
    if logo is None:
        return 0.0
    factor = min(width / logo.width, height / logo.height)
    wide, high = logo.width * factor, logo.height * factor
    document.page.picture(flattened(logo), x - wide if align_right else x, y, wide, high)
    return wide


def paragraph(
    document: Document, text: str, y: float, *, size: float = TEXT_SIZE, face_name: str = SANS, quiet: bool = False
) -> float:
    """Draw a wrapped paragraph over the page's width; return the `y` below it."""
    width = (document.width - 2 * MARGIN) * 1000 / size
    for line in wrap(clean_characters(text), face_name, width=width, kerned=True):
        if y + size * 1.4 > document.bottom:
            document.next_page()
            y = MARGIN
        y += size * 1.4
        document.page.text(
            line, MARGIN, y - size * 0.36, face_name=face_name, size=size, colour=QUIET if quiet else INK
        )
    return y


def _masthead(document: Document, head: ResultHead, dateline: str) -> float:
    page, right = document.page, document.width - MARGIN
    taken = draw_logo(document, right, MARGIN, width=150, height=30, align_right=True)
    organization = "" if taken else clean_characters(head.organization)
    reserved = taken + 18 if taken else 0.0
    if organization:
        reserved = measure(organization, SEMIBOLD, kerned=True) * TEXT_SIZE / 1000 + 18
    width = (right - MARGIN - min(reserved, 200)) * 1000 / TITLE_SIZE
    y = MARGIN + 2
    lines = shortened(wrap(clean_characters(head.title), SERIF, width=width, kerned=True), _MOST_TITLE_LINES)
    for position, line in enumerate(lines):
        y += TITLE_SIZE * (0.86 if position == 0 else 1.12)
        page.text(line, MARGIN - 1, y, face_name=SERIF, size=TITLE_SIZE, colour=INK)
        if position == 0 and organization:
            shown = fit(organization, 182, TEXT_SIZE, SEMIBOLD)
            page.text(shown, right, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=INK, align_right=True)
    y = max(y + 10, MARGIN + 36) if taken else y + 10
    page.rule(MARGIN, y, right - MARGIN, colour=document.look.accent, thickness=1.1)
    y += 14
    page.text(dateline, MARGIN, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=QUIET)
    as_of = f"Data as of {instant_words(head.as_of, head.timezone)}"
    page.text(as_of, right, y, face_name=SANS, size=TEXT_SIZE, colour=QUIET, align_right=True)
    y += 9
    for text in (head.description, head.sentence):
        if text:
            y = paragraph(document, text, y + 2)
    return y


def draw_tiles(document: Document, head: ResultHead, y: float) -> float:
    """Draw headline numbers side by side, four in a row, kept apart by hairlines; return the `y` below them."""
    for start in range(0, len(head.kpis), _TILES_A_ROW):
        row = head.kpis[start : start + _TILES_A_ROW]
        if y + _TILE_HEIGHT + 14 > document.bottom:
            document.next_page()
            y = MARGIN
        y += 12
        columns = _TILES_A_ROW if len(head.kpis) > _TILES_A_ROW else max(len(row), 2)
        width = (document.width - 2 * MARGIN) / columns
        for position, kpi in enumerate(row):
            x = MARGIN + position * width
            if position:
                document.page.tint(x - 9, y + 2, 0.5, _TILE_HEIGHT - 8, colour=HAIRLINE)
            _tile(document, head, kpi, x, y, width - 18)
        y += _TILE_HEIGHT
    return y


def _tile(document: Document, head: ResultHead, kpi: Kpi, x: float, y: float, width: float) -> None:
    page = document.page
    unit = f" ({kpi.format.unit})" if kpi.format.unit else ""
    label = fit(clean_characters(kpi.label + unit), width, SMALL_SIZE, SANS)
    page.text(label, x, y + 8, face_name=SANS, size=SMALL_SIZE, colour=QUIET)
    value = compact_number(kpi.value, kpi.format) or "-"
    size = min(22.0, width * 0.62 / max(measure(value, SERIF, kerned=True) / 1000, 0.1))
    taken = page.text(value, x, y + 31, face_name=SERIF, size=size, colour=INK)
    if len(kpi.trend) > 1:
        _sparkline(document, kpi.trend, x + max(taken + 12, width * 0.55), y + 14, x + width, y + 31)
    if head.previous_period is not None:
        words = change_in_words(kpi.change)
        used = page.text(words, x, y + 44, face_name=SEMIBOLD, size=SMALL_SIZE - 0.5, colour=INK)
        base = f"vs {period_words(head.previous_period)}" if kpi.change is not None else ""
        beside = used + 3 + measure(base, SANS, kerned=True) * (SMALL_SIZE - 0.5) / 1000 <= width
        left, below = (x + used + 3, y + 44) if beside else (x, y + 54)
        page.text(base, left, below, face_name=SANS, size=SMALL_SIZE - 0.5, colour=QUIET)


def _sparkline(
    document: Document, trend: tuple[float, ...], left: float, top: float, right: float, bottom: float
) -> None:
    """The course of a number, with its last point marked."""
    if right - left < 16:
        return
    values = [value for value in trend if value == value]
    if len(values) < 2:
        return
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (right - left) / (len(values) - 1)
    points = [
        (left + position * step, bottom - (value - low) / span * (bottom - top))
        for position, value in enumerate(values)
    ]
    document.page.polyline(points, colour=TREND, thickness=1.0)
    document.page.tint(points[-1][0] - 1.6, points[-1][1] - 1.6, 3.2, 3.2, colour=document.look.accent)


def draw_chart(document: Document, chart: ChartImage, y: float) -> float:
    """Draw the picture as wide as the page, on the next one where this has no room; return the `y` below."""
    width = document.width - 2 * MARGIN
    height = min(width * chart.height / chart.width, document.height * _CHART_SHARE)
    width = height * chart.width / chart.height
    if y + height + 14 > document.bottom:
        document.next_page()
        y = MARGIN
    y += 12
    document.page.picture(flattened(chart), MARGIN, y, width, height)
    return y + height


def _note(document: Document, note: str, y: float) -> float:
    """A sentence set off by a mark in the accent."""
    top = y + 8
    below = paragraph(document, note, top, quiet=True)
    return below + 2
