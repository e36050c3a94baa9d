"""The head of the first page: masthead, the report's sentence, headline tiles, the chart and the filters."""

from core.domain.moments import instant_words
from core.domain.result import Kpi, ResultHead
from core.render.cell_text import clean_characters
from core.render.cells import change_in_words, compact_number
from core.render.masthead import period_words
from core.render.pdf.document import Document, fit, flattened
from core.render.pdf.shaping import SANS, SEMIBOLD, SERIF, measure
from core.render.pdf.style import ACCENT, HAIRLINE, INK, MARGIN, QUIET, SMALL_SIZE, TEXT_SIZE, TITLE_SIZE, TREND
from core.render.pdf.wrapping import shortened, wrap
from core.render.renderer import ChartImage

_TILES_A_ROW = 4
_TILE_HEIGHT = 62.0
_MOST_TITLE_LINES = 5
_CHART_SHARE = 0.42  #: most of the page's height a chart takes


def draw_front(document: Document, head: ResultHead, *, chart: ChartImage | None, chart_note: str | None) -> float:
    """Draw the head of the report; return the `y` below it."""
    document.bookmark(clean_characters(head.title), MARGIN)
    y = _masthead(document, head)
    y = _tiles(document, head, y)
    if chart is not None:
        y = _chart(document, chart, y)
    elif chart_note:
        y = _note(document, chart_note, y)
    return _filters(document, head, y)


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


def _masthead(document: Document, head: ResultHead) -> float:
    page, right = document.page, document.width - MARGIN
    organization = clean_characters(head.organization)
    reserved = measure(organization, SEMIBOLD, kerned=True) * TEXT_SIZE / 1000 + 18 if organization else 0.0
    width = (right - MARGIN - min(reserved, 200)) * 1000 / TITLE_SIZE
    y = MARGIN + 2
    lines = shortened(wrap(clean_characters(head.title), SERIF, width=width, kerned=True), _MOST_TITLE_LINES)
    for position, line in enumerate(lines):
        y += TITLE_SIZE * (0.86 if position == 0 else 1.12)
        page.text(line, MARGIN - 1, y, face_name=SERIF, size=TITLE_SIZE, colour=INK)
        if position == 0 and organization:
            shown = fit(organization, 182, TEXT_SIZE, SEMIBOLD)
            page.text(shown, right, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=INK, align_right=True)
    y += 10
    page.rule(MARGIN, y, right - MARGIN, colour=ACCENT, thickness=1.1)
    y += 14
    period = period_words(head.period) if head.period else "All time"
    page.text(period, MARGIN, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=QUIET)
    as_of = f"Data as of {instant_words(head.as_of, head.timezone)}"
    page.text(as_of, right, y, face_name=SANS, size=TEXT_SIZE, colour=QUIET, align_right=True)
    y += 9
    for text in (head.description, head.sentence):
        if text:
            y = paragraph(document, text, y + 2)
    return y


def _tiles(document: Document, head: ResultHead, y: float) -> float:
    """Headline numbers side by side, four in a row, kept apart by hairlines."""
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
    document.page.tint(points[-1][0] - 1.6, points[-1][1] - 1.6, 3.2, 3.2, colour=ACCENT)


def _chart(document: Document, chart: ChartImage, y: float) -> float:
    width = document.width - 2 * MARGIN
    height = min(width * chart.height / chart.width, document.height * _CHART_SHARE)
    width = height * chart.width / chart.height
    if y + height + 14 > document.bottom:
        document.next_page()
        y = MARGIN
    y += 12
    document.bookmark("Chart", y)
    document.page.picture(flattened(chart), MARGIN, y, width, height)
    return y + height


def _note(document: Document, note: str, y: float) -> float:
    """A sentence set off by a mark in the accent."""
    top = y + 8
    below = paragraph(document, note, top, quiet=True)
    return below + 2


def _filters(document: Document, head: ResultHead, y: float) -> float:
    words = "; ".join(head.filters_in_words) or "none"
    return paragraph(document, f"Filters: {words}", y + 8, size=SMALL_SIZE + 0.5, quiet=True)
