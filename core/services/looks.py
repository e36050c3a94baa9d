"""Conditional formatting of what a screen shows: ready styles for the cells of one page."""

from dataclasses import dataclass

import numpy as np

from core.domain.appearance import RuleKind, Tone
from core.domain.result import Preview
from core.render.rule_words import rules_in_words
from core.render.rules import Look, make_marker
from core.render.tones import paint, tone_colour


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLooks:
    """How the cells of one page of a result look."""

    styles: dict[str, tuple[str, ...]]  #: CSS of each cell ("" for none), by the key of its column
    bars: dict[str, tuple[float, float]]  #: columns whose cells carry bars: lowest and highest value on the page
    bar_colours: dict[str, str]  #: of those columns, as #RRGGBB
    legend: tuple[str, ...]  #: what the marks mean
    is_of_page: bool  #: shades and bars compare the rows of this page, not all there are


def page_looks(preview: Preview, timezone: str, *, dark: bool) -> PageLooks | None:
    """The looks of a page, hidden columns have none; None where no rule is for one of its columns."""
    batches = preview.table.combine_chunks().to_batches()
    marker = make_marker(preview.rules, preview.columns, timezone, batches)
    if marker is None or not batches:
        return None
    css = [_css(look, dark=dark) for look in marker.looks]
    codes = marker.codes(batches[0])
    is_compared = any(look is not None and look.kind is not RuleKind.MARK for look in marker.looks)
    return PageLooks(
        styles={
            preview.columns[place].key: tuple(css[code] for code in column.tolist())
            for place, column in codes.items()
            if column.any()
        },
        bars=_bars(preview, {place for place, column in codes.items() if _bar_tone(marker.looks, column)}),
        bar_colours={
            preview.columns[place].key: tone_colour(tone, dark=dark)
            for place, column in codes.items()
            if (tone := _bar_tone(marker.looks, column)) is not None
        },
        legend=rules_in_words(preview.rules, preview.columns, timezone),
        is_of_page=is_compared and preview.rows_matched > preview.table.num_rows,
    )


def _bar_tone(looks: tuple[Look | None, ...], codes: "np.ndarray") -> Tone | None:
    """The tone of the bars among the cells of a column, which stand on the screen in one colour."""
    used = (looks[code] for code in np.unique(codes).tolist())
    return next((look.tone for look in used if look is not None and look.kind is RuleKind.BAR), None)


def _bars(preview: Preview, places: set[int]) -> dict[str, tuple[float, float]]:
    """The ends of each bar column; bars begin at zero."""
    ends = {}
    for place in sorted(places):
        values = [float(value) for value in preview.table.column(place).to_pylist() if value is not None]
        finite = [value for value in values if np.isfinite(value)]
        ends[preview.columns[place].key] = (min([0.0, *finite]), max([0.0, *finite]))
    return ends


def _css(look: Look | None, *, dark: bool) -> str:
    if look is None:
        return ""
    painted = paint(look, dark=dark)
    parts = (
        painted.fill and f"background-color: {painted.fill}",
        painted.ink and f"color: {painted.ink}",
        painted.is_bold and "font-weight: 600",
    )
    return "; ".join(part for part in parts if part)
