"""The header of the table: headings above the columns, which part of them this is, and the group that goes on."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.result import ResultColumn
from core.render.cells import display_header
from core.render.pdf.columns import Layout, Placed, is_right_aligned
from core.render.pdf.document import Document, fit
from core.render.pdf.headings import Heading, headings_of, spanners
from core.render.pdf.shaping import SANS, SEMIBOLD, measure
from core.render.pdf.style import CELL_GAP, INK, LINE_HEIGHT, MARGIN, QUIET, RULE, SMALL_SIZE, TABLE_SIZE
from core.render.pdf.wrapping import shortened, wrap

_MOST_LINES = 6
_BASELINE = 8.4  #: from the top of a line to its baseline
_KICKER_HEIGHT = LINE_HEIGHT + 3
_CONTINUED_HEIGHT = 16.0
_GROUP_GAP = 5.0  #: below a line of group headings, its rule in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A heading over neighbouring columns of a band, and where its rule goes."""

    lines: Sequence[str]
    x: float
    width: float


class TableHeader:
    """Draws the header of each band of columns."""

    def __init__(self, document: Document, columns: Sequence[ResultColumn], layout: Layout) -> None:
        self._document = document
        self._columns = columns
        self._bands = layout.bands
        headings = headings_of(columns)
        self._labels = [
            _lines(heading.own, width) for heading, width in zip(headings, layout.inner_widths, strict=True)
        ]
        self._lines = max((len(lines) for lines in self._labels), default=1)
        depth = len(headings[0].groups) if headings else 0
        self._groups = [[_groups(headings, band, level) for level in range(depth)] for band in layout.bands]
        self._group_lines = [
            max((len(group.lines) for groups in self._groups for group in groups[level]), default=0)
            for level in range(depth)
        ]

    def height(self, *, continued: str | None = None) -> float:
        """In points, the rule below and the line about the group included."""
        kicker = _KICKER_HEIGHT if len(self._bands) > 1 else 0
        groups = sum(lines * LINE_HEIGHT + _GROUP_GAP for lines in self._group_lines)
        return groups + self._lines * LINE_HEIGHT + 7 + kicker + (_CONTINUED_HEIGHT if continued is not None else 0)

    def draw(self, y: float, band: int, *, continued: str | None = None) -> float:
        """Draw it for a band; `continued` names the group that goes on here. Returns the `y` below."""
        page, places = self._document.page, self._bands[band]
        if len(self._bands) > 1:
            words = self._band_words(band)
            page.text(words, MARGIN + CELL_GAP, y + _BASELINE, face_name=SANS, size=SMALL_SIZE, colour=QUIET)
            y += _KICKER_HEIGHT
        y += 2
        for groups, lines in zip(self._groups[band], self._group_lines, strict=True):
            y = self._draw_groups(groups, y + lines * LINE_HEIGHT)
        for place in places:
            self._draw_label(place, y)
        y += self._lines * LINE_HEIGHT + 4
        width = places[-1].x + places[-1].width - MARGIN
        page.rule(MARGIN, y, width, colour=RULE, thickness=0.8)
        y += 1
        if continued is not None:
            words = f"{fit(continued, width - 60, TABLE_SIZE, SEMIBOLD)} (continued)"
            x = MARGIN + CELL_GAP
            page.text(words, x, y + 11, face_name=SEMIBOLD, size=TABLE_SIZE, colour=QUIET)
            y += _CONTINUED_HEIGHT
        return y

    def _draw_groups(self, groups: Sequence["_Group"], bottom: float) -> float:
        """Group headings in the middle over their columns, above a rule as wide as those; returns the `y` below."""
        page = self._document.page
        for group in groups:
            top = bottom - len(group.lines) * LINE_HEIGHT
            for number, line in enumerate(group.lines):
                x = group.x + (group.width - measure(line, SEMIBOLD) * TABLE_SIZE / 1000) / 2
                baseline = top + number * LINE_HEIGHT + _BASELINE
                page.text(line, x, baseline, face_name=SEMIBOLD, size=TABLE_SIZE, colour=INK)
            page.rule(group.x, bottom + _GROUP_GAP / 2, group.width, colour=RULE)
        return bottom + _GROUP_GAP

    def _draw_label(self, place: Placed, y: float) -> None:
        lines = self._labels[place.index]
        top = y + (self._lines - len(lines)) * LINE_HEIGHT
        right = is_right_aligned(self._columns[place.index])
        x = place.x + place.width - CELL_GAP if right else place.x + CELL_GAP
        for number, line in enumerate(lines):
            baseline = top + number * LINE_HEIGHT + _BASELINE
            self._document.page.text(
                line, x, baseline, face_name=SEMIBOLD, size=TABLE_SIZE, colour=INK, align_right=right
            )

    def _band_words(self, band: int) -> str:
        """Which columns these are: "Columns 9 to 15 of 30, beside Customer"."""
        repeated = set[int]().union(place.index for place in self._bands[0])
        for other in self._bands[1:]:
            repeated &= {place.index for place in other}
        own = [place.index + 1 for place in self._bands[band] if band == 0 or place.index not in repeated]
        span = f"{own[0]} to {own[-1]}" if len(own) > 1 else f"{own[0]}"
        words = f"Column{'s' if len(own) > 1 else ''} {span} of {len(self._columns)}"
        if band == 0:
            return words
        names = [display_header(self._columns[index]) for index in sorted(repeated)]
        return fit(f"{words}, beside {' and '.join(names)}", self._document.width - 2 * MARGIN - 2 * CELL_GAP)


def _groups(headings: Sequence[Heading], band: Sequence[Placed], level: int) -> list[_Group]:
    """The group headings of one level over the columns of a band."""
    groups = []
    for spanner in spanners([headings[place.index] for place in band], level):
        first, last = band[spanner.first], band[spanner.last]
        x, end = first.x + CELL_GAP, last.x + last.width - CELL_GAP
        groups.append(_Group(lines=_lines(spanner.words, end - x), x=x, width=end - x))
    return groups


def _lines(label: str, width: float) -> list[str]:
    return shortened(wrap(label, SEMIBOLD, width=width * 1000 / TABLE_SIZE), _MOST_LINES)
